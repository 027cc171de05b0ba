//! Reports commands that have changed a definition, and calls of setval.
//!
//! As in `hooks`, errors are passed on unchanged: an error of the command leaves these frames by
//! longjmp.

use crate::pg::command_tree::{self, Change};
use crate::pg::list::pointers;
use crate::pg::portal;
use crate::pg::rehearsal::outside;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, NodeTag, ObjectAccessType, Oid};
use pgrx::{PgLogLevel, pg_guard};
use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

/// The functions to call.
#[derive(Clone, Copy)]
pub struct Listeners {
    /// A command has ended that has changed something.
    pub changed: fn(&Change),
    /// setval is about to be called. The argument is the sequence, or `None` if the statement
    /// computes it.
    pub setting: fn(Option<Oid>),
}

struct Installed {
    listeners: Listeners,
    utility: pg_sys::ProcessUtility_hook_type,
    access: pg_sys::object_access_hook_type,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// `setval(regclass, bigint)` and `setval(regclass, bigint, boolean)`, by their OIDs in
/// pg_proc.dat.
const SETVAL: [u32; 2] = [1576, 1765];

// Not pgrx's binding, which catches errors and raises them again.
unsafe extern "C-unwind" {
    fn standard_ProcessUtility(
        statement: *mut pg_sys::PlannedStmt,
        text: *const c_char,
        is_read_only_tree: bool,
        context: pg_sys::ProcessUtilityContext::Type,
        parameters: pg_sys::ParamListInfo,
        environment: *mut pg_sys::QueryEnvironment,
        destination: *mut pg_sys::DestReceiver,
        completion: *mut pg_sys::QueryCompletion,
    );
}

/// Calls `listeners` from now on. Call once, from `_PG_init`.
pub fn install(listeners: Listeners) {
    // SAFETY: the hooks are plain variables of a single-threaded backend; hooks that were set
    // before are kept and called.
    unsafe {
        let (utility, access) = (pg_sys::ProcessUtility_hook, pg_sys::object_access_hook);
        if INSTALLED.set(Installed { listeners, utility, access }).is_err() {
            return;
        }
        pg_sys::ProcessUtility_hook = Some(run_command);
        pg_sys::object_access_hook = Some(access_object);
    }
}

/// No destructor may be pending in this frame, and what the command may free is not read after it.
#[allow(clippy::too_many_arguments)]
unsafe extern "C-unwind" fn run_command(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    is_read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    parameters: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    destination: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: passes on what the server passes. The tree of a command that alters a table lives as
    // long as its statement, which the caller holds.
    unsafe {
        if outside::is_active() {
            command_starts((*statement).utilityStmt);
        }
        let may_change = command_tree::may_change((*statement).utilityStmt);
        let run = match INSTALLED.get().and_then(|installed| installed.utility) {
            Some(next) => next,
            None => standard_ProcessUtility,
        };
        run(statement, text, is_read_only_tree, context, parameters, environment, destination, completion);
        if may_change {
            command_done((*statement).utilityStmt);
        }
    }
}

/// Raises an error if a rehearsal must not run the command.
#[pg_guard]
unsafe extern "C-unwind" fn command_starts(tree: *mut pg_sys::Node) {
    // SAFETY: as in `run_command`.
    if let Err(error) = unsafe { outside::check_command(tree) } {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
}

/// Raises an error if a rehearsal must not call the function.
#[pg_guard]
unsafe extern "C-unwind" fn function_starts(function: Oid) {
    if let Err(error) = outside::check_function(function) {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn command_done(tree: *mut pg_sys::Node) {
    // SAFETY: as in `run_command`.
    let change = unsafe { command_tree::change(tree) };
    if let Some(installed) = INSTALLED.get().filter(|_| !change.is_none()) {
        (installed.listeners.changed)(&change);
    }
}

/// Called, among other events, for every function that a statement is about to call. No destructor
/// may be pending in this frame.
unsafe extern "C-unwind" fn access_object(
    access: ObjectAccessType::Type,
    class: Oid,
    object: Oid,
    part: c_int,
    argument: *mut c_void,
) {
    // SAFETY: passes on what the server passes.
    unsafe {
        if access == ObjectAccessType::OAT_FUNCTION_EXECUTE && SETVAL.contains(&object.to_u32()) {
            setval_starts();
        }
        if access == ObjectAccessType::OAT_FUNCTION_EXECUTE && outside::is_active() {
            function_starts(object);
        }
        if let Some(next) = INSTALLED.get().and_then(|installed| installed.access) {
            next(access, class, object, part, argument);
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn setval_starts() {
    let Some(installed) = INSTALLED.get() else { return };
    // SAFETY: the running statement's plan lives while it runs.
    let sequences = unsafe { portal::statements().map(|statement| set_by(statement)).collect::<Option<Vec<_>>>() };
    let sequences: Vec<Oid> = sequences.unwrap_or_default().into_iter().flatten().collect();
    if sequences.is_empty() {
        (installed.listeners.setting)(None);
    }
    sequences.into_iter().for_each(|sequence| (installed.listeners.setting)(Some(sequence)));
}

/// Returns the sequences that a plan's output sets; `None` if it may set others. Only `SELECT
/// setval('name', …), …` is understood, with or without a FROM clause.
///
/// # Safety
/// The plan must live while this runs.
unsafe fn set_by(statement: &pg_sys::PlannedStmt) -> Option<Vec<Oid>> {
    // SAFETY: nodes are distinguished by their tags; lists hold what plannodes.h and primnodes.h
    // say.
    unsafe {
        let plan = statement.planTree.as_ref()?;
        let expressions = pointers::<pg_sys::TargetEntry>(plan.targetlist).map(|entry| entry.expr);
        expressions
            .map(|expression| {
                let call = expression.as_ref().filter(|node| node.type_ == NodeTag::T_FuncExpr)?;
                let call = &*std::ptr::from_ref(call).cast::<pg_sys::FuncExpr>();
                let mut arguments = pointers::<pg_sys::Node>(call.args);
                let name = arguments.next().filter(|node| node.type_ == NodeTag::T_Const)?;
                // The value may contain another setval.
                if !arguments.all(|node| matches!(node.type_, NodeTag::T_Const | NodeTag::T_Param)) {
                    return None;
                }
                let name = &*std::ptr::from_ref(name).cast::<pg_sys::Const>();
                (SETVAL.contains(&call.funcid.to_u32()) && !name.constisnull)
                    .then(|| Oid::from(name.constvalue.value() as u32))
            })
            .collect()
    }
}
