//! Defines the SQL functions: checks their arguments and converts their results to rows.

use super::assert::assert;
use super::read::precheck;
use super::split::statements;
use crate::error::Error;
use crate::pg::encoded_text::ServerText;
use crate::pg::sql_types::Name;
use crate::pg::{entry, memory, settings};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns what is to be expected of a script of SQL statements if it ran now: what fails, what
/// only a rehearsal can tell, what blocks, rewrites, loses or surprises, and the locks of each
/// statement. Runs no statement of the script and changes nothing.
///
/// `as_role`: the role that runs the script; NULL is the current user. `mode`: `transaction` (one
/// transaction for the whole script), `autocommit`, the name of a migration tool, `plain` (no marks
/// of tools count), or NULL: as the marks in the script say, otherwise autocommit if the script has
/// BEGIN or COMMIT, and transaction if not. Only the part of the script that the tool runs counts.
///
/// `severity`: `error` (the statement fails, with `sqlstate`), `unknown` (only a rehearsal can
/// tell; `sqlstate` is what it would raise, where that is known), `warning`, `info`. `statement`:
/// its number; NULL for a finding about the whole script.
/// `safer`: statements that do the same with weaker locks, each a transaction of its own.
///
/// Locks: AccessShareLock on the tables that it reads, and those of analysis (RowExclusiveLock on
/// the targets of INSERT, UPDATE and DELETE), one statement at a time, released before the next;
/// waits for them for five seconds altogether, or for lock_timeout, and is `unknown` then.
/// Privileges: those of a SELECT for the tables whose rows are asked, otherwise `unknown`; code of
/// the tables' owners that runs during planning has no role's privileges. Errors: 42704 unknown
/// role, 42501 a role that the current user is not a member of, 22023 another mode, 22004 NULL
/// script. Works on a standby and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn migration_precheck(
    script: Option<ServerText>,
    as_role: default!(Option<Name>, "NULL"),
    mode: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(severity, String),
            name!(statement, Option<i32>),
            name!(line, Option<i32>),
            name!(command, Option<String>),
            name!(check_name, String),
            name!(object, Option<ServerText>),
            name!(sqlstate, Option<String>),
            name!(detail, ServerText),
            name!(safer, Option<Vec<String>>),
        ),
    >,
    ErrorReport,
> {
    let script = script.ok_or_else(|| Error::null_argument("script"))?;
    let role = as_role.as_ref().map(|name| name.0.as_str());
    let findings = entry::run(|| settings::with_untranslated_messages(|| precheck(&script.0, role, mode)))?;
    Ok(memory::rows(findings.into_iter().map(|finding| {
        (
            finding.severity.as_str().to_owned(),
            finding.place.statement,
            finding.place.line,
            finding.place.command,
            finding.check.to_owned(),
            finding.object.map(ServerText),
            finding.sqlstate,
            ServerText(finding.detail),
            (!finding.safer.is_empty()).then_some(finding.safer),
        )
    })))
}

/// Raises an error if migration_precheck would report one: for CI, and for the hooks of migration
/// tools. The message is the detail of the first error with its statement and line, DETAIL names
/// the others in short.
///
/// `as_role` and `mode`: as for migration_precheck. `unknown_too`: also what only a rehearsal can
/// tell is an error.
///
/// Locks and privileges: those of migration_precheck. Errors: the SQLSTATE that the first statement
/// would raise; 55000 for one that is unknown; those of migration_precheck: 42704 unknown role,
/// 42501 a role that the current user is not a member of, 22023 another mode, 22004 NULL script or
/// unknown_too. Works on a standby and in read-only transactions.
#[pg_extern]
fn migration_assert(
    script: Option<ServerText>,
    as_role: default!(Option<Name>, "NULL"),
    mode: default!(Option<&str>, "NULL"),
    unknown_too: default!(Option<bool>, "false"),
) -> Result<(), ErrorReport> {
    let script = script.ok_or_else(|| Error::null_argument("script"))?;
    let unknown_too = unknown_too.ok_or_else(|| Error::null_argument("unknown_too"))?;
    let role = as_role.as_ref().map(|name| name.0.as_str());
    Ok(entry::run(|| settings::with_untranslated_messages(|| assert(&script.0, role, mode, unknown_too)))?)
}

/// Returns the statements of a script that a migration tool would run, one row for each, without
/// running any of them: without the parts that undo the migration, and as the tool splits them.
///
/// `mode`: as for migration_precheck.
///
/// `kind`: `statement`, `copy` (with its data), `psql` (a line that psql handles itself),
/// `unreadable` (the rest of the script). `transaction`: the number of the transaction that the
/// statement shares with others; NULL if it is one of its own. `sql`: its text with the semicolon,
/// and with the data of COPY.
///
/// Locks: none. Privileges: none. Errors: 22023 another mode, 22004 NULL script. Works on a standby
/// and in read-only transactions.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn migration_statements(
    script: Option<ServerText>,
    mode: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(kind, String),
            name!(transaction, Option<i32>),
            name!(statement, Option<i32>),
            name!(line, i32),
            name!(sql, ServerText),
        ),
    >,
    ErrorReport,
> {
    let script = script.ok_or_else(|| Error::null_argument("script"))?;
    let rows = entry::run(|| statements(&script.0, mode))?;
    Ok(memory::rows(
        rows.into_iter()
            .map(|row| (row.part.as_str().to_owned(), row.transaction, row.statement, row.line, ServerText(row.sql))),
    ))
}

pgrx::extension_sql_file!(
    "../../sql/install/precheck.sql",
    name = "precheck",
    requires = [migration_precheck, migration_assert, migration_statements]
);
