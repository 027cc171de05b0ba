//! Keeps a rehearsal from doing what no rollback undoes: whichever statement or function of the
//! script would do it, it is refused before it starts.

use super::session_objects::SessionObjects;
use crate::error::Error;
use crate::pg::list::pointers;
use crate::pg::transaction::nest_level;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Node, NodeTag, Oid};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_char};

/// Functions of pg_catalog with effects outside the transaction, without those that read.
const FUNCTIONS: &[&str] = &[
    "lo_export",
    "pg_backup_start",
    "pg_backup_stop",
    "pg_cancel_backend",
    "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_create_restore_point",
    "pg_drop_replication_slot",
    "pg_export_snapshot",
    "pg_log_backend_memory_contexts",
    "pg_logical_slot_get_binary_changes",
    "pg_logical_slot_get_changes",
    "pg_promote",
    "pg_reload_conf",
    "pg_replication_origin_advance",
    "pg_replication_origin_drop",
    "pg_replication_origin_session_setup",
    "pg_replication_origin_session_reset",
    "pg_replication_slot_advance",
    "pg_rotate_logfile",
    "pg_stat_reset",
    "pg_stat_reset_replication_slot",
    "pg_stat_reset_shared",
    "pg_stat_reset_single_function_counters",
    "pg_stat_reset_single_table_counters",
    "pg_stat_reset_slru",
    "pg_stat_reset_subscription_stats",
    "pg_switch_wal",
    "pg_sync_replication_slots",
    "pg_terminate_backend",
    "pg_wal_replay_pause",
    "pg_wal_replay_resume",
];

/// Functions of extensions: those of dblink and adminpack begin so.
const EXTENSION_FUNCTIONS: &[&str] = &["dblink", "pg_file_"];

struct Rehearsal {
    before: SessionObjects,
    /// The subtransaction in which the script runs.
    subtransaction: pg_sys::SubTransactionId,
    functions: HashMap<Oid, bool>,
    refused: Option<Refusal>,
}

/// Why the rehearsal stopped a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    /// Whether the statement may change rows or objects, so that later statements may do something
    /// else in the real run.
    pub changes: bool,
}

thread_local! {
    /// The nesting level of the subtransaction in which the script runs; 0 if there is none.
    static LEVEL: Cell<i32> = const { Cell::new(0) };
    static REHEARSAL: RefCell<Option<Rehearsal>> = const { RefCell::new(None) };
}

/// Whether a rehearsal is in progress.
pub fn is_active() -> bool {
    // Should an error ever leave the level behind, the next transaction is below it.
    LEVEL.get() > 0 && nest_level() >= LEVEL.get()
}

/// Begins to refuse. `before` is what the session had before, which the script must not drop.
pub(super) fn begin(before: SessionObjects) {
    // SAFETY: a plain read of backend state.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    REHEARSAL.set(Some(Rehearsal { before, subtransaction, functions: HashMap::new(), refused: None }));
    LEVEL.set(nest_level());
}

/// Ends it, and returns what the session had before.
pub(super) fn end() -> Option<SessionObjects> {
    LEVEL.set(0);
    REHEARSAL.take().map(|rehearsal| rehearsal.before)
}

/// Returns why something was refused since the last call.
pub fn take_refusal() -> Option<Refusal> {
    REHEARSAL.with_borrow_mut(|rehearsal| rehearsal.as_mut()?.refused.take())
}

/// Notes the reason, and returns the error that stops the statement.
pub fn refuse(reason: String, changes: bool) -> Error {
    let refusal = Refusal { reason: reason.clone(), changes };
    REHEARSAL.with_borrow_mut(|rehearsal| {
        if let Some(rehearsal) = rehearsal {
            rehearsal.refused.get_or_insert(refusal);
        }
    });
    Error::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, "statement cannot be rehearsed").detail(reason)
}

/// Returns an error if the command must not start.
///
/// # Safety
/// `tree` must be a command's parse tree.
pub(in crate::pg) unsafe fn check_command(tree: *mut Node) -> Result<(), Error> {
    // SAFETY: the caller guarantees a parse tree.
    match unsafe { reason(tree) } {
        Some((reason, changes)) => Err(refuse(format!("{reason}."), changes)),
        None => Ok(()),
    }
}

/// Returns an error if the function must not be called.
pub(in crate::pg) fn check_function(function: Oid) -> Result<(), Error> {
    let known = REHEARSAL.with_borrow(|rehearsal| rehearsal.as_ref()?.functions.get(&function).copied());
    let is_outside = known.unwrap_or_else(|| {
        let is_outside = has_effects_outside(function);
        REHEARSAL.with_borrow_mut(|rehearsal| rehearsal.as_mut().map(|r| r.functions.insert(function, is_outside)));
        is_outside
    });
    if !is_outside {
        return Ok(());
    }
    let name = function_name(function).unwrap_or_default();
    Err(refuse(format!("Function {name} has effects that a rollback does not undo."), true))
}

fn has_effects_outside(function: Oid) -> bool {
    let Some(name) = function_name(function) else { return false };
    // SAFETY: looks the function up.
    let schema = unsafe { pg_sys::get_func_namespace(function) };
    match schema.to_u32() == pg_sys::PG_CATALOG_NAMESPACE && function.to_u32() < pg_sys::FirstNormalObjectId {
        true => FUNCTIONS.contains(&name.as_str()),
        false => EXTENSION_FUNCTIONS.iter().any(|prefix| name.starts_with(prefix)),
    }
}

fn function_name(function: Oid) -> Option<String> {
    // SAFETY: looks the function up; the result is null or a palloc'd C string.
    unsafe {
        let name = pg_sys::get_func_name(function);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

/// Returns why a command must not start, and whether it may change rows or objects.
///
/// # Safety
/// `tree` must be a command's parse tree.
unsafe fn reason(tree: *mut Node) -> Option<(&'static str, bool)> {
    const KEEPS: bool = false;
    const CHANGES: bool = true;
    // SAFETY: tags identify nodes, and with that their fields.
    unsafe {
        match tree.as_ref()?.type_ {
            NodeTag::T_CopyStmt => {
                let copy = &*tree.cast::<pg_sys::CopyStmt>();
                Some((copy_reason(copy), copy.is_from || !copy.query.is_null()))
            }
            NodeTag::T_LoadStmt => Some(("LOAD loads a library into the server process, where it stays", KEEPS)),
            NodeTag::T_CheckPointStmt => Some(("CHECKPOINT has effects outside the transaction", KEEPS)),
            NodeTag::T_DiscardStmt => {
                let is_all = (*tree.cast::<pg_sys::DiscardStmt>()).target == pg_sys::DiscardMode::DISCARD_ALL;
                // The server itself refuses it in a transaction block.
                (!is_all).then_some(("DISCARD drops what the session has, and no rollback restores it", CHANGES))
            }
            NodeTag::T_DropSubscriptionStmt => {
                Some(("DROP SUBSCRIPTION drops what no rollback restores: the slot or the progress", CHANGES))
            }
            NodeTag::T_DeallocateStmt => {
                let name = (*tree.cast::<pg_sys::DeallocateStmt>()).name;
                is_callers_statement(name)
                    .then_some(("DEALLOCATE would drop a prepared statement of the session", KEEPS))
            }
            NodeTag::T_ClosePortalStmt => {
                let name = (*tree.cast::<pg_sys::ClosePortalStmt>()).portalname;
                is_callers_cursor(name).then_some(("CLOSE would close a cursor of the session", CHANGES))
            }
            NodeTag::T_FetchStmt => {
                let name = (*tree.cast::<pg_sys::FetchStmt>()).portalname;
                is_callers_cursor(name).then_some(("The statement would move a cursor of the session", KEEPS))
            }
            _ => None,
        }
    }
}

fn copy_reason(statement: &pg_sys::CopyStmt) -> &'static str {
    match (statement.is_from, statement.filename.is_null()) {
        (true, true) => "COPY FROM STDIN reads data that the client sends",
        (true, false) if statement.is_program => "COPY FROM PROGRAM runs a program",
        (true, false) => "COPY reads a file of the server",
        (false, true) => "COPY TO STDOUT sends data to the client",
        (false, false) if statement.is_program => "COPY TO PROGRAM runs a program",
        (false, false) => "COPY writes a file on the server",
    }
}

/// Whether the prepared statement, or one of all for null, was there before the rehearsal.
///
/// # Safety
/// `name` must be a C string or null.
unsafe fn is_callers_statement(name: *const c_char) -> bool {
    REHEARSAL.with_borrow(|rehearsal| {
        let Some(rehearsal) = rehearsal else { return false };
        if name.is_null() {
            return rehearsal.before.has_prepared();
        }
        // SAFETY: the caller guarantees a C string.
        let name = unsafe { CStr::from_ptr(name) };
        rehearsal.before.is_prepared(&crate::pg::encoded_text::decode(name.to_bytes()))
    })
}

/// Whether the cursor was open before the rehearsal; for null, which stands for all, always.
///
/// # Safety
/// `name` must be a C string or null.
unsafe fn is_callers_cursor(name: *const c_char) -> bool {
    if name.is_null() {
        return true;
    }
    let first = REHEARSAL.with_borrow(|rehearsal| rehearsal.as_ref().map_or(0, |rehearsal| rehearsal.subtransaction));
    // SAFETY: the caller guarantees a C string; a portal is found in the session's table, or not.
    unsafe { pg_sys::GetPortalByName(name).as_ref() }.is_some_and(|portal| portal.createSubid < first)
}

/// Returns the relations in the range tables of the running statement that it reads or writes
/// itself.
pub fn caller_reads_tables() -> bool {
    crate::pg::portal::statements().any(|statement| {
        // SAFETY: a planned statement; a command's query is found in its own tree.
        unsafe {
            if statement.utilityStmt.is_null() {
                return has_relation(statement.rtable);
            }
            let tree = statement.utilityStmt;
            let query = match (*tree).type_ {
                NodeTag::T_CreateTableAsStmt => (*tree.cast::<pg_sys::CreateTableAsStmt>()).query,
                NodeTag::T_ExplainStmt => (*tree.cast::<pg_sys::ExplainStmt>()).query,
                NodeTag::T_DeclareCursorStmt => (*tree.cast::<pg_sys::DeclareCursorStmt>()).query,
                _ => return false,
            };
            let query = query.cast::<pg_sys::Query>().as_ref();
            query.is_some_and(|query| query.type_ == NodeTag::T_Query && has_relation(query.rtable))
        }
    })
}

/// # Safety
/// `list` must be a range table or null.
unsafe fn has_relation(list: *mut pg_sys::List) -> bool {
    // SAFETY: the caller guarantees a range table.
    unsafe { pointers::<pg_sys::RangeTblEntry>(list) }.any(|entry| entry.rtekind == pg_sys::RTEKind::RTE_RELATION)
}
