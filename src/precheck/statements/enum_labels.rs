//! The values of enums that the script creates.

use crate::pg::names::quote_identifier;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Type;
use crate::precheck::run::Run;
use crate::report::quoting::LONGEST_NAME;
use pgrx::PgSqlErrorCode as Code;

/// CREATE TYPE … AS ENUM: adds an error for a value that is too long, or occurs twice
/// (EnumValuesCreate in catalog/pg_enum.c).
pub fn create(run: &mut Run, names: &[String], labels: &[String]) {
    let own = names.last().cloned().unwrap_or_default();
    let twice = labels.iter().enumerate().find(|(index, label)| labels[..*index].contains(label));
    let refused = if let Some(long) = labels.iter().find(|label| label.len() > LONGEST_NAME) {
        Some((Code::ERRCODE_INVALID_NAME, format!("invalid enum label \"{long}\": it has more than 63 bytes")))
    } else {
        twice.map(|(_, label)| (Code::ERRCODE_UNIQUE_VIOLATION, format!("enum label \"{label}\" occurs twice")))
    };
    if let Some((state, detail)) = refused {
        run.add(Note::error("name_taken", state, detail).on(own.clone()));
    }
    // Columns name the type without its schema: of two with the same name, neither is followed.
    let is_known = run.model.enum_labels.contains_key(&own);
    run.model.enum_labels.insert(own, (!is_known).then(|| labels.to_vec()));
}

/// ALTER TYPE … ADD VALUE and RENAME VALUE.
pub fn alter(run: &mut Run, names: &[String], old: Option<&str>, value: &str) {
    let Some(Some(labels)) = names.last().and_then(|own| run.model.enum_labels.get_mut(own)) else { return };
    match old.and_then(|old| labels.iter_mut().find(|label| *label == old)) {
        Some(label) => value.clone_into(label),
        None => labels.push(value.to_owned()),
    }
}

/// Adds an error if the type is such an enum and does not have the value.
pub fn require(run: &mut Run, type_: &Type, value: &str, column: &str) {
    let Type::New(name) = type_ else { return };
    let own = name.rsplit('.').next().unwrap_or(name);
    let Some(Some(labels)) = run.model.enum_labels.get(own) else { return };
    if !labels.iter().any(|label| label == value) {
        let detail = format!("invalid input value for enum {}: \"{value}\"", quote_identifier(own));
        let note = Note::error("cast_rows", Code::ERRCODE_INVALID_TEXT_REPRESENTATION, detail);
        run.add_name_error(note.on(column.to_owned()));
    }
}
