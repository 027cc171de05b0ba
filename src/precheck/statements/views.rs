//! Views, and the columns that queries return.

use super::names::{creation_schema, refuse_taken, taken};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{self, Analyzed, Input};
use crate::pg::parser::tree::{self, Raw, RelationName};
use crate::precheck::analysis::new_function;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Column, Id, Index, Relation, Type};
use crate::precheck::relations::relations;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn create_view(
    run: &mut Run,
    name: &RelationName,
    columns: &[String],
    query: Raw<'_>,
    is_replace: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    let Some(schema) = creation_schema(run, name) else { return Ok(()) };
    let shape = shape(run, query, columns, false)?;
    let reads = reads(run, query)?;
    if let Some(id) = taken(run, &schema, &name.name)? {
        if !is_replace {
            refuse_taken(run, &schema, &name.name)?;
        } else {
            replace(run, id, shape, reads)?;
        }
        return Ok(());
    }
    super::super::order::now_exists(run, &name.name);
    let relation = Relation {
        schema,
        name: name.name.clone(),
        kind: b'v',
        persistence: b'p',
        created: Some(run.number()),
        owner: Some(run.model.role),
        is_opaque: shape.is_none(),
        columns: shape.unwrap_or_default(),
        reads,
        ..Relation::default()
    };
    run.model.add(relation);
    Ok(())
}

fn replace(run: &mut Run, id: Id, shape: Option<Vec<Column>>, reads: Vec<(Id, String)>) -> Result<(), Error> {
    let object = run.model.get(id).quoted();
    if run.model.get(id).kind != b'v' {
        let detail = format!("{object} is not a view");
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(());
    }
    if !super::roles::require_owner(run, id) {
        return Ok(());
    }
    run.effects.lock(id, Mode::AccessExclusive);
    if let Some(shape) = &shape
        && !run.model.get(id).is_opaque
        && let Some(difference) = difference(&run.model.get(id).columns, shape)
    {
        let detail = format!("{difference}: CREATE OR REPLACE VIEW only adds columns at the end");
        let safer = super::safer::drop_and_create(run, &object);
        run.add_name_error(
            Note::error("view_shape", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object).safer(safer),
        );
        return Ok(());
    }
    let relation = run.model.get_mut(id);
    relation.is_changed = true;
    relation.is_opaque = shape.is_none();
    relation.columns = shape.unwrap_or_default();
    relation.reads = reads;
    Ok(())
}

/// Returns what CREATE OR REPLACE VIEW cannot do (checkViewColumns in commands/view.c).
fn difference(old: &[Column], new: &[Column]) -> Option<String> {
    if new.len() < old.len() {
        return Some("columns are dropped from the view".to_owned());
    }
    old.iter().zip(new).find_map(|(old, new)| {
        if old.name != new.name {
            return Some(format!("column {} becomes {}", quote_identifier(&old.name), quote_identifier(&new.name)));
        }
        (old.type_ != new.type_).then(|| {
            format!(
                "the type of column {} changes from {} to {}",
                quote_identifier(&old.name),
                old.type_text(),
                new.type_text()
            )
        })
    })
}

/// Returns the columns of a query's result; `None` if it could not be analyzed, with a finding. If
/// the query is run, the role needs privileges for what is read, and that is locked.
pub fn shape(run: &mut Run, query: Raw<'_>, columns: &[String], is_run: bool) -> Result<Option<Vec<Column>>, Error> {
    let Some(analyzed) = analyze(run, query)? else { return Ok(None) };
    if is_run {
        super::dml::privileges(run, &analyzed)?;
        super::dml::functions(run, &analyzed);
    }
    let number = run.number();
    let column = |(index, result): (usize, &analysis::ResultColumn)| Column {
        name: columns.get(index).cloned().unwrap_or_else(|| result.name.clone()),
        type_: Type::Known { oid: result.type_oid, modifier: result.modifier },
        collation: result.collation,
        storage: b'x',
        added: Some(number),
        ..Column::default()
    };
    if columns.len() > analyzed.columns.len() {
        let detail = "the statement specifies more column names than the query has columns";
        run.add_name_error(Note::error("syntax", Code::ERRCODE_SYNTAX_ERROR, detail));
    }
    let shape: Vec<Column> = analyzed.columns.iter().enumerate().map(column).collect();
    let twice =
        shape.iter().enumerate().find(|(index, column)| shape[..*index].iter().any(|other| other.name == column.name));
    if let Some((_, column)) = twice {
        let detail = format!("column {} is specified more than once", quote_identifier(&column.name));
        run.add(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(column.name.clone()));
    }
    run.effects.may_fail = run.effects.may_fail.or(analyzed.may_fail);
    for access in &analyzed.accesses {
        if let Some(id) = run.model.by_oid(access.relation)? {
            run.effects.lock(id, Mode::AccessShare);
        }
    }
    if is_run {
        crate::precheck::reach::query(run, &analyzed)?;
    }
    Ok(Some(shape))
}

/// Analyzes a query over the relations as the script has left them.
pub fn analyze(run: &mut Run, query: Raw<'_>) -> Result<Option<Analyzed>, Error> {
    let names = tree::names(query);
    let found = relations(run, &names)?;
    if found.is_incomplete {
        return Ok(None);
    }
    if let Some(note) = new_function(run, &[names]) {
        run.add(note);
        return Ok(None);
    }
    Ok(found.analyze(run, Input::Statement(query)))
}

/// Returns the relations that a query names, with the columns that it may use: all names in it.
pub fn reads(run: &mut Run, query: Raw<'_>) -> Result<Vec<(Id, String)>, Error> {
    let names = tree::names(query);
    let mut reads = Vec::new();
    for name in &names.relations {
        if name.schema.is_none() && names.queries.contains(&name.name) {
            continue;
        }
        let crate::precheck::model::Found::Relation(id) = run.model.find(name)? else { continue };
        let columns = names.columns.iter().filter_map(|column| column.last());
        let is_star = names.columns.iter().any(Vec::is_empty);
        let known: Vec<String> = columns.filter(|column| run.model.get(id).column(column).is_some()).cloned().collect();
        reads.push((id, String::new()));
        reads.extend(known.into_iter().map(|column| (id, column)));
        if is_star {
            let all: Vec<String> = run.model.get(id).columns.iter().map(|column| column.name.clone()).collect();
            reads.extend(all.into_iter().map(|column| (id, column)));
        }
    }
    Ok(reads)
}

/// Adds an error for REFRESH CONCURRENTLY of a view without a unique index on columns for all rows
/// (ExecRefreshMatView in commands/matview.c).
pub fn refuse_concurrent_refresh(run: &mut Run, id: Id) {
    let view = run.model.get(id);
    if view.is_opaque || view.indexes.iter().any(serves_refresh) {
        return;
    }
    let object = view.quoted();
    let detail = format!(
        "cannot refresh materialized view {object} concurrently: create a unique index with no WHERE clause on one or \
         more of its columns"
    );
    run.add_name_error(Note::error("unsupported", Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, detail).on(object));
}

/// Whether REFRESH CONCURRENTLY can find rows by the index.
pub fn serves_refresh(index: &Index) -> bool {
    index.is_unique && index.is_valid && index.is_immediate && !index.has_predicate && index.columns.is_some()
}
