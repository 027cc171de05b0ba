//! Analyzes expressions in places where the server accepts less than in a query.

use super::{Ephemeral, Failure, Scope, apart, environment};
use crate::pg::list::pointers;
use crate::pg::parser::tree::{self, Raw};
use pgrx::pg_sys::{self, Node, Oid, ParseExprKind, ParseState};
use std::ffi::CStr;

/// Where the expression stands.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// WHEN of a trigger on this relation.
    TriggerWhen(&'a Ephemeral),
    /// The default of a function's parameter of this type.
    ParameterDefault(Oid),
}

/// The columns that a trigger's condition uses, by their numbers; 0 is the whole row.
#[derive(Clone, Debug, Default)]
pub struct Used {
    pub old: Vec<i16>,
    pub new: Vec<i16>,
}

/// Analyzes an expression, whose positions refer to `text`, as the server does in this place
/// (CreateTriggerFiringOn in commands/trigger.c, interpret_function_parameter_list in
/// commands/functioncmds.c), in a subtransaction that is rolled back.
pub fn analyze_expression(raw: Raw<'_>, place: Place<'_>, text: &CStr, scope: &Scope) -> Result<Used, Failure> {
    apart(scope, || {
        let expression = tree::build::copy(raw);
        if !scope.classes.is_empty() {
            tree::replace_classes(expression, &scope.classes);
        }
        // SAFETY: a parse state of this call's own, over a C string that outlives it, and a copy of
        // the expression.
        unsafe {
            let state = pg_sys::make_parsestate(std::ptr::null_mut());
            (*state).p_sourcetext = text.as_ptr();
            match place {
                Place::TriggerWhen(relation) => condition(state, expression, relation),
                Place::ParameterDefault(type_oid) => default(state, expression, type_oid),
            }
        }
    })
}

/// The number of OLD among the relations.
const OLD: i64 = 1;

/// # Safety
/// A parse state and an expression of the caller's own.
unsafe fn condition(state: *mut ParseState, expression: *mut Node, relation: &Ephemeral) -> Used {
    // SAFETY: the caller guarantees both; the variables that are found are part of the result.
    unsafe {
        for alias in ["old", "new"] {
            let row = Ephemeral { name: alias.to_owned(), columns: relation.columns.clone() };
            (*state).p_queryEnv = environment(&[row]);
            let variable = tree::build::range_variable(alias);
            let item = pg_sys::addRangeTableEntryForENR(state, variable, false);
            pg_sys::addNSItemToQuery(state, item, false, true, true);
        }
        let analyzed = pg_sys::transformExpr(state, expression, ParseExprKind::EXPR_KIND_TRIGGER_WHEN);
        let analyzed = pg_sys::coerce_to_boolean(state, analyzed, c"WHEN".as_ptr());
        pg_sys::assign_expr_collations(state, analyzed);
        let mut used = Used::default();
        for variable in pointers::<pg_sys::Var>(pg_sys::pull_var_clause(analyzed, 0)) {
            let of_row = if i64::from(variable.varno) == OLD { &mut used.old } else { &mut used.new };
            of_row.push(variable.varattno);
        }
        used
    }
}

/// # Safety
/// As for `condition`.
unsafe fn default(state: *mut ParseState, expression: *mut Node, type_oid: Oid) -> Used {
    // SAFETY: the caller guarantees both.
    unsafe {
        let analyzed = pg_sys::transformExpr(state, expression, ParseExprKind::EXPR_KIND_FUNCTION_DEFAULT);
        let analyzed = pg_sys::coerce_to_specific_type(state, analyzed, type_oid, c"DEFAULT".as_ptr());
        pg_sys::assign_expr_collations(state, analyzed);
        Used::default()
    }
}
