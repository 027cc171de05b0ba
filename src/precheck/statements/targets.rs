//! The columns that a statement writes to.

use super::constraint_names::unknown_column;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{self, ResultColumn};
use crate::pg::parser::tree::{Dml, DmlKind};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Id, Relation};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{BuiltinOid, Oid};

/// Returns the columns that the statement writes to; `None` if one does not exist, with a finding.
pub fn target_columns(run: &mut Run, id: Id, statement: &Dml<'_>) -> Option<Vec<String>> {
    if statement.kind == DmlKind::Insert && statement.columns.is_empty() {
        return Some(run.model.get(id).columns.iter().map(|column| column.name.clone()).collect());
    }
    let missing: Vec<String> =
        statement.columns.iter().filter(|name| run.model.get(id).column(name).is_none()).cloned().collect();
    for name in &missing {
        unknown_column(run, id, name);
    }
    missing.is_empty().then(|| statement.columns.clone())
}

/// Adds an error for columns that are NOT NULL, have no default, and are not in the list.
pub fn omitted(run: &mut Run, id: Id, columns: &[String], is_certain: bool) {
    let relation = run.model.get(id);
    let missing: Vec<String> = relation
        .columns
        .iter()
        .filter(|column| column.is_not_null && !column.has_value_of_its_own() && !columns.contains(&column.name))
        .map(|column| column.name.clone())
        .collect();
    for name in missing {
        let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(&name));
        let detail = format!("column {} is NOT NULL, has no default, and is not in the list", quote_identifier(&name));
        let note = match is_certain {
            true => Note::error("not_null_rows", Code::ERRCODE_NOT_NULL_VIOLATION, detail),
            false => Note::unknown("not_null_rows", format!("{detail}: fails if the query returns a row")),
        };
        run.add(note.on(object));
    }
}

/// Adds the error for an expression whose type the column does not take.
pub fn refuse_type(run: &mut Run, id: Id, name: &str, column: Oid, expression: &ResultColumn) {
    let quoted = quote_identifier(name);
    let detail = format!(
        "column {quoted} is of type {} but expression is of type {}",
        analysis::type_text(column, -1),
        analysis::type_text(expression.type_oid, expression.modifier)
    );
    let object = format!("{}.{quoted}", run.model.get(id).quoted());
    run.add_name_error(Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(object));
}

/// Returns the type's text of a column, for literals.
pub fn type_text(relation: &Relation, name: &str) -> Option<String> {
    let column = relation.column(name)?;
    column.type_oid().map(|_| column.type_text())
}

/// Returns the type that a constant without quotes has in SQL. Pure.
pub fn plain_type(text: &str) -> Oid {
    let type_ = match (text.parse::<i32>(), text.parse::<i64>()) {
        _ if ["true", "false"].contains(&text) => BuiltinOid::BOOLOID,
        (Ok(_), _) => BuiltinOid::INT4OID,
        (_, Ok(_)) => BuiltinOid::INT8OID,
        _ => BuiltinOid::NUMERICOID,
    };
    type_.value()
}

/// Whether the table has constraints that may refuse a row.
pub fn may_refuse(run: &Run, id: Id) -> bool {
    let relation = run.model.get(id);
    !relation.constraints.is_empty()
        || relation.is_partition
        || relation.is_partitioned()
        || relation.indexes.iter().any(|index| index.is_unique)
        || relation
            .columns
            .iter()
            .any(|column| column.is_not_null || column.type_oid().is_some_and(crate::pg::catalog_types::is_checked))
}
