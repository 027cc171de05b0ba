//! Reads the foreign keys from the catalogs.
//!
//! Locks: AccessShareLock on catalogs, released before it returns. No user table is locked.

use super::reference::{ColumnPair, KeyColumn, KeyTable, Reference};
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::names::QualifiedName;
use crate::pg::row::required;
use crate::pg::{settings, subtransaction};
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use pgrx::spi::{SpiClient, SpiHeapTupleData};
use std::collections::HashMap;

const FOREIGN_KEYS: &str = include_str!("../../sql/queries/foreign_keys.sql");
const FOREIGN_KEY_TRIGGERS_DISABLED: &str = include_str!("../../sql/queries/foreign_key_triggers_disabled.sql");
const FOREIGN_KEY_TRIGGERS_MISSING: &str = include_str!("../../sql/queries/foreign_key_triggers_missing.sql");

/// A foreign key as the catalogs describe it.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    pub name: String,
    pub is_validated: bool,
    pub is_enforced: bool,
    /// Whether its last columns are periods of time (PERIOD).
    pub is_temporal: bool,
    pub reference: Reference,
    /// The triggers that do not fire in ordinary sessions.
    pub disabled_triggers: Vec<Trigger>,
    pub missing_triggers: MissingTriggers,
}

/// The triggers that a foreign key lacks; it has to be recreated to get them back.
#[derive(Clone, Debug, Default)]
pub struct MissingTriggers {
    pub tables: Vec<LackingTable>,
    /// The result of `pg_get_constraintdef`; `None` if no trigger is missing, or if it cannot be
    /// written in this encoding.
    pub definition: Option<String>,
}

/// A table on which triggers of a foreign key, or the constraint that would have them, are missing.
#[derive(Clone, Debug)]
pub struct LackingTable {
    pub table: QualifiedName,
    /// As in `Trigger`.
    pub checks_child: bool,
}

/// A trigger that enforces a foreign key if it is enabled.
#[derive(Clone, Debug)]
pub struct Trigger {
    pub table: QualifiedName,
    pub name: String,
    /// Whether it fires only in sessions with session_replication_role = replica.
    pub is_for_replicas: bool,
    /// Whether it checks new rows of the child; otherwise it checks deleted and changed rows of the
    /// parent.
    pub checks_child: bool,
}

/// Returns the foreign keys of one or all schemas, by table and name.
pub fn discover(schema: Option<Oid>) -> Result<Vec<ForeignKey>, Error> {
    // The search_path is pinned so that the server's definitions are schema-qualified.
    in_catalogs(|client| {
        let mut triggers = disabled_triggers(client)?;
        let mut missing = missing_triggers(client)?;
        let none = (None::<Oid>, None::<Vec<i16>>, None::<Vec<Oid>>);
        let arguments =
            [schema.into(), none.0.into(), none.1.clone().into(), none.0.into(), none.1.into(), none.2.into()];
        let rows = client.select(FOREIGN_KEYS, None, &arguments)?;
        rows.map(|row| {
            let key = required::<Oid>(&row, 1)?;
            Ok(ForeignKey {
                disabled_triggers: triggers.remove(&key).unwrap_or_default(),
                missing_triggers: missing.remove(&key).unwrap_or_default(),
                ..foreign_key(&row)?
            })
        })
        .collect()
    })
}

/// Reads catalogs without keeping a lock on them.
fn in_catalogs<T>(work: impl FnOnce(&SpiClient<'_>) -> Result<T, Error>) -> Result<T, Error> {
    subtransaction::discard(|| settings::with_pinned_search_path(|| Spi::connect(work)))
}

/// Describes a foreign key that does not exist yet; `None` if a table or column no longer exists.
pub fn hypothetical(
    child: (Oid, Vec<i16>),
    parent: (Oid, Vec<i16>),
    operators: Vec<Oid>,
) -> Result<Option<Reference>, Error> {
    in_catalogs(|client| {
        let arguments =
            [None::<Oid>.into(), child.0.into(), child.1.into(), parent.0.into(), parent.1.into(), operators.into()];
        let mut rows = client.select(FOREIGN_KEYS, None, &arguments)?;
        rows.next().map(|row| Ok(foreign_key(&row)?.reference)).transpose()
    })
}

/// Returns the disabled triggers by the constraint that they enforce.
fn disabled_triggers(client: &SpiClient<'_>) -> Result<HashMap<Oid, Vec<Trigger>>, Error> {
    let mut triggers: HashMap<Oid, Vec<Trigger>> = HashMap::new();
    for row in client.select(FOREIGN_KEY_TRIGGERS_DISABLED, None, &[])? {
        let text = |ordinal| required::<RawText>(&row, ordinal).map(|raw| raw.text);
        let trigger = Trigger {
            table: QualifiedName { schema: text(2)?, name: text(3)? },
            name: text(4)?,
            is_for_replicas: required(&row, 5)?,
            checks_child: required(&row, 6)?,
        };
        triggers.entry(required(&row, 1)?).or_default().push(trigger);
    }
    Ok(triggers)
}

/// Returns the missing triggers by the constraint that lacks them.
fn missing_triggers(client: &SpiClient<'_>) -> Result<HashMap<Oid, MissingTriggers>, Error> {
    let mut missing: HashMap<Oid, MissingTriggers> = HashMap::new();
    for row in client.select(FOREIGN_KEY_TRIGGERS_MISSING, None, &[])? {
        let text = |ordinal| required::<RawText>(&row, ordinal).map(|raw| raw.text);
        let table = QualifiedName { schema: text(2)?, name: text(3)? };
        let entry = missing.entry(required(&row, 1)?).or_default();
        entry.tables.push(LackingTable { table, checks_child: required(&row, 4)? });
        entry.definition = row.get::<RawText>(5)?.filter(|raw| raw.is_exact).map(|raw| raw.text);
    }
    Ok(missing)
}

fn foreign_key(row: &SpiHeapTupleData) -> Result<ForeignKey, Error> {
    let name = required::<RawText>(row, 2)?;
    let (mut child, mut parent) = (table(row, 7, 15, 28)?, table(row, 11, 19, 29)?);
    let flags = |ordinal| Ok::<_, Error>(row.get::<Vec<bool>>(ordinal)?.unwrap_or_default());
    set(&mut child.columns, flags(17)?, |column| &mut column.is_not_null);
    set(&mut child.columns, flags(18)?, |column| &mut column.is_generated);
    set(&mut child.columns, flags(31)?, |column| &mut column.has_default);
    set(&mut parent.columns, flags(21)?, |column| &mut column.is_generated);
    set(&mut parent.columns, flags(22)?, |column| &mut column.is_identity_always);
    set(&mut parent.columns, flags(23)?, |column| &mut column.has_default);
    let texts = |ordinal| Ok::<_, Error>(row.get::<Vec<RawText>>(ordinal)?.unwrap_or_default());
    let pairs = pairs(texts(24)?, texts(25)?, texts(26)?);
    child.is_exact &= name.is_exact && pairs.is_some();
    Ok(ForeignKey {
        name: name.text,
        is_validated: required(row, 3)?,
        is_enforced: required(row, 4)?,
        is_temporal: required(row, 5)?,
        reference: Reference {
            is_broken: child.columns.len() != usize::try_from(required::<i32>(row, 27)?).unwrap_or(0),
            is_match_full: required(row, 6)?,
            child,
            parent,
            pairs: pairs.unwrap_or_default(),
            sets_default: required(row, 30)?,
        },
        disabled_triggers: Vec::new(),
        missing_triggers: MissingTriggers::default(),
    })
}

fn set(columns: &mut [KeyColumn], values: Vec<bool>, field: fn(&mut KeyColumn) -> &mut bool) {
    for (column, value) in columns.iter_mut().zip(values) {
        *field(column) = value;
    }
}

/// Pairs up the columns; `None` if a name cannot be written in this encoding.
fn pairs(comparisons: Vec<RawText>, values: Vec<RawText>, tests: Vec<RawText>) -> Option<Vec<ColumnPair>> {
    let exact = |raw: RawText| raw.is_exact.then_some(raw.text);
    let pairs = comparisons.into_iter().zip(values).zip(tests);
    pairs
        .map(|((comparison, value), test)| {
            Some(ColumnPair { comparison: exact(comparison)?, value: exact(value)?, test: exact(test)? })
        })
        .collect()
}

/// Reads a table: its columns in the query start at `first`, those of its key at `first_key`, and
/// `descendants` tells whether tables inherit from it.
fn table(row: &SpiHeapTupleData, first: usize, first_key: usize, descendants: usize) -> Result<KeyTable, Error> {
    let (schema, name) = (required::<RawText>(row, first + 1)?, required::<RawText>(row, first + 2)?);
    // NULL if none of its columns exists.
    let numbers = row.get::<Vec<i16>>(first_key)?.unwrap_or_default();
    let names = row.get::<Vec<RawText>>(first_key + 1)?.unwrap_or_default();
    let column = |(number, name): (i16, RawText)| KeyColumn {
        number,
        name: name.text,
        is_not_null: false,
        is_generated: false,
        is_identity_always: false,
        has_default: false,
    };
    Ok(KeyTable {
        oid: required(row, first)?,
        is_exact: schema.is_exact && name.is_exact && names.iter().all(|name| name.is_exact),
        name: QualifiedName { schema: schema.text, name: name.text },
        kind: required::<i8>(row, first + 3)?.cast_unsigned(),
        columns: numbers.into_iter().zip(names).map(column).collect(),
        has_descendants: required(row, descendants)?,
    })
}
