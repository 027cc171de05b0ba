//! Reads a relation from the catalogs.

use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read_often};
use crate::pg::lock_budget;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::partitions::{self, Condition};
use crate::precheck::model::relation::{Column, Constraint, Default_, Index, Parent, Relation, Trigger, Type};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};

const RELATION: &str = include_str!("../../../sql/queries/precheck_relation.sql");
const COLUMNS: &str = include_str!("../../../sql/queries/precheck_columns.sql");
const CONSTRAINTS: &str = include_str!("../../../sql/queries/precheck_constraints.sql");
const INDEXES: &str = include_str!("../../../sql/queries/precheck_indexes.sql");
const TRIGGERS: &str = include_str!("../../../sql/queries/precheck_triggers.sql");
const REFERENCING: &str = include_str!("../../../sql/queries/precheck_referencing.sql");

fn of<T>(query: &str, relation: Oid, make: impl Fn(&CatalogRow<'_, '_>) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    read_often(query, &[PgOid::BuiltIn(PgBuiltInOids::OIDOID)], &[relation.into()], make)
}

fn letter(row: &CatalogRow<'_, '_>, ordinal: usize) -> Result<u8, Error> {
    Ok(row.optional::<i8>(ordinal)?.unwrap_or(0).cast_unsigned())
}

/// Does the same with a query that returns expressions as text if the second parameter is true.
fn with_texts<T>(
    query: &str,
    relation: Oid,
    texts: bool,
    make: impl Fn(&CatalogRow<'_, '_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let types = [PgBuiltInOids::OIDOID, PgBuiltInOids::BOOLOID].map(PgOid::BuiltIn);
    read_often(query, &types, &[relation.into(), texts.into()], make)
}

/// Returns the relation; `None` if it does not exist. Without its expressions if another session
/// has locked it for longer than the call's budget allows.
///
/// Locks: AccessShareLock on catalogs and on the relation, released before it returns.
pub fn relation(oid: Oid) -> Result<Option<Relation>, Error> {
    match lock_budget::with_lock_timeout(|| read(oid, true)) {
        Err(error) if error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE => {
            lock_budget::note(&error);
            Ok(read(oid, false)?.map(|relation| Relation { hides_expressions: true, ..relation }))
        }
        outcome => outcome,
    }
}

fn read(oid: Oid, texts: bool) -> Result<Option<Relation>, Error> {
    let Some((mut relation, partition_columns)) = with_texts(RELATION, oid, texts, |row| class(oid, row))?.pop() else {
        return Ok(None);
    };
    relation.columns = with_texts(COLUMNS, oid, texts, column)?;
    if relation.is_partition {
        match if texts { partitions::condition(oid) } else { Condition::Unknown } {
            Condition::Known(condition) => relation.partition_condition = condition,
            Condition::Unknown => relation.hides_partition_condition = true,
        }
    }
    if matches!(relation.kind, b'r' | b'p' | b'f' | b'm' | b'v') {
        let names = |numbers: &[i16]| names(&relation.columns, numbers);
        let constraints = with_texts(CONSTRAINTS, oid, texts, |row| constraint(row, &names))?;
        let indexes = with_texts(INDEXES, oid, texts, |row| index(row, &names))?;
        relation.partition_columns = names(&partition_columns);
        relation.triggers = of(TRIGGERS, oid, trigger)?;
        (relation.constraints, relation.indexes) = (constraints, indexes);
    }
    Ok(Some(relation))
}

/// Returns the foreign keys of other tables that refer to the relation.
pub fn referencing(oid: Oid) -> Result<Vec<(Oid, String)>, Error> {
    of(REFERENCING, oid, |row| Ok((row.get(1)?, row.text(2)?)))
}

fn class(oid: Oid, row: &CatalogRow<'_, '_>) -> Result<(Relation, Vec<i16>), Error> {
    let name = QualifiedName { schema: row.text(1)?, name: row.text(2)? };
    let owned = row.optional::<Oid>(22)?;
    let relation = Relation {
        oid: Some(oid),
        schema: name.schema.clone(),
        name: name.name.clone(),
        original: Some(name),
        kind: letter(row, 3)?,
        owner: Some(row.get(4)?),
        persistence: letter(row, 5)?,
        rows: row.get(6)?,
        pages: row.get(7)?,
        is_partition: row.get(8)?,
        has_row_security: row.get(9)?,
        forces_row_security: row.get(10)?,
        has_rules: row.get(11)?,
        replica_identity: letter(row, 12)?,
        is_typed: row.get(13)?,
        row_type: Some(row.get(14)?),
        partition_strategy: letter(row, 15)?,
        default_partition: row.optional::<Oid>(17)?.filter(|oid| *oid != Oid::INVALID),
        table: row.optional::<Oid>(18)?.or(owned),
        children: row.optional::<Vec<Oid>>(19)?.unwrap_or_default(),
        parents: row.optional::<Vec<Oid>>(20)?.unwrap_or_default(),
        has_policies: row.get(21)?,
        is_published: row.get(23)?,
        partition_bound: row.optional_text(24)?,
        is_unpopulated: !row.get::<bool>(25)?,
        ..Relation::default()
    };
    Ok((relation, row.optional::<Vec<i16>>(16)?.unwrap_or_default()))
}

fn column(row: &CatalogRow<'_, '_>) -> Result<Column, Error> {
    let name = row.text(2)?;
    let generated = letter(row, 9)?;
    let default = match row.get(13)? {
        true if generated == 0 => Default_::Expression { text: row.optional_text(7)?, is_new: false },
        _ => Default_::None,
    };
    Ok(Column {
        value: Some(quote_identifier(&name)),
        name,
        number: Some(row.get(1)?),
        type_: Type::Known { oid: row.get(3)?, modifier: row.get(4)? },
        collation: row.get(5)?,
        is_not_null: row.get(6)?,
        default,
        identity: letter(row, 8)?,
        generated,
        uses: Vec::new(),
        draws: Vec::new(),
        has_sequence_options: false,
        is_inherited: row.get::<i32>(10)? > 0,
        storage: letter(row, 11)?,
        is_local: row.get(12)?,
        added: None,
        retyped: None,
    })
}

/// Returns the names of the columns with these numbers. An expression, and a column that has been
/// dropped, has an empty name.
fn names(columns: &[Column], numbers: &[i16]) -> Vec<String> {
    let name = |number: &i16| {
        let column = columns.iter().find(|column| column.number == Some(*number));
        column.map_or_else(String::new, |column| column.name.clone())
    };
    numbers.iter().map(name).collect()
}

fn constraint(row: &CatalogRow<'_, '_>, names: &dyn Fn(&[i16]) -> Vec<String>) -> Result<Constraint, Error> {
    let parent: Oid = row.get(6)?;
    Ok(Constraint {
        name: row.text(1)?,
        kind: letter(row, 2)?,
        is_deferrable: row.get(3)?,
        is_deferred: row.get(4)?,
        is_valid: row.get(5)?,
        parent: (parent != Oid::INVALID).then_some(Parent::Existing(parent)),
        columns: names(&row.optional::<Vec<i16>>(8)?.unwrap_or_default()),
        parent_columns: parent_columns(parent, &row.optional::<Vec<i16>>(9)?.unwrap_or_default()),
        condition: row.optional_text(10)?,
        is_inherited: row.get::<i32>(11)? > 0,
        is_enforced: row.get(12)?,
        is_match_full: row.get(13)?,
        on_delete: letter(row, 14)?,
        on_update: letter(row, 15)?,
        added: None,
    })
}

fn parent_columns(parent: Oid, numbers: &[i16]) -> Vec<String> {
    let name = |number: &i16| crate::pg::names::column_name(parent, *number).unwrap_or_default();
    numbers.iter().map(name).collect()
}

fn index(row: &CatalogRow<'_, '_>, names: &dyn Fn(&[i16]) -> Vec<String>) -> Result<Index, Error> {
    let numbers: Vec<i16> = row.get(7)?;
    let count = usize::from(row.get::<i16>(8)?.cast_unsigned());
    let key: Vec<i16> = numbers.iter().copied().take(count).collect();
    let has_expressions = row.get(10)?;
    Ok(Index {
        oid: Some(row.get(1)?),
        name: row.text(2)?,
        is_unique: row.get(3)?,
        is_primary: row.get(4)?,
        is_valid: row.get(5)?,
        is_immediate: row.get(6)?,
        columns: (!key.contains(&0)).then(|| names(&key)),
        needs: needs(names, &numbers, &row.optional::<Vec<i16>>(14)?.unwrap_or_default()),
        has_predicate: row.get(9)?,
        has_expressions,
        nulls_not_distinct: row.get(11)?,
        method: row.text(12)?,
        constraint: row.optional_text(13)?,
        is_partition: row.get(15)?,
        texts: [row.optional_text(16)?, row.optional_text(17)?].into_iter().flatten().collect(),
        names_classes: !row.optional::<bool>(18)?.unwrap_or(true),
    })
}

fn needs(names: &dyn Fn(&[i16]) -> Vec<String>, listed: &[i16], needed: &[i16]) -> Vec<String> {
    let mut all: Vec<i16> = listed.iter().chain(needed).copied().filter(|number| *number > 0).collect();
    all.sort_unstable();
    all.dedup();
    names(&all)
}

fn trigger(row: &CatalogRow<'_, '_>) -> Result<Trigger, Error> {
    Ok(Trigger {
        name: row.text(1)?,
        function: row.text(2)?,
        body: row.text(3)?,
        is_enabled: letter(row, 5)? != b'D',
        events: row.get(6)?,
        added: None,
        columns: Vec::new(),
    })
}
