//! Arms or disarms any number of tables in one CALL, a few in each transaction, so that no lock is
//! held for long and the lock table stays free.

use super::arm::{Arming, Patience};
use super::catalog::Functions;
use super::disable;
use super::enable::{LOCK_TABLE_FULL, Wanted};
use super::lock_table_share::LockShare;
use super::report::say;
use super::session::as_own_commands;
use super::status_row::Status;
use crate::error::Error;
use crate::pg::names;
use crate::pg::procedure::Procedure;
use crate::pg::subtransaction;
use crate::report::lock_blocker::{self, WantedLock};
use crate::report::progress::Progress;
use crate::report::quoting::literal;
use crate::report::scope::Scope;
use crate::report::wording::counted;
use pgrx::pg_sys::Oid;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::time::{Duration, Instant};

/// How many tables are handled in one transaction. Each takes a subtransaction that writes, and
/// with more than 64 of those in progress every session has to read pg_subtrans
/// (PGPROC_MAX_CACHED_SUBXIDS in storage/proc.h).
const MOST_TABLES: usize = 50;
/// How long a transaction goes on to lock tables before it commits, since writers wait for them.
const LONGEST: Duration = Duration::from_millis(100);
/// How long to wait for other sessions to free slots of the lock table.
const MOST_WAIT: Duration = Duration::from_secs(10);
/// How many reasons the warning shows.
const MOST_REASONS: usize = 3;

/// The work on one table.
struct Task<'a> {
    /// The most locks that the work takes.
    locks: &'a dyn Fn(Oid) -> usize,
    /// Does the work. An error has undone what it did.
    work: &'a dyn Fn(Oid, Patience) -> Result<Effect, Error>,
    /// Returns the lock that the work acquires on a table.
    lock: &'a dyn Fn(Oid) -> WantedLock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Nothing,
    /// The table was armed, or disarmed, as the procedure is meant to do.
    Done,
    LeftOut,
}

/// How many tables had which outcome.
#[derive(Default)]
struct Tally {
    done: usize,
    left_out: usize,
    left: usize,
    reasons: Vec<String>,
}

impl Tally {
    fn leave(&mut self, count: usize, reason: impl FnOnce() -> String) {
        self.left += count;
        if self.reasons.len() < MOST_REASONS {
            self.reasons.push(reason());
        }
    }

    fn note(&mut self, table: Oid, outcome: Result<Effect, Error>, task: &Task<'_>) {
        match outcome {
            Ok(Effect::Nothing) => {}
            Ok(Effect::Done) => self.done += 1,
            Ok(Effect::LeftOut) => self.left_out += 1,
            Err(error) => {
                // It has been dropped concurrently.
                let Some(name) = names::relation_name(table) else { return };
                let lock = (table, (task.lock)(table));
                self.leave(1, || format!("{}.", lock_blocker::clause_on(&name, &error, lock)));
            }
        }
    }

    fn say(self, verb: &str, condition: &str, functions: &Functions, again: &str) {
        let left_out = match self.left_out {
            0 => String::new(),
            count => format!(", {count} left out"),
        };
        let message = format!("{} {verb}{left_out}; {} left unchanged", counted(self.done, "table"), self.left);
        let summary = Error::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message);
        if self.left == 0 {
            return say(PgLogLevel::NOTICE, summary);
        }
        let more = self.left.checked_sub(MOST_REASONS).filter(|more| *more > 0 && self.reasons.len() == MOST_REASONS);
        let more = more.map(|more| format!(" And {more} more.")).unwrap_or_default();
        let status = functions.qualified("seq_guard_status");
        let warning = summary
            .detail(self.reasons.join(" ") + &more)
            .hint(format!("Run again: {again} To see the tables: SELECT * FROM {status}() WHERE {condition};"));
        say(PgLogLevel::WARNING, warning);
    }
}

/// Arms the wanted tables, and reports how many of them.
pub fn enable_all(procedure: &Procedure, wanted: &Wanted<'_>) -> Result<(), Error> {
    let begun = commit(procedure, || {
        let functions = Functions::look_up()?;
        wanted.begin(&functions)?;
        Ok((wanted.tables(&functions)?, functions))
    });
    let (tables, functions) = begun?;
    let work = |table: Oid, patience| {
        Ok(match wanted.arm(&functions, table, patience)? {
            Arming::Armed | Arming::Rearmed => Effect::Done,
            Arming::LeftOut => Effect::LeftOut,
            Arming::Unchanged | Arming::Off | Arming::NothingToWatch => Effect::Nothing,
        })
    };
    let task = Task { locks: &|table| wanted.locks(table), work: &work, lock: &|table| wanted.lock(table) };
    let mut tally = Tally::default();
    run(procedure, &tables, &task, &mut tally);
    let again = functions.call("seq_guard_enable_all", &wanted.arguments());
    tally.say("armed", "status IN ('disarmed', 'unknown')", &functions, &again);
    Ok(())
}

/// Disarms the tables in scope, and reports how many of them.
pub fn disable_all(procedure: &Procedure, scope: Scope, schema: Option<&str>) -> Result<(), Error> {
    let begun = commit(procedure, || {
        let functions = Functions::look_up()?;
        let event_trigger = disable::stop_arming(&functions, schema);
        Ok((event_trigger, disable::triggers(&functions, scope)?, functions))
    });
    let (event_trigger, triggers, functions) = begun?;
    let mut tally = Tally::default();
    if let Some(row) = event_trigger.filter(|row| row.status == Status::Armed) {
        tally.leave(1, || format!("Event trigger: {}.", row.reason.unwrap_or_default()));
    }
    // Sorted by table. Each table has one trigger, or two after a restore.
    let mut tables: Vec<Oid> = triggers.iter().map(|trigger| trigger.table).collect();
    tables.dedup();
    let work = |table: Oid, patience| {
        let first = triggers.partition_point(|trigger| trigger.table.to_u32() < table.to_u32());
        let own = triggers[first..].iter().take_while(|trigger| trigger.table == table);
        for trigger in own {
            disable::drop_trigger(trigger, patience)?;
        }
        Ok(if names::relation_name(table).is_some() { Effect::Done } else { Effect::Nothing })
    };
    let task = Task { locks: &|_| 2 * disable::LOCKS, work: &work, lock: &|_| disable::LOCK };
    run(procedure, &tables, &task, &mut tally);
    let again = functions.call("seq_guard_disable_all", &schema.map(literal).unwrap_or_default());
    tally.say("disarmed", "status IN ('armed', 'unknown')", &functions, &again);
    Ok(())
}

/// Does work that fails as a whole, and commits.
fn commit<T>(procedure: &Procedure, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    procedure.commit_after(|| as_own_commands(|| subtransaction::attempt(work)))
}

/// Does the task on every table. Tables that another session has locked come last, each in a
/// transaction that holds no other lock while it waits.
fn run(procedure: &Procedure, tables: &[Oid], task: &Task<'_>, tally: &mut Tally) {
    let mut progress = Progress::new("tables", tables.len());
    let mut busy = Vec::new();
    let mut rest = tables;
    let mut last_step = Instant::now();
    while !rest.is_empty() {
        let count = commit_batch(procedure, rest, task, &mut progress, tally, &mut busy);
        rest = &rest[count..];
        if count > 0 {
            last_step = Instant::now();
        } else if last_step.elapsed() < MOST_WAIT {
            crate::pg::memory::step();
            std::thread::sleep(LONGEST);
        } else {
            return tally
                .leave(rest.len() + busy.len(), || format!("Other sessions hold many locks: {LOCK_TABLE_FULL}."));
        }
    }
    for table in busy {
        crate::pg::memory::step();
        procedure.commit_after(|| {
            as_own_commands(|| tally.note(table, (task.work)(table, Patience::Short), task));
        });
    }
}

/// Does the task on the first tables, in one transaction. Returns how many of them are finished.
fn commit_batch(
    procedure: &Procedure,
    tables: &[Oid],
    task: &Task<'_>,
    progress: &mut Progress,
    tally: &mut Tally,
    busy: &mut Vec<Oid>,
) -> usize {
    procedure.commit_after(|| {
        as_own_commands(|| {
            let began = Instant::now();
            let mut share = LockShare::default();
            let mut count = 0;
            for table in tables.iter().take(MOST_TABLES) {
                if began.elapsed() >= LONGEST || !share.take((task.locks)(*table)) {
                    break;
                }
                progress.step();
                count += 1;
                match (task.work)(*table, Patience::None) {
                    Err(error) if error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => busy.push(*table),
                    outcome => tally.note(*table, outcome, task),
                }
            }
            count
        })
    })
}
