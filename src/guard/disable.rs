//! Disarms tables in the caller's transaction, as far as the lock table has room.

use super::arm::{self, Patience};
use super::catalog::{Functions, Trigger};
use super::enable::LOCK_TABLE_FULL;
use super::event_trigger::{self, Change};
use super::lock_table_share::LockShare;
use super::status_row::{self, Status, StatusRow};
use crate::error::Error;
use crate::pg::names::{self, quote_identifier};
use crate::pg::subtransaction;
use crate::report::lock_blocker::{WantedLock, clause};
use crate::report::progress::Progress;
use crate::report::quoting::literal;
use crate::report::scope::Scope;
use crate::report::wording;

/// How many locks dropping a trigger takes: on the table and on the trigger.
pub const LOCKS: usize = 2;
/// The strongest of them.
pub const LOCK: WantedLock = WantedLock::AccessExclusive;

/// Stops arming new tables of the schema, or of any schema if it is `None`. Returns a row about it.
pub fn stop_arming(functions: &Functions, schema: Option<&str>) -> Option<StatusRow> {
    let disarmed = |reason| Some(StatusRow::general(Status::Disarmed, reason));
    match subtransaction::attempt(|| event_trigger::stop_arming_schema(functions, schema)) {
        Ok(Change::Nothing) => None,
        Ok(Change::Dropped) => disarmed("new tables are no longer armed".to_owned()),
        Ok(Change::Limited) => {
            let schema = quote_identifier(schema.unwrap_or_default());
            disarmed(format!("new tables in {schema} are no longer armed"))
        }
        Err(error) => Some(StatusRow::general(Status::Armed, wording::error(&error))),
    }
}

/// Returns the guard's triggers on the tables in scope.
pub fn triggers(functions: &Functions, scope: Scope) -> Result<Vec<Trigger>, Error> {
    let mut triggers = functions.triggers()?;
    triggers.retain(|trigger| scope.covers(trigger.table));
    Ok(triggers)
}

/// Drops a trigger unless its table no longer exists. An error undoes it.
pub fn drop_trigger(trigger: &Trigger, patience: Patience) -> Result<(), Error> {
    let Some(name) = names::relation_name(trigger.table) else { return Ok(()) };
    subtransaction::attempt(|| arm::drop_trigger(&name, trigger, patience))
}

/// Returns the rows of `seq_guard_disable`.
pub fn disable(scope: Scope, schema: Option<&str>) -> Result<Vec<StatusRow>, Error> {
    let functions = Functions::look_up()?;
    let mut rows: Vec<StatusRow> = stop_arming(&functions, schema).into_iter().collect();
    let triggers = triggers(&functions, scope)?;
    let arguments = schema.map(literal).unwrap_or_default();
    let again = functions.select("seq_guard_disable", &arguments);
    let mut progress = Progress::new("tables", triggers.len());
    let mut share = LockShare::default();
    let mut left = 0;
    for trigger in triggers.iter().filter(|trigger| names::relation_name(trigger.table).is_some()) {
        let row = |state, reason| StatusRow::of_table(state, trigger.table, reason);
        if left > 0 || !share.take(LOCKS) {
            left += 1;
            rows.push(row(Status::Armed, Some(LOCK_TABLE_FULL.to_owned())).remedy(format!("commit, then run {again}")));
            continue;
        }
        progress.step();
        rows.push(match drop_trigger(trigger, Patience::Short) {
            Ok(()) => row(Status::Disarmed, None),
            Err(error) => row(Status::Armed, Some(clause(&error, [(trigger.table, LOCK)]))),
        });
    }
    if left > 0 {
        let tables = if left == 1 { "table is" } else { "tables are" };
        let row = StatusRow::general(Status::Armed, format!("{left} {tables} left: {LOCK_TABLE_FULL}"));
        let all = functions.call("seq_guard_disable_all", &arguments);
        rows.insert(0, row.remedy(format!("commit, then run {again} or {all}")));
    }
    // Tables that are still armed come first.
    status_row::sort(&mut rows);
    let (general, tables): (Vec<StatusRow>, Vec<StatusRow>) = rows.into_iter().partition(|row| row.table.is_none());
    let (armed, disarmed): (Vec<StatusRow>, Vec<StatusRow>) =
        tables.into_iter().partition(|row| row.status == Status::Armed);
    Ok([general, armed, disarmed].concat())
}
