//! ALTER COLUMN … TYPE.

use super::columns::is_same_representation;
use super::not_null::exists;
use crate::error::Error;
use crate::pg::catalog_types::length_limit;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{Conversion, conversion};
use crate::pg::parser::tree::{Column as Definition, Raw};
use crate::precheck::analysis::{expressions, projection};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Default_, Id, Type};
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::rows::shown;
use crate::precheck::run::Run;
use crate::precheck::types::{collation, type_of};
use pgrx::PgSqlErrorCode as Code;

/// ALTER COLUMN … TYPE.
pub fn alter_type(run: &mut Run, id: Id, definition: &Definition<'_>) -> Result<(), Error> {
    let name = definition.name.as_str();
    if !exists(run, id, name) {
        if let Some(type_name) = &definition.type_name {
            type_of(run, type_name);
        }
        return Ok(());
    }
    let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
    let is_free = super::type_obstacles::check(run, id, name)?;
    let Some(type_name) = &definition.type_name else { return Ok(()) };
    let Some(new) = type_of(run, type_name) else {
        // What it holds afterwards is not known.
        retype(run, id, name, Type::New(type_name.names.join(".")), definition);
        return Ok(());
    };
    let old = run.model.get(id).column(name).cloned().unwrap_or_default();
    super::retyped::refuse_identity(run, &object, &old, &new);
    let is_trivial = old.type_ == new && definition.using.is_some_and(|using| is_column_itself(run, id, name, using));
    let is_same = is_trivial
        || definition.using.is_none()
            && is_same_representation(&old.type_, &new, run.time_zone.as_deref()).unwrap_or(false);
    let converts = match definition.using {
        Some(using) => using_converts(run, id, name, using, &new),
        None => type_converts(run, &object, name, &old.type_, &new),
    };
    default_converts(run, &object, &old.default, &old.type_, &new);
    if !is_free {
        return Ok(());
    }
    if converts && !is_same {
        value_rows(run, id, name, definition.using, &old.type_, &new);
    }
    if is_same {
        run.effects.remark("the table is not rewritten");
        rebuilt_indexes(run, id, name, old.type_ != new);
        rechecked(run, id, name)?;
    } else {
        run.scan_tree(id, true)?;
    }
    let new_type = new.clone();
    retype(run, id, name, new, definition);
    super::type_obstacles::lock_references(run, id, name)?;
    if converts {
        let compares_alike = is_same && super::retyped::compare_alike(&old.type_, &new_type);
        super::retyped::check(run, id, name, compares_alike)?;
    }
    Ok(())
}

/// Whether the expression of USING is only the column.
pub fn is_column_itself(run: &mut Run, id: Id, name: &str, using: Raw<'_>) -> bool {
    let before = run.findings.len();
    let text = projection(run, id, false, &[(Some("value"), using)], None);
    run.findings.truncate(before);
    let own = quote_identifier(name);
    let table = quote_identifier(&run.model.get(id).name);
    let forms = [format!("SELECT {own} AS value"), format!("SELECT {table}.{own} AS value")];
    text.is_some_and(|text| forms.iter().any(|form| text.trim_start().starts_with(form.as_str())))
}

pub fn retype(run: &mut Run, id: Id, name: &str, new: Type, definition: &Definition<'_>) {
    let number = run.number();
    let relation = run.model.get_mut(id);
    relation.is_changed = true;
    let Some(column) = relation.column_mut(name) else { return };
    column.collation = collation(&new);
    column.type_ = new;
    column.retyped = Some(number);
    let text = column.type_text();
    column.value = match (definition.using, column.value.take(), &column.type_) {
        (None, Some(value), Type::Known { .. }) => Some(format!("({value})::{text}")),
        _ => None,
    };
    if let Default_::Expression { is_new, text } = &mut column.default {
        (*is_new, *text) = (true, None);
    }
}

/// Whether values are converted without USING; adds an error otherwise.
pub fn type_converts(run: &mut Run, object: &str, name: &str, old: &Type, new: &Type) -> bool {
    let (Type::Known { oid: from, .. }, Type::Known { oid: to, .. }) = (old, new) else {
        if old != new {
            refuse_conversion(run, object, name, old, new);
        }
        return false;
    };
    if from != to && conversion(*from, *to, false) == Conversion::None {
        refuse_conversion(run, object, name, old, new);
        return false;
    }
    true
}

pub fn refuse_conversion(run: &mut Run, object: &str, name: &str, old: &Type, new: &Type) {
    let text = |type_: &Type| match type_ {
        Type::Known { oid, modifier } => crate::pg::parser::analysis::type_text(*oid, *modifier),
        Type::New(name) => name.clone(),
    };
    let (old, new, quoted) = (text(old), text(new), quote_identifier(name));
    let detail =
        format!("no automatic cast exists from {old} to {new}, even for an empty table: USING {quoted}::{new}");
    run.add_name_error(Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(object.to_owned()));
}

/// Whether the expression of USING can be assigned to the new type; adds a finding otherwise.
pub fn using_converts(run: &mut Run, id: Id, name: &str, using: Raw<'_>, new: &Type) -> bool {
    let Type::Known { oid: to, .. } = new else {
        run.add(
            Note::unknown("cast_rows", "the type is one that the script creates: rehearse the script")
                .on(run.model.get(id).quoted()),
        );
        return false;
    };
    let Some(analyzed) = expressions(run, id, &[using]) else { return false };
    let Some(result) = analyzed.columns.first() else { return false };
    let is_literal = matches!(
        crate::pg::parser::tree::value(using),
        crate::pg::parser::tree::Value::Constant { is_string: true, .. } | crate::pg::parser::tree::Value::Null
    );
    if !is_literal && result.type_oid != *to && conversion(result.type_oid, *to, false) == Conversion::None {
        let old = crate::pg::parser::analysis::type_text(result.type_oid, -1);
        let detail = format!(
            "the result of USING, of type {old}, cannot be cast automatically to {}",
            crate::pg::parser::analysis::type_text(*to, -1)
        );
        let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
        run.add_name_error(Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(object));
        return false;
    }
    true
}

/// Adds an error if the column's default cannot be cast to the new type.
pub fn default_converts(run: &mut Run, object: &str, default: &Default_, old: &Type, new: &Type) {
    if !default.is_some() {
        return;
    }
    let converts = match (old, new) {
        (Type::Known { oid: from, .. }, Type::Known { oid: to, .. }) => {
            from == to || conversion(*from, *to, false) != Conversion::None
        }
        (old, new) => old == new,
    };
    if converts {
        return;
    }
    let detail = "the default cannot be cast automatically to the new type: DROP DEFAULT, ALTER TYPE, SET DEFAULT";
    let state = Code::ERRCODE_DATATYPE_MISMATCH;
    let note = match default {
        // The server looks at the expression's own type, before it became the column's.
        Default_::Expression { is_new: true, .. } => {
            Note::unknown("type_cast", format!("{detail}, unless its own type can be cast")).raising(state)
        }
        _ => Note::error("type_cast", state, detail),
    };
    run.add_name_error(note.on(object.to_owned()));
}

/// Counts the values that the new type does not take.
pub fn value_rows(run: &mut Run, id: Id, name: &str, using: Option<Raw<'_>>, old: &Type, new: &Type) {
    let (Type::Known { .. }, Type::Known { oid: to, modifier }) = (old, new) else { return };
    let columns = [name];
    let all: Vec<String> = run.model.get(id).columns.iter().map(|column| column.name.clone()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let read = if using.is_some() { &all[..] } else { &columns[..] };
    let check = if length_limit(*to, *modifier).is_some() && using.is_none() { "too_long_rows" } else { "cast_rows" };
    if !row_checks::has_rows_to_ask(run, id, check, read) {
        return;
    }
    if let (Some(limit), None) = (length_limit(*to, *modifier), using) {
        too_long(run, id, name, limit);
        return;
    }
    let target = crate::pg::parser::analysis::type_text(*to, *modifier);
    let quoted = quote_identifier(name);
    let from = run.model.get(id).as_subquery(false);
    let is_long = length_limit(*to, *modifier).is_some();
    let query = match using {
        Some(using) => projection(run, id, false, &[(Some("value"), using)], None).map(|text| match is_long {
            true => text,
            false => format!("SELECT v.value::{target} FROM ({text}) AS v"),
        }),
        None => from.map(|from| format!("SELECT {quoted}::{target} AS value FROM {from}")),
    };
    let Some(query) = query else { return };
    if using.is_some() && run.model.get(id).column(name).is_some_and(|column| column.is_not_null) {
        let nulls = format!("SELECT value FROM ({query}) AS converted(value) WHERE value IS NULL");
        let (state, what) = (Code::ERRCODE_NOT_NULL_VIOLATION, "would have NULL in the column");
        let check = "not_null_rows";
        row_checks::judge(run, Asked { check, id, columns: read, query: nulls, state, noun: "row", what });
        if run.has(crate::precheck::finding::Severity::Error) {
            return;
        }
    }
    if let Some(limit) = length_limit(*to, *modifier) {
        let long = format!(
            "SELECT value FROM ({query}) AS converted(value) \
             WHERE pg_catalog.char_length(pg_catalog.rtrim(value::pg_catalog.text, ' ')) > {limit}"
        );
        let (state, what) = (Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION, "are too long for the type");
        let check = "too_long_rows";
        row_checks::judge(run, Asked { check, id, columns: read, query: long, state, noun: "row", what });
        return;
    }
    // Counting the results makes the server compute each of them; none is a violation.
    let query =
        format!("SELECT pg_catalog.count(value) FROM ({query}) AS converted(value) HAVING pg_catalog.count(value) < 0");
    let (state, what) = (Code::ERRCODE_DATA_EXCEPTION, "cannot be converted");
    row_checks::judge(run, Asked { check: "cast_rows", id, columns: read, query, state, noun: "row", what });
}

pub fn too_long(run: &mut Run, id: Id, name: &str, limit: i32) {
    let relation = run.model.get(id);
    let Some(from) = relation.as_subquery(false) else { return };
    let quoted = quote_identifier(name);
    let condition = format!(
        "pg_catalog.char_length({quoted}::pg_catalog.text) > {limit} \
         AND pg_catalog.substr({quoted}::pg_catalog.text, {}) ~ '[^ ]'",
        limit.saturating_add(1)
    );
    let query = format!(
        "SELECT {}, pg_catalog.char_length({quoted}::pg_catalog.text) FROM {from} WHERE {condition}",
        shown(relation, &[name])
    );
    let columns = [name];
    let (state, what) = (Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION, "are too long for the type");
    row_checks::judge(run, Asked { check: "too_long_rows", id, columns: &columns, query, state, noun: "row", what });
}

/// Notes that the CHECK constraints of the column are made again, which reads the rows
/// (ATPostAlterTypeParse in commands/tablecmds.c).
fn rechecked(run: &mut Run, id: Id, name: &str) -> Result<(), Error> {
    let uses = |constraint: &crate::precheck::model::relation::Constraint| {
        constraint.kind == b'c' && constraint.columns.iter().any(|column| column == name)
    };
    if run.model.get(id).constraints.iter().any(uses) {
        run.scan_tree(id, false)?;
    }
    Ok(())
}

/// Notes the indexes that are built again although the table is not rewritten.
pub fn rebuilt_indexes(run: &mut Run, id: Id, name: &str, is_type_changed: bool) {
    if !is_type_changed {
        return;
    }
    let relation = run.model.get(id);
    let on_expression = relation.indexes.iter().filter(|index| {
        (index.has_expressions || index.has_predicate) && index.needs.iter().any(|column| column == name)
    });
    let rebuilt: Vec<String> = on_expression.map(|index| index.name.clone()).collect();
    if !rebuilt.is_empty() {
        run.effects.scans.insert(id);
        run.effects.rebuilds.extend(rebuilt);
    }
}
