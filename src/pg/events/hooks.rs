//! Calls listeners when statements, transactions and sessions begin or end. The hooks only look:
//! none wraps what the server does, since an error that passes through one of pgrx's wrappers loses
//! its context, its cursor position and the names of table and constraint.

use crate::pg::list::pointers;
use crate::pg::names::FIRST_USER_OID;
use crate::pg::{column_set, plan, portal};
use pgrx::pg_guard;
use pgrx::pg_sys::{self, Oid, XactEvent};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The functions to call.
#[derive(Clone, Copy)]
pub struct Listeners {
    /// A statement is about to insert into a table or to update it.
    pub writing: fn(&Write),
    /// A statement is about to read users' tables and to write none. Called only after
    /// `report_reading(true)`.
    pub reading: fn(),
    /// A query is about to return values that it draws from sequences.
    pub drawing: fn(&[Oid]),
    /// The transaction is about to commit or to be prepared, and can still fail.
    pub committing: fn(),
    /// The transaction has ended, in any way. Must not fail.
    pub ended: fn(),
    /// A subtransaction at this level has committed (true) or was rolled back (false). Must not
    /// fail.
    pub level_ended: fn(i32, bool),
    /// A table's definition may have changed; `None` means any table's. Must not fail.
    pub changed: fn(Option<Oid>),
    /// A duplicate-key error is being reported. Returns a hint for it. Must not fail, and must not
    /// look anything up.
    pub duplicate: fn(&DuplicateKey<'_>) -> Option<CString>,
}

/// A statement's target: `RangeTblEntry` in version 15, `RTEPermissionInfo` since 16, with the same
/// fields.
#[cfg(not(since_16))]
type Target = pg_sys::RangeTblEntry;
#[cfg(since_16)]
type Target = pg_sys::RTEPermissionInfo;

/// A table that a statement is about to write, and the columns that it names.
pub struct Write {
    pub table: Oid,
    pub inserts: bool,
    inserted: *const pg_sys::Bitmapset,
    updated: *const pg_sys::Bitmapset,
    plan: Option<&'static pg_sys::PlannedStmt>,
}

impl Write {
    /// Whether the statement updates the column, including by ON CONFLICT or MERGE.
    pub fn updates(&self, attribute: i16) -> bool {
        // SAFETY: a set of the statement's plan, or null; it lives while the hook runs.
        unsafe { column_set::contains(self.updated, attribute) }
    }

    /// Whether the statement updates any column.
    pub fn updates_any(&self) -> bool {
        // SAFETY: as in `updates`.
        unsafe { !column_set::is_empty(self.updated) }
    }

    /// Whether the statement names the column in an INSERT, even if only with DEFAULT.
    pub fn names(&self, attribute: i16) -> bool {
        // SAFETY: as in `updates`.
        unsafe { column_set::contains(self.inserted, attribute) }
    }

    /// Whether the statement is known to insert only values of the sequence into the column.
    pub fn draws(&self, attribute: i16, sequence: Oid) -> bool {
        // SAFETY: the running statement's plan lives while it runs.
        self.plan.is_some_and(|plan| unsafe { plan::draws(plan, self.table, attribute, sequence) })
    }

    /// Returns the numbers that the statement inserts into the column, if all of them are constants
    /// or parameters and there are at most `most`.
    pub fn supplied(&self, attribute: i16, most: usize) -> Option<Vec<i64>> {
        // SAFETY: as in `draws`; the parameters belong to the same portal as the plan.
        self.plan.and_then(|plan| unsafe { plan::supplied(plan, self.table, attribute, &portal::values(), most) })
    }
}

/// The names in a duplicate-key error.
pub struct DuplicateKey<'a> {
    pub schema: &'a CStr,
    pub table: &'a CStr,
    pub constraint: &'a CStr,
}

struct Installed {
    listeners: Listeners,
    permissions: pg_sys::ExecutorCheckPerms_hook_type,
    messages: pg_sys::emit_log_hook_type,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Calls `listeners` from now on. Call once, from `_PG_init`.
pub fn install(listeners: Listeners) {
    // SAFETY: the hooks are plain variables of a single-threaded backend; hooks that were set
    // before are kept and called.
    unsafe {
        let (permissions, messages) = (pg_sys::ExecutorCheckPerms_hook, pg_sys::emit_log_hook);
        if INSTALLED.set(Installed { listeners, permissions, messages }).is_err() {
            return;
        }
        pg_sys::ExecutorCheckPerms_hook = Some(check_permissions);
        pg_sys::emit_log_hook = Some(emit_log);
        pg_sys::RegisterXactCallback(Some(on_transaction), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), std::ptr::null_mut());
        pg_sys::CacheRegisterRelcacheCallback(Some(on_relation), pg_sys::Datum::from(0));
    }
}

/// Reports the running statement, which began before the listeners were installed.
pub fn report_running_statement() {
    // SAFETY: these are the running statements' targets.
    portal::all_targets().into_iter().for_each(|list| unsafe { report(list) });
}

/// Whether statements that only read are reported.
static REPORTS_READING: AtomicBool = AtomicBool::new(false);

pub fn report_reading(wanted: bool) {
    REPORTS_READING.store(wanted, Ordering::Relaxed);
}

const WRITES: pg_sys::AclMode = (pg_sys::ACL_INSERT | pg_sys::ACL_UPDATE) as pg_sys::AclMode;
const READS: pg_sys::AclMode = pg_sys::ACL_SELECT as pg_sys::AclMode;

/// Called as every statement starts, including COPY FROM. No destructor may be pending in this
/// frame: errors of `report_statement` and of the next hook leave it by longjmp, unchanged.
unsafe extern "C-unwind" fn check_permissions(
    range_table: *mut pg_sys::List,
    #[cfg(since_16)] permissions: *mut pg_sys::List,
    raises: bool,
) -> bool {
    #[cfg(not(since_16))]
    let list = range_table;
    #[cfg(since_16)]
    let list = permissions;
    // SAFETY: the server passes the statement's targets.
    unsafe {
        let wanted = if REPORTS_READING.load(Ordering::Relaxed) { WRITES | READS } else { WRITES };
        let is_users = |target: &&Target| target.relid.to_u32() >= FIRST_USER_OID;
        let mut targets = pointers::<Target>(list).filter(is_users).peekable();
        if targets.peek().is_none() {
            report_draws(list);
        } else if targets.any(|target| target.requiredPerms & wanted != 0) {
            report_statement(list);
        }
        match INSTALLED.get().and_then(|installed| installed.permissions) {
            #[cfg(not(since_16))]
            Some(next) => next(range_table, raises),
            #[cfg(since_16)]
            Some(next) => next(range_table, permissions, raises),
            None => true,
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn report_statement(list: *mut pg_sys::List) {
    // SAFETY: as in `check_permissions`.
    unsafe { report(list) }
}

/// Reports the draws of a statement that does not use users' tables.
#[pg_guard]
unsafe extern "C-unwind" fn report_draws(list: *mut pg_sys::List) {
    let (Some(installed), Some(statement)) = (INSTALLED.get(), portal::statement_with(list)) else { return };
    // SAFETY: the running statement's plan and parameters live while it runs.
    let sequences = unsafe { plan::returned_draws(statement, &portal::values()) };
    if !sequences.is_empty() {
        (installed.listeners.drawing)(&sequences);
    }
}

/// Reports a statement's writes, or that it only reads.
///
/// # Safety
/// `list` must be a statement's targets.
unsafe fn report(list: *mut pg_sys::List) {
    let Some(installed) = INSTALLED.get() else { return };
    let mut writes = false;
    // SAFETY: the caller guarantees a list of targets.
    for target in unsafe { pointers::<Target>(list) }.filter(|target| target.relid.to_u32() >= FIRST_USER_OID) {
        if target.requiredPerms & WRITES != 0 {
            writes = true;
            (installed.listeners.writing)(&Write {
                table: target.relid,
                inserts: target.requiredPerms & pg_sys::ACL_INSERT as pg_sys::AclMode != 0,
                inserted: target.insertedCols,
                updated: target.updatedCols,
                plan: portal::statement_with(list),
            });
        }
    }
    if !writes {
        (installed.listeners.reading)();
    }
}

/// Called with every message before it is sent to client and log. As for `check_permissions`, no
/// destructor may be pending.
unsafe extern "C-unwind" fn emit_log(message: *mut pg_sys::ErrorData) {
    // SAFETY: the server passes a message in progress; what `explain` returns lives as long as the
    // message.
    unsafe {
        let data = &mut *message;
        let is_duplicate = data.sqlerrcode == pgrx::PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION as c_int;
        if is_duplicate && data.elevel == pgrx::PgLogLevel::ERROR as c_int && data.hint.is_null() {
            data.hint = explain(message);
        }
        if let Some(next) = INSTALLED.get().and_then(|installed| installed.messages) {
            next(message);
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn explain(message: *mut pg_sys::ErrorData) -> *mut c_char {
    // SAFETY: names are C strings or null, and the copy is made in the message's own memory
    // context.
    unsafe {
        let data = &*message;
        let names = [data.schema_name, data.table_name, data.constraint_name];
        if names.iter().any(|name| name.is_null()) {
            return std::ptr::null_mut();
        }
        let [schema, table, constraint] = names.map(|name| CStr::from_ptr(name));
        let hint = INSTALLED
            .get()
            .and_then(|installed| (installed.listeners.duplicate)(&DuplicateKey { schema, table, constraint }));
        match hint {
            Some(hint) => pg_sys::MemoryContextStrdup(data.assoc_context, hint.as_ptr()),
            None => std::ptr::null_mut(),
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_transaction(event: XactEvent::Type, _argument: *mut c_void) {
    let Some(Installed { listeners, .. }) = INSTALLED.get() else { return };
    match event {
        XactEvent::XACT_EVENT_PRE_COMMIT | XactEvent::XACT_EVENT_PRE_PREPARE => (listeners.committing)(),
        XactEvent::XACT_EVENT_COMMIT | XactEvent::XACT_EVENT_ABORT | XactEvent::XACT_EVENT_PREPARE => {
            (listeners.ended)();
        }
        _ => {}
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    _subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    let Some(Installed { listeners, .. }) = INSTALLED.get() else { return };
    // At this point the level is still that of the subtransaction.
    match event {
        pg_sys::SubXactEvent::SUBXACT_EVENT_COMMIT_SUB => {
            (listeners.level_ended)(crate::pg::transaction::nest_level(), true)
        }
        pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB => {
            (listeners.level_ended)(crate::pg::transaction::nest_level(), false)
        }
        _ => {}
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_relation(_argument: pg_sys::Datum, relation: Oid) {
    if let Some(installed) = INSTALLED.get() {
        (installed.listeners.changed)((relation != pg_sys::InvalidOid).then_some(relation));
    }
}

static AT_SESSION_END: OnceLock<fn()> = OnceLock::new();

/// Runs `work` in a transaction of its own when the session ends normally. Only the first call has
/// an effect.
pub fn at_session_end(work: fn()) {
    if AT_SESSION_END.set(work).is_ok() {
        // SAFETY: callbacks that are registered later run earlier, so the backend is still intact
        // when this one runs.
        unsafe { pg_sys::before_shmem_exit(Some(on_exit), pg_sys::Datum::from(0)) }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_exit(code: c_int, _argument: pg_sys::Datum) {
    if let Some(work) = AT_SESSION_END.get().filter(|_| code == 0) {
        crate::pg::transaction::in_last_transaction(work);
    }
}
