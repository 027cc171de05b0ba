//! Finds columns that do not own their sequence: identity columns without one, and defaults that
//! draw from another column's sequence.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::extension;
use crate::pg::names::quote_identifier;
use crate::report::do_block::at_once;
use crate::report::quoting::literal;

const IDENTITY_COLUMNS: &str = include_str!("../../sql/queries/identity_sequence_mismatches.sql");
const DEFAULT_SEQUENCES: &str = include_str!("../../sql/queries/sequences_owned_elsewhere.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let functions = extension::quoted_schema()?;
    let mut findings = read(IDENTITY_COLUMNS, &[target.schemas.clone().into()], |row| identity(row, &functions))?;
    findings.extend(read(DEFAULT_SEQUENCES, &[target.schemas.clone().into()], owned_elsewhere)?);
    Ok(findings)
}

fn identity(row: &CatalogRow<'_, '_>, functions: &str) -> Result<Finding, Error> {
    let table = row.qualified(1)?;
    let name = row.text(3)?;
    let column = quote_identifier(&name);
    let object = format!("column {table}.{column}");
    let sequences = row.get::<i64>(6)?;
    if sequences == 1 {
        let other = row.qualified(7)?;
        return Ok(Finding {
            severity: Severity::Info,
            check_name: "identity_second_sequence",
            object,
            detail: format!(
                "it also owns sequence {other}, which its identity does not draw from: pg_get_serial_sequence may return \
                 the wrong one"
            ),
            fix: row.fix(format!("ALTER SEQUENCE {other} OWNED BY NONE;")),
        });
    }
    let kind = if row.get(4)? { "ALWAYS" } else { "BY DEFAULT" };
    let quoted = literal(&table);
    // No DDL can do this: DROP IDENTITY looks up the sequence as well.
    let forget = format!(
        "UPDATE pg_catalog.pg_attribute SET attidentity = '' WHERE attrelid OPERATOR(pg_catalog.=) {quoted}::pg_catalog.regclass \
         AND attname OPERATOR(pg_catalog.=) {};",
        literal(&name)
    );
    let add = format!("ALTER TABLE {table} ALTER COLUMN {column} ADD GENERATED {kind} AS IDENTITY;");
    let resync = format!("PERFORM * FROM {functions}.seq_resync_table({quoted});");
    let fix = at_once([forget.as_str(), add.as_str(), resync.as_str()]);
    // The columns of partitions would have to be changed as well, and if there are several
    // sequences, another one does not help.
    let fix = if row.get::<bool>(5)? || sequences > 1 { None } else { row.fix(fix) };
    Ok(Finding {
        severity: Severity::Error,
        check_name: "identity_sequence_missing",
        object,
        detail: "the catalogs have no sequence for the identity column, or several: every insert that omits it fails; \
                 the fix writes to a catalog, which requires a superuser"
            .to_owned(),
        fix,
    })
}

fn owned_elsewhere(row: &CatalogRow<'_, '_>) -> Result<Finding, Error> {
    let (table, column, sequence) = (row.qualified(1)?, row.identifier(3)?, row.qualified(4)?);
    let (owner_table, owner_column) = (row.qualified(6)?, row.identifier(8)?);
    let (is_identity, is_shared, may_own) = (row.get::<bool>(9)?, row.get::<bool>(10)?, row.get::<bool>(11)?);
    let fix = match (is_identity || is_shared, may_own) {
        // The owner of an identity column's sequence cannot be changed, and need not be if the
        // owner draws from the sequence.
        (true, _) => None,
        (false, true) => row.fix(format!("ALTER SEQUENCE {sequence} OWNED BY {table}.{column};")),
        (false, false) => row.fix(format!("ALTER SEQUENCE {sequence} OWNED BY NONE;")),
    };
    let draws = if is_shared || is_identity { "" } else { ", which no longer draws from it" };
    let consequence = match owner_table == table {
        true => "DROP COLUMN there fails or, with CASCADE, drops this column's default",
        false => {
            "DROP TABLE there fails or, with CASCADE, drops this column's default, and TRUNCATE there with RESTART \
             IDENTITY restarts the sequence"
        }
    };
    Ok(Finding {
        // Copies and detached partitions share the sequence of their original.
        severity: if is_shared { Severity::Info } else { Severity::Warning },
        check_name: "sequence_owned_elsewhere",
        object: format!("sequence {sequence} feeding {table}.{column}"),
        detail: format!("it belongs to {owner_table}.{owner_column}{draws}: {consequence}"),
        fix,
    })
}
