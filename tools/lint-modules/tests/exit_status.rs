//! The program as tools/lint runs it, on folders of sources.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn sources(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // An earlier run may have left it.
    let _ = std::fs::remove_dir_all(&root);
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

fn run(arguments: &[&str], root: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lint-modules")).args(arguments).arg(root).output().unwrap()
}

#[test]
fn program_clean_sources_exits_with_0() {
    let root = sources("clean", &[("lib.rs", "mod pg;"), ("pg/mod.rs", "")]);
    let output = run(&[], &root);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
}

#[test]
fn program_broken_rule_exits_with_1_and_names_line() {
    let root = sources("broken", &[("pg/mod.rs", "\nuse crate::guard;"), ("guard/mod.rs", "")]);
    let output = run(&[], &root);
    let expected =
        format!("{}/pg/mod.rs:2: pg imports guard: pg may import only error, ids, row_hash\n", root.display());
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stdout)), (Some(1), expected.into()));
}

#[test]
fn program_figures_of_broken_sources_exits_with_0() {
    let root = sources("figures", &[("pg/mod.rs", "use crate::guard;"), ("guard/mod.rs", "")]);
    let output = run(&["--figures"], &root);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("imports upwards                     1  pg -> guard\n"));
}

#[test]
fn program_missing_sources_exits_with_2() {
    let output = run(&[], Path::new("no/such/folder"));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/folder"));
}
