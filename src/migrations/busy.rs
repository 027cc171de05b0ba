//! Who is at a tool's tables and locks right now, and who else is at work in the database.

use super::verdict::{State, Verdict};
use crate::fault::Fault;
use crate::locks::{self, Holding, Look, Purpose, View, activities, lock_table};
use crate::pg::{backend, database, owner};
use pgrx::pg_sys::Oid;
use std::cell::OnceCell;
use std::rc::Rc;

/// One look at locks and sessions.
pub struct Locks {
    view: View,
    /// Keys of advisory locks that others hold in this database, and who: what judges ask for.
    pub advisory: Rc<[(i64, i32)]>,
    /// The same locks, judged, once somebody asks.
    judged: OnceCell<Vec<locks::Row>>,
}

impl Locks {
    /// Holds the lock manager's partitions for a moment, as any look at pg_locks does.
    pub fn look() -> Result<Locks, Fault> {
        let look = Look::take(lock_table()?, owner::current())?;
        let advisory = look.table.locks.iter().filter(|lock| is_anothers(lock));
        let advisory: Vec<(i64, i32)> =
            advisory.filter_map(|lock| Some((lock.key.bigint()?, lock.pid.unwrap_or(0)))).collect();
        Ok(Locks { view: View::of(look)?, advisory: advisory.into(), judged: OnceCell::new() })
    }

    /// Who holds a lock on the table that says more than that it is read, the worst first.
    pub fn holdings(&self, table: Oid, named: &str) -> Vec<Holding> {
        self.view.look.holdings(table, named)
    }

    /// Who waits for the table.
    pub fn waiting(&self, table: Oid, named: &str) -> Vec<String> {
        self.view.look.waiting_for_table(table, named)
    }

    /// Why a lock whose holder is not known must not be freed now: who is at work in this database, or may be, and what shows it.
    pub fn in_the_way(&self) -> Option<String> {
        let sessions = self.view.look.in_the_way(database::current());
        if sessions.is_empty() {
            return self.view.look.prepared_change();
        }
        let grant = sessions.iter().any(|session| session.is_hidden()).then(|| self.view.statements.grant());
        Some([Some(activities(&sessions)), grant].into_iter().flatten().collect::<Vec<_>>().join("; "))
    }

    /// Who only reads.
    pub fn reading(&self) -> Option<String> {
        let sessions = self.view.look.reading(database::current());
        (!sessions.is_empty()).then(|| activities(&sessions))
    }

    /// The tool's advisory locks for migrations that others hold, as advisory_lock_report judges them: by the key that the tool's
    /// judge knows, or by the tool's name, schema and table.
    pub fn advisory(&self, of: &Lock<'_>) -> Result<Vec<&locks::Row>, Fault> {
        if self.advisory.is_empty() && !self.view.look.table.locks.iter().any(is_anothers) {
            return Ok(Vec::new());
        }
        let judged = match self.judged.get() {
            Some(judged) => judged,
            None => {
                let rows = self.view.rows(is_anothers)?;
                self.judged.get_or_init(|| rows)
            }
        };
        Ok(judged.iter().filter(|row| of.is(row)).collect())
    }
}

fn is_anothers(lock: &locks::Lock) -> bool {
    lock.is_granted && lock.database == database::current() && lock.pid != Some(backend::own_pid())
}

/// A tool's lock, as far as its tables say which it is.
pub struct Lock<'a> {
    pub tool: &'a str,
    pub schema: &'a str,
    pub table: &'a str,
    pub key: Option<i64>,
}

impl Lock<'_> {
    fn is(&self, row: &locks::Row) -> bool {
        let is_same = |subject: &Option<String>, own: &str| subject.as_deref().is_none_or(|name| name == own);
        let (schema, table) = &row.subject;
        self.key.is_some() && row.key.bigint() == self.key
            || row.tool.as_deref() == Some(self.tool)
                && row.purpose == Some(Purpose::Migration)
                && is_same(schema, self.schema)
                && is_same(table, self.table)
    }
}

/// What a verdict on a lock makes of the state of a tool whose tables are in order.
pub fn state(verdict: locks::Verdict) -> State {
    use locks::Verdict::{Blocking, Held, IdleHolder, Orphan, PoolerLeak, Prepared, SelfBlocked, Waiting};
    match verdict {
        Orphan | SelfBlocked | PoolerLeak | IdleHolder => State::Locked,
        Prepared | Blocking | Waiting | Held => State::InProgress,
    }
}

impl Verdict {
    /// Takes in who holds a lock on the tool's table. A fix that the tables call for has to wait; to end an orphan is one, if
    /// nothing else is wrong.
    pub fn consider(&mut self, holdings: Vec<Holding>) {
        let Some(worst) = holdings.first().map(|holding| holding.verdict) else { return };
        let is_clean = matches!(self.state, State::Clean | State::InProgress);
        for holding in &holdings {
            self.withhold_fix(&worded(holding.verdict, &holding.reason));
            holding.remedy.iter().for_each(|remedy| self.note(remedy));
        }
        if is_clean {
            self.state = state(worst);
            self.lock = Some(worst);
            self.fix = holdings.into_iter().find_map(|holding| holding.fix);
        }
    }

    /// Takes in who holds the tool's advisory lock.
    pub fn consider_advisory(&mut self, row: &locks::Row) {
        let holder = row.pid.map_or_else(|| "a prepared transaction".to_owned(), |pid| format!("pid {pid}"));
        let mut text = format!("{holder} holds advisory lock {}", row.key);
        if let Some(detail) = &row.detail {
            text = format!("{text}: {detail}");
        }
        self.withhold_fix(&worded(row.verdict, &text));
        if matches!(self.state, State::Clean | State::InProgress) {
            self.state = state(row.verdict);
            self.lock = Some(row.verdict);
            self.is_advisory = true;
            self.fix = row.fix.clone();
        }
    }
}

/// A verdict worth a name comes before its reason.
fn worded(verdict: locks::Verdict, reason: &str) -> String {
    match state(verdict) {
        State::Locked => format!("{}: {reason}", verdict.as_str()),
        _ => reason.to_owned(),
    }
}
