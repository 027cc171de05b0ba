//! Arms the existing tables in the caller's transaction, as far as the lock table has room.

use super::arm::{self, Arming, Patience, arm, leave_out};
use super::catalog::{Functions, Trigger};
use super::event_trigger;
use super::lock_table_share::LockShare;
use super::partitions::guardable_links;
use super::status::status_nowait;
use super::status_row::{self, Status, StatusRow};
use crate::error::Error;
use crate::pg::sql_types::RegClasses;
use crate::pg::{names, subtransaction, transaction};
use crate::report::lock_blocker::{WantedLock, clause};
use crate::report::progress::Progress;
use crate::report::quoting::literal;
use crate::report::scope::Scope;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::collections::{HashMap, HashSet};

/// The reason why a call stopped.
pub const LOCK_TABLE_FULL: &str = "half of the server's lock table is in use";

/// The tables to guard.
pub struct Wanted<'a> {
    pub schema: Option<&'a str>,
    pub scope: Scope,
    /// The tables to leave out.
    pub exclude: HashSet<Oid>,
}

impl<'a> Wanted<'a> {
    /// Checks the arguments. Errors: 3F000 for an unknown schema, 22004 for a NULL in the list,
    /// 42P01 for a table in it that does not exist, 22023 for one that is not in the schema.
    pub fn new(schema: Option<&'a str>, exclude: Option<RegClasses>) -> Result<Wanted<'a>, Error> {
        let scope = Scope::schema(schema)?;
        let exclude = exclude.map_or_else(Vec::new, |exclude| exclude.0).into_iter();
        let exclude: Option<HashSet<Oid>> = exclude.collect();
        let exclude = exclude.ok_or_else(|| Error::null_element("exclude"))?;
        let is_wanted = |table: Oid| names::relation_kind(table).is_some() && scope.covers(table);
        match exclude.iter().find(|table| !is_wanted(**table)) {
            None => Ok(Wanted { schema, scope, exclude }),
            Some(stray) => Err(refused(*stray)),
        }
    }

    /// Returns the arguments of the call, so that it can be repeated: without `exclude`, the tables
    /// that are not left out yet would be armed.
    pub fn arguments(&self) -> String {
        let mut names: Vec<String> = self
            .exclude
            .iter()
            .filter_map(|table| names::relation_name(*table))
            .map(|name| literal(&name.quoted()))
            .collect();
        names.sort_unstable();
        let exclude = format!("exclude => ARRAY[{}]::regclass[]", names.join(", "));
        let exclude = (!names.is_empty()).then_some(exclude);
        self.schema.map(literal).into_iter().chain(exclude).collect::<Vec<_>>().join(", ")
    }

    /// Makes the event trigger arm new tables, if the current user is a superuser.
    pub fn begin(&self, functions: &Functions) -> Result<(), Error> {
        match transaction::is_superuser() {
            true => event_trigger::arm_schema(functions, self.schema),
            false => Ok(()),
        }
    }

    /// Returns the tables in scope that a sequence feeds but that do not have the right trigger,
    /// and the tables to leave out.
    pub fn tables(&self, functions: &Functions) -> Result<Vec<Oid>, Error> {
        let mut triggers: HashMap<Oid, Vec<Trigger>> = HashMap::new();
        for trigger in functions.triggers()? {
            triggers.entry(trigger.table).or_default().push(trigger);
        }
        let is_settled = |table: Oid| match triggers.get(&table).map(Vec::as_slice) {
            Some([trigger]) => trigger.is_settled() && (trigger.is_left_out() || !self.exclude.contains(&table)),
            _ => false,
        };
        let drawing = guardable_links(self.scope)?.into_iter().map(|link| link.attr.0);
        let mut seen = HashSet::new();
        let tables = self.exclude.iter().copied().chain(drawing);
        Ok(tables.filter(|table| !is_settled(*table) && seen.insert(*table)).collect())
    }

    /// Arms the table, or leaves it out. An error undoes what was done to it.
    pub fn arm(&self, functions: &Functions, table: Oid, patience: Patience) -> Result<Arming, Error> {
        subtransaction::attempt(|| match self.exclude.contains(&table) {
            true => leave_out(functions, table, patience),
            false => arm(functions, table, arm::trigger_name(), patience),
        })
    }

    /// Returns the strongest lock that `arm` acquires on the table.
    pub fn lock(&self, table: Oid) -> WantedLock {
        match self.exclude.contains(&table) {
            true => WantedLock::AccessExclusive,
            false => WantedLock::ShareRowExclusive,
        }
    }

    /// Returns the most locks that `arm` takes: on the table and, to leave out an armed table, on
    /// its trigger.
    pub fn locks(&self, table: Oid) -> usize {
        1 + usize::from(self.exclude.contains(&table))
    }
}

/// Returns the error for a table in `exclude` that is not in the schema, or does not exist.
fn refused(table: Oid) -> Error {
    match names::relation_name(table) {
        Some(name) => {
            let message = format!("table {} of argument \"exclude\" is not in the schema", name.quoted());
            Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
        }
        None => {
            let message = format!("table with OID {} of argument \"exclude\" does not exist", table.to_u32());
            Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, message)
        }
    }
}

/// Returns the rows of `seq_guard_enable`.
pub fn enable(wanted: &Wanted<'_>) -> Result<Vec<StatusRow>, Error> {
    let functions = Functions::look_up()?;
    wanted.begin(&functions)?;
    let outcome = arm_all(&functions, wanted)?;
    // What is locked has been waited for already.
    let mut rows = status_nowait(&functions, wanted.scope)?;
    for row in &mut rows {
        match row.table.and_then(|table| outcome.failures.get(&table)) {
            Some(Failure::LockTableFull) => {
                row.reason = Some(LOCK_TABLE_FULL.to_owned());
                row.remedy =
                    Some(format!("commit, then run {}", functions.select("seq_guard_enable", &wanted.arguments())));
            }
            Some(Failure::Other(reason)) => {
                row.reason = Some(reason.clone());
                row.remedy = None;
            }
            None => {}
        }
    }
    let shown: HashSet<Oid> = rows.iter().filter_map(|row| row.table).collect();
    let reason = || Some("nothing to leave out: no column draws from a sequence".to_owned());
    let unfed = wanted.exclude.iter().filter(|table| !shown.contains(table));
    rows.extend(unfed.map(|table| StatusRow::of_table(Status::NotGuardable, *table, reason())));
    rows.splice(0..0, outcome.row(&functions, wanted));
    status_row::sort(&mut rows);
    Ok(rows)
}

enum Failure {
    LockTableFull,
    Other(String),
}

#[derive(Default)]
struct Outcome {
    failures: HashMap<Oid, Failure>,
    /// How many tables were not handled.
    left: usize,
}

impl Outcome {
    /// Returns the first row if the call has stopped.
    fn row(&self, functions: &Functions, wanted: &Wanted<'_>) -> Option<StatusRow> {
        let tables = if self.left == 1 { "table is" } else { "tables are" };
        let row = StatusRow::general(Status::Disarmed, format!("{} {tables} left: {LOCK_TABLE_FULL}", self.left));
        let arguments = wanted.arguments();
        let again = functions.select("seq_guard_enable", &arguments);
        let all = functions.call("seq_guard_enable_all", &arguments);
        (self.left > 0).then(|| row.remedy(format!("commit, then run {again} or {all}")))
    }
}

/// Arms the tables in scope. Returns why some of them could not be armed.
fn arm_all(functions: &Functions, wanted: &Wanted<'_>) -> Result<Outcome, Error> {
    let tables = wanted.tables(functions)?;
    let mut progress = Progress::new("tables", tables.len());
    let mut share = LockShare::default();
    let mut outcome = Outcome::default();
    for table in tables {
        if outcome.left > 0 || !share.take(wanted.locks(table)) {
            outcome.left += 1;
            outcome.failures.insert(table, Failure::LockTableFull);
            continue;
        }
        progress.step();
        if let Err(error) = wanted.arm(functions, table, Patience::Short) {
            outcome.failures.insert(table, Failure::Other(clause(&error, [(table, wanted.lock(table))])));
        }
    }
    Ok(outcome)
}
