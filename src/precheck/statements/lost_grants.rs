//! Privileges that are lost with a relation that is replaced by one of the same name.

use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::QualifiedName;
use crate::precheck::dependents::listed;
use crate::precheck::finding::{Note, Place};
use crate::precheck::model::relation::{Id, Number};
use crate::precheck::run::Run;
use crate::report::one_line::pasteable;
use pgrx::pg_sys::Oid;

const LOST: &str = include_str!("../../../sql/queries/precheck_lost_grants.sql");

/// A relation of the script that has the name of one that was there before.
struct Replaced {
    old: Oid,
    new: Id,
    created: Number,
    name: QualifiedName,
}

/// Warns of privileges that others had on a relation and do not have on the one that the script has
/// put in its place, unless the script grants them something on it.
pub fn conclude(run: &mut Run) -> Result<(), Error> {
    for replaced in found(run) {
        let granted: Vec<Option<Oid>> = run
            .model
            .grants
            .iter()
            .filter(|grant| grant.relations.as_ref().is_none_or(|relations| relations.contains(&replaced.new)))
            .flat_map(|grant| grant.grantees.clone())
            .collect();
        let owner = run.model.get(replaced.new).owner.unwrap_or(run.model.role);
        let schema = run.model.schema_oid(&replaced.name.schema).unwrap_or(Oid::INVALID);
        let lost = read(LOST, &[replaced.old.into(), owner.into(), schema.into()], |row| {
            Ok((row.text(1)?, row.text(2)?, row.get::<bool>(3)?, row.get::<Oid>(4)?))
        })?;
        let is_kept = |grantee: Oid| granted.contains(&(grantee != Oid::INVALID).then_some(grantee));
        let lost: Vec<_> = lost.into_iter().filter(|(_, _, _, grantee)| !is_kept(*grantee)).collect();
        if !lost.is_empty() {
            warn(run, &replaced, &lost);
        }
    }
    Ok(())
}

fn warn(run: &mut Run, replaced: &Replaced, lost: &[(String, String, bool, Oid)]) {
    let name = replaced.name.quoted();
    let had: Vec<String> = lost.iter().map(|(grantee, privileges, ..)| format!("{privileges} to {grantee}")).collect();
    let detail = format!("{name} is created again, without the privileges that were granted before: {}", listed(&had));
    let grant = |(grantee, privileges, with_option, _): &(String, String, bool, Oid)| {
        let option = if *with_option { " WITH GRANT OPTION" } else { "" };
        pasteable(format!("GRANT {privileges} ON {name} TO {grantee}{option};"))
    };
    let safer: Vec<String> = lost.iter().filter_map(grant).collect();
    let somewhere = || Place { statement: Some(replaced.created), ..Place::default() };
    let place = run.place_of(replaced.created).unwrap_or_else(somewhere);
    run.add_at(place, Note::warning("lost_grants", detail).on(name).safer(safer));
}

fn found(run: &Run) -> Vec<Replaced> {
    let mut found = Vec::new();
    for (new, relation) in run.model.loaded() {
        let (None, None, Some(created)) = (relation.oid, relation.dropped, relation.created) else { continue };
        if relation.schema == "pg_temp" {
            continue;
        }
        let name = relation.qualified();
        let was_there = run.model.loaded().find_map(|(_, old)| {
            let is_gone = old.dropped.is_some() || old.qualified() != name;
            old.oid.filter(|_| is_gone && old.original.as_ref() == Some(&name))
        });
        found.extend(was_there.map(|old| Replaced { old, new, created, name }));
    }
    found
}
