//! Checks deferred constraints, as the end of a transaction does.

use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::parser::raw::parse;
use crate::pg::rehearsal::execute;
use crate::pg::run_as::{SUPERUSER, run_as};
use pgrx::pg_sys::{self, ConstraintsSetStmt, NodeTag, Oid};
use std::ffi::c_int;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

static CHANGES: AtomicU64 = AtomicU64::new(0);
static REGISTERED: Once = Once::new();

/// Runs the deferred triggers of the transaction, as `SET CONSTRAINTS ALL IMMEDIATE` does, and
/// raises their errors. To be called in a subtransaction.
pub fn check_all() {
    let mut statement =
        ConstraintsSetStmt { type_: NodeTag::T_ConstraintsSetStmt, deferred: false, ..Default::default() };
    // SAFETY: an empty list of constraints stands for all of them.
    unsafe {
        pg_sys::AfterTriggerSetState(&mut statement);
        pg_sys::CommandCounterIncrement();
    }
}

/// Defers constraints, which are named as SQL spells them, with their schemas. To be called in a
/// subtransaction.
pub fn defer(names: &[String]) -> Result<(), Error> {
    if names.is_empty() {
        return Ok(());
    }
    let text = encoded_text::encode_c(&format!("SET CONSTRAINTS {} DEFERRED", names.join(", "))).unwrap_or_default();
    let parsed = parse(&text).map_err(|error| error.error)?;
    run_as(SUPERUSER, || execute::run(&parsed));
    Ok(())
}

/// Whether rows of one of the tables wait for a deferred check.
pub fn is_pending(tables: &[Oid]) -> bool {
    // SAFETY: takes any OID, and reads the transaction's own list of events.
    tables.iter().any(|table| unsafe { pg_sys::AfterTriggerPendingOnRel(*table) })
}

/// Returns a number that grows whenever this session sees a constraint created, altered or dropped.
pub fn changes() -> u64 {
    REGISTERED.call_once(|| {
        // SAFETY: the callback lives as long as the process, and only adds to a counter.
        unsafe {
            pg_sys::CacheRegisterSyscacheCallback(
                pg_sys::SysCacheIdentifier::CONSTROID as _,
                Some(on_change),
                pg_sys::Datum::from(0),
            );
        }
    });
    CHANGES.load(Ordering::Relaxed)
}

/// # Safety
/// Called by the server, when an entry of the cache becomes invalid.
unsafe extern "C-unwind" fn on_change(_argument: pg_sys::Datum, _cache: c_int, _hash: u32) {
    CHANGES.fetch_add(1, Ordering::Relaxed);
}
