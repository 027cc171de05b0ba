//! The `pg_flightcheck.*` settings.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

/// Largest table, in kilobytes, that is read as a whole when no index leads on the column. 0: none is.
static SCAN_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(1024 * 1024);

pub fn register() {
    GucRegistry::define_int_guc(
        c"pg_flightcheck.scan_limit",
        c"Largest table that is read as a whole when no index leads on the column.",
        c"Above it, seq_audit says \"unknown\" and seq_resync skips. 0 means that no table is ever read as a whole.",
        &SCAN_LIMIT,
        0,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_KB,
    );
    crate::pg::settings::reserve_prefix();
}

/// `pg_flightcheck.scan_limit` in bytes.
pub fn scan_limit() -> u64 {
    u64::try_from(SCAN_LIMIT.get()).unwrap_or(0) * 1024
}
