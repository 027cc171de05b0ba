//! A server with the extension, and sessions that hold, await or inspect advisory locks.

use anyhow::{Context, Result, bail, ensure};
use cluster::{LockRow, Notices, Server, TerminateRow, explain, identifier, lock_report, lock_terminate};
use postgres::{CancelToken, Client, Error, NoTls};
use std::sync::Mutex;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

/// Longer than any awaited event takes.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Ends a test that hangs.
const LIMITS: &str = "SET statement_timeout = '15s'";

pub struct World {
    pub server: Server,
    pub database: String,
    /// Calls the functions under test: a superuser, in the database with the extension.
    pub reporter: Client,
    pub notices: Notices,
    /// Queries the server's own views.
    watcher: Mutex<Client>,
}

impl World {
    /// Starts a server with this database and the extension in it.
    pub fn new(database: &str, settings: &[&str]) -> Result<Self> {
        let server = Server::start(settings)?;
        server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {}", identifier(database)))?;
        server.connect(database)?.batch_execute("CREATE EXTENSION pg_flightcheck")?;
        Self::of(server, database)
    }

    /// Uses a running server that already has the database.
    pub fn of(server: Server, database: &str) -> Result<Self> {
        let (mut reporter, notices) = server.connect_noting(database)?;
        reporter.batch_execute(LIMITS)?;
        let watcher = Mutex::new(server.connect("postgres")?);
        Ok(Self { server, database: database.to_owned(), reporter, notices, watcher })
    }

    /// Runs test cases one after the other, each without locks and settings of the one before.
    pub fn run_cases(mut self, cases: &[fn(&mut World) -> Result<()>]) -> Result<()> {
        for case in cases {
            case(&mut self)?;
            self.paste("SELECT pg_advisory_unlock_all()")?;
            self.paste("RESET ALL")?;
            self.paste(LIMITS)?;
            self.until("SELECT (NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'))::int")?;
        }
        Ok(())
    }

    /// Opens a superuser's session in the database.
    pub fn session(&self, application_name: &str) -> Result<Session> {
        Session::of(self.server.connect(&self.database)?, application_name)
    }

    /// Opens a superuser's session with a role of its own, so that other sessions' work is not
    /// attributed to it.
    pub fn session_of_own_role(&self, name: &str) -> Result<Session> {
        let role = identifier(&format!("{name}'s own"));
        self.server.connect("postgres")?.batch_execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN"))?;
        self.session_as(&format!("{name}'s own"), name)
    }

    pub fn session_in(&self, database: &str, application_name: &str) -> Result<Session> {
        Session::of(self.server.connect(database)?, application_name)
    }

    pub fn session_as(&self, role: &str, application_name: &str) -> Result<Session> {
        Session::of(self.server.connect_as(role, &self.database)?, application_name)
    }

    pub fn report(&mut self) -> Result<Vec<LockRow>> {
        lock_report(&mut self.reporter).map_err(with_server_text)
    }

    /// Returns the only row of a key and a process.
    #[track_caller]
    pub fn row(&mut self, key: &str, pid: i32) -> Result<LockRow> {
        let rows = self.report()?;
        Ok(row_of(&rows, key, pid))
    }

    /// Calls advisory_lock_terminate with these arguments.
    pub fn terminate(&mut self, arguments: &str) -> Result<Vec<TerminateRow>> {
        lock_terminate(&mut self.reporter, arguments).map_err(with_server_text)
    }

    /// Runs SQL as pasted into psql: as one simple query.
    pub fn paste(&mut self, sql: &str) -> Result<()> {
        self.reporter.simple_query(sql).map(|_| ()).map_err(with_server_text).with_context(|| sql.to_owned())
    }

    /// Returns a single number from the server's own views.
    pub fn number(&self, sql: &str) -> Result<i64> {
        let mut watcher = self.watcher.lock().unwrap_or_else(|poison| poison.into_inner());
        Ok(watcher.query_one(&format!("SELECT ({sql})::bigint"), &[]).map_err(with_server_text)?.get(0))
    }

    /// Returns process IDs from the server's own views.
    pub fn pids(&self, sql: &str) -> Result<Vec<i32>> {
        let mut watcher = self.watcher.lock().unwrap_or_else(|poison| poison.into_inner());
        Ok(watcher.query_one(&format!("SELECT ARRAY({sql})"), &[]).map_err(with_server_text)?.get(0))
    }

    /// Waits until a count is above zero.
    pub fn until(&self, count: &str) -> Result<()> {
        let began = Instant::now();
        while self.number(count)? == 0 {
            ensure!(began.elapsed() < TIMEOUT, "timed out waiting for {count}");
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Makes the session's transaction fail, and waits until it has released its locks: the error
    /// reaches the client before that.
    pub fn fail_transaction(&self, session: &mut Session) -> Result<()> {
        ensure!(session.run("SELECT 1 / 0").is_err(), "no error");
        let failed = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction (aborted)' AND pid =";
        self.until(&format!("{failed} {}", session.pid))
    }

    /// Whether the session still exists.
    pub fn is_there(&self, pid: i32) -> Result<bool> {
        Ok(self.number(&format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"))? == 1)
    }

    /// Starts a statement that waits for a lock, and returns when it waits.
    pub fn wait(&self, session: Session, sql: &str) -> Result<Busy> {
        // The process is queued before pg_locks shows waitstart.
        self.start(session, sql, "pg_locks", "NOT granted AND waitstart IS NOT NULL")
    }

    /// Starts a statement that takes a while, and returns when it runs.
    pub fn work(&self, session: Session, sql: &str) -> Result<Busy> {
        self.start(session, sql, "pg_stat_activity", "state = 'active'")
    }

    fn start(&self, session: Session, sql: &str, view: &str, condition: &str) -> Result<Busy> {
        let busy = session.start(sql);
        let began = Instant::now();
        let count = format!("SELECT count(*) FROM {view} WHERE pid = {} AND {condition}", busy.pid);
        while self.number(&count)? == 0 {
            if !busy.is_busy() {
                busy.done().with_context(|| sql.to_owned())?;
                bail!("the statement ended without waiting: {sql}");
            }
            ensure!(began.elapsed() < TIMEOUT, "timed out waiting for {count}");
            sleep(Duration::from_millis(5));
        }
        Ok(busy)
    }
}

/// Returns the error with the server's full text instead of just "db error".
pub fn with_server_text(error: Error) -> anyhow::Error {
    anyhow::anyhow!("{}", explain(&error))
}

/// Returns the only row of a key and a process.
#[track_caller]
pub fn row_of(rows: &[LockRow], key: &str, pid: i32) -> LockRow {
    let mut found = rows.iter().filter(|row| row.key == key && row.pid == Some(pid));
    let row = found.next().unwrap_or_else(|| panic!("no row of {key} and {pid}: {rows:#?}"));
    assert!(found.next().is_none(), "more than one row of {key} and {pid}: {rows:#?}");
    row.clone()
}

/// A session without a running statement.
pub struct Session {
    pub client: Client,
    pub pid: i32,
}

impl Session {
    pub fn of(mut client: Client, application_name: &str) -> Result<Self> {
        client.execute("SELECT set_config('application_name', $1, false)", &[&application_name])?;
        let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        Ok(Self { client, pid })
    }

    /// Runs it as one simple query, which is what pg_stat_activity shows afterwards.
    pub fn run(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(with_server_text).with_context(|| sql.to_owned())
    }

    /// Does the same, for method chaining.
    pub fn with(mut self, sql: &str) -> Result<Self> {
        self.run(sql)?;
        Ok(self)
    }

    /// Starts it and does not wait for its end.
    pub fn start(self, sql: &str) -> Busy {
        let Self { mut client, pid } = self;
        let (token, sql) = (client.cancel_token(), sql.to_owned());
        let thread = spawn(move || {
            let ending = client.batch_execute(&sql);
            (Self { client, pid }, ending)
        });
        Busy { pid, token, thread: Some(thread) }
    }
}

/// A session with a running statement. The statement is cancelled when this is dropped.
pub struct Busy {
    pub pid: i32,
    token: CancelToken,
    thread: Option<JoinHandle<(Session, Result<(), Error>)>>,
}

impl Busy {
    pub fn is_busy(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Waits for the statement, which must succeed soon, and returns the session.
    pub fn done(mut self) -> Result<Session> {
        let (session, ending) = self.join()?;
        ending.map_err(with_server_text)?;
        Ok(session)
    }

    /// Cancels the statement and returns the session.
    pub fn cancel(mut self) -> Result<Session> {
        self.token.cancel_query(NoTls)?;
        Ok(self.join()?.0)
    }

    fn join(&mut self) -> Result<(Session, Result<(), Error>)> {
        let began = Instant::now();
        while self.is_busy() {
            ensure!(began.elapsed() < TIMEOUT, "the statement of process {} does not end", self.pid);
            sleep(Duration::from_millis(2));
        }
        let thread = self.thread.take().context("it has been joined")?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.is_busy() {
            // A stopped server has ended it already.
            let _ = self.token.cancel_query(NoTls);
        }
    }
}
