//! GRANT and REVOKE of privileges.

use super::roles;
use crate::error::Error;
use crate::pg::access;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{ObjectKind, RelationName, Role};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// GRANT, or REVOKE.
pub struct Grant<'a> {
    pub kind: ObjectKind,
    pub is_grant: bool,
    /// Whether it is about default privileges, or everything in a schema.
    pub is_default: bool,
    pub relations: &'a [RelationName],
    pub names: &'a [String],
    pub roles: &'a [Role],
}

pub fn grant(run: &mut Run, grant: &Grant<'_>) -> Result<(), Error> {
    let grantees: Vec<_> = grant.roles.iter().map(|role| roles::find(run, role)).collect();
    let relations = objects(run, grant)?;
    let is_about_relations = !grant.is_default && matches!(grant.kind, ObjectKind::Table | ObjectKind::Sequence);
    let schemas = if grant.kind == ObjectKind::Schema { grant.names.to_vec() } else { Vec::new() };
    let relations = is_about_relations.then_some(relations);
    let change = model::Grant { statement: run.number(), relations, schemas, grantees };
    let reaches_relations = is_about_relations || grant.is_default || grant.kind == ObjectKind::Schema;
    if !grant.is_grant && !reaches_relations {
        return Ok(());
    }
    let list = if grant.is_grant { &mut run.model.grants } else { &mut run.model.revocations };
    list.push(change);
    Ok(())
}

/// Adds a finding for each object that does not exist, or on which the role may not grant. Returns
/// the relations.
fn objects(run: &mut Run, grant: &Grant<'_>) -> Result<Vec<Id>, Error> {
    let mut found = Vec::new();
    if grant.is_default {
        return Ok(found);
    }
    match grant.kind {
        ObjectKind::Table | ObjectKind::Sequence => {
            for name in grant.relations {
                let Some(id) = existing(run, name)? else { continue };
                may_grant(run, id);
                if cfg!(since_18) {
                    run.effects.lock(id, Mode::AccessShare);
                }
                found.push(id);
            }
        }
        ObjectKind::Schema => {
            for name in grant.names {
                if !run.model.schema_exists(name) {
                    let detail = format!("schema {} does not exist", quote_identifier(name));
                    let note = Note::error("unknown_schema", Code::ERRCODE_INVALID_SCHEMA_NAME, detail);
                    run.add_name_error(note.on(name.clone()));
                }
            }
        }
        _ => run.unchecked("whether the object exists, and the role may grant on it,"),
    }
    Ok(found)
}

fn may_grant(run: &mut Run, id: Id) {
    let has_grant_option = run.model.owns(id)
        || run.model.get(id).oid.is_some_and(|oid| access::has_any_grant_option(run.model.role, oid));
    if !has_grant_option {
        let object = run.model.get(id).quoted();
        let detail = format!("role {} may not grant privileges on {object}", quote_identifier(&run.model.role_name()));
        run.add(Note::unknown("privilege", format!("{detail}, unless it has a grant option")).on(object));
    }
}
