//! Reports which tables are guarded, which are not, and why.

use super::catalog::{EventTrigger, Firing, Functions, Trigger};
use super::event_trigger::Guarded;
use super::partitions::guardable_links;
use super::status_row::{Status, StatusRow, sort};
use super::{fed_columns, preload};
use crate::error::Error;
use crate::pg::id_datum::IdType;
use crate::pg::names;
use crate::pg::relation::{LockMode, Relation, nowait};
use crate::pg::settings::Guard;
use crate::pg::{schemas, subtransaction};
use crate::report::lock_blocker::{self, WantedLock};
use crate::report::progress::Progress;
use crate::report::quoting::literal;
use crate::report::scope::Scope;
use crate::report::table_locks::within_budget;
use crate::sequences::column::Column;
use crate::sequences::comparable::comparable;
use crate::sequences::link::{Link, Source};
use crate::settings;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

/// Returns a row for each column in scope that draws from a sequence, after the rows that describe
/// all columns. Waits for locks for five seconds altogether, or for lock_timeout.
pub fn status(functions: &Functions, scope: Scope) -> Result<Vec<StatusRow>, Error> {
    within_budget(|| rows(functions, scope))
}

/// Does the same without waiting for a lock.
pub fn status_nowait(functions: &Functions, scope: Scope) -> Result<Vec<StatusRow>, Error> {
    nowait(|| rows(functions, scope))
}

fn rows(functions: &Functions, scope: Scope) -> Result<Vec<StatusRow>, Error> {
    let mut triggers: HashMap<Oid, Trigger> = HashMap::new();
    for trigger in functions.triggers()? {
        triggers.insert(trigger.table, trigger);
    }
    let mut drawing = guardable_links(scope)?;
    drawing.retain(|link| !is_others_temporary(link.attr.0));
    let mut progress = Progress::new("columns", drawing.len());
    let mut rows = Vec::with_capacity(drawing.len() + 2);
    for link in &drawing {
        progress.step();
        let row = subtransaction::attempt(|| Ok(column_row(functions, link, triggers.get(&link.attr.0))));
        rows.extend(row.unwrap_or_else(|error| {
            let reason = lock_blocker::clause(&error, [(link.attr.0, WantedLock::AccessShare)]);
            Some(StatusRow::of(link, Status::Unknown, Some(reason)))
        }));
    }
    rows.append(&mut general_rows(functions)?);
    if !triggers.is_empty() {
        rows.append(&mut preload::rows()?);
    }
    sort(&mut rows);
    Ok(rows)
}

impl StatusRow {
    fn of(link: &Link, status: Status, reason: Option<String>) -> StatusRow {
        StatusRow { sequence: link.sequence(), ..StatusRow::of_table(status, link.attr.0, reason) }
    }
}

fn is_others_temporary(table: Oid) -> bool {
    names::relation_schema(table).is_some_and(schemas::is_other_temp)
}

/// Returns the rows that describe the whole database and the calling session.
fn general_rows(functions: &Functions) -> Result<Vec<StatusRow>, Error> {
    let mut rows = Vec::new();
    if settings::guard() == Guard::Off {
        rows.push(StatusRow::general(Status::Disarmed, "pg_flightcheck.guard is off in this session"));
    }
    rows.push(event_trigger_row(functions, &functions.event_triggers()?, &Guarded::look_up(functions)?));
    if settings::guards_all() {
        let detail = "this session watches every table, armed or not (pg_flightcheck.guard_scope = all)";
        rows.push(StatusRow::general(Status::Armed, detail));
    }
    Ok(rows)
}

fn event_trigger_row(functions: &Functions, triggers: &[EventTrigger], guarded: &Guarded) -> StatusRow {
    match triggers {
        [] => StatusRow::general(Status::Disarmed, "there is no event trigger, so new tables are not armed")
            .remedy(format!("as a superuser, run {}", functions.select("seq_guard_enable", ""))),
        [trigger, ..] if !trigger.is_always => {
            let name = names::quote_identifier(&trigger.name);
            StatusRow::general(Status::Disarmed, format!("event trigger {name} does not fire in every session"))
                .remedy(format!("run ALTER EVENT TRIGGER {name} ENABLE ALWAYS;"))
        }
        _ => StatusRow::general(
            Status::Armed,
            match guarded {
                Guarded::All => "new tables are armed when they are created".to_owned(),
                Guarded::Schemas(names) => format!("new tables in {} are armed when they are created", quoted(names)),
                Guarded::AllExcept(names) => {
                    format!("new tables are armed when they are created, except in {}", quoted(names))
                }
            },
        ),
    }
}

fn quoted(schemas: &[String]) -> String {
    schemas.iter().map(|name| names::quote_identifier(name)).collect::<Vec<_>>().join(", ")
}

/// Returns `None` if the column no longer exists.
fn column_row(functions: &Functions, link: &Link, trigger: Option<&Trigger>) -> Option<StatusRow> {
    let column = Column::look_up(link.attr)?;
    if let Some(reason) = obstacle(link, &column) {
        return Some(StatusRow::of(link, Status::NotGuardable, Some(reason)));
    }
    let table = column.table.quoted();
    let enable = || functions.select("seq_guard_enable", &literal(&column.table.schema));
    let disarmed = |reason: &str| StatusRow::of(link, Status::Disarmed, Some(reason.to_owned()));
    Some(match trigger {
        Some(trigger) if trigger.is_left_out() => disarmed("left out: its trigger is disabled").remedy(format!(
            "to guard it, run DROP TRIGGER {} ON {table}; {}",
            names::quote_identifier(&trigger.name),
            enable()
        )),
        Some(trigger) => match trigger.firing {
            Firing::Always => StatusRow::of(link, Status::Armed, None),
            Firing::Off => disarmed("its trigger is disabled").remedy(format!(
                "run ALTER TABLE {table} ENABLE ALWAYS TRIGGER {};",
                names::quote_identifier(&trigger.name)
            )),
            Firing::Sometimes => {
                disarmed("its trigger does not fire in every session").remedy(format!("run {}", enable()))
            }
        },
        None => disarmed("it has no trigger").remedy(format!("run {}", enable())),
    })
}

/// Returns why the column cannot be guarded.
fn obstacle(link: &Link, column: &Column) -> Option<String> {
    if let Source::Unresolved(reason) = &link.source {
        return Some(reason.clone());
    }
    if let Err(reason) = comparable(link, column) {
        return Some(reason);
    }
    if column.holds().is_some_and(|(id_type, _)| id_type == IdType::Text) {
        return Some("its ids are text, which no index sorts as numbers".to_owned());
    }
    let relation = Relation::try_open(column.relation, LockMode::AccessShare)?;
    if !fed_columns::is_guardable(&relation) {
        return Some(match column.kind {
            'f' => "a foreign table".to_owned(),
            'r' | 'p' if column.is_heap || column.kind == 'p' => "a temporary table".to_owned(),
            _ => "its access method is not heap".to_owned(),
        });
    }
    let needs_index = column.kind != 'p' && column.index.is_none();
    needs_index.then(|| "no btree index starts with the column".to_owned())
}
