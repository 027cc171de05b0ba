//! Looks up the relations that a statement names.

use super::analysis::{ephemeral, look_up, or_fail};
use super::finding::Note;
use super::model::Found;
use super::model::relation::Id;
use super::run::Run;
use crate::error::Error;
use crate::pg::access;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{Analyzed, Ephemeral, Failure, Input};
use crate::pg::parser::tree::{Names, RelationName};
use pgrx::PgSqlErrorCode as Code;

/// What the relations in a query are.
pub struct Relations {
    pub ephemerals: Vec<Ephemeral>,
    pub replaced: Vec<(RelationName, String)>,
    pub found: Vec<(RelationName, Id)>,
    /// Whether a relation is missing or not known, so that the query cannot be analyzed.
    pub is_incomplete: bool,
}

impl Relations {
    /// Analyzes a statement that names them. Adds a finding if that fails.
    pub fn analyze(&self, run: &mut Run, input: Input<'_, '_>) -> Option<Analyzed> {
        let outcome = self.look_up(run, input);
        or_fail(run, outcome)
    }

    /// Does the same, and returns the failure.
    pub fn look_up(&self, run: &mut Run, input: Input<'_, '_>) -> Result<Analyzed, Failure> {
        let replace = |name: &RelationName| {
            self.replaced.iter().find(|(known, _)| known == name).map(|(_, ephemeral)| ephemeral.clone())
        };
        look_up(run, input, &self.ephemerals, &replace, false)
    }
}

/// Looks the relations of a query up, and adds a finding for each that does not exist.
pub fn relations(run: &mut Run, names: &Names) -> Result<Relations, Error> {
    let mut relations =
        Relations { ephemerals: Vec::new(), replaced: Vec::new(), found: Vec::new(), is_incomplete: false };
    for name in &names.relations {
        let is_query = name.schema.is_none() && names.queries.contains(&name.name);
        if is_query || relations.found.iter().any(|(found, _)| found == name) {
            continue;
        }
        let Some(id) = existing_or(run, name, Code::ERRCODE_UNDEFINED_TABLE)? else {
            relations.is_incomplete = true;
            continue;
        };
        relations.found.push((name.clone(), id));
        let relation = run.model.get(id);
        // The server would find one of the same name that the script has dropped or moved.
        let is_hidden = name.schema.is_none() && run.model.gone_since(name).is_some();
        if relation.created.is_none() && !relation.is_changed && !is_hidden {
            continue;
        }
        match ephemeral(run, id) {
            Some(ephemeral) => {
                relations.replaced.push((name.clone(), ephemeral.name.clone()));
                if !relations.ephemerals.iter().any(|known| known.name == ephemeral.name) {
                    relations.ephemerals.push(ephemeral);
                }
            }
            None => {
                run.add(Note::unknown("new_type", unknown_columns(run, id)).on(run.model.get(id).quoted()));
                relations.is_incomplete = true;
            }
        }
    }
    Ok(relations)
}

/// Returns why the relation's columns are not known.
pub fn unknown_columns(run: &Run, id: Id) -> &'static str {
    match run.model.get(id).is_opaque {
        true => "its columns are not known: LIKE, inheritance and the like are not followed",
        false => "its columns are not known: it has a type that the script creates",
    }
}

/// Returns the relation with this name, or adds a finding.
pub fn existing(run: &mut Run, name: &RelationName) -> Result<Option<Id>, Error> {
    existing_or(run, name, Code::ERRCODE_INVALID_SCHEMA_NAME)
}

/// Whether the role has USAGE on the schema that the name has; adds a finding otherwise. Without
/// one, schemas that it may not use are not looked into.
fn may_use_schema(run: &mut Run, name: &RelationName) -> bool {
    let Some(schema) = &name.schema else { return true };
    let oid = run.model.schema_oid(schema);
    if oid.is_none_or(|oid| access::role_may_use_schema(run.model.role, oid)) {
        return true;
    }
    let (role, quoted) = (quote_identifier(&run.model.role_name()), quote_identifier(schema));
    let detail = format!("role {role} has no USAGE privilege on schema {quoted}");
    let grant = format!("GRANT USAGE ON SCHEMA {quoted} TO {role};");
    let note = Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail);
    run.add_name_error(note.on(schema.clone()).safer([grant]));
    false
}

/// Does the same with this SQLSTATE for a schema that does not exist: queries do not tell it from a
/// missing relation (parserOpenTable in parser/parse_relation.c).
fn existing_or(run: &mut Run, name: &RelationName, no_schema: Code) -> Result<Option<Id>, Error> {
    let shown = spelled(name);
    match run.model.find(name)? {
        Found::Relation(id) => return Ok(may_use_schema(run, name).then_some(id)),
        Found::NoSchema(schema) => {
            let detail = format!("schema {schema} does not exist");
            run.add_name_error(Note::error("unknown_schema", no_schema, detail).on(schema));
        }
        Found::Missing => {
            let detail = match run.model.gone_since(name) {
                Some(statement) => {
                    format!("relation {shown} does not exist: statement {statement} drops or renames it")
                }
                None => format!("relation {shown} does not exist"),
            };
            if let Some(statement) = run.model.indexes_copied {
                let detail = format!("{detail}, unless it is an index that statement {statement} copies");
                run.add(Note::unknown("unknown_table", detail).on(shown));
                return Ok(None);
            }
            run.add_name_error(Note::error("unknown_table", Code::ERRCODE_UNDEFINED_TABLE, detail).on(shown));
            if run.findings.last().is_some_and(|finding| finding.check == "unknown_table") {
                let index = run.findings.len() - 1;
                run.missing.entry(name.name.clone()).or_default().push(index);
            }
        }
        Found::Unknown => run.add(Note::unknown("search_path", "the search_path is not known").on(shown)),
    }
    Ok(None)
}

/// Returns a relation's name as the statement spells it.
pub fn spelled(name: &RelationName) -> String {
    let quote = crate::pg::names::quote_identifier;
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}
