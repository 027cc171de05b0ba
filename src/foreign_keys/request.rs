//! Looks up the arguments of fk_precheck: two tables and their columns.

use crate::error::Error;
use crate::pg::catalog_query::{self, CatalogRow};
use crate::pg::names::{self, QualifiedName, quote_identifier};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};

const PRECHECK_TABLES: &str = include_str!("../../sql/queries/fk_precheck_table.sql");
const PRECHECK_COLUMNS: &str = include_str!("../../sql/queries/fk_precheck_columns.sql");

const PARTITION_KEYS: &str = include_str!("../../sql/queries/partition_keys.sql");

/// `ATTRIBUTE_GENERATED_VIRTUAL`, since PostgreSQL 18.
const VIRTUAL: u8 = b'v';

/// A table, with the properties that matter to a new foreign key.
#[derive(Clone, Debug)]
pub struct NamedTable {
    pub oid: Oid,
    pub name: QualifiedName,
    pub kind: u8,
    pub persistence: u8,
    pub owner: String,
    /// Whether the current user has the owner's privileges.
    pub is_owned: bool,
    pub is_others_temporary: bool,
    /// As of the last VACUUM or ANALYZE.
    pub bytes: i64,
    /// As of the last ANALYZE; `None` without one.
    pub rows: Option<i64>,
    /// The leaf partitions of a partitioned table.
    pub leaves: Vec<QualifiedName>,
    pub has_foreign_leaf: bool,
    /// Whether all these names are those in the catalog.
    pub is_exact: bool,
}

/// A column that an argument names.
#[derive(Clone, Debug)]
pub struct NamedColumn {
    pub number: i16,
    pub name: String,
    pub type_oid: Oid,
    pub type_name: String,
    pub collation: Oid,
    pub is_virtual: bool,
}

impl NamedTable {
    /// Returns the table; 42P01 if no such relation exists.
    pub fn look_up(oid: Oid) -> Result<NamedTable, Error> {
        let missing = || {
            let message = format!("relation with OID {} does not exist", oid.to_u32());
            Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, message)
        };
        catalog_query::read(PRECHECK_TABLES, &[oid.into()], |row| NamedTable::of(oid, row))?.pop().ok_or_else(missing)
    }

    fn of(oid: Oid, row: &CatalogRow<'_, '_>) -> Result<NamedTable, Error> {
        let name = row.qualified_name(1)?;
        let kind = row.get::<i8>(3)?.cast_unsigned();
        let owner = row.text(6)?;
        let leaves = if kind == pg_sys::RELKIND_PARTITIONED_TABLE { row.qualified_names(11)? } else { Vec::new() };
        Ok(NamedTable {
            oid,
            name,
            kind,
            persistence: row.get::<i8>(4)?.cast_unsigned(),
            owner,
            is_owned: row.get(7)?,
            is_others_temporary: row.get(8)?,
            bytes: row.optional(9)?.unwrap_or(0),
            rows: row.optional(10)?,
            leaves,
            has_foreign_leaf: row.optional(13)?.unwrap_or(false),
            is_exact: row.is_exact(),
        })
    }

    pub fn is_partitioned(&self) -> bool {
        self.kind == pg_sys::RELKIND_PARTITIONED_TABLE
    }

    /// Returns why a partitioned table cannot have a unique constraint on exactly these columns:
    /// each partition has an index of its own, so that the same key must not be possible in two
    /// partitions (DefineIndex).
    pub fn unique_key_obstacle(&self, columns: &[NamedColumn]) -> Result<Option<String>, Error> {
        let keys =
            catalog_query::read(PARTITION_KEYS, &[self.oid.into()], |row| Ok((row.texts(1)?, row.get::<bool>(2)?)))?;
        let Some((needed, has_expression)) = keys.into_iter().next() else { return Ok(None) };
        if has_expression {
            return Ok(Some("the table or a partition is partitioned by an expression".to_owned()));
        }
        let missing = needed.iter().filter(|name| !columns.iter().any(|column| &column.name == *name));
        let missing: Vec<String> = missing.map(|name| quote_identifier(name)).collect();
        let missing = missing.join(", ");
        Ok((!missing.is_empty()).then(|| {
            format!("on a partitioned table it has to include the partition key, so the foreign key has to refer to {missing} as well")
        }))
    }

    pub fn is_system(&self) -> bool {
        self.oid.to_u32() < names::FIRST_USER_OID
    }

    /// Returns the columns with these names; 42703 if one does not exist.
    pub fn columns(&self, wanted: &[String]) -> Result<Vec<NamedColumn>, Error> {
        let found = catalog_query::read(PRECHECK_COLUMNS, &[self.oid.into(), wanted.to_vec().into()], |row| {
            row.optional::<i16>(1)?.map(|number| column(number, row)).transpose()
        })?;
        let columns = wanted.iter().zip(found).map(|(name, column)| {
            let missing = || {
                let message = format!("column \"{name}\" of relation {} does not exist", self.name.quoted());
                let hint =
                    format!("Column names are case-sensitive here. List them with \\d {} in psql.", self.name.quoted());
                Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, message).hint(hint)
            };
            column.map(|column| NamedColumn { name: name.clone(), ..column }).ok_or_else(missing)
        });
        columns.collect()
    }
}

fn column(number: i16, row: &CatalogRow<'_, '_>) -> Result<NamedColumn, Error> {
    Ok(NamedColumn {
        number,
        name: String::new(),
        type_oid: row.get(2)?,
        collation: row.get(3)?,
        is_virtual: row.get::<i8>(4)?.cast_unsigned() == VIRTUAL,
        type_name: row.text(5)?,
    })
}
