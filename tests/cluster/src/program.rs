//! Where the tests find programs of other projects: migration tools, frameworks.

use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns the folder that tools/setup-clients installs into: `clients` in cargo's target folder.
pub fn installed() -> PathBuf {
    let own = std::env::current_exe().expect("a test's program has a path");
    // TARGET/debug/deps/TEST-…
    own.ancestors().nth(3).expect("cargo's target folder").join("clients")
}

/// Returns the folder with the projects that these programs run in.
pub fn projects() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Returns the folders that are searched for programs, the installed ones first.
fn folders() -> Vec<PathBuf> {
    let installed = installed();
    let own = ["python/bin", "node/node_modules/.bin", "bin"].map(|folder| installed.join(folder));
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The folder of Debian's PgBouncer is not in every user's PATH.
    own.into_iter().chain(std::env::split_paths(&path)).chain([PathBuf::from("/usr/sbin")]).collect()
}

/// Returns `PATH` for these programs.
pub fn path() -> OsString {
    std::env::join_paths(folders()).expect("no folder's name has a colon")
}

/// Returns the path of the program with this name, if it is installed.
///
/// # Panics
/// If it is missing and `FLIGHTCHECK_CLIENTS=all` requires all of them.
pub fn find(name: &str) -> Option<PathBuf> {
    let found = folders().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    assert!(found.is_some() || !is_demanded(), "{name} is not installed: run tools/setup-clients");
    found
}

/// Returns the path of this file or folder below [`installed`], if it exists.
///
/// # Panics
/// If it is missing and `FLIGHTCHECK_CLIENTS=all` requires all of them.
pub fn find_file(name: &str) -> Option<PathBuf> {
    let found = Some(installed().join(name)).filter(|path| path.exists());
    assert!(found.is_some() || !is_demanded(), "{name} is not installed: run tools/setup-clients");
    found
}

/// Whether a missing program makes the tests fail.
pub fn is_demanded() -> bool {
    std::env::var("FLIGHTCHECK_CLIENTS").is_ok_and(|demand| demand == "all")
}

/// Copies a folder with all that is in it, such as one of [`projects`].
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
