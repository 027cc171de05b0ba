//! Objects that are not relations: whether they exist, and whether the role owns them.

use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::parser::analysis::{Needs, look_up_objects};
use crate::pg::parser::tree::{Object, ObjectKind, Raw};
use crate::precheck::analysis;
use crate::precheck::cascade;
use crate::precheck::dependents::Address;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::run::Run;
use pgrx::pg_sys::Oid;

const STATISTICS_TABLES: &str = include_str!("../../../sql/queries/precheck_statistics_tables.sql");

/// Looks up what the statement names. Adds a finding for what does not exist or is not the role's,
/// and says so where the script may have changed it. Returns the objects if all is well.
pub fn require(
    run: &mut Run,
    statement: Raw<'_>,
    kind: ObjectKind,
    objects: &[Object],
    needs: Needs,
) -> Option<Vec<Address>> {
    if objects.iter().any(|object| is_changed(run, kind, object)) {
        run.unchecked("whether the object, which the script changes, exists");
        return None;
    }
    match look_up_objects(statement, &run.scope(), needs) {
        Ok(Some(found)) => Some(found.into_iter().map(Address::of).collect()),
        Ok(None) => {
            run.unchecked("whether the object exists, and the role owns it,");
            None
        }
        Err(failure) => {
            let name = objects.first().map(|object| object.last().to_owned());
            analysis::fail(run, &failure, name);
            None
        }
    }
}

/// Whether the script has made, changed or dropped an object of this name.
fn is_changed(run: &Run, kind: ObjectKind, object: &Object) -> bool {
    let name = object.last();
    match kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine | ObjectKind::Aggregate => {
            run.model.functions.contains_key(name)
        }
        ObjectKind::Type | ObjectKind::Domain => run.model.type_change(None, name).is_some(),
        ObjectKind::Schema => run.model.schemas.contains_key(name),
        ObjectKind::Extension => run.model.extensions.contains_key(name),
        ObjectKind::Role => run.model.roles.contains_key(name),
        ObjectKind::Publication => run.model.publications.contains_key(name),
        _ => run.model.other_objects.is_some() || !run.model.extensions.is_empty(),
    }
}

/// DROP of objects that the model does not follow.
pub fn drop(
    run: &mut Run,
    statement: Raw<'_>,
    kind: ObjectKind,
    objects: &[Object],
    cascade: bool,
) -> Result<(), Error> {
    let found = require(run, statement, kind, objects, Needs::OwnershipOrSchema);
    let name = objects.iter().map(Object::last).collect::<Vec<_>>().join(", ");
    if let Some(targets) = found {
        if targets.len() < objects.len() {
            let detail = match objects.len() {
                1 => "it does not exist, so that nothing is dropped",
                _ => "some of the objects do not exist",
            };
            run.add(Note::info("if_exists", detail).on(name.clone()));
        }
        if kind == ObjectKind::Statistics {
            lock_statistics(run, &targets)?;
        }
        cascade::judge_drop(run, &name, &targets, cascade, &[])?;
    }
    if kind == ObjectKind::Publication {
        objects.iter().for_each(|object| super::publications::drop(run, object.last()));
    }
    run.model.other_objects = run.model.other_objects.or(Some(run.number()));
    Ok(())
}

/// The tables of extended statistics are locked as by ANALYZE.
fn lock_statistics(run: &mut Run, targets: &[Address]) -> Result<(), Error> {
    let oids: Vec<Oid> = targets.iter().map(|target| target.object()).collect();
    for table in read(STATISTICS_TABLES, &[oids.into()], |row| row.get::<Oid>(1))? {
        if let Some(id) = run.model.by_oid(table)? {
            run.effects.lock(id, Mode::ShareUpdateExclusive);
        }
    }
    Ok(())
}
