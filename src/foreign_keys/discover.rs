//! Reads the foreign keys from the catalogs.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns. No user table is touched.

use super::reference::{Column, Reference, Table};
use crate::fault::Fault;
use crate::pg::names::QualifiedName;
use crate::pg::raw_text::RawText;
use crate::pg::row::required;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use pgrx::spi::{SpiClient, SpiHeapTupleData};
use std::collections::HashMap;

const FOREIGN_KEYS: &str = include_str!("../../sql/queries/foreign_keys.sql");
const FOREIGN_KEY_TRIGGERS: &str = include_str!("../../sql/queries/foreign_key_triggers.sql");

/// A foreign key as the catalogs have it.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    pub name: String,
    pub is_validated: bool,
    pub is_enforced: bool,
    /// Whether its last columns are periods of time.
    pub is_temporal: bool,
    pub reference: Reference,
    /// Those that do not fire in ordinary sessions.
    pub silent_triggers: Vec<Trigger>,
}

/// A trigger that enforces a foreign key, or should.
#[derive(Clone, Debug)]
pub struct Trigger {
    pub table: QualifiedName,
    pub name: String,
    /// Fires in sessions with session_replication_role = replica, and in no others.
    pub is_for_replicas: bool,
    /// Looks at rows that the child gets; else at those that the parent loses.
    pub is_childs: bool,
}

/// The foreign keys of a schema, or of all; by table and name.
pub fn discover(schema: Option<Oid>) -> Result<Vec<ForeignKey>, Fault> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let mut triggers = silent_triggers(client)?;
            let rows = client.select(FOREIGN_KEYS, None, &[schema.into()])?;
            rows.map(|row| {
                let silent_triggers = triggers.remove(&required::<Oid>(&row, 1)?).unwrap_or_default();
                foreign_key(&row, silent_triggers)
            })
            .collect()
        })
    })
}

/// By the constraint that they enforce.
fn silent_triggers(client: &SpiClient<'_>) -> Result<HashMap<Oid, Vec<Trigger>>, Fault> {
    let mut triggers: HashMap<Oid, Vec<Trigger>> = HashMap::new();
    for row in client.select(FOREIGN_KEY_TRIGGERS, None, &[])? {
        let text = |ordinal| required::<RawText>(&row, ordinal).map(|raw| raw.text);
        let trigger = Trigger {
            table: QualifiedName { schema: text(2)?, name: text(3)? },
            name: text(4)?,
            is_for_replicas: required(&row, 5)?,
            is_childs: required(&row, 6)?,
        };
        triggers.entry(required(&row, 1)?).or_default().push(trigger);
    }
    Ok(triggers)
}

fn foreign_key(row: &SpiHeapTupleData, silent_triggers: Vec<Trigger>) -> Result<ForeignKey, Fault> {
    let conditions = required::<Vec<RawText>>(row, 20)?;
    let mut child = table(row, 7, 15)?;
    for (column, is_not_null) in child.columns.iter_mut().zip(required::<Vec<bool>>(row, 17)?) {
        column.is_not_null = is_not_null;
    }
    child.is_read_from_index = required(row, 21)?;
    child.is_exact &= conditions.iter().all(|condition| condition.is_exact);
    let name = required::<RawText>(row, 2)?;
    child.is_exact &= name.is_exact;
    Ok(ForeignKey {
        name: name.text,
        is_validated: required(row, 3)?,
        is_enforced: required(row, 4)?,
        is_temporal: required(row, 5)?,
        reference: Reference {
            child,
            parent: table(row, 11, 18)?,
            conditions: conditions.into_iter().map(|condition| condition.text).collect(),
            is_match_full: required(row, 6)?,
        },
        silent_triggers,
    })
}

/// A table whose columns in the query begin at `first`, with its key's columns from `first_key` on.
fn table(row: &SpiHeapTupleData, first: usize, first_key: usize) -> Result<Table, Fault> {
    let (schema, name) = (required::<RawText>(row, first + 1)?, required::<RawText>(row, first + 2)?);
    let numbers = required::<Vec<i16>>(row, first_key)?;
    let names = required::<Vec<RawText>>(row, first_key + 1)?;
    Ok(Table {
        oid: required(row, first)?,
        is_exact: schema.is_exact && name.is_exact && names.iter().all(|name| name.is_exact),
        name: QualifiedName { schema: schema.text, name: name.text },
        kind: required::<i8>(row, first + 3)?.cast_unsigned(),
        columns: numbers
            .into_iter()
            .zip(names)
            .map(|(number, name)| Column { number, name: name.text, is_not_null: false })
            .collect(),
        is_read_from_index: false,
    })
}
