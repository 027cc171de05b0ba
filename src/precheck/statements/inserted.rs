//! The rows of INSERT … VALUES, as far as they are constants.

use super::inserted_defaults::draws;
use super::inserted_keys::keys;
use super::inserted_row::{CHECKS, READ, Row, checked_rows, constants};
use super::inserted_unique::unique;
use super::targets::{omitted, plain_type, refuse_type, type_text};
use crate::error::Error;
use crate::pg::catalog_types::length_limit;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis;
use crate::pg::parser::tree::{self, Dml, Raw, Value, value};
use crate::precheck::analysis::{code_in, free_expression, note_no_answer};
use crate::precheck::dependents::listed;
use crate::precheck::finding::{Note, Severity};
use crate::precheck::model::relation::{Constraint, Id, Type, typed_literal};
use crate::precheck::rows::{NoAnswer, ask, number};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use std::collections::BTreeMap;

/// Returns the rows of VALUES.
pub fn rows(run: &mut Run, id: Id, statement: &Dml<'_>, columns: &[String]) -> Vec<Row> {
    let is_new = run.model.get(id).created.is_some() || run.model.get(id).is_changed;
    // Otherwise the statement itself is analyzed.
    let queries = if is_new { tree::names(statement.query).queries } else { Vec::new() };
    let reads_query = |raw: Raw<'_>| {
        let names = tree::names(raw).relations;
        names.iter().any(|name| name.schema.is_none() && queries.contains(&name.name))
    };
    if is_new && statement.rows.iter().any(|values| Some(values.len()) != statement.rows.first().map(Vec::len)) {
        let note = Note::error("syntax", Code::ERRCODE_SYNTAX_ERROR, "VALUES lists must all be the same length");
        run.add_name_error(note.on(run.model.get(id).quoted()));
        return Vec::new();
    }
    let mut rows = Vec::new();
    for values in statement.rows.iter().take(READ) {
        if values.len() > columns.len() {
            let detail = "INSERT has more expressions than target columns";
            run.add_name_error(
                Note::error("syntax", Code::ERRCODE_SYNTAX_ERROR, detail).on(run.model.get(id).quoted()),
            );
            return Vec::new();
        }
        if values.len() < columns.len() && !statement.columns.is_empty() {
            let detail = "INSERT has more target columns than expressions";
            run.add_name_error(
                Note::error("syntax", Code::ERRCODE_SYNTAX_ERROR, detail).on(run.model.get(id).quoted()),
            );
            return Vec::new();
        }
        let mut row = Row::new();
        for (name, raw) in columns.iter().zip(values) {
            let value = value(*raw);
            if let Value::Constant { text, is_string: true } = &value
                && let Some(type_) = run.model.get(id).column(name).map(|column| column.type_.clone())
            {
                super::enum_labels::require(run, &type_, text, name);
            }
            if is_new && value == Value::Expression && rows.len() < 20 && !reads_query(*raw) {
                takes_expression(run, id, name, *raw);
            }
            let is_ignored =
                statement.ignores_ids && run.model.get(id).column(name).is_some_and(|column| column.identity != 0);
            if value != Value::Default && !is_ignored {
                row.insert(name.clone(), value);
            }
        }
        rows.push(row);
    }
    rows
}

/// Has the server look an expression up, and adds an error if the column does not take its type.
fn takes_expression(run: &mut Run, id: Id, name: &str, raw: Raw<'_>) {
    let Some(analyzed) = free_expression(run, raw) else { return };
    let target = run.model.get(id).column(name).and_then(|column| column.type_oid());
    if let (Some(source), Some(target)) = (analyzed.columns.first(), target)
        && !analysis::is_assignable(source.type_oid, target)
    {
        refuse_type(run, id, name, target, source);
    }
}

pub fn check(run: &mut Run, id: Id, statement: &Dml<'_>, rows: &[Row]) -> Result<(), Error> {
    let Some(first) = rows.first() else { return Ok(()) };
    let named: Vec<String> = first.keys().cloned().collect();
    generated(run, id, statement, rows);
    too_long(run, id, rows);
    convertible(run, id, rows);
    if !run.has(Severity::Error) {
        draws(run, id, &named, true)?;
    }
    omitted(run, id, &named, true);
    nulls(run, id, rows);
    if run.has(Severity::Error) {
        return Ok(());
    }
    let mut doubts: Vec<String> = Vec::new();
    checks(run, id, rows, &mut doubts);
    let conditions = doubts.clone();
    super::inserted_partition::check(run, id, rows, &mut doubts)?;
    if statement.on_conflict {
        super::on_conflict::check(run, id, statement, rows, &mut doubts)?;
    } else {
        unique(run, id, rows, None, &mut doubts)?;
    }
    let is_alone = rows.len() == 1 && run.model.get(id).is_known_empty() && run.model.rows_unknown.is_none();
    let excluding = run.model.get(id).constraints.iter().filter(|constraint| constraint.kind == b'x' && !is_alone);
    doubts.extend(excluding.map(|constraint| format!("constraint {}", constraint.name)));
    keys(run, id, rows, &mut doubts)?;
    let checked = checked_rows(run.model.get(id));
    if statement.rows.len() > checked {
        doubts.push(format!("rows after the first {checked}"));
    }
    if !run.has(Severity::Error) {
        note_unchecked(run, id, doubts, None);
    } else {
        // They are evaluated before any key is looked up.
        note_unchecked(run, id, conditions, Some(Code::ERRCODE_CHECK_VIOLATION));
    }
    remember(run, id, statement, rows);
    Ok(())
}

fn note_unchecked(run: &mut Run, id: Id, mut doubts: Vec<String>, state: Option<Code>) {
    if doubts.is_empty() {
        return;
    }
    doubts.sort();
    doubts.dedup();
    let object = run.model.get(id).quoted();
    let note = Note::unknown("written_rows", format!("not checked: {}", listed(&doubts))).on(object);
    run.add(state.into_iter().fold(note, Note::raising));
}

fn generated(run: &mut Run, id: Id, statement: &Dml<'_>, rows: &[Row]) {
    let relation = run.model.get(id);
    let is_given = |name: &str| rows.iter().any(|row| row.contains_key(name));
    let refused = relation.columns.iter().find(|column| {
        is_given(&column.name) && (column.generated != 0 || column.identity == b'a' && !statement.overriding)
    });
    if let Some(column) = refused {
        let detail = format!("cannot insert a non-DEFAULT value into column {}", quote_identifier(&column.name));
        let object = relation.quoted();
        run.add_name_error(Note::error("identity", Code::ERRCODE_GENERATED_ALWAYS, detail).on(object));
    }
}

fn nulls(run: &mut Run, id: Id, rows: &[Row]) {
    let relation = run.model.get(id);
    let found = relation
        .columns
        .iter()
        .find(|column| column.is_not_null && rows.iter().any(|row| row.get(&column.name) == Some(&Value::Null)));
    if let Some(column) = found {
        let object = format!("{}.{}", relation.quoted(), quote_identifier(&column.name));
        let detail = format!("column {} is NOT NULL, and the statement writes NULL", quote_identifier(&column.name));
        run.add(Note::error("not_null_rows", Code::ERRCODE_NOT_NULL_VIOLATION, detail).on(object));
    }
}

fn too_long(run: &mut Run, id: Id, rows: &[Row]) {
    let relation = run.model.get(id);
    let mut found = None;
    for column in &relation.columns {
        let Type::Known { oid, modifier } = column.type_ else { continue };
        let Some(limit) = length_limit(oid, modifier).and_then(|limit| usize::try_from(limit).ok()) else { continue };
        for row in rows {
            let Some(Value::Constant { text, is_string: true }) = row.get(&column.name) else { continue };
            if text.trim_end_matches(' ').chars().count() > limit {
                found = Some((column.name.clone(), column.type_text(), text.clone()));
            }
        }
    }
    if let Some((name, type_text, text)) = found {
        let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(&name));
        let detail = format!("\"{}\" is too long for type {type_text}", crate::report::quoting::clip(&text, 60));
        run.add(Note::error("too_long_rows", Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION, detail).on(object));
    }
}

/// Has the server read the constants as the columns' types.
fn convertible(run: &mut Run, id: Id, rows: &[Row]) {
    let relation = run.model.get(id);
    let mut casts = Vec::new();
    let mut of_changed_domain = None;
    for (name, value) in rows.iter().flatten() {
        let Some((column, type_text)) = relation.column(name).zip(type_text(relation, name)) else { continue };
        let Value::Constant { text, is_string } = value else { continue };
        let Some(oid) = column.type_oid().filter(|oid| !crate::pg::catalog_types::is_character(*oid)) else { continue };
        if !is_string && !analysis::is_assignable(plain_type(text), oid) {
            let quoted = quote_identifier(name);
            let of = analysis::type_text(plain_type(text), -1);
            let detail = format!("column {quoted} is of type {type_text} but the expression is of type {of}");
            let object = format!("{}.{quoted}", relation.quoted());
            run.add_name_error(Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(object));
            return;
        }
        if !run.model.changed_domains.is_empty() && crate::pg::catalog_types::is_checked(oid) {
            of_changed_domain = Some(name.clone());
            continue;
        }
        let constant = if *is_string { typed_literal(text, &type_text) } else { format!("({text})::{type_text}") };
        casts.push(format!("{constant}::pg_catalog.text"));
    }
    if let Some(name) = of_changed_domain {
        run.unchecked(&format!("a value of {name} against its domain, which the script has altered,"));
    }
    for some in casts.chunks(500) {
        if !convert(run, id, some) {
            return;
        }
    }
}

/// Has the server evaluate the casts. Returns whether none of them has a finding.
fn convert(run: &mut Run, id: Id, casts: &[String]) -> bool {
    let query = format!("SELECT pg_catalog.cardinality(ARRAY[{}])", casts.join(", "));
    let object = run.model.get(id).quoted();
    match crate::precheck::analysis::analyze_text(&query, &[]) {
        Some(Ok(_)) => {}
        Some(Err(crate::pg::parser::analysis::Failure::Raised(raised))) => {
            let note = crate::precheck::types::refused_constant(run, &raised).on(object);
            run.add(note);
            return false;
        }
        _ => {
            run.add(Note::unknown("owner_code", "reading a constant would call a function of users").on(object));
            return false;
        }
    }
    if let Some((check, reason)) = code_in(&query) {
        run.add(Note::unknown(check, format!("the values are not converted: {reason}")).on(object));
        return false;
    }
    match ask(run, &query, &[]) {
        Err(NoAnswer::Raised(error)) => {
            note_no_answer(run, "cast_rows", Some(id), NoAnswer::Raised(error));
            false
        }
        _ => true,
    }
}

/// Evaluates CHECK constraints over the constants.
fn checks(run: &mut Run, id: Id, rows: &[Row], doubts: &mut Vec<String>) {
    let constraints: Vec<Constraint> = run
        .model
        .get(id)
        .constraints
        .iter()
        .filter(|constraint| constraint.kind == b'c' && constraint.is_enforced)
        .cloned()
        .collect();
    for constraint in constraints {
        let name = format!("constraint {}", constraint.name);
        let Some(condition) = &constraint.condition else {
            doubts.push(name);
            continue;
        };
        let alias = quote_identifier(&run.model.get(id).name);
        let mut violated = false;
        for row in rows.iter().take(CHECKS) {
            let Some(values) = constants(run, id, row, &constraint.columns) else {
                doubts.push(name.clone());
                break;
            };
            let list = constraint.columns.iter().zip(values).map(|(column, value)| {
                let null = || {
                    type_text(run.model.get(id), column).map_or_else(|| "NULL".to_owned(), |of| format!("NULL::{of}"))
                };
                format!("{} AS {}", value.unwrap_or_else(null), quote_identifier(column))
            });
            let list = list.collect::<Vec<_>>().join(", ");
            let query = format!("SELECT pg_catalog.count(*) FROM (SELECT {list}) AS {alias} WHERE NOT ({condition})");
            if crate::precheck::analysis::refuse_code(&query).is_some() {
                doubts.push(name.clone());
                break;
            }
            match ask(run, &query, &[]) {
                Ok(table) => violated |= number(&table) > 0,
                Err(_) => {
                    doubts.push(name.clone());
                    break;
                }
            }
        }
        if violated {
            let object = run.model.get(id).quoted();
            let detail = format!("a row violates check constraint {}", quote_identifier(&constraint.name));
            run.add(Note::error("check_rows", Code::ERRCODE_CHECK_VIOLATION, detail).on(object));
        }
    }
}

/// Remembers the rows for later statements.
fn remember(run: &mut Run, id: Id, statement: &Dml<'_>, rows: &[Row]) {
    let all: Vec<String> = run.model.get(id).columns.iter().map(|column| column.name.clone()).collect();
    let is_first = run.model.get(id).changes.inserted.is_none();
    let mut known = match run.model.get_mut(id).changes.new_rows.take() {
        Some(known) => known,
        None if is_first => Vec::new(),
        None => return,
    };
    if statement.on_conflict {
        return;
    }
    for row in rows {
        let mut values = BTreeMap::new();
        for column in &all {
            if let Some(mut value) = constants(run, id, row, std::slice::from_ref(column)) {
                values.insert(column.clone(), value.pop().flatten());
            }
        }
        known.push(values);
    }
    if known.len() <= 10_000 {
        run.model.get_mut(id).changes.new_rows = Some(known);
    }
}
