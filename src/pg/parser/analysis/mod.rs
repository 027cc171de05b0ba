//! Analyzes queries and expressions as the server does before it plans them: names, types and
//! operators are looked up, and nothing is run.
//!
//! Relations that exist only in a script, or in another shape, are ephemeral named relations, as
//! the transition tables of triggers are: the server finds their columns without any catalog row.

mod body;
mod expression;
mod fallible;
mod objects;
mod privileges;
mod query;
mod rewritten;
mod view;

use super::tree::{self, Raw, RelationName};
use crate::error::Error;
use crate::pg::barrier;
use crate::pg::lock_budget;
use crate::pg::memory_context::Context;
use crate::pg::raised::{Caught, Raised, catch};
use crate::pg::run_as::run_as;
use crate::pg::settings::with_search_path;
use crate::pg::subtransaction;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Node, Oid, QueryEnvironment};
use std::ffi::{CStr, CString};

pub use body::analyze_body;
pub use expression::{Place, Used, analyze_expression};
pub use fallible::Fallible;
pub use objects::{FoundObject, Needs, look_up_objects};
pub use privileges::missing_privilege;
pub use query::{Access, Analyzed, ResultColumn};
pub use view::view_accesses;

/// Under which names are looked up.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The setting, if it is not the session's.
    pub search_path: Option<CString>,
    /// The role, if it is not the current user.
    pub role: Option<Oid>,
    /// The names of relations that the catalogs do not have: constants of type regclass with these
    /// names are accepted.
    pub classes: Vec<String>,
}

/// A relation that only the analysis knows.
#[derive(Clone, Debug)]
pub struct Ephemeral {
    pub name: String,
    pub columns: Vec<EphemeralColumn>,
}

#[derive(Clone, Debug)]
pub struct EphemeralColumn {
    pub name: String,
    pub type_oid: Oid,
    pub modifier: i32,
    pub collation: Oid,
}

/// Why a statement could not be analyzed.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The error that the statement would raise.
    Raised(Box<Raised>),
    /// Analysis would run this function.
    RunsCode(Oid),
    /// A lock on one of the relations could not be acquired, or the analysis could not begin.
    Locked(Error),
    /// The statement has no form that can be analyzed.
    Unsupported,
}

/// What is to be analyzed.
#[derive(Clone, Copy)]
pub enum Input<'a, 'p> {
    Statement(Raw<'p>),
    /// A SELECT in place of a statement that writes to an ephemeral relation.
    Instead(Raw<'p>),
    /// The same without the values of UPDATE.
    InsteadCondition(Raw<'p>),
    /// `SELECT expressions FROM relation`, which has a name and an alias.
    Expressions(&'a [Raw<'p>], Option<(&'a str, &'a str)>),
    /// `SELECT expressions FROM from WHERE condition`; the text of `from` is SQL.
    Projection {
        from: &'a str,
        expressions: &'a [(Option<&'a str>, Raw<'p>)],
        condition: Option<(Raw<'p>, bool)>,
    },
}

impl<'p> Input<'_, 'p> {
    /// Returns the parse trees in it.
    pub fn raws(&self) -> impl Iterator<Item = Raw<'p>> {
        let raws = match self {
            Input::Statement(raw) | Input::Instead(raw) | Input::InsteadCondition(raw) => vec![*raw],
            Input::Expressions(list, _) => list.to_vec(),
            Input::Projection { expressions, condition, .. } => {
                expressions.iter().map(|(_, raw)| *raw).chain(condition.iter().map(|(raw, _)| *raw)).collect()
            }
        };
        raws.into_iter()
    }
}

/// Which relations of a statement are ephemeral.
pub type Replace<'a> = &'a dyn Fn(&RelationName) -> Option<String>;

/// Analyzes the input, whose positions refer to `text`, in a subtransaction that is rolled back.
///
/// Locks: those of the statement on relations that exist, released before it returns; waits for
/// them within the call's budget.
pub fn analyze(
    input: Input<'_, '_>,
    text: &CStr,
    scope: &Scope,
    ephemerals: &[Ephemeral],
    replace: Replace<'_>,
    wants_text: bool,
) -> Result<Analyzed, Failure> {
    let analyzed = apart(scope, || {
        let (statement, constants) = prepare(input, replace)?;
        if !scope.classes.is_empty() {
            tree::replace_classes(statement, &scope.classes);
        }
        let environment = environment(ephemerals);
        // SAFETY: a parse tree of this call's own, and its text.
        let query = unsafe {
            pg_sys::parse_analyze_fixedparams(
                tree::build::statement(statement),
                text.as_ptr(),
                std::ptr::null(),
                0,
                environment,
            )
        };
        // SAFETY: the query that has just been analyzed.
        unsafe {
            let mut found = Analyzed::read(query, constants, wants_text);
            if matches!(input, Input::Statement(_)) {
                rewritten::note_locks(&mut found, query);
            }
            Some(found)
        }
    });
    analyzed?.ok_or(Failure::Unsupported)
}

/// Calls `work` in a memory context and a subtransaction of its own, which is rolled back, in the
/// scope and behind the barrier, and waits for locks within the call's budget.
fn apart<T>(scope: &Scope, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let context = Context::new(c"pg_flightcheck analysis");
    let outcome = subtransaction::discard(|| {
        Ok(catch(|| context.within(|| lock_budget::with_lock_timeout(|| in_scope(scope, || barrier::guarded(work))))))
    });
    match outcome {
        Ok(outcome) => outcome.map_err(failure),
        Err(error) => Err(Failure::Locked(error)),
    }
}

fn failure(caught: Caught) -> Failure {
    let Some(raised) = caught.raised.clone().filter(|raised| !raised.is_cancel) else { caught.rethrow() };
    if let Some(function) = barrier::refused() {
        return Failure::RunsCode(function);
    }
    if raised.error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE {
        lock_budget::note(&raised.error);
        return Failure::Locked(raised.error);
    }
    Failure::Raised(raised)
}

fn in_scope<T>(scope: &Scope, work: impl FnOnce() -> T) -> T {
    let with_path = || match &scope.search_path {
        Some(path) => with_search_path(path, work),
        None => work(),
    };
    match scope.role {
        Some(role) => run_as(role, with_path),
        None => with_path(),
    }
}

/// Returns a parse tree that analysis may change, and which of its columns are constants.
fn prepare(input: Input<'_, '_>, replace: Replace<'_>) -> Option<(*mut Node, Vec<bool>)> {
    let (node, constants) = match input {
        Input::Statement(raw) => (tree::build::copy(raw), Vec::new()),
        Input::Instead(raw) | Input::InsteadCondition(raw) => {
            let instead = tree::build::instead(raw, matches!(input, Input::InsteadCondition(_)))?;
            (instead.select, instead.is_constant)
        }
        Input::Expressions(expressions, relation) => (tree::build::select(expressions, relation), Vec::new()),
        Input::Projection { from, expressions, condition } => (projection(from, expressions, condition)?, Vec::new()),
    };
    tree::replace_relations(node, replace);
    Some((node, constants))
}

fn projection(
    from: &str,
    expressions: &[(Option<&str>, Raw<'_>)],
    condition: Option<(Raw<'_>, bool)>,
) -> Option<*mut Node> {
    let text = crate::pg::encoded_text::encode_c(&format!("SELECT FROM {from}"))?;
    // SAFETY: a C string; the list of one statement is in the current memory context.
    let select = unsafe {
        let list = pg_sys::raw_parser(text.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        crate::pg::list::pointers::<pg_sys::RawStmt>(list).next()?.stmt
    };
    tree::build::project(select, expressions, condition);
    Some(select)
}

/// Registers the ephemeral relations.
fn environment(ephemerals: &[Ephemeral]) -> *mut QueryEnvironment {
    if ephemerals.is_empty() {
        return std::ptr::null_mut();
    }
    // SAFETY: everything is allocated in the current memory context, which outlives the analysis.
    unsafe {
        let environment = pg_sys::create_queryEnv();
        for ephemeral in ephemerals {
            let entry = pg_sys::palloc0(size_of::<pg_sys::EphemeralNamedRelationData>())
                .cast::<pg_sys::EphemeralNamedRelationData>();
            (*entry).md.name = tree::build::copy_text(&ephemeral.name);
            (*entry).md.tupdesc = description(&ephemeral.columns);
            (*entry).md.enrtype = pg_sys::EphemeralNameRelationType::ENR_NAMED_TUPLESTORE;
            pg_sys::register_ENR(environment, entry);
        }
        environment
    }
}

fn description(columns: &[EphemeralColumn]) -> pg_sys::TupleDesc {
    let count = i32::try_from(columns.len()).unwrap_or(0);
    // SAFETY: a new description with room for each column, whose type exists: its look-up would
    // raise an error.
    unsafe {
        let description = pg_sys::CreateTemplateTupleDesc(count);
        for (index, column) in columns.iter().enumerate() {
            let number = i16::try_from(index + 1).unwrap_or(0);
            let name = tree::build::copy_text(&column.name);
            pg_sys::TupleDescInitEntry(description, number, name, column.type_oid, column.modifier, 0);
            pg_sys::TupleDescInitEntryCollation(description, number, column.collation);
        }
        description
    }
}

/// A type that a statement names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedType {
    pub oid: Oid,
    pub modifier: i32,
    pub collation: Oid,
}

/// Looks up a type, as the scope's role.
pub fn named_type(name: &tree::TypeName<'_>, scope: &Scope) -> Result<NamedType, Failure> {
    apart(scope, || {
        let (mut oid, mut modifier) = (Oid::INVALID, -1);
        let copy = tree::build::copy(name.node);
        // SAFETY: a TypeName of this call's own; without a parse state, errors have no position.
        let collation = unsafe {
            pg_sys::typenameTypeIdAndMod(std::ptr::null_mut(), copy.cast(), &mut oid, &mut modifier);
            pg_sys::get_typcollation(oid)
        };
        NamedType { oid, modifier, collation }
    })
}

/// Whether a value of one type can be assigned to a column of another without a cast in the text.
pub fn is_assignable(from: Oid, to: Oid) -> bool {
    from == to || {
        // SAFETY: arrays of one type each.
        unsafe { pg_sys::can_coerce_type(1, &from, &to, pg_sys::CoercionContext::COERCION_ASSIGNMENT) }
    }
}

/// How a type is converted to another by an explicit cast, or by assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    None,
    /// The values stay as they are.
    Binary,
    Function,
    /// By the types' output and input functions.
    Text,
}

/// Returns how a value of one type is converted to another.
pub fn conversion(from: Oid, to: Oid, explicit: bool) -> Conversion {
    let context = if explicit {
        pg_sys::CoercionContext::COERCION_EXPLICIT
    } else {
        pg_sys::CoercionContext::COERCION_ASSIGNMENT
    };
    let mut function = Oid::INVALID;
    // SAFETY: looks types and casts up by OID.
    let path = unsafe { pg_sys::find_coercion_pathway(to, from, context, &mut function) };
    match path {
        pg_sys::CoercionPathType::COERCION_PATH_NONE => Conversion::None,
        pg_sys::CoercionPathType::COERCION_PATH_RELABELTYPE => Conversion::Binary,
        pg_sys::CoercionPathType::COERCION_PATH_COERCEVIAIO => Conversion::Text,
        _ => Conversion::Function,
    }
}

/// Returns a type as SQL spells it, with its schema unless it is the server's own.
pub fn type_text(oid: Oid, modifier: i32) -> String {
    let flags = pg_sys::FORMAT_TYPE_FORCE_QUALIFY | pg_sys::FORMAT_TYPE_ALLOW_INVALID;
    let given = if modifier >= 0 { pg_sys::FORMAT_TYPE_TYPEMOD_GIVEN } else { 0 };
    // SAFETY: returns a palloc'd C string.
    unsafe {
        let builtin = if oid.to_u32() < crate::pg::names::FIRST_USER_OID {
            given | pg_sys::FORMAT_TYPE_ALLOW_INVALID
        } else {
            flags | given
        };
        let text = pg_sys::format_type_extended(oid, modifier, builtin as _);
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}

/// Returns the collation that a column of this type has by default.
pub fn collation_of(oid: Oid) -> Oid {
    // SAFETY: looks the type up in the system cache; a missing one raises an error.
    unsafe { pg_sys::get_typcollation(oid) }
}
