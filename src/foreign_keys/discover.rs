//! Reads the foreign keys from the catalogs.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns. No user table is touched.

use super::reference::{Column, Pair, Reference, Table};
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
const FOREIGN_KEY_TRIGGERS: &str = include_str!("../../sql/queries/foreign_key_triggers_disabled.sql");
const FOREIGN_KEY_GAPS: &str = include_str!("../../sql/queries/foreign_key_triggers_missing.sql");

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
    pub gaps: Gaps,
}

/// What a foreign key lacks of what enforces it, and has to be made again for.
#[derive(Clone, Debug, Default)]
pub struct Gaps {
    pub places: Vec<Gap>,
    /// As `pg_get_constraintdef` has it; `None` without gaps, and where it cannot be written in this encoding.
    pub definition: Option<String>,
}

/// A table on which triggers of a foreign key are missing, or the constraint that would carry them.
#[derive(Clone, Debug)]
pub struct Gap {
    pub table: QualifiedName,
    /// As for a trigger.
    pub is_childs: bool,
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
pub fn discover(schema: Option<Oid>) -> Result<Vec<ForeignKey>, Error> {
    // What the server spells in a definition has its schemas written out.
    in_catalogs(|client| {
        let mut triggers = silent_triggers(client)?;
        let mut gaps = gaps(client)?;
        let none = (None::<Oid>, None::<Vec<i16>>, None::<Vec<Oid>>);
        let arguments =
            [schema.into(), none.0.into(), none.1.clone().into(), none.0.into(), none.1.into(), none.2.into()];
        let rows = client.select(FOREIGN_KEYS, None, &arguments)?;
        rows.map(|row| {
            let key = required::<Oid>(&row, 1)?;
            Ok(ForeignKey {
                silent_triggers: triggers.remove(&key).unwrap_or_default(),
                gaps: gaps.remove(&key).unwrap_or_default(),
                ..foreign_key(&row)?
            })
        })
        .collect()
    })
}

/// Reads catalogs without a lock that outlives it.
fn in_catalogs<T>(work: impl FnOnce(&SpiClient<'_>) -> Result<T, Error>) -> Result<T, Error> {
    subtransaction::discard(|| settings::with_pinned_search_path(|| Spi::connect(work)))
}

/// What a foreign key would say that does not exist; `None` if a table or column is gone.
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

/// By the constraint that they enforce.
fn silent_triggers(client: &SpiClient<'_>) -> Result<HashMap<Oid, Vec<Trigger>>, Error> {
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

/// Grouped by the constraint that they belong to.
fn gaps(client: &SpiClient<'_>) -> Result<HashMap<Oid, Gaps>, Error> {
    let mut gaps: HashMap<Oid, Gaps> = HashMap::new();
    for row in client.select(FOREIGN_KEY_GAPS, None, &[])? {
        let text = |ordinal| required::<RawText>(&row, ordinal).map(|raw| raw.text);
        let table = QualifiedName { schema: text(2)?, name: text(3)? };
        let gaps = gaps.entry(required(&row, 1)?).or_default();
        gaps.places.push(Gap { table, is_childs: required(&row, 4)? });
        gaps.definition = row.get::<RawText>(5)?.filter(|raw| raw.is_exact).map(|raw| raw.text);
    }
    Ok(gaps)
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
        silent_triggers: Vec::new(),
        gaps: Gaps::default(),
    })
}

fn set(columns: &mut [Column], values: Vec<bool>, field: fn(&mut Column) -> &mut bool) {
    for (column, value) in columns.iter_mut().zip(values) {
        *field(column) = value;
    }
}

/// `None` if a name in them is in another encoding.
fn pairs(comparisons: Vec<RawText>, values: Vec<RawText>, tests: Vec<RawText>) -> Option<Vec<Pair>> {
    let exact = |raw: RawText| raw.is_exact.then_some(raw.text);
    let pairs = comparisons.into_iter().zip(values).zip(tests);
    pairs
        .map(|((comparison, value), test)| {
            Some(Pair { comparison: exact(comparison)?, value: exact(value)?, test: exact(test)? })
        })
        .collect()
}

/// A table whose columns in the query begin at `first`, with its key's columns from `first_key` on, and at `heirs` whether tables
/// inherit from it.
fn table(row: &SpiHeapTupleData, first: usize, first_key: usize, heirs: usize) -> Result<Table, Error> {
    let (schema, name) = (required::<RawText>(row, first + 1)?, required::<RawText>(row, first + 2)?);
    // NULL where not one of its columns is there.
    let numbers = row.get::<Vec<i16>>(first_key)?.unwrap_or_default();
    let names = row.get::<Vec<RawText>>(first_key + 1)?.unwrap_or_default();
    let column = |(number, name): (i16, RawText)| Column {
        number,
        name: name.text,
        is_not_null: false,
        is_generated: false,
        is_identity_always: false,
        has_default: false,
    };
    Ok(Table {
        oid: required(row, first)?,
        is_exact: schema.is_exact && name.is_exact && names.iter().all(|name| name.is_exact),
        name: QualifiedName { schema: schema.text, name: name.text },
        kind: required::<i8>(row, first + 3)?.cast_unsigned(),
        columns: numbers.into_iter().zip(names).map(column).collect(),
        has_heirs: required(row, heirs)?,
    })
}
