//! Contains the entry points of triggers and event triggers, which PostgreSQL calls by a different
//! protocol than functions in a query.

use crate::error::Error;
use crate::pg::column_set;
use crate::pg::command_tree::{self, Action, Change};
use crate::pg::memory;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Datum, FunctionCallInfo, NodeTag, Oid};
use pgrx::{PgLogLevel, PgSqlErrorCode, pg_guard};
use std::ffi::CStr;
use std::sync::OnceLock;

/// The event that a statement trigger fires for.
pub struct StatementEvent {
    pub table: Oid,
    /// The columns that an UPDATE has set; `None` for an INSERT.
    updated: Option<*const pg_sys::Bitmapset>,
}

impl StatementEvent {
    pub fn is_update(&self) -> bool {
        self.updated.is_some()
    }

    /// Whether it was an UPDATE that has set the column.
    pub fn updates(&self, attribute: i16) -> bool {
        // SAFETY: the set, or null, belongs to the trigger's data and lives while its function
        // runs.
        self.updated.is_some_and(|updated| unsafe { column_set::contains(updated, attribute) })
    }
}

/// The command that an event trigger fires for.
pub struct DdlCommand {
    pub tag: String,
    pub change: Change,
    /// The relation that the command has created or altered.
    pub relation: Option<Oid>,
    pub action: Action,
}

/// The functions to call.
#[derive(Clone, Copy)]
pub struct Listeners {
    /// A statement on a table with the guard's trigger has ended.
    pub statement_done: fn(&StatementEvent),
    /// A command has ended in a database with the guard's event trigger.
    pub command_done: fn(&DdlCommand),
}

static LISTENERS: OnceLock<Listeners> = OnceLock::new();

/// Calls `listeners` from now on. Call once, from `_PG_init`.
pub fn install(listeners: Listeners) {
    let _ = LISTENERS.set(listeners);
}

static V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };

#[unsafe(no_mangle)]
#[doc(hidden)]
pub extern "C" fn pg_finfo_seq_guard_note_call() -> &'static pg_sys::Pg_finfo_record {
    &V1
}

#[unsafe(no_mangle)]
#[doc(hidden)]
pub extern "C" fn pg_finfo_seq_guard_on_ddl_call() -> &'static pg_sys::Pg_finfo_record {
    &V1
}

/// `_seq_guard_note()`, an AFTER INSERT OR UPDATE … FOR EACH STATEMENT trigger. Records a table
/// that received rows, or in which a column that draws from a sequence was set; the table is judged
/// at commit. Privileges: none.
///
/// # Safety
/// Only for PostgreSQL's function manager.
#[unsafe(no_mangle)]
#[pg_guard]
pub unsafe extern "C-unwind" fn seq_guard_note_call(call: FunctionCallInfo) -> Datum {
    // SAFETY: the context of a call is a node or null, and a trigger's data if its tag says so.
    let event = unsafe {
        let context = (*call).context;
        if context.is_null() || (*context).type_ != NodeTag::T_TriggerData {
            refuse(
                PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
                "function \"_seq_guard_note\" was not called by trigger manager",
            );
        }
        let data = &*context.cast::<pg_sys::TriggerData>();
        // In a BEFORE trigger, the null that this function returns would make rows vanish.
        let when = data.tg_event & (pg_sys::TRIGGER_EVENT_TIMINGMASK | pg_sys::TRIGGER_EVENT_ROW);
        if when != pg_sys::TRIGGER_EVENT_AFTER {
            let message = "function \"_seq_guard_note\" must be fired AFTER STATEMENT";
            refuse(PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED, message);
        }
        let is_update = data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE;
        StatementEvent { table: (*data.tg_relation).rd_id, updated: is_update.then_some(data.tg_updatedcols) }
    };
    if let Some(listeners) = LISTENERS.get() {
        memory::guarded(|| (listeners.statement_done)(&event));
    }
    Datum::from(0)
}

/// `_seq_guard_on_ddl()`, an event trigger for ddl_command_end. Arms tables as they are created or
/// altered, and disarms those that no longer draw from a sequence. An error becomes a WARNING, so
/// that it does not undo the command.
///
/// # Safety
/// Only for PostgreSQL's function manager.
#[unsafe(no_mangle)]
#[pg_guard]
pub unsafe extern "C-unwind" fn seq_guard_on_ddl_call(call: FunctionCallInfo) -> Datum {
    // SAFETY: the context of a call is a node or null, and an event trigger's data if its tag says
    // so; tags have names.
    let command = unsafe {
        let context = (*call).context;
        if context.is_null() || (*context).type_ != NodeTag::T_EventTriggerData {
            let message = "function \"_seq_guard_on_ddl\" was not called by event trigger manager";
            refuse(PgSqlErrorCode::ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED, message);
        }
        let data = &*context.cast::<pg_sys::EventTriggerData>();
        if command_tree::makes_temporary(data.parsetree) {
            return Datum::from(0);
        }
        DdlCommand {
            tag: CStr::from_ptr(pg_sys::GetCommandTagName(data.tag)).to_string_lossy().into_owned(),
            change: command_tree::change(data.parsetree),
            relation: command_tree::only_relation(data.parsetree),
            action: command_tree::action(data.parsetree),
        }
    };
    if let Some(listeners) = LISTENERS.get() {
        memory::guarded(|| (listeners.command_done)(&command));
    }
    Datum::from(0)
}

fn refuse(sqlstate: PgSqlErrorCode, message: &str) {
    ErrorReport::from(Error::new(sqlstate, message)).report(PgLogLevel::ERROR);
}
