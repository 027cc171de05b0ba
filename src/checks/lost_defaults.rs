//! Finds columns that have a sequence and no default: SET DEFAULT failed in a restore, or was
//! reverted.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::extension;
use crate::report::quoting::literal;

const LOST_DEFAULTS: &str = include_str!("../../sql/queries/sequence_defaults_missing.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let functions = extension::quoted_schema()?;
    read(LOST_DEFAULTS, &[target.schemas.clone().into()], |row| finding(row, &functions))
}

fn finding(row: &CatalogRow<'_, '_>, functions: &str) -> Result<Finding, Error> {
    let (table, column, sequence) = (row.qualified(1)?, row.identifier(3)?, row.qualified(4)?);
    let (is_owned, is_lost, others) = (row.get::<bool>(6)?, row.get::<bool>(7)?, row.get::<i64>(8)?);
    let has = match is_owned {
        true => format!("it owns sequence {sequence} and has no default"),
        false => format!("it has no default, and sequence {sequence}, named after it, feeds no column"),
    };
    // A value may stand for a block of ids. With a default, seq_audit would take it for a single
    // id.
    let block = row.get::<i64>(9)?.unsigned_abs();
    let (severity, consequence) = match is_lost {
        true => (
            Severity::Warning,
            format!(
                ", while {others} other columns of the schema draw from theirs: inserts that omit it fail with 23502"
            ),
        ),
        false => (
            Severity::Info,
            ": unless the application itself draws from it, inserts that omit the column fail with 23502".to_owned(),
        ),
    };
    let default = format!(
        "ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT pg_catalog.nextval({}::pg_catalog.regclass);",
        literal(&sequence)
    );
    // The fix also advances the sequence past ids that were inserted without it, since no unique
    // index may exist to prevent duplicates.
    let resync = format!(" SELECT * FROM {functions}.seq_resync_table({});", literal(&table));
    let fix = if is_lost { default + &resync } else { default };
    let why_not = match block {
        1 => String::new(),
        _ => format!("; no fix, since an application may draw blocks of {block} ids from it"),
    };
    Ok(Finding {
        severity,
        check_name: "sequence_default_missing",
        object: format!("column {table}.{column}"),
        detail: format!("{has}{consequence}{why_not}"),
        fix: row.fix(fix).filter(|_| block == 1),
    })
}
