//! Defines the `pg_flightcheck.*` settings.

use crate::pg::settings::{Guard, GuardLog, GuardScope, reserve_prefix};
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PgLogLevel};
use std::ffi::CString;

/// Largest table, in kilobytes, that is read as a whole when no index starts with the column. 0
/// means none.
static SCAN_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(1024 * 1024);
/// What the guard does when it finds a sequence behind.
static GUARD: GucSetting<Guard> = GucSetting::<Guard>::new(Guard::Warn);
/// Which tables the guard watches.
static GUARD_SCOPE: GucSetting<GuardScope> = GucSetting::<GuardScope>::new(GuardScope::Armed);
/// The level at which the guard reports that it has moved a sequence.
static GUARD_LOG: GucSetting<GuardLog> = GucSetting::<GuardLog>::new(GuardLog::Log);
/// How long the holder of an advisory lock may be idle, in seconds, before it counts as an orphan.
static ORPHAN_AFTER: GucSetting<i32> = GucSetting::<i32>::new(60);

/// What maintenance_begin records about a database, as a setting of the database. Its value in a
/// session means nothing: it is defined so that ALTER DATABASE accepts it.
static MAINTENANCE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// The name of the setting that keeps the record of maintenance mode.
pub const MAINTENANCE_RECORD: &str = "pg_flightcheck.maintenance";

/// Registers the settings.
///
/// Only superusers and roles with `GRANT SET ON PARAMETER` may change those of the guard: roles
/// that the guard protects the database from must not be able to turn it off, and `advance` moves
/// sequences that the inserting role may lack the privilege to move.
pub fn register() {
    GucRegistry::define_int_guc(
        c"pg_flightcheck.scan_limit",
        c"Largest table that is read as a whole when no index starts with the column.",
        c"For a larger table, seq_audit reports \"unknown\" and seq_resync skips the sequence. 0 means that no table is read as a whole.",
        &SCAN_LIMIT,
        0,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_enum_guc(
        c"pg_flightcheck.guard",
        c"What the guard does when a transaction inserts ids that the table's sequence has yet to generate.",
        c"\"warn\" warns at commit, \"error\" makes the commit fail, \"advance\" moves the sequence, \"off\" does nothing.",
        &GUARD,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"pg_flightcheck.guard_scope",
        c"Which tables the guard watches.",
        c"\"armed\" means tables with its trigger, \"all\" means every table once the library is loaded; \
          use \"all\" with session_preload_libraries.",
        &GUARD_SCOPE,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"pg_flightcheck.guard_log",
        c"The level at which the guard reports that it has moved a sequence.",
        c"The guard only moves sequences if pg_flightcheck.guard is \"advance\".",
        &GUARD_LOG,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"pg_flightcheck.orphan_after",
        c"How long the holder of an advisory lock may be idle while other sessions wait before it counts as an orphan.",
        c"Also the age from which advisory_lock_report() offers to roll back a prepared transaction that other sessions wait for.",
        &ORPHAN_AFTER,
        0,
        i32::MAX / 1000,
        GucContext::Userset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_string_guc(
        c"pg_flightcheck.maintenance",
        c"Internal: what maintenance_begin() records. SELECT * FROM maintenance_status() shows it.",
        c"Do not set it by hand.",
        &MAINTENANCE,
        GucContext::Userset,
        GucFlags::NO_SHOW_ALL | GucFlags::NO_RESET_ALL | GucFlags::DISALLOW_IN_FILE,
    );
    reserve_prefix();
}

/// Returns `pg_flightcheck.scan_limit` in bytes.
pub fn scan_limit() -> u64 {
    u64::try_from(SCAN_LIMIT.get()).unwrap_or(0) * 1024
}

/// Returns `pg_flightcheck.guard`.
pub fn guard() -> Guard {
    GUARD.get()
}

/// Whether the guard watches tables without its trigger.
pub fn guards_all() -> bool {
    GUARD_SCOPE.get() == GuardScope::All
}

/// Returns `pg_flightcheck.guard_log`.
pub fn guard_log() -> PgLogLevel {
    GUARD_LOG.get().level()
}

/// Returns `pg_flightcheck.orphan_after` in microseconds.
pub fn orphan_after() -> i64 {
    i64::from(ORPHAN_AFTER.get()) * 1_000_000
}
