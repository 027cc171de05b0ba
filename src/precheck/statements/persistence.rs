//! SET LOGGED and SET UNLOGGED.

use crate::error::Error;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::reach;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Whether the statement changes the table; adds a finding if it is refused
/// (ATPrepChangePersistence in commands/tablecmds.c): a logged table cannot refer to an unlogged
/// one.
pub fn changes(run: &mut Run, id: Id, is_logged: bool) -> Result<bool, Error> {
    let object = run.model.get(id).quoted();
    if cfg!(since_18) && run.model.get(id).is_partitioned() {
        let detail = "SET LOGGED and SET UNLOGGED cannot be performed on a partitioned table";
        run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
        return Ok(false);
    }
    if run.model.get(id).persistence == if is_logged { b'p' } else { b'u' } {
        return Ok(false);
    }
    if run.model.get(id).persistence == b't' {
        let detail = "cannot change the logged status of a temporary table";
        run.add_name_error(Note::error("unsupported", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
        return Ok(false);
    }
    if !is_logged && run.model.get(id).is_published {
        let detail = "fails if the table is named in a publication, and not only part of one for all tables";
        let state = Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        run.add(Note::unknown("publication", detail).raising(state).on(object.clone()));
    }
    let mut others = Vec::new();
    if is_logged {
        for parent in run.model.get(id).constraints.iter().filter_map(|key| key.parent).collect::<Vec<_>>() {
            others.extend(reach::parent(run, parent)?);
        }
    } else {
        others.extend(run.model.references_to(id)?.into_iter().map(|(table, _)| table));
    }
    let forbidden = if is_logged { b'u' } else { b'p' };
    let other = others.into_iter().find(|other| *other != id && run.model.get(*other).persistence == forbidden);
    let Some(other) = other else { return Ok(true) };
    let named = run.model.get(other).quoted();
    let detail = match is_logged {
        true => format!("could not change the table to logged because it references unlogged table {named}"),
        false => format!("could not change the table to unlogged because logged table {named} references it"),
    };
    run.add_name_error(Note::error("dependents", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail).on(object));
    Ok(false)
}
