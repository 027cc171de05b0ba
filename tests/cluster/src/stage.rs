//! The installation under test, and the folder for data directories and sockets.

use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where the server programs are, where their files go, and which user runs them.
#[derive(Clone, Debug)]
pub struct Stage {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    major: u32,
}

/// The user that runs initdb and postgres, which refuse to run as root.
#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl Stage {
    /// Returns the stage that the environment describes (see `tools/with-stage`).
    pub fn from_environment() -> Result<Self> {
        let pg_config =
            std::env::var("PG_CONFIG").context("PG_CONFIG is not set: run the tests with tools/with-stage")?;
        Self::of(&pg_config)
    }

    /// Returns the stage of another major version, if `FLIGHTCHECK_OTHER_PG_CONFIG` names its
    /// pg_config.
    pub fn other_from_environment() -> Result<Option<Self>> {
        std::env::var("FLIGHTCHECK_OTHER_PG_CONFIG").ok().map(|pg_config| Self::of(&pg_config)).transpose()
    }

    fn of(pg_config: &str) -> Result<Self> {
        let folder = std::env::var("STAGE_DIR").context("STAGE_DIR is not set: run the tests with tools/with-stage")?;
        let user = match std::env::var("SERVER_USER").unwrap_or_default().as_str() {
            "" => None,
            name => Some(User { uid: id(&["-u", name])?, gid: id(&["-g", name])? }),
        };
        let version = output(Command::new(pg_config).arg("--version"))?;
        let major = version
            .trim_start_matches(|c: char| !c.is_ascii_digit())
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .and_then(|digits| digits.parse().ok())
            .with_context(|| format!("no version in {version:?}"))?;
        let programs = output(Command::new(pg_config).arg("--bindir"))?.trim().into();
        Ok(Self { programs, folder: folder.into(), user, major })
    }

    /// Returns the server's major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Returns the folder of the programs.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Returns a command for a client program, run as the user who runs the tests.
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env_remove("RUST_BACKTRACE");
        command
    }

    /// Returns a command for a program that must run as the server's user.
    pub(crate) fn server_program(&self, program: &str) -> Command {
        self.as_server(self.client(program))
    }

    pub(crate) fn as_server(&self, mut command: Command) -> Command {
        // Otherwise a backtrace would become part of the DETAIL of the extension's errors.
        command.env_remove("RUST_LIB_BACKTRACE").current_dir("/");
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Creates a folder that the server can write to. Its name is short: a socket's path has at
    /// most 107 bytes.
    pub(crate) fn new_folder(&self) -> Result<tempfile::TempDir> {
        let folder = tempfile::Builder::new().prefix("s").rand_bytes(4).tempdir_in(&self.folder)?;
        self.give_to_server(folder.path())?;
        Ok(folder)
    }

    /// Makes a data directory by copying the one that initdb made for all servers of this major
    /// version. They share its system identifier: see `initdb` for a cluster that needs its own.
    pub(crate) fn copy_data(&self, data: &Path) -> Result<()> {
        let templates = std::env::var("DATA_TEMPLATES")
            .context("DATA_TEMPLATES is not set: run the tests with tools/with-stage")?;
        let template = Path::new(&templates).join(format!("pg{}", self.major));
        let mut copy = self.as_server(Command::new("cp"));
        output(copy.arg("-a").arg(template).arg(data)).map(drop)
    }

    /// Makes a data directory with its own system identifier.
    pub(crate) fn initdb(&self, data: &Path) -> Result<()> {
        let mut initdb = self.server_program("initdb");
        initdb.args(["--no-locale", "-E", "UTF8", "-A", "trust", "-U", "postgres", "--no-sync", "-D"]).arg(data);
        output(&mut initdb).map(drop)
    }

    /// Makes the server's user the owner of a file.
    pub(crate) fn give_to_server(&self, path: &Path) -> Result<()> {
        if let Some(User { uid, gid }) = self.user {
            chown(path, Some(uid), Some(gid)).with_context(|| format!("chown {}", path.display()))?;
        }
        Ok(())
    }
}

fn id(arguments: &[&str]) -> Result<u32> {
    let id = output(Command::new("id").args(arguments))?;
    id.trim().parse().with_context(|| format!("id {arguments:?} printed {id:?}"))
}

/// Runs a command that must succeed, and returns what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.output().with_context(|| format!("running {}", command.get_program().to_string_lossy()))?;
    ensure!(
        status.success(),
        "{} {} failed with {status}:\n{}",
        command.get_program().to_string_lossy(),
        command.get_args().collect::<Vec<_>>().join(OsStr::new(" ")).to_string_lossy(),
        String::from_utf8_lossy(&stderr)
    );
    match String::from_utf8(stdout) {
        Ok(text) => Ok(text),
        Err(error) => bail!("not UTF-8: {error}"),
    }
}
