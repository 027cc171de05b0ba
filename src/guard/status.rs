//! What is guarded, what is not, and why.

use super::catalog::{EventTrigger, Firing, Functions, Trigger};
use super::event_trigger::Guarded;
use super::feeds;
use super::partitions::guardable_links;
use crate::fault::Fault;
use crate::pg::id_datum::IdType;
use crate::pg::names::{self, QualifiedName};
use crate::pg::relation::{LockMode, Relation};
use crate::pg::settings::Guard;
use crate::pg::{schemas, subtransaction};
use crate::progress::Progress;
use crate::sequences::advice;
use crate::sequences::column::Column;
use crate::sequences::links::{Link, Source};
use crate::sequences::scope::Scope;
use crate::settings;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

/// As in the column `state`, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Disarmed,
    NotGuardable,
    Armed,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Disarmed => "disarmed",
            State::NotGuardable => "not guardable",
            State::Armed => "armed",
        }
    }
}

/// A row about a column that a sequence feeds, or without a table about what arms new ones.
#[derive(Clone, Debug)]
pub struct Row {
    pub state: State,
    pub table: Option<Oid>,
    pub sequence: Option<Oid>,
    pub detail: Option<String>,
    /// To sort by.
    pub name: Option<QualifiedName>,
}

impl Row {
    pub fn general(state: State, detail: impl Into<String>) -> Row {
        Row { state, table: None, sequence: None, detail: Some(detail.into()), name: None }
    }
}

/// The state of each column in scope that draws from a sequence, after what holds for all of them.
pub fn status(functions: &Functions, scope: Scope) -> Result<Vec<Row>, Fault> {
    let mut triggers: HashMap<Oid, Trigger> = HashMap::new();
    for trigger in functions.triggers(None)? {
        triggers.insert(trigger.table, trigger);
    }
    let mut drawing = guardable_links(scope)?;
    drawing.retain(|link| !is_others_temporary(link.place.0));
    let mut progress = Progress::new("columns", drawing.len());
    let mut rows = Vec::with_capacity(drawing.len() + 2);
    for link in &drawing {
        progress.step();
        let row = subtransaction::attempt(|| Ok(column_row(link, triggers.get(&link.place.0))));
        rows.extend(
            row.unwrap_or_else(|fault| Some(Row::of(link, State::NotGuardable, Some(advice::sentence(&fault))))),
        );
    }
    rows.sort_by(|one, other| (one.state, &one.name).cmp(&(other.state, &other.name)));
    let mut all = general_rows(functions)?;
    all.append(&mut rows);
    Ok(all)
}

impl Row {
    fn of(link: &Link, state: State, detail: Option<String>) -> Row {
        let table = link.place.0;
        Row { state, table: Some(table), sequence: link.sequence(), detail, name: names::relation_name(table) }
    }
}

fn is_others_temporary(table: Oid) -> bool {
    names::relation_schema(table).is_some_and(schemas::is_other_temp)
}

/// What holds for the whole database, and for the session that asks.
fn general_rows(functions: &Functions) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    if settings::guard() == Guard::Off {
        rows.push(Row::general(State::Disarmed, "pg_flightcheck.guard is off in this session"));
    }
    rows.push(event_trigger_row(&functions.event_triggers()?, &Guarded::look_up(functions)?));
    if settings::guards_all() {
        let detail = "this session watches every table, armed or not (pg_flightcheck.guard_scope = all)";
        rows.push(Row::general(State::Armed, detail));
    }
    Ok(rows)
}

fn event_trigger_row(triggers: &[EventTrigger], guarded: &Guarded) -> Row {
    match triggers {
        [] => Row::general(
            State::Disarmed,
            "there is no event trigger, so new tables are not armed; as a superuser, run seq_guard_enable()",
        ),
        [trigger, ..] if !trigger.is_always => Row::general(
            State::Disarmed,
            format!(
                "event trigger {name} does not fire in every session; run ALTER EVENT TRIGGER {name} ENABLE ALWAYS;",
                name = names::quote_identifier(&trigger.name)
            ),
        ),
        _ => Row::general(
            State::Armed,
            match guarded {
                Guarded::All => "new tables are armed as they come".to_owned(),
                Guarded::Schemas(names) => {
                    let names: Vec<String> = names.iter().map(|name| names::quote_identifier(name)).collect();
                    format!("new tables in {} are armed as they come", names.join(", "))
                }
            },
        ),
    }
}

/// `None` if the column is gone.
fn column_row(link: &Link, trigger: Option<&Trigger>) -> Option<Row> {
    let column = Column::look_up(link.place)?;
    if let Some(reason) = obstacle(link, &column) {
        return Some(Row::of(link, State::NotGuardable, Some(reason)));
    }
    let table = column.table.quoted();
    let (state, detail) = match trigger {
        Some(trigger) => match trigger.firing {
            Firing::Always => (State::Armed, None),
            Firing::Off => {
                let name = names::quote_identifier(&trigger.name);
                let detail = format!("its trigger is off; run ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};");
                (State::Disarmed, Some(detail))
            }
            Firing::Sometimes => {
                let detail = "its trigger fires in some sessions only; run seq_guard_enable()";
                (State::Disarmed, Some(detail.to_owned()))
            }
        },
        None => (State::Disarmed, Some("it has no trigger; run seq_guard_enable()".to_owned())),
    };
    Some(Row::of(link, state, detail))
}

/// Why the column cannot be guarded.
fn obstacle(link: &Link, column: &Column) -> Option<String> {
    if let Source::Unresolved(reason) = &link.source {
        return Some(reason.clone());
    }
    if let Err(reason) = advice::comparable(link, column) {
        return Some(reason);
    }
    if column.holds().is_some_and(|(id_type, _)| id_type == IdType::Text) {
        return Some("its numbers are texts, which no index sorts as numbers".to_owned());
    }
    let relation = Relation::try_open(column.relation, LockMode::AccessShare)?;
    if !feeds::is_guardable(&relation) {
        return Some(match column.kind {
            'f' => "a foreign table".to_owned(),
            'r' | 'p' if column.is_heap || column.kind == 'p' => "a temporary table".to_owned(),
            _ => "a table of another access method than heap".to_owned(),
        });
    }
    let needs_index = column.kind != 'p' && column.index.is_none();
    needs_index.then(|| "no btree index leads on the column".to_owned())
}
