//! What both procedures share: who may call them, one call at a time, and the record.

use super::record::Record;
use super::state::Settings;
use crate::error::Error;
use crate::pg::access::{self, PredefinedRole};
use crate::pg::{database, transaction};
use crate::report::quoting::literal;
use crate::report::statements::Statements;
use crate::report::wording::series;
use crate::settings::MAINTENANCE_RECORD;
use pgrx::PgSqlErrorCode;

/// The names of the procedures.
pub const BEGIN: &str = "maintenance_begin";
pub const END: &str = "maintenance_end";

/// The lock that a call holds in each of its transactions.
const LOCK: u32 = 0x7067_666d;

/// Returns 42501 unless the current user may set the database's settings, and see and end the
/// sessions of other roles. A role without these privileges would find no session to end.
pub fn require_privileges(procedure: &str) -> Result<(), Error> {
    if transaction::is_superuser() {
        return Ok(());
    }
    let denied = |detail: String| {
        let message = format!("permission denied for procedure {procedure}");
        Error::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message).detail(detail)
    };
    if !access::owns_database() {
        return Err(denied("It has to be called by the database's owner or a superuser.".to_owned())
            .hint("Find the owner with \\l in psql, and run SET ROLE first if you are a member of that role."));
    }
    let needed =
        [("pg_signal_backend", PredefinedRole::SignalBackend), ("pg_read_all_stats", PredefinedRole::ReadAllStats)];
    let missing: Vec<String> =
        needed.into_iter().filter(|(_, role)| !access::has_role(*role)).map(|(name, _)| name.to_owned()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let verb = if missing.len() == 1 { "is" } else { "are" };
    let detail = format!("{} {verb} required to see and end the sessions of other roles.", series(&missing, " and "));
    Err(denied(detail).hint(format!("Run {}", Statements::new()?.grant_roles(&missing.join(", ")))))
}

/// Returns 55P03 if another session runs one of the procedures in this database.
pub fn claim() -> Result<(), Error> {
    if database::claim(LOCK) {
        return Ok(());
    }
    let message = "another session is running maintenance_begin or maintenance_end";
    Err(Error::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, message)
        .detail("Only one call at a time can run in a database.")
        .hint(format!("Wait until it has ended, then run {}", Statements::new()?.maintenance_status())))
}

pub fn refuse_standby(procedure: &str) -> Result<(), Error> {
    if !access::is_standby() {
        return Ok(());
    }
    let message = format!("cannot execute {procedure} on a standby");
    Err(Error::new(PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION, message)
        .detail("A standby accepts no writes.")
        .hint("Run it on the primary: the standbys follow."))
}

/// Records the mode in the database's settings.
pub fn write(record: &Record) -> Result<(), Error> {
    let failed = || Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not write the record");
    let text = record.to_text().ok_or_else(failed)?;
    database::alter(&format!("SET {MAINTENANCE_RECORD} = {}", literal(&text)))
}

pub fn erase() -> Result<(), Error> {
    database::alter(&format!("RESET {MAINTENANCE_RECORD}"))
}

/// Returns 55000 unless the settings still have this record.
pub fn require_unchanged(record: &Record) -> Result<(), Error> {
    let state = Settings::read()?.state(&super::state::own_database());
    if state.record().is_some_and(|found| found.is_same_as(record) && found.ended == record.ended) {
        return Ok(());
    }
    let message = "maintenance mode was changed by another session";
    Err(Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
        .hint(format!("Run {}", Statements::new()?.maintenance_status())))
}

/// Returns `database app`.
pub fn database_label() -> String {
    format!("database {}", database::quoted_name())
}

/// Returns the statement that removes a setting of the database.
pub fn reset(setting: &str) -> String {
    format!("ALTER DATABASE {} RESET {setting};", database::quoted_name())
}
