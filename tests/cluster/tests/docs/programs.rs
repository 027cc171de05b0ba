//! The programs of the documentation run: those of other languages, and the files that it adds to
//! migration tools' projects.
//!
//! `<!-- program -->` marks a block that is a whole program. `<!-- project: NAME FILE -->` marks a
//! file for the project `tests/cluster/clients/NAME`, which has to stop the tool while a sequence
//! is behind, and to let it pass afterwards. What is not installed is skipped.

use crate::fixture;
use crate::pages::{self, Block};
use anyhow::{Context, Result, bail, ensure};
use cluster::{Server, program, report};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The name that start-up checks expect.
const DATABASE: &str = "app";

/// The tools' commands, by their projects.
const TOOLS: [(&str, &[&str]); 5] = [
    ("alembic", &["alembic", "upgrade", "head"]),
    ("django", &["python", "manage.py", "migrate"]),
    (
        "liquibase",
        &[
            "java",
            "-cp",
            LIQUIBASE,
            "liquibase.integration.commandline.LiquibaseCommandLine",
            "update",
            "--url={jdbc}",
            "--changelog-file=changelog.sql",
        ],
    ),
    ("prisma", &["prisma", "migrate", "deploy"]),
    ("rails", &["ruby", "migrate.rb"]),
];
const LIQUIBASE: &str = "node_modules/liquibase/dist/liquibase/internal/lib/*";

/// A server that listens on a loopback address, since not every driver connects to a socket.
fn listening() -> Result<(Server, String)> {
    let mut random = fastrand::Rng::new();
    let address = format!("127.{}.{}.{}", random.u8(10..250), random.u8(1..250), random.u8(1..250));
    let server = Server::start(&[&format!("listen_addresses = '{address}'")])?;
    fixture::create_roles(&server)?;
    Ok((server, address))
}

/// Returns the blocks with a comment, and where they are.
fn marked(comment: &str) -> Result<Vec<(String, Block)>> {
    let mut found = Vec::new();
    for page in pages::documentation()? {
        for block in pages::blocks(&pages::read(&page)?) {
            if block.comment(comment).is_some() {
                found.push((format!("{}:{}", page.display(), block.line), block));
            }
        }
    }
    Ok(found)
}

/// Returns a command in a folder that has the installed packages of Node.js.
fn command(words: &[&str], folder: &Path, address: &str) -> Option<Command> {
    let mut command = Command::new(program::find(words[0])?);
    let modules = folder.join("node_modules");
    if !modules.exists() {
        std::os::unix::fs::symlink(program::installed().join("node/node_modules"), modules).ok()?;
    }
    let jdbc = format!("jdbc:postgresql://{address}:5432/{DATABASE}?user=postgres");
    command
        .args(words[1..].iter().map(|word| word.replace("{jdbc}", &jdbc)))
        .current_dir(folder)
        .env("PATH", program::path())
        .env("DATABASE_URL", format!("postgres://postgres@{address}:5432/{DATABASE}"))
        .env("JDBC_URL", jdbc)
        .env("PGHOST", address)
        .env("PGUSER", "postgres")
        .env("PGDATABASE", DATABASE)
        .env("HOME", folder)
        .env("CHECKPOINT_DISABLE", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONWARNINGS", "ignore");
    // Prisma would download engines that it does without.
    for engine in ["PRISMA_QUERY_ENGINE_LIBRARY", "PRISMA_SCHEMA_ENGINE_BINARY"] {
        command.env(engine, folder.join("prisma.config.mjs"));
    }
    Some(command)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// Puts a sequence behind its rows, or repairs it.
fn set_sequence(server: &Server, is_behind: bool) -> Result<()> {
    let statement = if is_behind { "SELECT setval('orders_id_seq', 1, false)" } else { "SELECT FROM seq_resync()" };
    Ok(server.connect(DATABASE)?.batch_execute(statement)?)
}

/// Returns the file's name and the command for a program.
fn source(folder: &Path, block: &Block) -> Result<Option<Vec<String>>> {
    let code = block.lines.join("\n");
    let (file, code, words) = match block.language.as_str() {
        "python" => ("check.py", code, vec!["python", "check.py"]),
        "js" => ("check.mjs", code, vec!["node", "check.mjs"]),
        "java" => {
            let body = format!("public static void main(String[] a) throws Exception {{\n{code}\n}}");
            let class = format!("import java.sql.DriverManager;\nclass Check {{\n{body}\n}}\n");
            ("Check.java", class, vec!["java", "-cp", LIQUIBASE, "Check.java"])
        }
        "go" => return Ok(None),
        other => bail!("programs in {other} cannot be run"),
    };
    fs::write(folder.join(file), code)?;
    Ok(Some(words.into_iter().map(str::to_owned).collect()))
}

#[test]
fn docs_programs_stop_on_sequences_that_are_behind() -> Result<()> {
    let (server, address) = listening()?;
    let _sessions = fixture::create(&server, "healthy")?;
    let mut ran = Vec::new();
    for (place, block) in marked("program")? {
        let folder = server.scratch(&block.language);
        fs::create_dir(&folder).with_context(|| place.clone())?;
        let Some(words) = source(&folder, &block)? else { continue };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Without a compiler, Java cannot run a source file.
        let needed = if words[0] == "java" { "javac" } else { words[0] };
        if program::find(needed).is_none() || !program::installed().join("node").exists() {
            report!("{place}: {needed} is not installed here");
            continue;
        }
        for is_behind in [false, true] {
            set_sequence(&server, is_behind)?;
            let output = command(&words, &folder, &address).context("the program is gone")?.output()?;
            let stopped = !output.status.success() && text(&output).contains("orders");
            ensure!(
                if is_behind { stopped } else { output.status.success() },
                "{place}, behind: {is_behind}, {}:\n{}",
                output.status,
                text(&output)
            );
        }
        ran.push(block.language);
    }
    report!("ran {ran:?}");
    Ok(())
}

/// Runs a tool in a project with the file of a block, before and after the repair.
fn run_project(server: &Server, address: &str, number: usize, block: &Block) -> Result<Option<String>> {
    let (name, file) = block.comment("project").and_then(|it| it.split_once(' ')).context("NAME FILE")?;
    let (_, words) = TOOLS.iter().find(|(tool, _)| *tool == name).with_context(|| format!("{name} is unknown"))?;
    let folder = server.scratch(&format!("{name}-{number}"));
    program::copy_folder(&program::projects().join(name), &folder)?;
    let target: PathBuf = folder.join(file);
    fs::create_dir_all(target.parent().context("a folder")?)?;
    fs::write(&target, block.lines.join("\n") + "\n")?;
    let Some(mut tool) = command(words, &folder, address) else { return Ok(None) };

    let _sessions = fixture::create(server, "migrated")?;
    set_sequence(server, true)?;
    let stopped = tool.output()?;
    ensure!(
        !stopped.status.success() && text(&stopped).contains("orders"),
        "{name} was not stopped by {file}, {}:\n{}",
        stopped.status,
        text(&stopped)
    );
    set_sequence(server, false)?;
    let mut client = server.connect(DATABASE)?;
    client.batch_execute("SET search_path = flightcheck")?;
    for row in client.query("SELECT fix FROM migration_report() WHERE status = 'failed' AND fix IS NOT NULL", &[])? {
        client.batch_execute(row.get(0))?;
    }
    let passed = tool.output()?;
    ensure!(passed.status.success(), "{name} does not continue, {}:\n{}", passed.status, text(&passed));
    Ok(Some(format!("{name} {file}")))
}

#[test]
fn docs_migration_tools_stop_on_sequences_that_are_behind() -> Result<()> {
    let (server, address) = listening()?;
    let mut ran = Vec::new();
    let only = std::env::var("DOCS_PROJECT").unwrap_or_default();
    for (number, (place, block)) in marked("project")?.into_iter().enumerate() {
        if !block.comment("project").is_some_and(|project| project.contains(&only)) {
            continue;
        }
        match run_project(&server, &address, number, &block).with_context(|| place.clone())? {
            Some(name) => ran.push(name),
            None => report!("{place}: not installed here"),
        }
    }
    report!("ran {ran:?}");
    Ok(())
}
