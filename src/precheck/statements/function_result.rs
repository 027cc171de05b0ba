//! Whether the body of a function in language SQL returns what the function declares.

use crate::pg::catalog_types::is_pseudo_or_composite;
use crate::pg::parser::analysis::{is_assignable, type_text};
use crate::pg::parser::tree::Function;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Type;
use crate::precheck::run::Run;
use crate::precheck::types::type_of;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{BuiltinOid, Oid};

/// Compares the columns of the last statement with the declared result (check_sql_fn_retval in
/// executor/functions.c). `columns` is `None` if the statement returns no rows. A result of a
/// composite, polymorphic or unknown type is not compared.
pub fn check(run: &mut Run, create: &Function<'_>, returns: Option<&Type>, columns: Option<&[Oid]>) {
    if create.is_procedure {
        return;
    }
    let mut wanted = Vec::new();
    for parameter in create.parameters.iter().filter(|parameter| parameter.is_output) {
        match parameter.type_name.as_ref().and_then(|name| type_of(run, name)) {
            Some(Type::Known { oid, .. }) => wanted.push(oid),
            _ => return,
        }
    }
    if wanted.is_empty() {
        match returns {
            Some(Type::Known { oid, .. }) if *oid != BuiltinOid::VOIDOID.value() => wanted.push(*oid),
            _ => return,
        }
    }
    if wanted.iter().any(|oid| is_pseudo_or_composite(*oid)) {
        return;
    }
    if let Some(detail) = difference(&wanted, columns) {
        let note = Note::error("function_body", Code::ERRCODE_INVALID_FUNCTION_DEFINITION, detail);
        run.add_name_error(note.on(create.name.join(".")));
    }
}

fn difference(wanted: &[Oid], columns: Option<&[Oid]>) -> Option<String> {
    let Some(columns) = columns else {
        return Some("the function's last statement must return rows: SELECT, or RETURNING".to_owned());
    };
    let is_row = matches!((wanted.len(), columns), (2.., [column]) if is_pseudo_or_composite(*column));
    if is_row {
        return None;
    }
    if columns.len() != wanted.len() {
        let counted = crate::report::wording::counted;
        let (has, needs) = (counted(columns.len(), "column"), counted(wanted.len(), "column"));
        return Some(format!("the function's last statement returns {has} instead of {needs}"));
    }
    let mut pairs = columns.iter().zip(wanted);
    let (from, to) = pairs.find(|(from, to)| !is_assignable(**from, **to))?;
    Some(format!("the function's last statement returns {} instead of {}", type_text(*from, -1), type_text(*to, -1)))
}
