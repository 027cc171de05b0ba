//! Looks up types, collations and constants.

use super::analysis::{analyze_text, fail, unknown};
use super::doubts::doubt;
use super::finding::Note;
use super::model::relation::Type;
use super::run::Run;
use crate::pg::encoded_text::encode_c;
use crate::pg::parser::analysis::{self, Failure, Input, NamedType};
use crate::pg::parser::raw;
use crate::pg::parser::tree::{self, TypeName};
use crate::pg::raised::Raised;
use crate::report::wording;
use pgrx::PgSqlErrorCode as Code;

/// Looks a type up; adds a finding if it does not exist. `None` for a type that is not known.
pub fn type_of(run: &mut Run, name: &TypeName<'_>) -> Option<Type> {
    if let Some(new) = new_type(run, name) {
        return Some(new);
    }
    match analysis::named_type(name, &run.scope()) {
        Ok(NamedType { oid, modifier, .. }) => Some(Type::Known { oid, modifier }),
        Err(failure) => {
            fail(run, &failure, Some(name.names.join(".")));
            None
        }
    }
}

/// Returns the type if the script creates it, or a table that has its name.
pub fn new_type(run: &mut Run, name: &TypeName<'_>) -> Option<Type> {
    let own = name.last();
    let schema = name.names.len().checked_sub(2).and_then(|index| name.names.get(index));
    if let Some(renamed) = run.model.renamed_types.get(own).filter(|_| !name.is_array) {
        return Some(Type::Known { oid: renamed.oid, modifier: -1 });
    }
    let is_new = match run.model.type_change(schema.map(String::as_str), own) {
        Some(super::model::Change::Created(_)) => true,
        Some(super::model::Change::Dropped(statement)) => {
            let detail = format!("type {own} does not exist: statement {statement} drops or renames it");
            let note = Note::error("unknown_type", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(own.to_owned());
            run.add_name_error(note);
            true
        }
        None => false,
    };
    let is_row_type = run.model.loaded().any(|(_, relation)| {
        relation.name == own
            && (relation.is_changed || relation.created.is_some())
            && schema.is_none_or(|schema| *schema == relation.schema)
    });
    (is_new || is_row_type).then(|| Type::New(name.names.join(".")))
}

/// Returns the default collation of a type.
pub fn collation(type_: &Type) -> pgrx::pg_sys::Oid {
    match type_ {
        Type::Known { oid, .. } => analysis::collation_of(*oid),
        Type::New(_) => pgrx::pg_sys::Oid::INVALID,
    }
}

/// Adds an error if a collation does not exist.
pub fn collation_exists(run: &mut Run, names: &[String]) {
    let quoted: Vec<String> = names.iter().map(|name| crate::pg::names::quote_identifier(name)).collect();
    let query = format!("SELECT ''::pg_catalog.text COLLATE {}", quoted.join("."));
    let Some(Ok(parsed)) = encode_c(&query).map(|text| raw::parse(&text)) else { return };
    let Some(tree) = tree::first(&parsed) else { return };
    let scope = run.scope();
    let outcome = analysis::analyze(Input::Statement(tree.raw), parsed.text(), &scope, &[], &|_| None, false);
    if let Err(Failure::Raised(raised)) = outcome {
        let state = raised.error.sqlstate;
        let detail = wording::error(&raised.error);
        run.add_name_error(Note::error("unknown_collation", state, detail).on(names.join(".")));
    }
}

/// Returns the finding that the server cannot read a constant.
pub fn refused_constant(run: &Run, raised: &Raised) -> Note {
    let detail = wording::error(&raised.error);
    match doubt(run, raised) {
        Some(reason) => Note::unknown("cast_rows", format!("{detail}, unless {reason}")),
        None => Note::error("cast_rows", raised.error.sqlstate, detail),
    }
}

/// Has the server read a constant as a value of this type; adds a finding if it cannot.
pub fn constant(run: &mut Run, text: &str, type_text: &str, column: &str) {
    let query = format!("SELECT {}", super::model::relation::typed_literal(text, type_text));
    if let Some(Err(failure)) = analyze_text(&query, &[]) {
        match failure {
            Failure::Raised(raised) => {
                let note = refused_constant(run, &raised).on(column.to_owned());
                run.add(note);
            }
            other => unknown(run, &other),
        }
    }
}
