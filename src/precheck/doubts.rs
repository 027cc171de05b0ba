//! Why an error of the server's analysis may not arise when the script runs: the analysis does not
//! know everything that the script has made.

use super::run::Run;
use crate::pg::raised::Raised;
use pgrx::PgSqlErrorCode as Code;

/// Returns why an error may not arise: the script has created something of that kind.
pub fn doubt(run: &Run, raised: &Raised) -> Option<String> {
    let state = raised.error.sqlstate;
    let message = &raised.error.message;
    let statement = |changes: &std::collections::HashMap<String, super::model::Change>| match changes.values().next() {
        Some(super::model::Change::Created(statement) | super::model::Change::Dropped(statement)) => Some(*statement),
        None => None,
    };
    let extension =
        statement(&run.model.extensions).map(|number| format!("the extension of statement {number} provides it"));
    let of_names = [
        Code::ERRCODE_UNDEFINED_FUNCTION,
        Code::ERRCODE_UNDEFINED_OBJECT,
        Code::ERRCODE_UNDEFINED_TABLE,
        Code::ERRCODE_DATATYPE_MISMATCH,
        Code::ERRCODE_CANNOT_COERCE,
        Code::ERRCODE_INVALID_SCHEMA_NAME,
    ];
    if of_names.contains(&state) {
        if let Some(reason) = extension {
            return Some(reason);
        }
        if let Some(number) = run.model.other_objects {
            return Some(format!("statement {number} creates it"));
        }
    }
    match state {
        Code::ERRCODE_UNDEFINED_OBJECT if !run.model.types.is_empty() => {
            Some("it is a type that the script creates".to_owned())
        }
        Code::ERRCODE_UNDEFINED_FUNCTION if message.contains("record") || !run.model.functions.is_empty() => {
            Some("it is a function that the script creates".to_owned())
        }
        Code::ERRCODE_UNDEFINED_FUNCTION | Code::ERRCODE_DATATYPE_MISMATCH | Code::ERRCODE_CANNOT_COERCE => {
            names_new_type(run, message)
        }
        Code::ERRCODE_AMBIGUOUS_FUNCTION if !run.model.functions.is_empty() => {
            Some("the script changes functions".to_owned())
        }
        Code::ERRCODE_UNDEFINED_COLUMN if changes_composite(run) => {
            Some("the script changes a composite type".to_owned())
        }
        // A relation of the script has no system columns, and no row type of its own.
        Code::ERRCODE_UNDEFINED_COLUMN => SYSTEM_COLUMNS
            .iter()
            .find(|column| message.contains(&format!("\"{column}\"")) || message.contains(&format!(".{column} ")))
            .map(|column| format!("{column} is the system column")),
        Code::ERRCODE_FEATURE_NOT_SUPPORTED if message.contains("TABLESAMPLE") => {
            Some("it samples a table that the script changes".to_owned())
        }
        Code::ERRCODE_FEATURE_NOT_SUPPORTED if message.contains("named tuplestore") => Some("it locks rows".to_owned()),
        // Nor a primary key, by which the other columns need not be in GROUP BY.
        Code::ERRCODE_GROUPING_ERROR if has_changed_key(run) => {
            Some("the primary key of a table that the script changes determines the column".to_owned())
        }
        Code::ERRCODE_INVALID_TEXT_REPRESENTATION if message.contains(" enum ") => {
            let quoted = |value: &String| message.ends_with(&format!("\"{value}\""));
            let value = run.model.added_enum_values.iter().find(|value| quoted(value));
            let added = value.map(|value| format!("the script adds \"{value}\" to it"));
            added.or_else(|| names_new_type(run, message))
        }
        Code::ERRCODE_UNDEFINED_TABLE if message.contains("FROM-clause") => {
            Some("it is named with its schema".to_owned())
        }
        Code::ERRCODE_WRONG_OBJECT_TYPE => Some("it refers to a relation that the script changes".to_owned()),
        _ => None,
    }
}

/// Returns a reason if the message names a type that the script has created or renamed: the server
/// has looked up the one that had the name before.
fn names_new_type(run: &Run, message: &str) -> Option<String> {
    let is_named = |name: &String| message.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name);
    let name = run.model.types.keys().map(|(_, name)| name).find(|name| is_named(name))?;
    Some(format!("the script changes what {name} is"))
}

/// Whether the script has changed a table that has a primary key.
fn has_changed_key(run: &Run) -> bool {
    run.model.loaded().any(|(_, relation)| {
        (relation.is_changed || relation.created.is_some()) && (relation.is_opaque || relation.primary_key().is_some())
    })
}

/// Whether the script has changed the attributes of a composite type.
fn changes_composite(run: &Run) -> bool {
    run.model.loaded().any(|(_, relation)| relation.kind == b'c' && relation.is_changed)
}

const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];
