//! The rows of UPDATE.

use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{self, Analyzed, Input};
use crate::pg::parser::tree::{Dml, Value, value};
use crate::precheck::analysis::{note_no_answer, refuse_code};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Constraint, Id, Type};
use crate::precheck::rows::{NoAnswer, ask};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Judges an UPDATE: its new values are computed as a query, where the rows are those of today.
pub fn check(run: &mut Run, id: Id, statement: &Dml<'_>, analyzed: Option<&Analyzed>) {
    if computed_column(run, id, statement) || too_long(run, id, statement) || run.model.get(id).is_known_empty() {
        return;
    }
    let mut doubts = constrained(run, id, statement);
    let computed = compute(run, id, statement, analyzed);
    match computed {
        Computed::Refused => return,
        Computed::Fine => {}
        Computed::Unknown => {
            doubts.extend(not_computed(run, id, statement));
            if analyzed.is_some_and(|analyzed| analyzed.may_fail.is_some()) {
                doubts.push("errors of their expressions".to_owned());
            }
        }
    }
    if doubts.is_empty() || run.has(crate::precheck::finding::Severity::Unknown) {
        return;
    }
    doubts.sort();
    doubts.dedup();
    let object = run.model.get(id).quoted();
    let detail = format!("the new rows are not checked against {}", crate::precheck::dependents::listed(&doubts));
    run.add(Note::unknown("written_rows", detail).on(object));
}

/// Adds an error for a value of a column that only DEFAULT may set (rewriteTargetListIU in
/// rewrite/rewriteHandler.c).
fn computed_column(run: &mut Run, id: Id, statement: &Dml<'_>) -> bool {
    let relation = run.model.get(id);
    let refused = statement.columns.iter().zip(&statement.values).find(|(name, raw)| {
        let is_computed = relation.column(name).is_some_and(|column| column.generated != 0 || column.identity == b'a');
        is_computed && raw.is_none_or(|raw| value(raw) != Value::Default)
    });
    let Some((name, _)) = refused else { return false };
    let quoted = quote_identifier(name);
    let (object, detail) =
        (format!("{}.{quoted}", relation.quoted()), format!("column {quoted} can only be updated to DEFAULT"));
    run.add_name_error(Note::error("identity", Code::ERRCODE_GENERATED_ALWAYS, detail).on(object));
    true
}

/// Adds an error for a constant that is too long, which the planner finds even without rows.
fn too_long(run: &mut Run, id: Id, statement: &Dml<'_>) -> bool {
    let relation = run.model.get(id);
    let mut found = None;
    for (name, raw) in statement.columns.iter().zip(&statement.values) {
        let (Some(column), Some(raw)) = (relation.column(name), raw) else { continue };
        let (Type::Known { oid, modifier }, Value::Constant { text, is_string: true }) = (&column.type_, value(*raw))
        else {
            continue;
        };
        let limit =
            crate::pg::catalog_types::length_limit(*oid, *modifier).and_then(|limit| usize::try_from(limit).ok());
        if limit.is_some_and(|limit| text.trim_end_matches(' ').chars().count() > limit) {
            found = Some((name.clone(), column.type_text(), text));
        }
    }
    let Some((name, type_text, text)) = found else { return false };
    let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(&name));
    let detail = format!("\"{}\" is too long for type {type_text}", crate::report::quoting::clip(&text, 60));
    run.add(Note::error("too_long_rows", Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION, detail).on(object));
    true
}

enum Computed {
    Fine,
    Refused,
    Unknown,
}

/// Returns the constraints that the set columns belong to, besides NOT NULL.
fn constrained(run: &mut Run, id: Id, statement: &Dml<'_>) -> Vec<String> {
    let relation = run.model.get(id);
    let sets = |columns: &[String]| columns.iter().any(|column| statement.columns.contains(column));
    let mut found = Vec::new();
    let moves = |condition: &str| statement.columns.iter().any(|column| condition.contains(column.as_str()));
    if relation.partition_condition.as_deref().is_some_and(moves)
        || relation.hides_partition_condition
        || statement.columns.iter().any(|column| relation.partition_columns.contains(column))
    {
        found.push("the partitions' bounds".to_owned());
    }
    let unique = relation
        .indexes
        .iter()
        .filter(|index| index.is_unique && (sets(&index.needs) || index.columns.as_deref().is_some_and(sets)));
    found.extend(unique.map(|index| format!("unique index {}", index.name)));
    // The new row has to satisfy each condition, also one that the old row may violate.
    let may_be_violated = |constraint: &Constraint| constraint.kind == b'c' && !constraint.is_valid;
    let kept = relation.constraints.iter().filter(|constraint| {
        let is_kind = matches!(constraint.kind, b'c' | b'f' | b'x');
        is_kind && constraint.is_enforced && (sets(&constraint.columns) || may_be_violated(constraint))
    });
    found.extend(kept.map(|constraint| format!("constraint {}", constraint.name)));
    if let Ok(references) = run.model.references_to(id) {
        for (table, name) in references {
            if run.model.get(table).constraint(&name).is_some_and(|key| sets(&key.parent_columns)) {
                found.push(format!("foreign key {name}"));
            }
        }
    }
    found
}

/// Returns what may refuse values that could not be computed.
fn not_computed(run: &Run, id: Id, statement: &Dml<'_>) -> Vec<String> {
    let relation = run.model.get(id);
    let mut found = Vec::new();
    for (name, raw) in statement.columns.iter().zip(&statement.values) {
        let Some(column) = relation.column(name) else { continue };
        let is_null = raw.is_none_or(|raw| matches!(value(raw), Value::Null | Value::Expression));
        if column.is_not_null && is_null {
            found.push(format!("NOT NULL of {name}"));
        }
        let Type::Known { oid, modifier } = column.type_ else { continue };
        if crate::pg::catalog_types::length_limit(oid, modifier).is_some() {
            found.push(format!("the length of {name}"));
        }
        if crate::pg::catalog_types::is_checked(oid) {
            found.push(format!("the type of {name}"));
        }
    }
    found
}

/// Computes the new values.
fn compute(run: &mut Run, id: Id, statement: &Dml<'_>, analyzed: Option<&Analyzed>) -> Computed {
    let Some(analyzed) = analyzed else { return Computed::Unknown };
    let is_changed = |run: &Run, id: Id| {
        let relation = run.model.get(id);
        let changes = &relation.changes;
        relation.is_changed
            || relation.created.is_some()
            || changes.inserted.is_some()
            || changes.deleted.is_some()
            || !changes.updated.is_empty()
            || changes.emptied.is_some()
    };
    let mut tables = vec![id];
    for access in &analyzed.accesses {
        match run.model.by_oid(access.relation) {
            Ok(Some(table)) if !tables.contains(&table) => tables.push(table),
            _ => {}
        }
    }
    let is_plain = tables.iter().all(|table| matches!(run.model.get(*table).kind, b'r' | b'p'));
    if !is_plain
        || run.model.rows_unknown.is_some()
        || tables.iter().any(|table| is_changed(run, *table))
        || analyzed.is_volatile
    {
        return Computed::Unknown;
    }
    let outcome = analysis::analyze(Input::Instead(statement.query), &run.text, &run.scope(), &[], &|_| None, true);
    let Ok(Analyzed { text: Some(text), .. }) = outcome else { return Computed::Unknown };
    let names: Vec<String> = (1..=statement.columns.len()).map(|number| format!("v{number}")).collect();
    let mut conditions = Vec::new();
    let relation = run.model.get(id);
    for ((name, column), new) in names.iter().zip(&statement.columns).zip(&statement.values) {
        let Some(column) = relation.column(column) else { return Computed::Unknown };
        // The query has NULL in place of DEFAULT.
        let is_default = new.is_some_and(|new| value(new) == Value::Default) && column.has_value_of_its_own();
        let limit = match column.type_ {
            Type::Known { oid, modifier } => crate::pg::catalog_types::length_limit(oid, modifier),
            Type::New(_) => return Computed::Unknown,
        };
        conditions.push((
            name.clone(),
            column.name.clone(),
            column.is_not_null && !is_default,
            limit,
            column.type_text(),
        ));
    }
    let filters: Vec<String> = conditions
        .iter()
        .flat_map(|(name, _, is_not_null, limit, type_text)| {
            let null = if *is_not_null { format!("{name} IS NULL") } else { "false".to_owned() };
            let long = limit.map_or_else(
                || "false".to_owned(),
                |limit| format!("pg_catalog.char_length(pg_catalog.rtrim({name}::pg_catalog.text, ' ')) > {limit}"),
            );
            let converted = if limit.is_some() {
                format!("pg_catalog.count({name})")
            } else {
                format!("pg_catalog.count(({name})::{type_text})")
            };
            [
                format!("pg_catalog.count(*) FILTER (WHERE {null})"),
                format!("pg_catalog.count(*) FILTER (WHERE {long})"),
                converted,
            ]
        })
        .collect();
    let query = format!("SELECT {} FROM ({text}) AS new({})", filters.join(", "), names.join(", "));
    if refuse_code(&query).is_some() {
        return Computed::Unknown;
    }
    let read: Vec<(Id, &[&str])> = tables.iter().map(|table| (*table, &[][..])).collect();
    match ask(run, &query, &read) {
        Ok(table) => judge(run, id, &conditions, table.into_iter().next().unwrap_or_default()),
        Err(NoAnswer::Raised(error)) => {
            note_no_answer(run, "cast_rows", Some(id), NoAnswer::Raised(error));
            Computed::Refused
        }
        Err(NoAnswer::Unknown(_)) => Computed::Unknown,
    }
}

type Condition = (String, String, bool, Option<i32>, String);

fn judge(run: &mut Run, id: Id, conditions: &[Condition], counts: Vec<Option<String>>) -> Computed {
    let count = |index: usize| counts.get(index).and_then(|value| value.as_deref()?.parse::<i64>().ok()).unwrap_or(0);
    let mut is_refused = false;
    for (index, (_, column, _, _, type_text)) in conditions.iter().enumerate() {
        let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(column));
        let (nulls, long) = (count(index * 3), count(index * 3 + 1));
        if nulls > 0 {
            let detail = format!("{} would have NULL in the column", crate::report::wording::counted(nulls, "row"));
            run.add(Note::error("not_null_rows", Code::ERRCODE_NOT_NULL_VIOLATION, detail).on(object.clone()));
            is_refused = true;
        }
        if long > 0 {
            let detail =
                format!("{} would be too long for type {type_text}", crate::report::wording::counted(long, "value"));
            run.add(Note::error("too_long_rows", Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION, detail).on(object));
            is_refused = true;
        }
    }
    if is_refused { Computed::Refused } else { Computed::Fine }
}
