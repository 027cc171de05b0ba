//! The access method and the operator classes of indexes.

use crate::error::Error;
use crate::pg::catalog_query::read_often;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::CreateIndex;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{BuiltinOid, Oid, PgBuiltInOids, PgOid};

const CLASS: &str = include_str!("../../../sql/queries/precheck_operator_class.sql");

/// Adds an error for an operator class that does not exist, and for a column whose type has no
/// default one.
pub fn check(run: &mut Run, id: Id, create: &CreateIndex<'_>) -> Result<(), Error> {
    for column in &create.columns {
        match (column.class.split_last(), &column.column) {
            (Some((class, schema)), name) => {
                let inputs = named(run, &create.method, schema.last(), class)?;
                if let Some(name) = name {
                    takes(run, id, class, &inputs, name);
                }
            }
            (None, Some(name)) => default(run, id, &create.method, name),
            (None, None) => {}
        }
    }
    Ok(())
}

/// Adds an error for a class that does not take the column's type.
fn takes(run: &mut Run, id: Id, class: &str, inputs: &[Oid], name: &str) {
    let Some(type_oid) = run.model.get(id).column(name).and_then(|column| column.type_oid()) else { return };
    let takes = |input: &Oid| crate::pg::catalog_types::is_binary_coercible(type_oid, *input);
    if inputs.is_empty() || inputs.iter().any(takes) {
        return;
    }
    let of = crate::pg::parser::analysis::type_text(type_oid, -1);
    let detail = format!("operator class {} does not accept data type {of}", quote_identifier(class));
    let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
    run.add_name_error(Note::error("unknown_class", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(object));
}

/// Returns the input types of the class; adds an error if it does not exist.
fn named(run: &mut Run, method: &str, schema: Option<&String>, class: &str) -> Result<Vec<Oid>, Error> {
    let schemas = match schema {
        Some(schema) => vec![schema.clone()],
        None => match run.model.effective_path() {
            Some(path) => path,
            None => return Ok(Vec::new()),
        },
    };
    let types = [PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTARRAYOID, PgBuiltInOids::TEXTOID].map(PgOid::BuiltIn);
    let arguments = [method.into(), schemas.into(), class.into()];
    let found = read_often(CLASS, &types, &arguments, |row| Ok((row.get::<bool>(1)?, row.get::<Vec<Oid>>(2)?)))?;
    let Some((has_method, inputs)) = found.into_iter().next() else { return Ok(Vec::new()) };
    let detail = match (has_method, inputs.is_empty()) {
        (true, false) => return Ok(inputs),
        (true, true) => {
            let class = quote_identifier(class);
            format!("operator class {class} does not exist for access method {}", quote_identifier(method))
        }
        (false, _) => format!("access method {} does not exist", quote_identifier(method)),
    };
    let note = missing(run, detail).on(class.to_owned());
    run.add_name_error(note);
    Ok(Vec::new())
}

/// Returns an error, unless the script may have made what is missing.
fn missing(run: &Run, detail: String) -> Note {
    let provided = !run.model.extensions.is_empty() || run.model.other_objects.is_some();
    let state = Code::ERRCODE_UNDEFINED_OBJECT;
    match provided {
        true => Note::unknown("unknown_class", format!("{detail}, unless the script provides it")).raising(state),
        false => Note::error("unknown_class", state, detail),
    }
}

/// Whether the access method exists; adds an error otherwise.
pub fn method_exists(run: &mut Run, method: &str) -> bool {
    let exists = crate::pg::catalog_types::has_default_class(BuiltinOid::INT4OID.value(), method).is_some();
    if !exists {
        let detail = format!("access method {} does not exist", quote_identifier(method));
        let note = missing(run, detail).on(method.to_owned());
        run.add_name_error(note);
    }
    exists
}

fn default(run: &mut Run, id: Id, method: &str, name: &str) {
    let Some(type_oid) = run.model.get(id).column(name).and_then(|column| column.type_oid()) else { return };
    if crate::pg::catalog_types::has_default_class(type_oid, method) != Some(false) {
        return;
    }
    let of = crate::pg::parser::analysis::type_text(type_oid, -1);
    let detail = format!("data type {of} has no default operator class for access method \"{method}\"");
    let note = missing(run, detail).on(format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name)));
    run.add_name_error(note);
}
