//! The parameters of functions, and their defaults.

use crate::pg::parser::analysis::Place;
use crate::pg::parser::tree::{Function, FunctionParameter};
use crate::precheck::analysis::expression;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Type;
use crate::precheck::run::Run;
use crate::precheck::types::type_of;
use pgrx::PgSqlErrorCode as Code;

/// Judges the parameters in their order (interpret_function_parameter_list in
/// commands/functioncmds.c), and returns the types of those that are arguments.
pub fn arguments(run: &mut Run, create: &Function<'_>) -> Vec<Option<Type>> {
    let mut types = Vec::new();
    let mut has_defaults = false;
    for parameter in &create.parameters {
        let Some(name) = &parameter.type_name else { continue };
        let found = type_of(run, name);
        let type_ = found.clone();
        if parameter.is_input {
            types.push(found);
        }
        if !default(run, parameter, type_, has_defaults) {
            // The server stops here.
            has_defaults = false;
            continue;
        }
        has_defaults |= parameter.default.is_some();
    }
    types
}

/// Judges the parameter's default, or that it has none; returns whether it is as it must be.
fn default(run: &mut Run, parameter: &FunctionParameter<'_>, type_: Option<Type>, has_defaults: bool) -> bool {
    let refused = match parameter.default {
        Some(_) if !parameter.is_input => "only input parameters can have default values",
        None if parameter.is_input && has_defaults => {
            "input parameters after one with a default value must also have defaults"
        }
        None => return true,
        Some(raw) => {
            let Some(Type::Known { oid, .. }) = type_ else {
                run.unchecked("the default of a parameter whose type the script creates");
                return true;
            };
            return expression(run, raw, Place::ParameterDefault(oid)).is_some();
        }
    };
    run.add_name_error(Note::error("function", Code::ERRCODE_INVALID_FUNCTION_DEFINITION, refused));
    false
}
