//! Reads snapshots from JSON and reports which field is wrong if one is. Uses nothing of the server
//! except its memory limit.

use super::field_count::FieldCount;
use super::json_types::optional_whole_number;
use super::memory_meter::Metered;
use super::model::{Contents, FORMAT_VERSION, Schema, Snapshot};
use crate::error::Error;
use pgrx::PgSqlErrorCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use std::cell::Cell;

const HOW_TO_TAKE_ONE: &str = "Pass the whole result of db_snapshot(): SELECT db_snapshot();";

/// Returns the snapshot in the argument of that name.
pub fn parse(text: &str, argument: &str) -> Result<Snapshot, Error> {
    check_version(text, argument)?;
    let snapshot: Snapshot = from_json(text, argument).map_err(hinted)?;
    if snapshot.scope.schema.is_none() && snapshot.database.is_none() {
        return Err(hinted(invalid(
            argument,
            &["database".to_owned()],
            "it is missing although the scope is all schemas",
        )));
    }
    check_contents(&snapshot, text, argument)?;
    check_counts(&snapshot, argument)?;
    Ok(snapshot)
}

/// Adds the hint, unless the text was not read to its end for lack of memory: it may be whole.
fn hinted(error: Error) -> Error {
    match error.sqlstate {
        PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE => error.hint(HOW_TO_TAKE_ONE),
        _ => error,
    }
}

/// Returns a value of any type; 22023 with the path of the field that is wrong.
pub fn from_json<T: DeserializeOwned>(text: &str, argument: &str) -> Result<T, Error> {
    let refusal = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_reader(Metered::new(text, argument, &refusal));
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if let Some(error) = refusal.take() {
            return error;
        }
        let path: Vec<String> = error.path().iter().filter_map(spelled).collect();
        invalid(argument, &path, &reason(error.inner()))
    })?;
    reader.end().map_err(|error| refusal.take().unwrap_or_else(|| invalid(argument, &[], &reason(&error))))?;
    Ok(value)
}

/// The field that every version of the format has.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Header {
    #[serde(default, deserialize_with = "optional_whole_number")]
    format_version: Option<u32>,
}

/// Checks the version before anything else is read: a newer one may have other fields.
fn check_version(text: &str, argument: &str) -> Result<(), Error> {
    // serde would accept an array as well.
    let is_object = text.trim_ascii_start().starts_with('{');
    let header: Option<Result<Header, Error>> = is_object.then(|| from_json(text, argument));
    let header = header.transpose().map_err(hinted)?;
    match header.and_then(|header| header.format_version) {
        None | Some(0) => Err(refused(format!("argument \"{argument}\" is not a snapshot: it has no format_version"))
            .hint(HOW_TO_TAKE_ONE)),
        Some(version) if version > FORMAT_VERSION => Err(newer(version, argument)),
        Some(_) => Ok(()),
    }
}

fn newer(version: u32, argument: &str) -> Error {
    Error::new(
        PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
        format!("snapshot format version {version} in argument \"{argument}\" is not supported"),
    )
    .detail(format!("This version of pg_flightcheck supports up to version {FORMAT_VERSION}."))
    .hint(
        "Install the version of pg_flightcheck that took the snapshot and run ALTER EXTENSION pg_flightcheck UPDATE, or \
         compare in the database that it was taken from.",
    )
}

/// Checks that the snapshot is complete: missing parts would be mistaken for objects that the
/// database has lost.
fn check_contents(snapshot: &Snapshot, text: &str, argument: &str) -> Result<(), Error> {
    let (said, held) = (&snapshot.contents, Contents::of(&snapshot.schemas, snapshot.database.as_ref()));
    // More fields than were counted do no harm.
    let fields = FieldCount::of(text).min(said.fields);
    let pairs = [
        ("schemas", "schema", said.schemas, held.schemas),
        ("tables", "table", said.tables, held.tables),
        ("columns", "column", said.columns, held.columns),
        ("sequences", "sequence", said.sequences, held.sequences),
        ("objects", "other object", said.objects, held.objects),
        ("constraints", "constraint", said.constraints, held.constraints),
        ("indexes", "index", said.indexes, held.indexes),
        ("triggers", "trigger", said.triggers, held.triggers),
        ("policies", "policy", said.policies, held.policies),
        ("rules", "rule", said.rules, held.rules),
        ("fields", "field", said.fields, fields),
    ];
    match pairs.iter().find(|(_, _, said, held)| said != held) {
        None => Ok(()),
        Some((what, one, said, held)) => {
            let many = if *what == "objects" { "other objects" } else { *what };
            Err(refused(format!("the snapshot in argument \"{argument}\" is incomplete: contents.{what} is {said}"))
                .detail(format!("It contains {held} {}.", if *held == 1 { *one } else { many }))
                .hint(HOW_TO_TAKE_ONE))
        }
    }
}

fn check_counts(snapshot: &Snapshot, argument: &str) -> Result<(), Error> {
    if let Some(count) =
        snapshot.database.as_ref().map(|database| database.large_objects.count).filter(|count| *count < 0)
    {
        let path = ["database", "large_objects", "count"].map(str::to_owned);
        return Err(hinted(invalid(argument, &path, &format!("{count} large objects"))));
    }
    snapshot.schemas.iter().try_for_each(|(name, schema)| check_schema_counts(name, schema, argument))
}

fn check_schema_counts(name: &str, schema: &Schema, argument: &str) -> Result<(), Error> {
    let mut counted = schema.tables.iter().filter_map(|(table, held)| Some((table, held.rows?.count)));
    match counted.find(|(_, count)| *count < 0) {
        None => Ok(()),
        Some((table, count)) => {
            let path = ["schemas".into(), quoted_key(name), "tables".into(), quoted_key(table), "rows.count".into()];
            Err(invalid(argument, &path, &format!("{count} rows")).hint(HOW_TO_TAKE_ONE))
        }
    }
}

fn invalid(argument: &str, path: &[String], reason: &str) -> Error {
    let message = match path {
        [] => format!("could not parse argument \"{argument}\""),
        _ => format!("invalid field in argument \"{argument}\": {}", path.join(".")),
    };
    refused(message).detail(format!("Reason: {reason}."))
}

fn refused(message: String) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
}

/// Returns serde's message without its position in the text, which means nothing to a reader of
/// jsonb.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&position).unwrap_or(&message).to_owned()
}

/// Returns a step of a path; `None` for the root.
fn spelled(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(quoted_key(key)),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// Quotes a key unless it is a plain word, so that a dot in it does not look like one between keys.
fn quoted_key(key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_plain { key.to_owned() } else { serde_json::Value::from(key).to_string() }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
