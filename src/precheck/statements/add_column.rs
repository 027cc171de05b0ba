//! ADD COLUMN.

use super::columns::{check_generated, define, serial};
use super::constraint_names::Target;
use super::constraints;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Column as Definition, ConstraintKind, Raw};
use crate::precheck::finding::{Note, Severity};
use crate::precheck::model::relation::{Default_, Id};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn add_column(
    run: &mut Run,
    id: Id,
    definition: &Definition<'_>,
    missing_ok: bool,
    checks_keys: bool,
) -> Result<(), Error> {
    if run.model.get(id).is_opaque {
        run.unchecked("whether the column exists");
    }
    if run.model.get(id).is_partition && run.model.get(id).column(&definition.name).is_none() && missing_ok {
        let (object, detail) = (run.model.get(id).quoted(), "cannot add column to a partition");
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(());
    }
    if let Some(known) = run.model.get(id).column(&definition.name) {
        let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(&definition.name));
        if missing_ok {
            let known = known.clone();
            compare_column(run, &object, &known, definition);
        } else {
            let since = known.added.map(|statement| format!(" (from statement {statement})")).unwrap_or_default();
            let detail = format!("column {} already exists{since}", quote_identifier(&definition.name));
            run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(object));
        }
        return Ok(());
    }
    if ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"].contains(&definition.name.as_str()) {
        let detail = "the name is that of a system column";
        run.add(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(definition.name.clone()));
        return Ok(());
    }
    let object = run.model.get(id).quoted();
    if run.model.get(id).is_partition {
        let detail = "cannot add column to a partition";
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object.clone()));
    }
    let has_children = !run.model.get(id).children.is_empty() || !run.model.get(id).new_children.is_empty();
    if definition.has(ConstraintKind::Identity)
        && has_children
        && (!cfg!(since_17) || !run.model.get(id).is_partitioned())
    {
        let detail = "cannot recursively add identity column to table that has child tables";
        run.add_name_error(Note::error("identity", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
    }
    let mut defined = define(run, definition)?;
    merges(run, id, &defined.column)?;
    if serial(definition).is_some() || defined.column.identity != 0 {
        let sequence = super::create_table::add_sequence(run, id, &definition.name)?;
        if serial(definition).is_some() {
            defined.column.default = Default_::Serial(sequence);
        }
    }
    let is_not_null = defined.column.is_not_null;
    evaluate_default(run, id, &defined);
    if defined.is_volatile
        && let Some(raw) = definition.default()
    {
        warn_of_volatile(run, id, raw);
    }
    if defined.is_volatile && run.model.get(id).is_table() {
        run.scan_tree(id, true)?;
    } else if defined.column.default.is_some() {
        run.effects.remark("the default is computed once, so that the table is not rewritten");
    }
    run.model.get_mut(id).columns.push(defined.column);
    if is_not_null && defined.has_null_default {
        refuse_null(run, id);
    }
    check_generated(run, id, definition);
    evaluate_generated(run, id, definition);
    for constraint in &definition.constraints {
        let is_new = run.model.has_no_rows(id);
        let target = Target { column: Some(&definition.name), is_new, is_null: !checks_keys };
        constraints::add(run, id, constraint, target)?;
    }
    Ok(())
}

/// Functions that are volatile, and that raise no error without arguments.
const HARMLESS: [&str; 14] = [
    "clock_timestamp",
    "gen_random_uuid",
    "nextval",
    "now",
    "random",
    "statement_timestamp",
    "timeofday",
    "transaction_timestamp",
    "txid_current",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// Says that a volatile default, which is computed for each row, may fail.
fn warn_of_volatile(run: &mut Run, id: Id, raw: Raw<'_>) {
    let names = crate::pg::parser::tree::names(raw);
    let called = names.functions.iter().filter_map(|function| function.last());
    let doubtful = called.into_iter().find(|name| !HARMLESS.contains(&name.as_str())).cloned();
    let has_rows = !run.model.get(id).is_known_empty() || run.model.rows_unknown.is_some();
    if let Some(name) = doubtful.filter(|_| has_rows && !run.has(Severity::Unknown)) {
        let detail = format!("the default is computed for each row, and {name} may fail: rehearse the script");
        run.add(Note::unknown("volatile", detail).on(run.model.get(id).quoted()));
    }
}

/// Adds an error for an inheriting table whose column of the same name has another type.
fn merges(run: &mut Run, id: Id, new: &crate::precheck::model::relation::Column) -> Result<(), Error> {
    for child in run.model.descendants(id)? {
        let relation = run.model.get(child);
        let Some(own) = relation.column(&new.name).filter(|own| own.type_ != new.type_) else { continue };
        let detail =
            format!("{} has a column {} of type {}", relation.quoted(), quote_identifier(&new.name), own.type_text());
        let object = relation.quoted();
        run.add_name_error(Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(object));
    }
    Ok(())
}

/// Computes the values of a new generated column that is stored.
fn evaluate_generated(run: &mut Run, id: Id, definition: &Definition<'_>) {
    use crate::precheck::row_checks::{self, Asked};
    let generated = definition.generated().filter(|constraint| !is_virtual(constraint));
    let Some(raw) = generated.and_then(|constraint| constraint.expression) else { return };
    let Some(column) = run.model.get(id).column(&definition.name) else { return };
    let (is_known, type_text) = (column.type_oid().is_some(), column.type_text());
    if run.has(Severity::Error) || !is_known {
        return;
    }
    let Some(analyzed) = crate::precheck::analysis::expressions(run, id, &[raw]) else { return };
    let used = super::constraint_names::used_columns(run, id, &analyzed);
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, id, "cast_rows", &used) {
        return;
    }
    let Some(values) = crate::precheck::analysis::projection(run, id, false, &[(Some("value"), raw)], None) else {
        return;
    };
    // Counting the results makes the server compute each of them; none is a violation.
    let query = format!(
        "SELECT pg_catalog.count(value::{type_text}) FROM ({values}) AS computed(value) \
         HAVING pg_catalog.count(value::{type_text}) < 0"
    );
    let (state, what) = (Code::ERRCODE_DATA_EXCEPTION, "cannot be computed");
    row_checks::judge(run, Asked { check: "cast_rows", id, columns: &used, query, state, noun: "row", what });
}

fn is_virtual(constraint: &crate::pg::parser::tree::Constraint<'_>) -> bool {
    matches!(constraint.kind, ConstraintKind::Generated { is_stored: false })
}

/// Computes a new column's default, as ADD COLUMN does if it is the same for all rows.
pub fn evaluate_default(run: &mut Run, id: Id, defined: &super::columns::Defined) {
    use crate::precheck::rows::{NoAnswer, ask};
    let Some(text) = &defined.default_text else { return };
    let column = &defined.column;
    let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(&column.name));
    let limit = match column.type_ {
        crate::precheck::model::relation::Type::Known { oid, modifier } => {
            crate::pg::catalog_types::length_limit(oid, modifier)
        }
        crate::precheck::model::relation::Type::New(_) => None,
    };
    let source = text.strip_suffix(&format!("::{}", column.type_text())).unwrap_or(text);
    let from = match defined.is_checked {
        false => String::new(),
        true if run.model.get(id).is_known_empty() => return,
        true => match run.model.get(id).as_subquery(false) {
            Some(from) => format!(" FROM {from}"),
            None => return,
        },
    };
    let query = match limit {
        Some(limit) => format!(
            "SELECT 1 WHERE pg_catalog.char_length(pg_catalog.rtrim(({source})::pg_catalog.text, ' ')) > {limit}"
        ),
        None => format!("SELECT pg_catalog.num_nulls({text}){from} LIMIT 1"),
    };
    if let Some((check, reason)) = crate::precheck::analysis::code_in(&query) {
        if check != "volatile" {
            run.add(Note::unknown(check, format!("the default is not computed: {reason}")).on(object));
        }
        return;
    }
    let tables: &[(Id, &[&str])] = if from.is_empty() { &[] } else { &[(id, &[])] };
    match ask(run, &query, tables) {
        Ok(table) if limit.is_some() && !table.is_empty() => {
            let detail = format!("the default is too long for type {}", column.type_text());
            let state = Code::ERRCODE_STRING_DATA_RIGHT_TRUNCATION;
            run.add(Note::error("too_long_rows", state, detail).on(object));
        }
        Err(NoAnswer::Raised(error)) => {
            let detail = crate::report::wording::error(&error);
            run.add(Note::error("cast_rows", error.sqlstate, detail).on(object));
        }
        Err(NoAnswer::Unknown(reason)) => run.add(Note::unknown("cast_rows", reason).on(object)),
        Ok(_) => {}
    }
}

/// Adds an error if the table has rows, which would have NULL in a new column that is NOT NULL.
pub fn refuse_null(run: &mut Run, id: Id) {
    use crate::precheck::row_checks::{self, Asked};
    if !row_checks::has_rows_to_ask(run, id, "not_null_rows", &[]) {
        return;
    }
    let relation = run.model.get(id);
    let Some(from) = relation.as_subquery(false) else { return };
    let query = format!("SELECT {} FROM {from}", crate::precheck::rows::shown(relation, &[]));
    let (state, what) =
        (Code::ERRCODE_NOT_NULL_VIOLATION, "are there, and the new column is NOT NULL without a default");
    let findings = run.findings.len();
    row_checks::judge(run, Asked { check: "not_null_rows", id, columns: &[], query, state, noun: "row", what });
    if run.findings.len() == findings {
        run.effects.remark("the column is NOT NULL without a default, which works only while the table is empty");
    }
}

/// Warns if ADD COLUMN IF NOT EXISTS skips a column that is not what it asks for.
pub fn compare_column(
    run: &mut Run,
    object: &str,
    known: &crate::precheck::model::relation::Column,
    definition: &Definition<'_>,
) {
    let mut differences = Vec::new();
    let new = match serial(definition) {
        Some(oid) => Some(crate::precheck::model::relation::Type::Known { oid, modifier: -1 }),
        None => definition.type_name.as_ref().and_then(|name| crate::precheck::types::type_of(run, name)),
    };
    if new.is_some_and(|new| new != known.type_) {
        differences.push(format!("its type is {}", known.type_text()));
    }
    if definition.has(ConstraintKind::NotNull) && !known.is_not_null {
        differences.push("it is nullable".to_owned());
    }
    if definition.default().is_some() && !known.default.is_some() {
        differences.push("it has no default".to_owned());
    }
    let note = match differences.is_empty() {
        true => Note::info("if_not_exists", "the column exists, so that the statement does nothing"),
        false => Note::warning(
            "if_not_exists",
            format!("the column exists and is left as it is, although {}", differences.join(" and ")),
        ),
    };
    run.add(note.on(object.to_owned()));
}
