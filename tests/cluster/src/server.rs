//! A PostgreSQL server that belongs to one test.

use crate::notices::Notices;
use crate::stage::{Stage, output};
use anyhow::{Context, Result, bail, ensure};
use postgres::{Client, Config, NoTls};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TIMEOUT: Duration = Duration::from_secs(60);

/// How to stop a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Closes sessions and writes a checkpoint.
    Fast,
    /// `pg_ctl stop -m immediate`: no checkpoint, recovery at the next start.
    Immediate,
    /// Sends SIGKILL to the postmaster and to every process that it started, all at once.
    Killed,
}

/// A server with its own data directory, reachable only through a Unix-domain socket. It is stopped
/// and removed when this is dropped.
pub struct Server {
    stage: Stage,
    folder: TempDir,
    postmaster: Option<Child>,
}

impl Server {
    /// Makes a database cluster and starts its server. `settings` are lines of postgresql.conf.
    pub fn start(settings: &[&str]) -> Result<Self> {
        Self::start_on(Stage::from_environment()?, Stage::copy_data, settings)
    }

    /// Does the same with a system identifier that no other server has. `start` is faster, but
    /// gives all servers the same one.
    pub fn start_distinct(settings: &[&str]) -> Result<Self> {
        Self::start_on(Stage::from_environment()?, Stage::initdb, settings)
    }

    /// Does the same with another major version, if the environment has one.
    pub fn start_other(settings: &[&str]) -> Result<Option<Self>> {
        Stage::other_from_environment()?.map(|stage| Self::start_on(stage, Stage::copy_data, settings)).transpose()
    }

    fn start_on(stage: Stage, make_data: fn(&Stage, &Path) -> Result<()>, settings: &[&str]) -> Result<Self> {
        let mut server = Self { folder: stage.new_folder()?, stage, postmaster: None };
        make_data(&server.stage, &server.data())?;
        // On a slow machine a test may take longer than autovacuum's first minute, and conflict
        // with its locks.
        server.configure(&[
            "listen_addresses = ''",
            "fsync = off",
            "max_wal_size = '2GB'",
            "autovacuum_naptime = '1h'",
        ])?;
        let sockets = format!("unix_socket_directories = '{}'", server.folder.path().display());
        server.configure(&[&sockets])?;
        server.configure(settings)?;
        server.resume()?;
        Ok(server)
    }

    /// Creates and starts a streaming standby of this server, with pg_basebackup.
    pub fn standby(&self) -> Result<Self> {
        let folder = self.stage.new_folder()?;
        let mut standby = Self { folder, stage: self.stage.clone(), postmaster: None };
        let mut backup = self.stage.server_program("pg_basebackup");
        self.address(&mut backup)
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-D"])
            .arg(standby.data());
        output(&mut backup)?;
        let sockets = format!("unix_socket_directories = '{}'", standby.folder.path().display());
        standby.configure(&[&sockets])?;
        standby.resume()?;
        Ok(standby)
    }

    pub fn major(&self) -> u32 {
        self.stage.major()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns a path in a folder that is removed with the server, for files of a test.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns libpq's variables for a database of this server, which many drivers read as well.
    pub fn environment(&self, database: &str) -> [(&'static str, OsString); 3] {
        [("PGHOST", self.folder.path().into()), ("PGUSER", "postgres".into()), ("PGDATABASE", database.into())]
    }

    /// Returns the folder of the programs of its version.
    pub fn programs(&self) -> &Path {
        self.stage.programs()
    }

    /// Returns what the server has written to its log so far.
    pub fn log(&self) -> String {
        fs::read(self.log_path()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Appends lines to postgresql.conf. They take effect at the next start.
    pub fn configure(&self, lines: &[&str]) -> Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.data().join("postgresql.conf"))?;
        for line in lines {
            writeln!(file, "{line}")?;
        }
        Ok(())
    }

    /// Starts the server and waits until it accepts connections, after recovery if it needs one.
    pub fn resume(&mut self) -> Result<()> {
        ensure!(self.postmaster.is_none(), "the server is running");
        let log = OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let before = log.metadata()?.len();
        let mut command = self.stage.server_program("postgres");
        command.arg("-D").arg(self.data()).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut postmaster = command.spawn().context("starting postgres")?;
        let started = Instant::now();
        loop {
            if let Some(status) = postmaster.try_wait()? {
                bail!("postgres ended with {status}:\n{}", &self.log()[before as usize..]);
            }
            // A postmaster of another test cannot answer: the socket is in this server's own
            // folder.
            if self.try_connect("postgres", "postgres").is_ok() {
                break;
            }
            if started.elapsed() > TIMEOUT {
                postmaster.kill()?;
                bail!("postgres does not accept connections:\n{}", &self.log()[before as usize..]);
            }
            sleep(Duration::from_millis(20));
        }
        self.postmaster = Some(postmaster);
        Ok(())
    }

    /// Stops the server. Open connections break.
    pub fn end(&mut self, ending: Ending) -> Result<()> {
        let mut postmaster = self.postmaster.take().context("the server is not running")?;
        let pid = Pid::from_child(&postmaster);
        match ending {
            Ending::Fast => kill_process(pid, Signal::INT)?,
            Ending::Immediate => kill_process(pid, Signal::QUIT)?,
            Ending::Killed => {
                // A stopped postmaster starts no further process between the listing and its end.
                kill_process(pid, Signal::STOP)?;
                let children = children_of(pid)?;
                postmaster.kill()?;
                for child in &children {
                    // The process may have ended already.
                    let _ = kill_process(*child, Signal::KILL);
                }
                // A new postmaster does not start while a process is attached to the shared memory.
                wait_for("the backends to end", || children.iter().all(|child| has_ended(*child)))?;
            }
        }
        wait_for("the postmaster to end", || !matches!(postmaster.try_wait(), Ok(None)))?;
        Ok(())
    }

    /// Promotes a standby, and waits until it is the primary.
    pub fn promote(&self) -> Result<()> {
        let mut client = self.connect("postgres")?;
        let promoted: bool = client.query_one("SELECT pg_promote()", &[])?.get(0);
        ensure!(promoted, "the standby was not promoted:\n{}", self.log());
        Ok(())
    }

    /// Connects as a superuser.
    pub fn connect(&self, database: &str) -> Result<Client> {
        self.connect_as("postgres", database)
    }

    pub fn connect_as(&self, role: &str, database: &str) -> Result<Client> {
        self.try_connect(role, database).with_context(|| format!("connecting to {database} as {role}"))
    }

    /// Connects as a superuser, and collects the notices that the server sends.
    pub fn connect_noting(&self, database: &str) -> Result<(Client, Notices)> {
        let notices = Notices::default();
        let mut config = self.config("postgres", database);
        notices.collect_from(&mut config);
        Ok((config.connect(NoTls).with_context(|| format!("connecting to {database}"))?, notices))
    }

    fn try_connect(&self, role: &str, database: &str) -> Result<Client, postgres::Error> {
        self.config(role, database).connect(NoTls)
    }

    /// Returns how to connect, for a test that adds options.
    pub fn config(&self, role: &str, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(self.folder.path()).user(role).dbname(database);
        config
    }

    /// Creates a database with the extension in it, and connects to it.
    pub fn database(&self, name: &str) -> Result<Client> {
        let mut postgres = self.connect("postgres")?;
        postgres.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let mut client = self.connect(name)?;
        client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
        Ok(client)
    }

    /// Runs a client program against this server and returns what it printed; its exit status must
    /// be 0.
    pub fn client(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let mut command = self.stage.client(program);
        output(self.address(&mut command).args(arguments))
    }

    /// Runs psql on a file as for a restore, continuing after errors. Returns how many errors there
    /// were.
    pub fn psql_file(&self, database: &str, file: &Path) -> Result<usize> {
        let mut command = self.stage.client("psql");
        let command = self.address(&mut command).args(["-X", "-q", "-d", database, "-f"]).arg(file);
        let result = command.output().context("running psql")?;
        ensure!(result.status.success(), "psql: {}", String::from_utf8_lossy(&result.stderr));
        Ok(String::from_utf8_lossy(&result.stderr).matches("ERROR:").count())
    }

    fn address<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.arg("-h").arg(self.folder.path()).args(["-U", "postgres"])
    }

    /// Limits the address space of a backend. Linux allows this only to the user that runs the
    /// process.
    pub fn limit_memory(&self, pid: i32, bytes: u64) -> Result<()> {
        let mut command = self.stage.as_server(Command::new("prlimit"));
        output(command.args([format!("--pid={pid}"), format!("--as={bytes}")])).map(drop)
    }

    /// Overwrites part of a file in the data directory. The server must be stopped.
    pub fn overwrite(&self, path: &str, at: u64, bytes: &[u8]) -> Result<()> {
        use std::os::unix::fs::FileExt;
        ensure!(self.postmaster.is_none(), "the server is running");
        let file: File = OpenOptions::new().write(true).open(self.data().join(path))?;
        Ok(file.write_all_at(bytes, at)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.postmaster.is_some() {
            // Leaves the postmaster time to log how a crashed backend ended.
            sleep(Duration::from_millis(20));
            let _ = self.end(Ending::Immediate);
        }
        let log = self.log();
        // The client of a crashed backend sees only a closed connection.
        let crashed = ["was terminated by signal 1", "was terminated by signal 6", "PANIC:"];
        if std::thread::panicking() || crashed.iter().any(|sign| log.contains(sign)) {
            let tail: Vec<_> = log.lines().rev().take(25).collect();
            eprintln!("the server's log ends with:");
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

fn wait_for(what: &str, mut is_done: impl FnMut() -> bool) -> Result<()> {
    let began = Instant::now();
    while !is_done() {
        ensure!(began.elapsed() < TIMEOUT, "timed out waiting for {what}");
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Returns a process's state and its parent, if it exists.
fn process(pid: Pid) -> Option<(char, i32)> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name before these fields is in parentheses, and may contain spaces.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether a process is gone, or a zombie that has not been reaped.
fn has_ended(pid: Pid) -> bool {
    process(pid).is_none_or(|(state, _)| state == 'Z' || state == 'X')
}

/// Returns the processes whose parent is `parent`.
fn children_of(parent: Pid) -> Result<Vec<Pid>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else { continue };
        if process(pid).is_some_and(|(_, its_parent)| its_parent == parent.as_raw_nonzero().get()) {
            children.push(pid);
        }
    }
    Ok(children)
}
