//! The guard's functions as SQL sees them.

use super::arm::{self, Patience, arm};
use super::catalog::Functions;
use super::partitions::guardable_links;
use super::status::{Row, State, status};
use super::{event_trigger, on_ddl};
use crate::fault::Fault;
use crate::pg::sql_types::RegClass;
use crate::pg::{access, names, subtransaction, transaction};
use crate::progress::Progress;
use crate::sequences::advice;
use crate::sequences::scope::Scope;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::{HashMap, HashSet};

/// Arms every table of the schema whose column draws from a sequence; as a superuser also creates the event trigger that arms
/// new ones. NULL: all schemas but the system's. Repeated, it does what is still to be done.
///
/// Locks: ShareRowExclusiveLock on each table that is not armed yet, to the end of the transaction. A busy table is looked at
/// again for 100 ms, or queued for as long as `lock_timeout` says if it is set, and then left `disarmed`. Privileges: ownership
/// of the tables; a superuser for the event trigger. Errors: 3F000 unknown schema, 25006 read-only.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_guard_enable(
    schema: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(state, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    access::refuse_read_only_always("seq_guard_enable")?;
    let scope = Scope::schema(schema)?;
    Ok(rows(on_ddl::quietly(|| enable(scope, schema))?))
}

/// Takes the guard off every table and drops the event trigger.
///
/// Locks: AccessExclusiveLock on each armed table, to the end of the transaction; waits as `seq_guard_enable`. Privileges: ownership
/// of the tables; a superuser for the event trigger. What could not be done is a row `armed`. Errors: 25006 read-only.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_guard_disable() -> Result<
    TableIterator<
        'static,
        (
            name!(state, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    access::refuse_read_only_always("seq_guard_disable")?;
    Ok(rows(on_ddl::quietly(disable)?))
}

/// One row for each column that draws from a sequence: armed, disarmed or not guardable, and why; before them, rows without a
/// table for what holds for all.
///
/// Locks: AccessShareLock on one table and its indexes at a time, given back at once. Privileges: none. Works on a standby.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn seq_guard_status() -> Result<
    TableIterator<
        'static,
        (
            name!(state, String),
            name!(table_name, Option<RegClass>),
            name!(sequence_name, Option<RegClass>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    Ok(rows(status(&Functions::look_up()?, Scope::Database)?))
}

fn enable(scope: Scope, schema: Option<&str>) -> Result<Vec<Row>, Fault> {
    let functions = Functions::look_up()?;
    if transaction::is_superuser() {
        let had_one = !functions.event_triggers()?.is_empty();
        event_trigger::create(&functions)?;
        let was_all = had_one && event_trigger::Guarded::look_up(&functions)? == event_trigger::Guarded::All;
        // Who guards all schemas already loses nothing by naming one of them.
        if !(was_all && schema.is_some()) {
            event_trigger::guard_schema(&functions, schema)?;
        }
    }
    let failures = arm_all(&functions, scope)?;
    let mut rows = status(&functions, scope)?;
    for row in rows.iter_mut().filter(|row| row.state == State::Disarmed) {
        if let Some(reason) = row.table.and_then(|table| failures.get(&table)) {
            row.detail = Some(reason.clone());
        }
    }
    Ok(rows)
}

/// Arms the tables in scope, and returns why some of them could not be.
fn arm_all(functions: &Functions, scope: Scope) -> Result<HashMap<Oid, String>, Fault> {
    let mut seen = HashSet::new();
    let drawing = guardable_links(scope)?.into_iter().map(|link| link.place.0);
    let tables: Vec<Oid> = drawing.filter(|table| seen.insert(*table)).collect();
    let mut progress = Progress::new("tables", tables.len());
    let mut failures = HashMap::new();
    for table in tables {
        progress.step();
        if let Err(fault) = subtransaction::attempt(|| arm(functions, table, arm::trigger_name(), Patience::Short)) {
            failures.insert(table, advice::sentence(&fault));
        }
    }
    Ok(failures)
}

fn disable() -> Result<Vec<Row>, Fault> {
    let functions = Functions::look_up()?;
    let mut rows = Vec::new();
    let dropped = subtransaction::attempt(|| {
        let was_there = !functions.event_triggers()?.is_empty();
        event_trigger::drop(&functions)?;
        Ok(was_there)
    });
    match dropped {
        Ok(true) => rows.push(Row::general(State::Disarmed, "new tables are not armed any more")),
        Ok(false) => {}
        Err(fault) => rows.push(Row::general(State::Armed, advice::sentence(&fault))),
    }
    for trigger in functions.triggers(None)? {
        let Some(name) = names::relation_name(trigger.table) else { continue };
        let outcome = subtransaction::attempt(|| arm::drop_trigger(&name, &trigger, Patience::Short));
        let (state, detail) = match outcome {
            Ok(()) => (State::Disarmed, None),
            Err(fault) => (State::Armed, Some(advice::sentence(&fault))),
        };
        rows.push(Row { state, table: Some(trigger.table), sequence: None, detail, name: Some(name) });
    }
    rows.sort_by(|one, other| {
        (one.name.is_some(), other.state, &one.name).cmp(&(other.name.is_some(), one.state, &other.name))
    });
    Ok(rows)
}

#[allow(clippy::type_complexity)]
fn rows(
    rows: Vec<Row>,
) -> TableIterator<
    'static,
    (
        name!(state, String),
        name!(table_name, Option<RegClass>),
        name!(sequence_name, Option<RegClass>),
        name!(detail, Option<String>),
    ),
> {
    TableIterator::new(
        rows.into_iter().map(|row| {
            (row.state.as_str().to_owned(), row.table.map(RegClass), row.sequence.map(RegClass), row.detail)
        }),
    )
}

pgrx::extension_sql_file!(
    "../../sql/install/guard.sql",
    name = "guard",
    requires = [seq_guard_enable, seq_guard_disable, seq_guard_status]
);
