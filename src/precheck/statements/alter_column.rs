//! ALTER COLUMN: NOT NULL, defaults, types, identity.

use super::columns::default;
use super::not_null::exists;
use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Raw, SequenceOptions};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Default_, Id};
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::BuiltinOid;

pub fn set_default(run: &mut Run, id: Id, name: &str, expression: Option<Raw<'_>>) -> Result<(), Error> {
    if !exists(run, id, name) {
        return Ok(());
    }
    let column = run.model.get(id).column(name).cloned().unwrap_or_default();
    let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
    if column.generated != 0 {
        let detail = format!("column {} is a generated column", quote_identifier(name));
        run.add_name_error(Note::error("default", Code::ERRCODE_SYNTAX_ERROR, detail).on(object));
        return Ok(());
    }
    if column.identity != 0 {
        let detail = format!("column {} is an identity column", quote_identifier(name));
        run.add_name_error(Note::error("identity", Code::ERRCODE_SYNTAX_ERROR, detail).on(object));
        return Ok(());
    }
    let new = match expression {
        Some(raw) => Default_::Expression { text: default(run, raw, &column).text, is_new: true },
        None => Default_::None,
    };
    let draws = expression.map(|raw| super::columns::sequences(run, raw)).transpose()?.unwrap_or_default();
    if let Some(column) = run.model.get_mut(id).column_mut(name) {
        (column.default, column.draws) = (new, draws);
    }
    Ok(())
}

/// ADD GENERATED … AS IDENTITY.
pub fn add_identity(run: &mut Run, id: Id, name: &str, options: &SequenceOptions) -> Result<(), Error> {
    if is_of_partition(run, id, "add identity to") || !exists(run, id, name) {
        return Ok(());
    }
    let column = run.model.get(id).column(name).cloned().unwrap_or_default();
    let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
    let integers = [BuiltinOid::INT2OID, BuiltinOid::INT4OID, BuiltinOid::INT8OID].map(|oid| oid.value());
    if column.type_oid().is_some_and(|oid| !integers.contains(&oid)) {
        let detail = "identity column type must be smallint, integer, or bigint";
        run.add_name_error(Note::error("identity", Code::ERRCODE_INVALID_PARAMETER_VALUE, detail).on(object));
        return Ok(());
    }
    // The sequence is created first.
    let schema = run.model.get(id).schema.clone();
    super::names::may_create(run, &schema);
    super::sequence_options::new_identity(run, object.clone(), column.type_oid(), options);
    let refused = if !column.is_not_null {
        Some("the column must be declared NOT NULL before identity can be added")
    } else if column.identity != 0 {
        Some("the column is already an identity column")
    } else if column.default.is_some() {
        Some("the column already has a default value: ALTER COLUMN … DROP DEFAULT first")
    } else {
        None
    };
    if let Some(detail) = refused {
        let state = Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        run.add_name_error(Note::error("identity", state, detail).on(object));
        return Ok(());
    }
    super::create_table::add_sequence(run, id, name)?;
    if let Some(column) = run.model.get_mut(id).column_mut(name) {
        column.identity = b'd';
        column.default = Default_::None;
        column.has_sequence_options = *options != SequenceOptions::default();
    }
    super::identity::warn_if_behind(run, id, name);
    Ok(())
}

/// DROP EXPRESSION.
pub fn drop_expression(run: &mut Run, id: Id, name: &str, missing_ok: bool) {
    if !exists(run, id, name) {
        return;
    }
    let column = run.model.get(id).column(name).cloned().unwrap_or_default();
    let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
    if column.is_inherited {
        let detail = "cannot drop generation expression from inherited column";
        run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
        return;
    }
    match column.generated {
        b'v' => {
            let detail = "DROP EXPRESSION is not supported for virtual generated columns";
            run.add_name_error(Note::error("unsupported", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
        }
        0 if !missing_ok => {
            let (state, detail) =
                (Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "the column is not a generated column");
            run.add_name_error(Note::error("default", state, detail).on(object));
        }
        _ => {
            if let Some(column) = run.model.get_mut(id).column_mut(name) {
                column.generated = 0;
            }
        }
    }
}

/// SET GENERATED, RESTART, and DROP IDENTITY.
pub fn is_identity(run: &mut Run, id: Id, name: &str, missing_ok: bool) -> bool {
    if is_of_partition(run, id, "change identity of") || !exists(run, id, name) {
        return false;
    }
    if run.model.get(id).column(name).is_some_and(|column| column.identity != 0) {
        return true;
    }
    if !missing_ok {
        let object = format!("{}.{}", run.model.get(id).quoted(), quote_identifier(name));
        let state = Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        run.add_name_error(Note::error("identity", state, "the column is not an identity column").on(object));
    }
    false
}

/// Whether the table is a partition, whose identity columns are those of its parent since 17: adds
/// an error then, before the column is looked up.
fn is_of_partition(run: &mut Run, id: Id, verb: &str) -> bool {
    let is_partition = cfg!(since_17) && run.model.get(id).is_partition;
    if is_partition {
        let object = run.model.get(id).quoted();
        let detail = format!("cannot {verb} a column of a partition");
        run.add_name_error(Note::error("identity", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
    }
    is_partition
}
