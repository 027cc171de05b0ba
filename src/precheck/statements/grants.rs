//! GRANT and REVOKE of privileges.

use super::roles;
use crate::error::Error;
use crate::pg::access;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::Needs;
use crate::pg::parser::tree::{Grant, Object, ObjectKind, Raw};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn grant(run: &mut Run, statement: Raw<'_>, grant: &Grant) -> Result<(), Error> {
    let grantees: Vec<_> = grant.roles.iter().map(|role| roles::find(run, role)).collect();
    let relations = objects(run, statement, grant)?;
    let is_about_relations = !grant.is_default && matches!(grant.kind, ObjectKind::Table | ObjectKind::Sequence);
    let schemas = if grant.kind == ObjectKind::Schema { grant.names.clone() } else { Vec::new() };
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
fn objects(run: &mut Run, statement: Raw<'_>, grant: &Grant) -> Result<Vec<Id>, Error> {
    let mut found = Vec::new();
    if grant.is_of_schemas {
        schemas(run, &grant.names);
    }
    if grant.is_default {
        return Ok(found);
    }
    match grant.kind {
        ObjectKind::Table | ObjectKind::Sequence => {
            for name in &grant.relations {
                let Some(id) = existing(run, name)? else { continue };
                for column in &grant.columns {
                    super::not_null::exists(run, id, column);
                }
                may_grant(run, id);
                if cfg!(since_18) {
                    run.effects.lock(id, Mode::AccessShare);
                }
                found.push(id);
            }
        }
        ObjectKind::Schema => schemas(run, &grant.names),
        kind => {
            let named: Vec<_> =
                grant.names.iter().map(|name| Object { names: vec![name.clone()], arguments: None }).collect();
            let found = super::objects::require(run, statement, kind, &named, Needs::Nothing);
            if found.is_some() && !access::is_superuser(run.model.role) {
                run.add(Note::unknown("privilege", "whether the role may grant on the object is not checked"));
            }
        }
    }
    Ok(found)
}

/// Adds an error for each schema that does not exist.
pub fn schemas(run: &mut Run, names: &[String]) {
    for name in names {
        if !run.model.schema_exists(name) {
            let detail = format!("schema {} does not exist", quote_identifier(name));
            let note = Note::error("unknown_schema", Code::ERRCODE_INVALID_SCHEMA_NAME, detail);
            run.add_name_error(note.on(name.clone()));
        }
    }
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
