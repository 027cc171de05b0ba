//! Where the programs of others are that tests run: migration tools, frameworks.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What tools/setup-clients has installed: beside the folder of this test's own program.
pub fn installed() -> PathBuf {
    let own = std::env::current_exe().expect("a test's program has a path");
    // TARGET/debug/deps/TEST-…
    own.ancestors().nth(3).expect("cargo's target folder").join("clients")
}

/// The sources of the projects that they run in.
pub fn projects() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Where programs are looked for, the tests' own first.
fn folders() -> Vec<PathBuf> {
    let installed = installed();
    let own = ["python/bin", "node/node_modules/.bin", "bin"].map(|folder| installed.join(folder));
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian's PgBouncer lies in a folder that not everybody has on the path.
    own.into_iter().chain(std::env::split_paths(&path)).chain([PathBuf::from("/usr/sbin")]).collect()
}

/// `PATH` for them.
pub fn path() -> OsString {
    std::env::join_paths(folders()).expect("no folder's name has a colon")
}

/// The program of this name, if it is there.
///
/// # Panics
/// If it is missing although `FLIGHTCHECK_CLIENTS=all` demands every one.
pub fn find(name: &str) -> Option<PathBuf> {
    let found = folders().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    assert!(found.is_some() || !is_demanded(), "{name} is not installed: run tools/setup-clients");
    found
}

/// The file or folder of this name below [`installed`], if it is there.
///
/// # Panics
/// If it is missing although `FLIGHTCHECK_CLIENTS=all` demands every one.
pub fn find_file(name: &str) -> Option<PathBuf> {
    let found = Some(installed().join(name)).filter(|path| path.exists());
    assert!(found.is_some() || !is_demanded(), "{name} is not installed: run tools/setup-clients");
    found
}

/// Whether what is missing is to fail the tests.
pub fn is_demanded() -> bool {
    std::env::var("FLIGHTCHECK_CLIENTS").is_ok_and(|demand| demand == "all")
}
