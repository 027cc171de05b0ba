//! CREATE STATISTICS.

use super::constraint_names::columns_exist;
use super::names::{refuse_kind, schema_for};
use super::roles;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::RelationName;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

const STATISTICS: &str = include_str!("../../../sql/queries/precheck_statistics.sql");

/// Judges the statement (CreateStatistics in commands/statscmds.c). `columns` are `None` for
/// expressions, which are not looked up.
pub fn create(
    run: &mut Run,
    names: &[String],
    columns: &[Option<String>],
    relations: &[RelationName],
    if_not_exists: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    let [name] = relations else {
        run.unchecked("CREATE STATISTICS");
        return Ok(());
    };
    let Some(id) = existing(run, name)? else { return Ok(()) };
    run.effects.lock(id, Mode::ShareUpdateExclusive);
    if !matches!(run.model.get(id).kind, b'r' | b'p' | b'f' | b'm') {
        refuse_kind(run, id, "cannot have statistics");
        return Ok(());
    }
    if !roles::require_owner(run, id) {
        return Ok(());
    }
    if let Some((own, schema)) = names.split_last() {
        let Some(schema) = schema_for(run, schema.last().map(String::as_str), false, own) else { return Ok(()) };
        let is_taken =
            !read(STATISTICS, &[schema.as_str().into(), own.as_str().into()], |row| row.get::<bool>(1))?.is_empty();
        let is_new = run.model.other_objects.is_some() || run.model.get(id).is_changed;
        if is_taken && !is_new {
            let detail = format!("a statistics object {} already exists", quote_identifier(own));
            let note = match if_not_exists {
                true => Note::info("if_not_exists", format!("{detail}, so that the statement does nothing")),
                false => Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail),
            };
            run.add_name_error(note.on(own.clone()));
            return Ok(());
        }
        if is_new {
            run.unchecked("whether the name of the statistics is free");
        }
    }
    let named: Vec<String> = columns.iter().flatten().cloned().collect();
    let has_expressions = named.len() < columns.len();
    if !columns_exist(run, id, &named) {
        return Ok(());
    }
    let object = run.model.get(id).quoted();
    let twice = named.iter().enumerate().find(|(index, name)| named[..*index].contains(name));
    let refused = if !has_expressions && named.len() < 2 {
        Some((Code::ERRCODE_INVALID_OBJECT_DEFINITION, "extended statistics require at least 2 columns".to_owned()))
    } else {
        twice.map(|(_, name)| {
            let detail = format!("duplicate column name in statistics definition: {}", quote_identifier(name));
            (Code::ERRCODE_DUPLICATE_COLUMN, detail)
        })
    };
    if let Some((state, detail)) = refused {
        run.add_name_error(Note::error("analysis", state, detail).on(object));
    } else if has_expressions {
        run.unchecked("whether the statistics' expressions can be computed");
    }
    run.model.other_objects = run.model.other_objects.or(Some(run.number()));
    Ok(())
}
