//! Finds the sessions that hold locks on a tool's tables and its advisory locks, and the sessions
//! that are at work in the database.

use super::verdict::{Status, Verdict};
use crate::error::Error;
use crate::locks::{self, Holding, Observation, Purpose, View, activities, lock_table};
use crate::pg::{backend, database, run_as};
use crate::report::session_label::process;
use crate::report::wording;
use pgrx::pg_sys::Oid;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// The locks and sessions at one moment.
pub struct Locks {
    view: View,
    /// The keys of the advisory locks that other sessions hold in this database, each with its
    /// holder: what judges need.
    pub advisory: Rc<[(i64, i32)]>,
    has_advisory: bool,
    /// The advisory locks, which are judged when first needed.
    judged: OnceCell<Judged>,
}

/// Other sessions' advisory locks in this database.
#[derive(Default)]
struct Judged {
    rows: Vec<locks::Row>,
    by_key: HashMap<i64, Vec<usize>>,
    /// The locks for migrations, by tool.
    by_tool: HashMap<String, Vec<usize>>,
}

impl Judged {
    fn of(rows: Vec<locks::Row>) -> Judged {
        let mut judged = Judged::default();
        for (index, row) in rows.iter().enumerate() {
            if let Some(key) = row.key.bigint() {
                judged.by_key.entry(key).or_default().push(index);
            }
            if let Some(tool) = row.tool.clone().filter(|_| row.purpose == Some(Purpose::Migration)) {
                judged.by_tool.entry(tool).or_default().push(index);
            }
        }
        Judged { rows, ..judged }
    }

    fn find(&self, lock: &Lock<'_>) -> Vec<&locks::Row> {
        let by_key = lock.key.and_then(|key| self.by_key.get(&key)).into_iter().flatten();
        let by_tool = self.by_tool.get(lock.tool).into_iter().flatten();
        let by_tool = by_tool.filter(|index| self.rows.get(**index).is_some_and(|row| lock.is_for(&row.subject)));
        let found: BTreeSet<usize> = by_key.chain(by_tool).copied().collect();
        found.into_iter().filter_map(|index| self.rows.get(index)).collect()
    }
}

impl Locks {
    /// Reads locks and sessions. Holds the lock manager's partition locks briefly, as any query of
    /// pg_locks does.
    pub fn read() -> Result<Locks, Error> {
        let observed = Observation::take(lock_table()?, run_as::current())?;
        let advisory = observed.table.locks.iter().filter(|lock| is_of_other_session(lock));
        let advisory: Vec<(i64, i32)> =
            advisory.filter_map(|lock| Some((lock.key.bigint()?, lock.pid.unwrap_or(0)))).collect();
        let has_advisory = observed.table.locks.iter().any(is_of_other_session);
        Ok(Locks { view: View::of(observed)?, advisory: advisory.into(), has_advisory, judged: OnceCell::new() })
    }

    /// Returns the locks on the table that other sessions hold, except those that reading acquires,
    /// the worst first.
    pub fn holdings(&self, table: Oid, named: &str) -> Vec<Holding> {
        self.view.observed.holdings(table, named)
    }

    /// Describes the sessions that wait for the table.
    pub fn waiting(&self, table: Oid, named: &str) -> Vec<String> {
        self.view.observed.waiting_for_table(table, named)
    }

    /// Returns why a lock whose holder is unknown must not be freed now: the sessions that are or
    /// may be at work in this database, and the grant that shows what is hidden.
    pub fn in_the_way(&self) -> Option<String> {
        let sessions = self.view.observed.in_the_way(database::current());
        if sessions.is_empty() {
            return self.view.observed.prepared_change();
        }
        let grant = sessions.iter().any(|session| session.is_hidden()).then(|| self.view.advisor.grant());
        wording::join([Some(activities(&sessions)), grant].into_iter().flatten())
    }

    /// Describes the sessions that only read.
    pub fn reading(&self) -> Option<String> {
        let sessions = self.view.observed.reading(database::current());
        (!sessions.is_empty()).then(|| activities(&sessions))
    }

    /// Returns the tool's advisory locks for migrations that other sessions hold, as
    /// advisory_lock_report judges them. Finds them by the key that the tool's judge knows, or by
    /// the tool's name, schema and table.
    pub fn advisory(&self, of: &Lock<'_>) -> Result<Vec<&locks::Row>, Error> {
        if !self.has_advisory {
            return Ok(Vec::new());
        }
        let judged = match self.judged.get() {
            Some(judged) => judged,
            None => {
                let judged = Judged::of(self.view.rows(is_of_other_session)?);
                self.judged.get_or_init(|| judged)
            }
        };
        Ok(judged.find(of))
    }
}

fn is_of_other_session(lock: &locks::Lock) -> bool {
    lock.is_granted && lock.database == database::current() && lock.pid != Some(backend::own_pid())
}

/// A tool's lock, as far as its tables identify it.
pub struct Lock<'a> {
    pub tool: &'a str,
    pub schema: &'a str,
    pub table: &'a str,
    pub key: Option<i64>,
}

impl Lock<'_> {
    /// Whether a key that was computed from this schema and table may be the tool's.
    fn is_for(&self, (schema, table): &(Option<String>, Option<String>)) -> bool {
        let is_same = |subject: &Option<String>, own: &str| subject.as_deref().is_none_or(|name| name == own);
        is_same(schema, self.schema) && is_same(table, self.table)
    }
}

/// Returns the status of a tool whose tables are in order, by the verdict on its lock.
pub fn status_of(status: locks::Status) -> Status {
    use locks::Status::{Blocking, Held, IdleHolder, Orphan, PoolerLeak, Prepared, SelfBlocked, Waiting};
    match status {
        Orphan | SelfBlocked | PoolerLeak | IdleHolder => Status::Locked,
        Prepared | Blocking | Waiting | Held => Status::InProgress,
    }
}

impl Verdict {
    /// Revises the verdict by the locks that sessions hold on the tool's table. Any fix for the
    /// tables has to wait. If the tables are in order, the fix is to end an orphan.
    pub fn consider(&mut self, holdings: Vec<Holding>) {
        let Some(worst) = holdings.first().map(|holding| holding.status) else { return };
        let is_clean = matches!(self.status, Status::Clean | Status::InProgress);
        for holding in &holdings {
            self.withhold_fix(&with_status(holding.status, &holding.reason));
            holding.remedy.iter().for_each(|remedy| self.note(remedy));
        }
        if is_clean {
            self.status = status_of(worst);
            self.lock = Some(worst);
            self.fix = holdings.into_iter().find_map(|holding| holding.fix);
        }
    }

    /// Revises the verdict by the session that holds the tool's advisory lock.
    pub fn consider_advisory(&mut self, row: &locks::Row) {
        let mut text = format!("{} holds advisory lock {}", process(row.pid.unwrap_or(0)), row.key);
        if let Some(detail) = &row.detail {
            text = format!("{text}: {detail}");
        }
        self.withhold_fix(&with_status(row.status, &text));
        if matches!(self.status, Status::Clean | Status::InProgress) {
            self.status = status_of(row.status);
            self.lock = Some(row.status);
            self.is_advisory = true;
            self.fix = row.fix.clone();
        }
    }
}

/// Prefixes the reason with the verdict on the lock if it is a problem.
fn with_status(status: locks::Status, reason: &str) -> String {
    match status_of(status) {
        Status::Locked => format!("{}: {reason}", status.label()),
        _ => reason.to_owned(),
    }
}
