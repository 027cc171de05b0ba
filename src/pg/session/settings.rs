//! Defines the values of the extension's settings that are words, reads the server's settings, and
//! runs code with changed ones.

use super::subtransaction;
use crate::error::Error;
use crate::pg::encoded_text::encode_c;
use pgrx::pg_sys;
use pgrx::{PgLogLevel, PostgresGucEnum};
use std::ffi::{CStr, CString, c_char};
use std::time::Duration;

/// `pg_flightcheck.guard`
#[derive(PostgresGucEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    #[name = c"warn"]
    Warn,
    #[name = c"error"]
    Error,
    #[name = c"advance"]
    Advance,
    #[name = c"off"]
    Off,
}

/// `pg_flightcheck.guard_scope`
#[derive(PostgresGucEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardScope {
    #[name = c"armed"]
    Armed,
    #[name = c"all"]
    All,
}

/// `pg_flightcheck.guard_log`
#[derive(PostgresGucEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardLog {
    #[name = c"debug1"]
    Debug1,
    #[name = c"log"]
    Log,
    #[name = c"notice"]
    Notice,
}

impl GuardLog {
    pub fn level(self) -> PgLogLevel {
        match self {
            GuardLog::Debug1 => PgLogLevel::DEBUG1,
            GuardLog::Log => PgLogLevel::LOG,
            GuardLog::Notice => PgLogLevel::NOTICE,
        }
    }
}

/// Makes a misspelt `pg_flightcheck.…` an error instead of a new setting.
pub fn reserve_prefix() {
    // SAFETY: called from _PG_init with a static C string, as custom GUC variables require.
    unsafe { pg_sys::MarkGUCPrefixReserved(c"pg_flightcheck".as_ptr()) }
}

/// Runs `work` with a search_path that finds only the server's own objects.
pub fn with_pinned_search_path<T>(work: impl FnOnce() -> T) -> T {
    with_setting(c"search_path", c"pg_catalog, pg_temp", work)
}

/// Runs `work` with this search_path.
pub(in crate::pg) fn with_search_path<T>(path: &CStr, work: impl FnOnce() -> T) -> T {
    with_setting(c"search_path", path, work)
}

/// Runs `work` with this TimeZone.
pub(in crate::pg) fn with_time_zone<T>(zone: &CStr, work: impl FnOnce() -> T) -> T {
    with_setting(c"TimeZone", zone, work)
}

/// Runs `work` so that the server's messages are not translated: callers look into their texts.
pub fn with_untranslated_messages<T>(work: impl FnOnce() -> T) -> T {
    with_settings_of(pg_sys::GucContext::PGC_SUSET, &[(c"lc_messages", c"C")], work)
}

/// Runs `work` without JIT compilation, which takes longer than running large queries over
/// catalogs.
pub fn without_jit<T>(work: impl FnOnce() -> T) -> T {
    with_setting(c"jit", c"off", work)
}

/// Runs `work` so that the planner does not look at CHECK constraints: it would evaluate their
/// function calls.
pub(in crate::pg) fn without_constraint_exclusion<T>(work: impl FnOnce() -> T) -> T {
    with_setting(c"constraint_exclusion", c"off", work)
}

/// Runs `work` so that it waits for a lock for at most `limit`, which must not be 0.
pub(in crate::pg) fn with_lock_timeout_of<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let milliseconds = CString::new(limit.as_millis().max(1).to_string()).unwrap_or_default();
    with_setting(c"lock_timeout", &milliseconds, work)
}

/// Runs `work`, a query, so that it looks rows up one by one, by index, and has one plan for all
/// arguments. The planner expects a thousand rows from a function such as
/// pg_event_trigger_ddl_commands(), which returns one, and would read whole catalogs for them.
pub(in crate::pg) fn by_index<T>(work: impl FnOnce() -> T) -> T {
    let settings = [
        (c"enable_hashjoin", c"off"),
        (c"enable_mergejoin", c"off"),
        (c"enable_seqscan", c"off"),
        (c"jit", c"off"),
        (c"plan_cache_mode", c"force_generic_plan"),
    ];
    with_settings(&settings, work)
}

/// Runs `work` with the shortest lock_timeout, so that it waits for a lock for at most 1 ms.
pub fn with_least_lock_timeout<T>(work: impl FnOnce() -> T) -> T {
    with_setting(c"lock_timeout", c"1ms", work)
}

/// Runs `work` so that dates have a text that every DateStyle reads alike.
pub fn with_iso_dates<T>(work: impl FnOnce() -> T) -> T {
    with_setting(c"DateStyle", c"ISO, YMD", work)
}

/// Runs `work` so that values have the same text whatever the session's settings: times in ISO 8601
/// and UTC, floats exactly, bytes in hexadecimal, and names with their schemas.
pub fn with_canonical_output<T>(work: impl FnOnce() -> T) -> T {
    let spelling = [
        (c"search_path", c"pg_catalog, pg_temp"),
        (c"DateStyle", c"ISO, YMD"),
        (c"TimeZone", c"UTC"),
        (c"IntervalStyle", c"postgres"),
        (c"extra_float_digits", c"1"),
        (c"bytea_output", c"hex"),
        (c"lc_monetary", c"C"),
        (c"xmlbinary", c"base64"),
        (c"quote_all_identifiers", c"off"),
        (c"standard_conforming_strings", c"on"),
    ];
    with_settings(&spelling, work)
}

fn with_setting<T>(name: &CStr, value: &CStr, work: impl FnOnce() -> T) -> T {
    with_settings(&[(name, value)], work)
}

/// Runs `work` with settings that any role may set. An error restores the session's with the
/// subtransaction around it.
fn with_settings<T>(settings: &[(&CStr, &CStr)], work: impl FnOnce() -> T) -> T {
    with_settings_of(pg_sys::GucContext::PGC_USERSET, settings, work)
}

/// Does the same with settings that may be set in this context.
fn with_settings_of<T>(context: pg_sys::GucContext::Type, settings: &[(&CStr, &CStr)], work: impl FnOnce() -> T) -> T {
    // SAFETY: begins a nesting level of settings that is ended below or by the abort.
    let nest_level = unsafe { pg_sys::NewGUCNestLevel() };
    for (name, value) in settings {
        // SAFETY: changes a setting as `SET LOCAL` in a function does.
        unsafe {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                context,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
    }
    let result = work();
    // SAFETY: ends the level that was begun above.
    unsafe { pg_sys::AtEOXact_GUC(true, nest_level) };
    result
}

/// Does what `SET TRANSACTION READ WRITE` does, with its errors.
pub(in crate::pg) fn make_transaction_writable() {
    set(c"transaction_read_only", c"off", pg_sys::GucAction::GUC_ACTION_LOCAL);
}

/// Makes the session's transactions accept writes from the next one on, as a SET does.
pub fn make_session_writable() {
    set(c"default_transaction_read_only", c"off", pg_sys::GucAction::GUC_ACTION_SET);
}

/// Whether the session's transactions are read-only unless they say otherwise.
pub fn is_session_read_only() -> bool {
    // SAFETY: a plain read of a setting.
    unsafe { pg_sys::DefaultXactReadOnly }
}

/// Changes a setting that any role may set.
fn set(name: &CStr, value: &CStr, action: pg_sys::GucAction::Type) {
    // SAFETY: C strings, as for the statement SET.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            action,
            true,
            0,
            false,
        );
    }
}

/// Runs `work` so that the client is sent no message below the level of an error.
pub fn without_warnings<T>(work: impl FnOnce() -> T) -> T {
    with_setting(c"client_min_messages", c"error", work)
}

/// Returns the error that setting this value raises even for a superuser. Sets nothing.
pub fn refusal(name: &str, value: &str) -> Option<Error> {
    let (name, value) = (CString::new(name).ok()?, encode_c(value)?);
    subtransaction::refusal(|| {
        // SAFETY: C strings; without `changeVal`, the value is only checked.
        unsafe {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_SUSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SET,
                false,
                0,
                false,
            )
        };
    })
}

/// Returns a time that a setting such as `statement_timeout` is given, in milliseconds; `None` if
/// it is not one.
pub fn milliseconds(value: &str) -> Option<i32> {
    let value = encode_c(value)?;
    let mut found = 0;
    // SAFETY: a C string and a place for the result; without one for a hint, none is returned.
    let is_valid = unsafe {
        pg_sys::parse_int(value.as_ptr(), &mut found, pg_sys::GUC_UNIT_MS.cast_signed(), std::ptr::null_mut())
    };
    is_valid.then_some(found)
}

/// Whether `lock_timeout` limits how long to wait for locks.
pub fn has_lock_timeout() -> bool {
    // SAFETY: a plain read of a setting.
    unsafe { pg_sys::LockTimeout > 0 }
}

/// Returns `shared_preload_libraries`, which not every role may see.
pub fn shared_preload_libraries() -> String {
    // SAFETY: a plain read of a setting.
    setting_text(unsafe { pg_sys::shared_preload_libraries_string })
}

/// Returns `session_preload_libraries` of this session, which not every role may see.
pub fn session_preload_libraries() -> String {
    // SAFETY: a plain read of a setting.
    setting_text(unsafe { pg_sys::session_preload_libraries_string })
}

fn setting_text(value: *const c_char) -> String {
    // SAFETY: a setting's value is a C string, or null before it is set.
    if value.is_null() { String::new() } else { unsafe { CStr::from_ptr(value) }.to_string_lossy().into_owned() }
}

/// Returns `check_function_bodies`.
pub fn checks_function_bodies() -> bool {
    // SAFETY: a plain read of a setting.
    unsafe { pg_sys::check_function_bodies }
}

/// Returns `search_path` as it is set.
pub fn search_path() -> String {
    // SAFETY: a plain read of a setting.
    setting_text(unsafe { pg_sys::namespace_search_path })
}

/// Returns the `search_path` that RESET would set.
pub fn reset_search_path() -> Option<String> {
    // SAFETY: a setting that exists; the result is a C string or null.
    let text = unsafe { pg_sys::GetConfigOptionResetString(c"search_path".as_ptr()) };
    (!text.is_null()).then(|| setting_text(text))
}

/// Returns `statement_timeout` in milliseconds; 0 is none.
pub fn statement_timeout() -> i32 {
    // SAFETY: a plain read of a setting.
    unsafe { pg_sys::StatementTimeout }
}
