//! Ways to copy a fix from psql's output into psql.

use anyhow::{Context, Result, bail};
use cluster::{Server, literal};

/// How the value of a column is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Pasted from the default output.
    Aligned,
    /// Pasted from the output of `\x`.
    Expanded,
    /// `\gexec`
    Gexec,
}

pub const WAYS: [Way; 3] = [Way::Aligned, Way::Expanded, Way::Gexec];

impl Way {
    /// Runs a fix as psql shows it, and returns how many errors there were.
    pub fn run(self, server: &Server, database: &str, fix: &str) -> Result<usize> {
        let query = format!("SELECT {} AS fix", literal(fix));
        let script = match self {
            Way::Gexec => format!("{query} \\gexec\n"),
            Way::Aligned => aligned(&shown(server, database, &["-P", "pager=off"], &query)?)?,
            Way::Expanded => expanded(&shown(server, database, &["-P", "pager=off", "-x"], &query)?)?,
        };
        let file = server.scratch(&format!("{database}.sql"));
        std::fs::write(&file, script)?;
        server.psql_file(database, &file)
    }
}

fn shown(server: &Server, database: &str, options: &[&str], query: &str) -> Result<String> {
    server.client("psql", &[&["-X", "-d", database], options, &["-c", query]].concat())
}

/// Returns the lines between the heading and the row count, including psql's marks at the end of a
/// line.
fn aligned(output: &str) -> Result<String> {
    let lines: Vec<&str> = output.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("--")).context("no heading")? + 1;
    let last = lines.iter().rposition(|line| line.starts_with("(1 row")).context("no number of rows")?;
    Ok(lines[first..last].join("\n") + "\n")
}

fn expanded(output: &str) -> Result<String> {
    let Some((_, rows)) = output.split_once('\n').filter(|(heading, _)| heading.starts_with("-[ RECORD")) else {
        bail!("no heading: {output}");
    };
    Ok(rows.trim_end().strip_prefix("fix | ").context("no column")?.to_owned() + "\n")
}
