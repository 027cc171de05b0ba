//! The relations that a statement reaches through those that it names: what views read, partitions,
//! inheriting tables, and what CASCADE drops.

use super::dependents::{self, Address, Dependent, Kind};
use super::effects::Mode;
use super::model::relation::{Id, Parent};
use super::run::Run;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::parser::analysis::Analyzed;
use pgrx::pg_sys::Oid;

const VIEW_READS: &str = include_str!("../../sql/queries/precheck_view_reads.sql");

/// Locks what a query reads and writes when it is run.
pub fn query(run: &mut Run, analyzed: &Analyzed) -> Result<(), Error> {
    for lock in &analyzed.locks {
        let Some(mode) = Mode::numbered(lock.mode) else { continue };
        let Some(id) = run.model.by_oid(lock.relation)? else { continue };
        run.effects.lock(id, mode);
        if lock.inherits || run.model.get(id).is_partitioned() {
            inheriting(run, id, mode)?;
        }
    }
    Ok(())
}

/// Locks the tables that inherit from one that a query names. Which partitions it reaches, the
/// server decides by the query's conditions and rows.
pub fn inheriting(run: &mut Run, id: Id, mode: Mode) -> Result<(), Error> {
    if run.model.get(id).is_partitioned() {
        run.effects.reached.insert(id);
        return Ok(());
    }
    family(run, id, mode)
}

/// Locks all partitions and inheriting tables, at any depth.
pub fn family(run: &mut Run, id: Id, mode: Mode) -> Result<(), Error> {
    for child in run.model.descendants(id)? {
        run.effects.lock(child, mode);
    }
    Ok(())
}

/// Locks a table that a foreign key refers to, with its partitions, which have triggers of the key.
pub fn key_parent(run: &mut Run, parent: Id, mode: Mode) -> Result<(), Error> {
    run.effects.lock(parent, mode);
    if run.model.get(parent).is_partitioned() {
        family(run, parent, mode)?;
    }
    Ok(())
}

/// Returns the table that a foreign key refers to.
pub fn parent(run: &mut Run, parent: Parent) -> Result<Option<Id>, Error> {
    match parent {
        Parent::New(id) => Ok(Some(id)),
        Parent::Existing(oid) => run.model.by_oid(oid),
    }
}

/// Locks what a view reads, and what views behind it read. `lock_table` is for LOCK TABLE, which
/// locks all partitions.
pub fn view(run: &mut Run, id: Id, mode: Mode, lock_table: bool) -> Result<(), Error> {
    let (mut left, mut seen) = (vec![id], vec![id]);
    while let Some(id) = left.pop() {
        for read in reads(run, id)? {
            if seen.contains(&read) {
                continue;
            }
            seen.push(read);
            run.effects.lock(read, mode);
            match run.model.get(read).kind {
                b'v' => left.push(read),
                _ if lock_table => family(run, read, mode)?,
                _ => inheriting(run, read, mode)?,
            }
        }
    }
    Ok(())
}

/// Returns the relations that a view names.
fn reads(run: &mut Run, id: Id) -> Result<Vec<Id>, Error> {
    let relation = run.model.get(id);
    let mut found: Vec<Id> = relation.reads.iter().map(|(read, _)| *read).collect();
    if let (Some(oid), true) = (relation.oid, found.is_empty()) {
        for oid in read(VIEW_READS, &[oid.into()], |row| row.get::<Oid>(1))? {
            found.extend(run.model.by_oid(oid)?);
        }
    }
    found.dedup();
    Ok(found)
}

/// Locks the relations of everything that depends on the objects, as CASCADE drops it.
pub fn dependents(run: &mut Run, targets: &[Address]) -> Result<(), Error> {
    let mut known: Vec<Address> = targets.to_vec();
    let mut left = known.clone();
    while !left.is_empty() {
        let found = dependents::of(run, &left)?;
        left.clear();
        for dependent in found {
            let relation = run.model.by_oid(dependent.relation)?;
            let table = relation.filter(|id| matches!(run.model.get(*id).kind, b'r' | b'p' | b'v' | b'm' | b'f'));
            if let Some(id) = table {
                run.effects.lock(id, Mode::AccessExclusive);
            }
            let is_view = table.is_some_and(|id| matches!(run.model.get(id).kind, b'v' | b'm'));
            if let Some(address) = dropped_with(&dependent, is_view).filter(|address| !known.contains(address)) {
                known.push(address);
                left.push(address);
            }
        }
    }
    Ok(())
}

/// Returns what else goes if the dependent object goes.
fn dropped_with(dependent: &Dependent, is_view: bool) -> Option<Address> {
    match dependent.kind {
        Kind::Rule if is_view => Some(Address::relation(dependent.relation)),
        Kind::Relation => Some(Address::relation(dependent.relation)),
        Kind::Column => i16::try_from(dependent.number).ok().map(|number| Address::column(dependent.relation, number)),
        Kind::Constraint => Some(Address::constraint(dependent.oid)),
        Kind::Function => Some(Address::function(dependent.oid)),
        Kind::Type => Some(Address::type_(dependent.oid)),
        _ => None,
    }
}
