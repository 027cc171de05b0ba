//! Measures the locks of statements that do not run in a transaction as well.

use crate::locks_told::{MODES, measured};
use anyhow::{Context, Result, bail};
use cluster::Server;
use postgres::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

/// The strongest lock on each relation of the case, as a number of `MODES`, and the relations whose
/// rows are read or written.
#[derive(Debug, Default)]
pub struct Held {
    locks: BTreeMap<String, usize>,
    rows: BTreeSet<String>,
}

impl Held {
    /// Returns one more than the strongest mode on a table while its rows are read; 0 if none are.
    pub fn on_rows(&self) -> usize {
        self.rows.iter().map(|name| self.on(name)).max().unwrap_or(0)
    }

    /// Returns one more than the mode on this relation.
    pub fn on(&self, name: &str) -> usize {
        self.locks.get(name).map_or(0, |mode| mode + 1)
    }
}

fn short(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

/// Returns the locks that a rehearsal of the statement observes.
pub fn rehearsed(client: &mut Client, statement: &str) -> Result<Held> {
    let found = measured(client, statement).with_context(|| statement.to_owned())?.pop().unwrap_or_default();
    let rows = found.reads.iter().chain(&found.rewrites).map(|name| short(name)).collect();
    Ok(Held { locks: found.locks.iter().map(|(name, mode)| (short(name), *mode)).collect(), rows })
}

/// Runs the statement while another session holds a snapshot and a locked row of each table, for
/// which it waits at its end: then it holds its locks, and has read the rows.
pub fn blocked(server: &Server, database: &str, schema: &str, client: &mut Client, statement: &str) -> Result<Held> {
    let mut holder = server.connect(database)?;
    let mut watcher = server.connect(database)?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let tables = "SELECT oid::regclass::text FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = $1::text::regnamespace ORDER BY 1";
    let tables: Vec<String> = watcher.query(tables, &[&schema])?.iter().map(|row| row.get(0)).collect();
    holder.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ")?;
    for table in &tables {
        holder
            .batch_execute(&format!("SELECT FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table}) FOR UPDATE"))?;
    }
    scope(|threads| {
        let running = threads.spawn(|| client.batch_execute(statement));
        let held = waiting(&mut watcher, pid, schema);
        holder.batch_execute("COMMIT")?;
        running
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            .with_context(|| statement.to_owned())?;
        held
    })
}

/// Returns the locks of a session as soon as it waits for another.
fn waiting(watcher: &mut Client, pid: i32, schema: &str) -> Result<Held> {
    let query = "SELECT c.relname::text, mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE l.pid = $1 AND granted AND c.relnamespace = $2::text::regnamespace";
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)";
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        if !watcher.query_one(waits, &[&pid])?.get::<_, bool>(0) {
            sleep(Duration::from_millis(2));
            continue;
        }
        let rows = watcher.query(query, &[&pid, &schema])?;
        let mut held = Held::default();
        for row in rows {
            let (name, mode): (String, String) = (row.get(0), row.get(1));
            let mode = MODES.iter().position(|known| *known == mode).context("a lock mode")?;
            let strongest = held.locks.entry(name.clone()).or_default();
            *strongest = (*strongest).max(mode);
            held.rows.insert(name);
        }
        return Ok(held);
    }
    bail!("the statement waits for nothing")
}
