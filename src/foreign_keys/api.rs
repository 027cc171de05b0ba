//! Defines the SQL functions: checks their arguments and converts their results to rows.

use super::audit::audit;
use super::precheck::precheck;
use crate::error::Error;
use crate::pg::names::column_number;
use crate::pg::sql_types::{JsonbText, Name, Names, RegClass};
use crate::pg::{entry, memory};
use crate::report::schema_argument;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns a verdict on the rows of every foreign key whose table is in the schema, worst first.
/// Validated ones are counted as well: VALIDATE CONSTRAINT skips a constraint that is marked as
/// valid. If `schema` is NULL, all schemas are covered.
///
/// `status`: `violated` (rows violate it), `triggers_off` (none yet, but triggers are disabled or
/// missing), `not_validated` (NOT VALID; `orphans` rows would fail VALIDATE), `not_enforced`,
/// `unknown`, `ok`. `sample`: at most five of the orphaned keys. `choices`: a SELECT that lists the
/// orphans and, as comments, the statements that repair them. `fix`: the statement that repairs the
/// constraint, or the first of several, each in one line; NULL if rows have to be repaired first.
///
/// Locks: AccessShareLock on the two tables of one foreign key, released before the next; waits for
/// them for five seconds altogether, or for lock_timeout, and is `unknown` then. Privileges: USAGE
/// on the schemas and SELECT on the key's columns, otherwise the row is `unknown`; code of the
/// tables' owners that runs during planning has no role's privileges. Uses parallel workers where a
/// query would. Errors: 3F000 unknown schema. Works on a standby and in read-only transactions.
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
            name!(choices, Option<Vec<String>>),
            name!(detail, Option<String>),
            name!(fix, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let findings = entry::run(|| audit(schema.map(schema_argument::find).transpose()?))?;
    Ok(memory::rows(findings.into_iter().map(|finding| {
        (
            finding.status.as_str().to_owned(),
            Name(finding.constraint),
            RegClass(finding.table),
            RegClass(finding.referenced_table),
            finding.orphans,
            finding.sample,
            finding.choices,
            finding.detail,
            finding.fix,
        )
    })))
}

/// Returns in one row whether the foreign key from `child (child_columns)` to `parent
/// (parent_columns)`, which does not exist yet, would hold, and the statements that add it without
/// blocking writers. If `parent_columns` is NULL, it refers to the parent's primary key.
///
/// `status`: `ok`, `violated` (`orphans` rows have no matching row), `exists`, `impossible`
/// (`detail` says why: no unique key, types without a common operator, …), `unknown` (the rows may
/// not be read). `choices`: as in `fk_audit`. `ddl`: one statement per element: an index for the
/// child if it has none, ADD CONSTRAINT … NOT VALID, VALIDATE. Run them one by one outside a
/// transaction block, as `SELECT unnest(ddl) FROM fk_precheck(…) \gexec` does. With orphans, the
/// statements that would fail on them are left out.
///
/// Locks: AccessShareLock on both tables, released before it returns. Privileges: as `fk_audit`;
/// `ddl` is for the child's owner. Errors: 42P01 unknown relation, 42703 unknown column, 42830 the
/// column counts differ, 22004 NULL. Works on a standby and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn fk_precheck(
    child: Option<RegClass>,
    child_columns: Option<Names>,
    parent: Option<RegClass>,
    parent_columns: default!(Option<Names>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(orphans, Option<i64>),
            name!(sample, Option<JsonbText>),
            name!(choices, Option<Vec<String>>),
            name!(detail, Option<String>),
            name!(ddl, Option<Vec<String>>),
        ),
    >,
    ErrorReport,
> {
    let child_columns = names(child_columns, "child_columns")?;
    let parent_columns = names(parent_columns, "parent_columns")?;
    let given = child_columns.ok_or_else(|| Error::null_argument("child_columns"));
    row(child, given, parent, parent_columns)
}

/// Does the same for a foreign key of one column: `fk_precheck('orders', 'customer_id',
/// 'customers')`. An array literal such as `'{a,b}'` lists several columns, unless the table has a
/// column with exactly that name. 54000 if it is longer than 8 kB.
#[pg_extern(name = "fk_precheck")]
#[allow(clippy::type_complexity)]
fn fk_precheck_column(
    child: Option<RegClass>,
    child_column: Option<&str>,
    parent: Option<RegClass>,
    parent_column: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(orphans, Option<i64>),
            name!(sample, Option<JsonbText>),
            name!(choices, Option<Vec<String>>),
            name!(detail, Option<String>),
            name!(ddl, Option<Vec<String>>),
        ),
    >,
    ErrorReport,
> {
    let child_columns = column_or_columns(child, child_column, "child_column")?;
    let parent_columns = column_or_columns(parent, parent_column, "parent_column")?;
    let given = child_columns.ok_or_else(|| Error::null_argument("child_column"));
    row(child, given, parent, parent_columns)
}

type Precheck = (String, Option<i64>, Option<JsonbText>, Option<Vec<String>>, Option<String>, Option<Vec<String>>);

fn row(
    child: Option<RegClass>,
    child_columns: Result<Vec<String>, Error>,
    parent: Option<RegClass>,
    parent_columns: Option<Vec<String>>,
) -> Result<TableIterator<'static, Precheck>, ErrorReport> {
    let child = child.ok_or_else(|| Error::null_argument("child"))?;
    let child_columns = child_columns?;
    let parent = parent.ok_or_else(|| Error::null_argument("parent"))?;
    let answer = entry::run(|| precheck(child.0, &child_columns, parent.0, parent_columns.as_deref()))?;
    let (orphans, sample) = answer.orphans.map_or((None, None), |orphans| (Some(orphans.count), orphans.sample));
    let detail = (!answer.details.is_empty()).then(|| answer.details.join("; "));
    Ok(TableIterator::once((answer.status.as_str().to_owned(), orphans, sample, answer.choices, detail, answer.ddl)))
}

/// Returns the one column of that name, or the names that an array literal lists; 54000 if the text
/// is longer than any of them.
fn column_or_columns(
    table: Option<RegClass>,
    column: Option<&str>,
    argument: &str,
) -> Result<Option<Vec<String>>, Error> {
    let Some(column) = column else { return Ok(None) };
    memory::refuse_long(argument, column)?;
    let is_array = column.starts_with('{') && column.ends_with('}');
    let is_column = || table.is_some_and(|table| column_number(table.0, column).is_some());
    if !is_array || is_column() {
        return Ok(Some(vec![column.to_owned()]));
    }
    names(Names::parse(column), argument)
}

/// Returns the names, or 22004 if one of them is NULL.
fn names(names: Option<Names>, argument: &str) -> Result<Option<Vec<String>>, Error> {
    let all = |names: Names| names.0.into_iter().collect::<Option<Vec<String>>>();
    names.map(|names| all(names).ok_or_else(|| Error::null_element(argument))).transpose()
}

pgrx::extension_sql_file!(
    "../../sql/install/foreign_keys.sql",
    name = "foreign_keys",
    requires = [fk_audit, fk_precheck, fk_precheck_column]
);
