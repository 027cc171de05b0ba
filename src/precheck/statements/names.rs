//! Names that a statement creates: where, whether they are free, and whether they are cut.

use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::scan::{Kind, Scanner};
use crate::pg::parser::tree::{IndexColumn, RelationName};
use crate::pg::relation_names::object_name;
use crate::precheck::finding::Note;
use crate::precheck::model::Creation;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use crate::report::quoting::{LONGEST_NAME, clip};
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

const CONSTRAINTS_NAMED: &str = include_str!("../../../sql/queries/precheck_constraints_named.sql");

/// Warns of identifiers that the server cuts to 63 bytes.
pub fn warn_of_cut_names(run: &mut Run) {
    if !has_long_word(run.text.to_bytes()) {
        return;
    }
    let text = run.text.clone();
    let bytes = text.to_bytes();
    let mut scanner = Scanner::new(&text);
    let mut seen: Vec<&[u8]> = Vec::new();
    while let Ok(Some(token)) = scanner.next() {
        let long = match token.kind {
            Kind::Word => bytes.get(token.start..token.end),
            Kind::Quoted => bytes.get(token.start + 1..token.end.saturating_sub(1)),
            _ => None,
        };
        let Some(long) = long.filter(|word| word.len() > LONGEST_NAME && !seen.contains(word)) else { continue };
        seen.push(long);
        let name = crate::pg::encoded_text::decode(long);
        let cut = clip(&name, LONGEST_NAME);
        let detail = format!("\"{name}\" has {} bytes and is cut to {}: \"{cut}\"", long.len(), cut.len());
        run.add(Note::warning("name_cut", detail).on(cut.to_owned()));
    }
}

/// Whether the text may contain an identifier of more than 63 bytes.
fn has_long_word(text: &[u8]) -> bool {
    let mut length = 0;
    text.iter().any(|byte| {
        let is_part = byte.is_ascii_alphanumeric() || *byte >= 0x80 || matches!(byte, b'_' | b'$');
        length = if is_part { length + 1 } else { 0 };
        length > LONGEST_NAME
    })
}

/// Returns the schema in which a relation is created, or adds a finding.
pub fn creation_schema(run: &mut Run, name: &RelationName) -> Option<String> {
    schema_for(run, name.schema.as_deref(), name.is_temporary, &name.name)
}

/// Does the same for an object with these names.
pub fn schema_for(run: &mut Run, schema: Option<&str>, is_temporary: bool, object: &str) -> Option<String> {
    match run.model.creation_schema(schema, is_temporary) {
        Creation::Schema(schema) => {
            may_create(run, &schema);
            Some(schema)
        }
        Creation::None(Some(schema)) => {
            let detail = format!("schema {} does not exist", quote_identifier(&schema));
            run.add_name_error(Note::error("unknown_schema", Code::ERRCODE_INVALID_SCHEMA_NAME, detail).on(schema));
            None
        }
        Creation::None(None) => {
            let detail = "no schema has been selected to create in: none of those in search_path exists";
            run.add_name_error(
                Note::error("unknown_schema", Code::ERRCODE_INVALID_SCHEMA_NAME, detail).on(object.to_owned()),
            );
            None
        }
        Creation::Unknown => {
            run.add(Note::unknown("search_path", "the search_path is not known").on(object.to_owned()));
            None
        }
    }
}

/// Whether the role may create objects in the schema; adds a finding otherwise.
pub fn may_create(run: &mut Run, schema: &str) -> bool {
    if run.model.may_create_in(schema) {
        return true;
    }
    let role = quote_identifier(&run.model.role_name());
    let quoted = quote_identifier(schema);
    let detail = format!("role {role} has no CREATE privilege on schema {quoted}");
    let known =
        run.findings.last().is_some_and(|last| last.place.statement == run.place.statement && last.detail == detail);
    if !known {
        let grant = format!("GRANT CREATE ON SCHEMA {quoted} TO {role};");
        let note = Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(schema.to_owned());
        run.add_name_error(note.safer([grant]));
    }
    false
}

/// Adds an error if ALTER … does not apply to this kind of relation.
pub fn is_of_kind(run: &mut Run, id: Id, kind: crate::pg::parser::tree::ObjectKind) -> bool {
    let relation = run.model.get(id);
    let fits = match kind {
        crate::pg::parser::tree::ObjectKind::View => relation.kind == b'v',
        crate::pg::parser::tree::ObjectKind::MaterializedView => relation.kind == b'm',
        crate::pg::parser::tree::ObjectKind::Sequence => relation.kind == b'S',
        crate::pg::parser::tree::ObjectKind::ForeignTable => relation.kind == b'f',
        crate::pg::parser::tree::ObjectKind::Index => matches!(relation.kind, b'i' | b'I'),
        _ => true,
    };
    if !fits {
        let detail = format!("{} is {}", relation.quoted(), kind_text(relation.kind));
        let object = relation.quoted();
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
    }
    fits
}

/// Returns the relation that has this name already.
pub fn taken(run: &mut Run, schema: &str, name: &str) -> Result<Option<Id>, Error> {
    run.model.in_schema(schema, name)
}

/// Adds an error if a relation has this name already.
pub fn refuse_taken(run: &mut Run, schema: &str, name: &str) -> Result<bool, Error> {
    let Some(id) = taken(run, schema, name)? else { return Ok(false) };
    let relation = run.model.get(id);
    let kind = match relation.name == name {
        true => kind_text(relation.kind),
        false => "an index",
    };
    let since = relation.created.map(|statement| format!(" (from statement {statement})")).unwrap_or_default();
    let detail = format!("{kind} with this name already exists{since}");
    let quoted = format!("{}.{}", quote_identifier(schema), quote_identifier(name));
    run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_TABLE, detail).on(quoted));
    Ok(true)
}

pub fn kind_text(kind: u8) -> &'static str {
    match kind {
        b'r' => "a table",
        b'p' => "a partitioned table",
        b'v' => "a view",
        b'm' => "a materialized view",
        b'i' | b'I' => "an index",
        b'S' => "a sequence",
        b'f' => "a foreign table",
        _ => "a relation",
    }
}

/// Returns a free name of the form that the server makes: of relations by ChooseRelationName in
/// commands/indexcmds.c, of constraints by ChooseConstraintName in catalog/pg_constraint.c.
pub fn choose(run: &mut Run, schema: &str, table: &str, columns: Option<&str>, label: &str) -> Result<String, Error> {
    let is_constraint = !matches!(label, "idx" | "seq");
    let is_relation = !matches!(label, "fkey" | "check" | "not_null");
    for attempt in 0..1000 {
        let label = if attempt == 0 { label.to_owned() } else { format!("{label}{attempt}") };
        let name = object_name(table, columns, &label);
        let is_taken = is_relation && taken(run, schema, &name)?.is_some()
            || is_constraint && has_constraint_in_schema(run, schema, &name)?;
        if !is_taken {
            return Ok(name);
        }
    }
    Ok(object_name(table, columns, label))
}

/// Whether a table of the schema has a constraint of this name.
fn has_constraint_in_schema(run: &mut Run, schema: &str, name: &str) -> Result<bool, Error> {
    for relation in read(CONSTRAINTS_NAMED, &[vec![schema.to_owned()].into(), name.into()], |row| row.get::<Oid>(1))? {
        run.model.by_oid(relation)?;
    }
    Ok(run.model.loaded().any(|(_, relation)| {
        relation.dropped.is_none() && relation.constraint(name).is_some() && relation.schema == schema
    }))
}

/// Returns the names of an index's columns, which are made different (ChooseIndexColumnNames in
/// commands/indexcmds.c).
pub fn index_columns(columns: &[IndexColumn<'_>], including: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in columns.iter().map(|column| &column.name).chain(including) {
        let free = std::iter::once(name.clone()).chain((1..).map(|number: usize| {
            let number = number.to_string();
            format!("{}{number}", clip(name, LONGEST_NAME - number.len()))
        }));
        names.extend(free.into_iter().find(|name| !names.contains(name)));
    }
    names
}

/// Returns the columns' names as they appear in a chosen name (ChooseIndexNameAddition).
pub fn addition(columns: &[String]) -> String {
    let joined = columns.join("_");
    clip(&joined, LONGEST_NAME).to_owned()
}
