//! Defines the SQL function: checks its arguments and converts its results to rows.

use super::read::precheck;
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
/// transaction for the whole script), `autocommit`, or NULL: autocommit if the script has BEGIN or
/// COMMIT, otherwise transaction.
///
/// `severity`: `error` (the statement fails, with `sqlstate`), `unknown` (only a rehearsal can
/// tell; `sqlstate` is what it would raise, where that is known), `warning`, `info`. `statement`: its number; NULL for a finding about the whole script.
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

pgrx::extension_sql_file!("../../sql/install/precheck.sql", name = "precheck", requires = [migration_precheck]);
