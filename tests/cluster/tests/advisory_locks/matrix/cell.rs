//! One cell of the matrix: a lock, what its holder does, and which other sessions request it.

use super::kind::Kind;
use crate::client_gone::{Wire, wait_until_kernel_sees_close};
use crate::fixtures::{Busy, Session, with_server_text};
use crate::recheck::Stopped;
use anyhow::{Context, Result, ensure};
use cluster::Server;
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What the program that holds the lock does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Writing,
    /// On another connection than the one that holds the lock.
    WritingElsewhere,
    Reading,
    ReadingElsewhere,
    Idle,
    IdleInTransaction,
    Aborted,
    ClientGone,
    BlockedByAThird,
    BlockedByItself,
}

impl Doing {
    pub const ALL: [Doing; 10] = [
        Doing::Writing,
        Doing::WritingElsewhere,
        Doing::Reading,
        Doing::ReadingElsewhere,
        Doing::Idle,
        Doing::IdleInTransaction,
        Doing::Aborted,
        Doing::ClientGone,
        Doing::BlockedByAThird,
        Doing::BlockedByItself,
    ];
}

/// Which other sessions request the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    None,
    OneWaits,
    ManyTry,
}

impl Others {
    pub const ALL: [Others; 3] = [Others::None, Others::OneWaits, Others::ManyTry];
}

const UPDATE: &str = "UPDATE account SET balance = balance + 1 + length(pg_sleep(30)::text)";
const SELECT: &str = "SELECT count(*), pg_sleep(30) FROM account";

/// The holder's session.
enum Holder {
    Session(Session),
    Busy(#[allow(dead_code, reason = "it ends with the cell")] Busy),
    Gone(#[allow(dead_code, reason = "it goes on with the end of the cell")] Option<Stopped>),
}

pub struct Cell {
    pub kind: Kind,
    pub doing: Doing,
    pub others: Others,
    pub holder: i32,
    /// The program's other session, if it has one.
    pub worker: Option<i32>,
    /// Calls the functions under test.
    pub reporter: Client,
    watcher: Client,
    session: Holder,
    busy: Option<Busy>,
    waiting: Option<Busy>,
    tries: Vec<Session>,
    third: Option<Session>,
}

impl Cell {
    /// Sets up a cell; returns None if the combination does not exist.
    pub fn set(server: &Server, address: &str, kind: Kind, doing: Doing, others: Others) -> Result<Option<Cell>> {
        // A transaction's lock ends with it: no idle session holds it, and a failed transaction has
        // released it.
        let is_transactions = kind.is_transactions();
        let is_free = is_transactions && doing == Doing::Aborted;
        if is_transactions && doing == Doing::Idle || is_free && others != Others::None {
            return Ok(None);
        }
        let mut watcher = server.connect(kind.database())?;
        until(&mut watcher, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()")?;
        watcher.batch_execute(
            "DROP TABLE IF EXISTS account, busy; CREATE TABLE account (id int PRIMARY KEY, balance int);
             INSERT INTO account SELECT i, 100 FROM generate_series(1, 20) i; CREATE TABLE busy (id int)",
        )?;
        if kind.is_flag() || kind == Kind::RowLock {
            watcher
                .batch_execute("TRUNCATE databasechangeloglock; INSERT INTO databasechangeloglock VALUES (1, false)")?;
        }
        let begin = match (is_transactions, doing) {
            // It keeps its snapshot, for which CREATE INDEX CONCURRENTLY waits.
            (true, Doing::BlockedByItself) => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            (true, _) => "BEGIN",
            (false, _) => "",
        };
        let (session, holder) = if doing == Doing::ClientGone {
            let mut wire = Wire::connect(address, kind.database())?;
            for statement in [begin, kind.take()].into_iter().filter(|statement| !statement.is_empty()) {
                wire.run(statement)?;
            }
            let pid = wire.pid;
            let stopped = if kind.is_flag() { None } else { Some(Stopped::new(pid)?) };
            drop(wire);
            if stopped.is_some() {
                wait_until_kernel_sees_close(address)?;
            }
            (Holder::Gone(stopped), pid)
        } else {
            let mut session = Session::of(server.connect(kind.database())?, "deploy")?;
            for statement in [begin, kind.take()].into_iter().filter(|statement| !statement.is_empty()) {
                session.run(statement)?;
            }
            let pid = session.pid;
            (Holder::Session(session), pid)
        };
        let mut reporter = server.connect(kind.database())?;
        reporter.batch_execute("SET pg_flightcheck.orphan_after = 0")?;
        let mut cell = Cell {
            kind,
            doing,
            others,
            holder,
            worker: None,
            reporter,
            watcher,
            session,
            busy: None,
            waiting: None,
            tries: Vec::new(),
            third: None,
        };
        cell.act(server)?;
        cell.want(server)?;
        Ok(Some(cell))
    }

    /// Whether the failed transaction has released the lock.
    pub fn is_free(&self) -> bool {
        self.kind.is_transactions() && self.doing == Doing::Aborted
    }

    pub fn name(&self) -> String {
        format!("{:?}, {:?}, {:?}", self.kind, self.doing, self.others)
    }

    /// Makes the holder's program do what this cell is about.
    fn act(&mut self, server: &Server) -> Result<()> {
        let begin = if self.kind.is_transactions() { "" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ" };
        match self.doing {
            Doing::Writing => self.holder_starts(UPDATE, "state = 'active'"),
            Doing::Reading => self.holder_starts(SELECT, "state = 'active'"),
            Doing::WritingElsewhere => self.worker_starts(server, UPDATE, "state = 'active'"),
            Doing::ReadingElsewhere => self.worker_starts(server, SELECT, "state = 'active'"),
            Doing::Idle | Doing::ClientGone => Ok(()),
            Doing::IdleInTransaction => self.holder_runs(&[begin, "SELECT count(*) FROM account"]),
            Doing::Aborted => {
                self.holder_runs(&[begin])?;
                if let Holder::Session(session) = &mut self.session {
                    assert!(session.run("SELECT 1 / 0").is_err());
                }
                // The error reaches the client before the transaction has released its locks.
                self.until_pid(self.holder, "state = 'idle in transaction (aborted)'")
            }
            Doing::BlockedByAThird => {
                let third = Session::of(server.connect(self.kind.database())?, "reader")?;
                self.third = Some(third.with("BEGIN")?.with("SELECT FROM busy")?);
                self.holder_starts("ALTER TABLE busy ADD note text", "wait_event_type = 'Lock'")
            }
            Doing::BlockedByItself => {
                self.holder_runs(&[begin, "SELECT count(*) FROM account"])?;
                let index = "CREATE INDEX CONCURRENTLY ON account (balance)";
                self.worker_starts(server, index, "wait_event = 'virtualxid'")
            }
        }
    }

    fn holder_runs(&mut self, statements: &[&str]) -> Result<()> {
        let Holder::Session(session) = &mut self.session else { return Ok(()) };
        statements.iter().filter(|statement| !statement.is_empty()).try_for_each(|statement| session.run(statement))
    }

    fn holder_starts(&mut self, sql: &str, sign: &str) -> Result<()> {
        if let Holder::Session(session) = std::mem::replace(&mut self.session, Holder::Gone(None)) {
            let busy = session.start(sql);
            self.until_pid(busy.pid, sign)?;
            self.session = Holder::Busy(busy);
        }
        Ok(())
    }

    fn worker_starts(&mut self, server: &Server, sql: &str, sign: &str) -> Result<()> {
        let worker = Session::of(server.connect(self.kind.database())?, "deploy")?.start(sql);
        self.until_pid(worker.pid, sign)?;
        self.worker = Some(worker.pid);
        self.busy = Some(worker);
        Ok(())
    }

    /// Makes the other sessions request the lock.
    fn want(&mut self, server: &Server) -> Result<()> {
        let connect = || Session::of(server.connect(self.kind.database())?, "next deploy");
        match (self.others, self.kind.wait()) {
            (Others::None, _) => {}
            (Others::OneWaits, Some(wait)) => {
                let mut waiter = connect()?;
                if self.kind == Kind::TableLock {
                    waiter.run("BEGIN")?;
                }
                let waiter = waiter.start(wait);
                let pid = waiter.pid;
                self.waiting = Some(waiter);
                self.until_pid(pid, "wait_event_type = 'Lock'")?;
            }
            (Others::OneWaits, None) => self.tries = vec![connect()?.with(self.kind.attempt())?],
            (Others::ManyTry, _) => {
                for _ in 0..3 {
                    let mut other = connect()?;
                    let is_refused = other.run(self.kind.attempt()).is_err();
                    if is_refused {
                        // The transaction has failed; the next attempt uses a new one.
                        other.run("ROLLBACK")?;
                    }
                    self.tries.push(other);
                }
            }
        }
        Ok(())
    }

    /// Counts the sessions in the middle of a change, according to the server, except the holder
    /// and the waiter.
    pub fn at_work(&mut self) -> Result<i64> {
        let waiting = self.waiting.as_ref().map_or(0, |waiting| waiting.pid);
        let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid NOT IN ($1, $2)
            AND (backend_xid IS NOT NULL OR state = 'active' AND query ~ '^(UPDATE|ALTER|CREATE)')";
        // A holder that only locks a row has a transaction ID as well, and the session to be ended
        // is not at work.
        Ok(self.watcher.query_one(query, &[&waiting, &self.holder])?.get(0))
    }

    /// Pastes a fix. After that the lock must be free, and the session that waited must hold it.
    pub fn run_fix(&mut self, fix: Option<String>) -> Result<()> {
        let Some(fix) = fix else { return Ok(()) };
        ensure!(self.at_work()? == 0, "a fix although a session is at work");
        if self.doing == Doing::ClientGone && !self.kind.is_flag() {
            return Ok(());
        }
        self.reporter.batch_execute(&fix).map_err(with_server_text).with_context(|| fix.clone())?;
        if self.kind.is_flag() {
            let locked = "SELECT count(*) FROM databasechangeloglock WHERE locked";
            ensure!(self.watcher.query_one(locked, &[])?.get::<_, i64>(0) == 0, "still locked after {fix}");
        } else {
            self.waiting.take().context("no session has waited")?.done().with_context(|| fix.clone())?;
            let gone = format!("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {}", self.holder);
            until(&mut self.watcher, &gone)?;
        }
        Ok(())
    }

    fn until_pid(&mut self, pid: i32, sign: &str) -> Result<()> {
        let count = format!("SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = {pid} AND {sign}");
        until(&mut self.watcher, &count)
    }
}

fn until(client: &mut Client, condition: &str) -> Result<()> {
    let began = Instant::now();
    while !client.query_one(condition, &[])?.get::<_, bool>(0) {
        ensure!(began.elapsed() < Duration::from_secs(20), "timed out waiting for {condition}");
        sleep(Duration::from_millis(5));
    }
    Ok(())
}
