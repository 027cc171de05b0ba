//! The statements of docs/runbooks/moving-live.md, and the servers that they run on.

use anyhow::{Context, Result, ensure};
use cluster::Server;
use std::path::Path;
use std::process::Command;

/// Where a block runs, as the comment above it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Source,
    Target,
    TargetUntilNoRow,
    Shell,
    /// The test does what the block does.
    ByOtherMeans,
}

#[derive(Debug)]
pub struct Block {
    pub on: On,
    text: String,
}

pub struct Runbook {
    pub blocks: Vec<Block>,
}

const COMMENT: &str = "<!-- not run: cluster test moving, ";

impl Runbook {
    /// Reads the page; `edit` changes the text of each block.
    pub fn read(edit: impl Fn(String) -> String) -> Result<Runbook> {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks/moving-live.md");
        let page = std::fs::read_to_string(page)?;
        let mut blocks = Vec::new();
        for part in page.split(COMMENT).skip(1) {
            let (place, rest) = part.split_once(" -->").context("the end of the comment")?;
            let on = match place {
                "on the source" => On::Source,
                "on the target" => On::Target,
                "on the target until there is no row" => On::TargetUntilNoRow,
                "in a shell" => On::Shell,
                "on the source by other means" => On::ByOtherMeans,
                _ => anyhow::bail!("unknown place: {place}"),
            };
            let mut lines = rest.lines().skip_while(|line| !line.trim_start().starts_with("```"));
            let fence = lines.next().context("a block")?;
            ensure!((fence.trim() == "```sh") == (on == On::Shell), "{place}: {fence}");
            let lines = lines.take_while(|line| !line.trim_start().starts_with("```"));
            blocks.push(Block { on, text: edit(lines.collect::<Vec<_>>().join("\n")) });
        }
        ensure!(blocks.len() > 8, "only {} blocks", blocks.len());
        Ok(Runbook { blocks })
    }
}

/// Both servers, and a folder for the snapshot.
pub struct Servers<'a> {
    pub source: &'a Server,
    pub target: &'a Server,
    folder: tempfile::TempDir,
}

impl<'a> Servers<'a> {
    pub fn new(source: &'a Server, target: &'a Server) -> Result<Servers<'a>> {
        Ok(Servers { source, target, folder: tempfile::tempdir()? })
    }

    /// Runs a block with psql or the shell, and returns what it printed. Any error fails.
    pub fn run(&self, block: &Block) -> Result<String> {
        let host = |server: &Server| server.environment("app")[0].1.to_string_lossy().into_owned();
        let (source, target) = (host(self.source), host(self.target));
        let text = block.text.replace("dbname=app'", "dbname=app user=postgres'");
        let text = text.replace("source.example.com", &source).replace("target.example.com", &target);
        let file = self.folder.path().join("block");
        std::fs::write(&file, text)?;
        let mut command = if block.on == On::Shell {
            let mut shell = Command::new("bash");
            shell.args(["-e", "-o", "pipefail"]).arg(&file);
            shell
        } else {
            let mut psql = Command::new("psql");
            let server = if block.on == On::Source { &source } else { &target };
            psql.args(["-X", "-v", "ON_ERROR_STOP=1", "-d", "app", "-h", server, "-f"]).arg(&file);
            psql
        };
        // A newer pg_dump of another branch may not know the older server's last minor release.
        let searched = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.source.programs().to_path_buf()].into_iter().chain(std::env::split_paths(&searched));
        command.env("PGUSER", "postgres").env("PATH", std::env::join_paths(folders)?);
        let output = command.current_dir(self.folder.path()).output().context("psql")?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "{block:?}\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
        Ok(printed)
    }
}
