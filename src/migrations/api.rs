//! The SQL-facing function: returns the rows.

use super::report::report;
use crate::pg::sql_types::RegClass;
use crate::pg::{entry, memory};
use crate::report::one_line::pasteable;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns one row for each migration tool and schema that contains the tool's tables, whatever
/// their names, worst first: the state of the migrations, the newest version applied (or the one
/// that failed), and the SQL that repairs it.
///
/// `status`: `failed` (a migration failed, and the tool refuses to continue), `dirty`
/// (golang-migrate: failed or interrupted), `locked` (the tool's lock was acquired and not
/// released: either its own row says so, or advisory_lock_report calls a holder of its advisory
/// lock, or of a lock on its tables, an orphan, an idle holder, self-blocked or a leak through a
/// connection pooler), `in_progress` (a session holds such a lock, or a migration began less than a
/// minute ago), `unknown` (not readable, or not as the tool creates it), `clean`. `fix`: SQL that
/// does what the tool's own command does, or ends the session that holds a lock on the tool's
/// table, provided that it is still the same session and its state has not changed; NULL where
/// there is none, while a session is at work, and where a lock is younger than a minute.
///
/// Locks: AccessShareLock on one table at a time, only if the lock is available immediately; runs
/// no code of the table's owner. Runs on a standby and in read-only transactions. Privileges: USAGE
/// on the schema and SELECT on the columns read, otherwise the row is `unknown`. Errors: none of
/// its own.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn migration_report() -> Result<
    TableIterator<
        'static,
        (
            name!(status, String),
            name!(tool, String),
            name!(table_name, RegClass),
            name!(version, Option<String>),
            name!(detail, Option<String>),
            name!(fix, Option<String>),
        ),
    >,
    ErrorReport,
> {
    Ok(memory::rows(entry::run(report)?.into_iter().map(|row| {
        (
            row.status.as_str().to_owned(),
            row.tool.to_owned(),
            RegClass(row.table),
            row.version,
            row.detail,
            row.fix.and_then(pasteable),
        )
    })))
}

pgrx::extension_sql_file!("../../sql/install/migrations.sql", name = "migrations", requires = [migration_report]);
