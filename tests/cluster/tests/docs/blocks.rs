//! Every SQL block of the documentation runs, and prints what the page shows.
//!
//! - A block with prompts (`app=# …`; `app=> …` as the role `app`) is a psql session in the named
//!   database, with a window of 100 columns. What each statement prints is compared with the page,
//!   except for what `masks` hides. With ACCEPT=1, the page gets the new output.
//! - A block in the language `sql` without prompts runs as a script of psql, and must not fail.
//! - A block after `<!-- run -->` in the language `sh` runs in the shell, and must not fail.
//!
//! Blocks share the database of the fixture that was named last (see `fixture`).
//! `<!-- not run: REASON -->` leaves one block out, `<!-- since: 19 -->` those servers before 19.

use crate::fixture::{self, Sessions};
use crate::masks::mask;
use crate::pages::{self, Block};
use anyhow::{Context, Result, bail};
use cluster::{Server, report};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

/// A prompt with the statement after it, and the lines that the page shows below.
struct Step {
    database: String,
    role: &'static str,
    statement: Vec<String>,
    /// Where the expected output is in the block.
    shown: std::ops::Range<usize>,
}

/// Returns database, role and statement if a line has psql's first prompt.
fn prompt(line: &str) -> Option<(&str, &'static str, &str)> {
    let (database, rest) = line.split_once('=')?;
    if database.is_empty() || !database.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let statement = |sign: &str| rest.strip_prefix(sign).map(|statement| statement.trim_start());
    statement("# ").map(|it| (database, "postgres", it)).or_else(|| statement("> ").map(|it| (database, "app", it)))
}

/// Returns the statement if a line has psql's prompt for a further line.
fn continuation<'a>(line: &'a str, database: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(database)?;
    ["-# ", "(# ", "'# ", "$# ", "-> ", "(> "].iter().find_map(|sign| rest.strip_prefix(sign))
}

fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in block.lines.iter().enumerate() {
        if let Some((database, role, statement)) = prompt(line) {
            let database = database.to_owned();
            steps.push(Step { database, role, statement: vec![statement.to_owned()], shown: number + 1..number + 1 });
        } else if let Some(step) = steps.last_mut() {
            match continuation(line, &step.database) {
                Some(statement) if step.shown.is_empty() => {
                    step.statement.push(statement.to_owned());
                    step.shown = number + 1..number + 1;
                }
                _ => step.shown.end = number + 1,
            }
        }
    }
    steps
}

/// Runs psql on a script, and returns all that it prints.
fn psql(server: &Server, role: &str, database: &str, script: &str, stop: bool) -> Result<(bool, String)> {
    let (input, output) = (server.scratch("block.sql"), server.scratch("block.out"));
    fs::write(&input, script)?;
    let file = File::create(&output)?;
    let mut command = Command::new("psql");
    command.args(["-X", "-P", "columns=100", "-v"]).arg(format!("ON_ERROR_STOP={}", u8::from(stop)));
    command.envs(server.environment(database)).env("PGUSER", role).current_dir(server.scratch(""));
    let status = command.stdin(File::open(&input)?).stdout(file.try_clone()?).stderr(file).status()?;
    Ok((status.success(), fs::read_to_string(&output)?))
}

/// Runs the block's statements in one session, and returns what each has printed.
fn outputs(server: &Server, steps: &[Step]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let mut rest = steps;
    while let Some(first) = rest.first() {
        // A session ends where the prompt shows another database.
        let count = rest.iter().take_while(|step| step.database == first.database && step.role == first.role).count();
        let (session, next) = rest.split_at(count);
        let mut script = String::new();
        for step in session {
            script.push_str(&step.statement.join("\n"));
            script.push_str("\n\\echo @@next@@\n");
        }
        let (_, printed) = psql(server, first.role, &first.database, &script, false)?;
        let mut parts: Vec<String> = printed.split("@@next@@\n").map(str::to_owned).collect();
        let last = parts.pop().unwrap_or_default();
        if parts.len() != session.len() || !last.is_empty() {
            bail!("psql ended early:\n{printed}");
        }
        all.extend(parts);
        rest = next;
    }
    Ok(all)
}

/// Runs the block. Returns what is wrong, and the block's lines with the new output.
fn session(server: &Server, block: &Block) -> Result<(Vec<String>, Vec<String>)> {
    let steps = steps(block);
    let mut wrong = Vec::new();
    let mut lines = Vec::new();
    let mut copied = 0;
    for (step, printed) in steps.iter().zip(outputs(server, &steps)?) {
        lines.extend_from_slice(&block.lines[copied..step.shown.start]);
        let shown = block.lines[step.shown.clone()].join("\n");
        if mask(&shown) == mask(&printed) {
            lines.extend_from_slice(&block.lines[step.shown.clone()]);
        } else {
            wrong.push(format!("{}\n--- shown\n{shown}\n--- printed\n{printed}", step.statement.join("\n")));
            let is_last = step.shown.end == block.lines.len();
            let printed = if is_last { printed.trim_end_matches('\n') } else { &printed };
            lines.extend(printed.lines().map(|line| line.trim_end().to_owned()));
        }
        copied = step.shown.end;
    }
    Ok((wrong, lines))
}

/// Defines the commands that packages install, as functions of the shell.
fn programs_of_packages() -> String {
    let tools = pages::root().join("tools");
    let define = |name: &str| {
        let program = tools.join(name.replace("pg_", "").replace('_', "-"));
        format!("{name}() {{ bash '{}' \"$@\"; }}\n", program.display())
    };
    ["pg_flightcheck_all", "pg_flightcheck_migrations"].map(define).concat()
}

/// Runs a block that must only succeed.
fn script(server: &Server, block: &Block) -> Result<Vec<String>> {
    let text = block.lines.join("\n") + "\n";
    let (success, printed) = if block.language == "sh" {
        let mut command = Command::new("bash");
        command
            .args(["-euc", &(programs_of_packages() + &text)])
            .envs(server.environment("app"))
            .current_dir(server.scratch(""));
        let output = command.stdin(Stdio::null()).output()?;
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    } else {
        psql(server, "postgres", "app", &text, true)?
    };
    Ok(if success { Vec::new() } else { vec![format!("{text}--- failed\n{printed}")] })
}

/// Runs the blocks of a page. Returns how many ran, and what is wrong.
fn page(server: &Server, page: &Path) -> Result<(usize, Vec<String>)> {
    let text = pages::read(page)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (mut ran, mut wrong, mut shift) = (0, Vec::new(), 0isize);
    let mut sessions: Option<Sessions> = None;
    for block in pages::blocks(&text) {
        if let Some(name) = block.comment("fixture") {
            drop(sessions.take());
            sessions = Some(fixture::create(server, name)?);
        }
        let has_prompts = block.lines.iter().any(|line| prompt(line).is_some());
        let runs = match block.language.as_str() {
            // A file of a tool's project: see `programs`.
            _ if block.comment("project").is_some() => false,
            "" | "sql" | "psql" | "text" | "console" if has_prompts => true,
            "sql" => true,
            "sh" => block.comment("run").is_some(),
            _ => false,
        };
        let is_newer =
            block.comment("since").is_some_and(|since| since.parse().is_ok_and(|since| server.major() < since));
        if !runs || is_newer || block.comment("not run").is_some_and(|reason| !reason.is_empty()) {
            continue;
        }
        if sessions.is_none() {
            sessions = Some(fixture::create(server, fixture::DEFAULT)?);
        }
        ran += 1;
        let place = format!("{}:{}", page.display(), block.line);
        let found = if has_prompts {
            let (found, new) = session(server, &block).context(place.clone())?;
            if !found.is_empty() && std::env::var_os("ACCEPT").is_some_and(|value| !value.is_empty()) {
                let start = (block.line as isize - 1 + shift) as usize;
                let indent = " ".repeat(block.indent);
                let indented =
                    new.iter().map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") });
                lines.splice(start..start + block.lines.len(), indented.collect::<Vec<_>>());
                shift += new.len() as isize - block.lines.len() as isize;
                fs::write(pages::root().join(page), lines.join("\n") + "\n")?;
            }
            found
        } else {
            script(server, &block).context(place.clone())?
        };
        wrong.extend(found.into_iter().map(|it| format!("{place}: {it}")));
    }
    Ok((ran, wrong))
}

#[test]
fn docs_blocks_print_what_is_shown() -> Result<()> {
    let server = Server::start(&["max_prepared_transactions = 2"])?;
    fixture::create_roles(&server)?;
    let only = std::env::var("DOCS_PAGE").unwrap_or_default();
    let (mut ran, mut wrong) = (0, Vec::new());
    for path in pages::documentation()? {
        if !path.to_string_lossy().contains(&only) {
            continue;
        }
        match page(&server, &path) {
            Ok((count, found)) => {
                ran += count;
                wrong.extend(found);
            }
            Err(error) => wrong.push(format!("{}: {error:#}", path.display())),
        }
    }
    report!("{ran} blocks ran");
    assert!(
        wrong.is_empty(),
        "{} examples differ (ACCEPT=1 accepts their output):\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    assert!(ran > 0, "no block ran");
    Ok(())
}

#[test]
fn docs_blocks_that_differ_are_found() -> Result<()> {
    let server = Server::start(&[])?;
    fixture::create_roles(&server)?;
    let _sessions = fixture::create(&server, fixture::DEFAULT)?;
    let text = "```\napp=# SELECT 1 AS one,\napp-#        2 AS two;\n one | two\n-----+-----\n   1 |   2\n(1 row)\n\n\
        app=# SELECT 3 AS three;\n three\n-------\n     4\n(1 row)\n\napp=# SELECT missing;\n```\n```sql\nSELECT missing;\n```\n";
    let blocks = pages::blocks(text);
    let (wrong, lines) = session(&server, &blocks[0])?;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("three") && wrong[1].contains("does not exist"), "{wrong:?}");
    assert!(lines.contains(&"     3".to_owned()) && !lines.contains(&"     4".to_owned()), "{lines:?}");
    assert_eq!(script(&server, &blocks[1])?.len(), 1);
    Ok(())
}
