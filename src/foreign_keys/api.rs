//! The SQL-facing functions: arguments in, rows out.

use super::audit::audit;
use crate::pg::schemas;
use crate::pg::sql_types::{JsonbText, Name, RegClass};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// A verdict on the rows under every foreign key whose table is in the schema, validated or not: VALIDATE CONSTRAINT does not look
/// at one that is marked as valid. Worst first. NULL: all schemas.
///
/// `status`: `violated` (rows break it), `triggers off` (none yet, but nothing checks), `not validated` (NOT VALID; `orphans` rows
/// would fail VALIDATE), `not enforced`, `unknown`, `ok`. `sample`: at most five of the orphaned keys. `fix`: a SELECT that lists the
/// orphans with the ways to repair them as comments, or the statement that puts the constraint right.
///
/// Locks: AccessShareLock on the two tables of one foreign key, given back before the next. Privileges: USAGE on the schemas and
/// SELECT on the key's columns, else the row is `unknown`; whatever code of the owners' is run while planning has nobody's rights. Uses
/// parallel workers where a query would. Errors: 3F000 unknown schema. Works on a standby and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn fk_audit(
    schema: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(constraint_name, Name),
            name!(table_name, RegClass),
            name!(referenced_table, RegClass),
            name!(orphans, Option<i64>),
            name!(sample, Option<JsonbText>),
            name!(detail, Option<String>),
            name!(fix, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let findings = audit(schema.map(schemas::find).transpose()?)?;
    Ok(TableIterator::new(findings.into_iter().map(|finding| {
        (
            finding.status.as_str().to_owned(),
            Name(finding.constraint),
            RegClass(finding.table),
            RegClass(finding.referenced_table),
            finding.orphans,
            finding.sample,
            finding.detail,
            finding.fix,
        )
    })))
}

pgrx::extension_sql_file!("../../sql/install/foreign_keys.sql", name = "foreign_keys", requires = [fk_audit]);
