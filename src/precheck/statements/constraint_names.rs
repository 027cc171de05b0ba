//! What all constraints share: their names, columns and conditions.

use super::names::{addition, choose, refuse_taken};
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{BuiltinOid, Oid};

/// What a constraint is added to.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The column that it is written behind.
    pub column: Option<&'a str>,
    /// Whether the statement creates the table, or the column.
    pub is_new: bool,
    /// Whether all rows have NULL in the column, which the statement adds without a default: the
    /// server does not check its foreign key (transformAlterTableStmt in parser/parse_utilcmd.c).
    pub is_null: bool,
}

impl<'a> Target<'a> {
    pub fn new_table(column: Option<&'a str>) -> Target<'a> {
        Target { column, is_new: true, is_null: false }
    }
}

/// Returns the name of a new constraint; `None` if it is taken, with a finding.
pub fn name(
    run: &mut Run,
    id: Id,
    given: Option<&str>,
    columns: &[String],
    label: &str,
    has_index: bool,
) -> Result<Option<String>, Error> {
    let (schema, table) = (run.model.get(id).schema.clone(), run.model.get(id).name.clone());
    if has_index {
        super::names::may_create(run, &schema);
    }
    let Some(given) = given else {
        let columns = addition(columns);
        let columns = Some(columns.as_str()).filter(|columns| !columns.is_empty());
        return choose(run, &schema, &table, columns, label).map(Some);
    };
    if has_index && refuse_taken(run, &schema, given)? {
        return Ok(None);
    }
    if run.model.get(id).constraint(given).is_some() {
        let detail = format!("constraint {} of {} already exists", quote_identifier(given), run.model.get(id).quoted());
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(given.to_owned()));
        return Ok(None);
    }
    Ok(Some(given.to_owned()))
}

/// Returns whether all columns exist; adds a finding for each that does not.
pub fn columns_exist(run: &mut Run, id: Id, columns: &[String]) -> bool {
    let missing: Vec<String> =
        columns.iter().filter(|column| run.model.get(id).column(column).is_none()).cloned().collect();
    for column in &missing {
        unknown_column(run, id, column);
    }
    missing.is_empty()
}

/// Adds the finding that a column does not exist.
pub fn unknown_column(run: &mut Run, id: Id, column: &str) {
    let relation = run.model.get(id);
    let is_opaque = relation.is_opaque;
    let system = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"].contains(&column);
    let object = format!("{}.{}", relation.quoted(), quote_identifier(column));
    let similar = relation.columns.iter().find(|known| known.name.eq_ignore_ascii_case(column));
    let hint = similar.map(|known| format!("; {} exists", quote_identifier(&known.name))).unwrap_or_default();
    let detail = format!("column {} of {} does not exist{hint}", quote_identifier(column), relation.quoted());
    if is_opaque || system {
        run.add(Note::unknown("unknown_column", "the relation's columns are not known").on(object));
    } else {
        run.add_name_error(Note::error("unknown_column", Code::ERRCODE_UNDEFINED_COLUMN, detail).on(object));
    }
}

/// Returns the names of the columns that an analyzed expression over the relation uses.
pub fn used_columns(run: &Run, id: Id, analyzed: &crate::pg::parser::analysis::Analyzed) -> Vec<String> {
    let relation = run.model.get(id);
    let mut numbers: Vec<i16> = analyzed.used.iter().map(|(_, number)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.contains(&0) {
        return relation.columns.iter().map(|column| column.name.clone()).collect();
    }
    let name = |number: i16| relation.columns.get(usize::try_from(number).ok()?.checked_sub(1)?);
    numbers.into_iter().filter_map(name).map(|column| column.name.clone()).collect()
}

/// Adds the errors of a condition that is not one row's alone, or not boolean.
pub fn refuse_condition(run: &mut Run, analyzed: &crate::pg::parser::analysis::Analyzed) {
    let is = |oid: Oid, type_: BuiltinOid| oid == type_.value();
    if let Some(column) = analyzed.columns.first() {
        let fits = is(column.type_oid, BuiltinOid::BOOLOID) || is(column.type_oid, BuiltinOid::TEXTOID);
        if !fits && !crate::pg::parser::analysis::is_assignable(column.type_oid, BuiltinOid::BOOLOID.value()) {
            let of = crate::pg::parser::analysis::type_text(column.type_oid, column.modifier);
            let detail = format!("the condition must be of type boolean, not {of}");
            run.add_name_error(Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail));
        }
    }
    if analyzed.has_subquery {
        run.add(Note::error("syntax", Code::ERRCODE_FEATURE_NOT_SUPPORTED, "cannot use subquery in check constraint"));
    }
    if analyzed.has_aggregates {
        run.add(Note::error(
            "syntax",
            Code::ERRCODE_GROUPING_ERROR,
            "aggregate functions are not allowed in check constraints",
        ));
    }
}
