//! The locks that a statement acquires, and what is read or written again under them.

use super::effects::{Effects, Mode};
use super::finding::{Note, Severity};
use super::model::relation::Id;
use super::run::Run;
use super::sizes::{pretty, size};
use super::timeouts;
use crate::error::Error;
use std::collections::BTreeSet;

/// Adds the rows about a statement's locks.
pub fn conclude(run: &mut Run) -> Result<(), Error> {
    let mut effects = std::mem::take(&mut run.effects);
    hidden(run, &effects);
    effects.scans = leaves(run, &effects.scans)?;
    effects.rewrites = leaves(run, &effects.rewrites)?;
    run.traces.note(&run.model, &effects);
    if run.has(Severity::Error) {
        if let Some(note) = summary(run, &effects).filter(|note| note.severity == Severity::Warning) {
            run.add(note);
        }
        note_locks(run, &effects);
        return Ok(());
    }
    held_now(run, &effects)?;
    order(run, &effects);
    held_through(run, &effects);
    timeouts::warn(run, &effects);
    let summary = summary(run, &effects);
    if let Some(note) = summary {
        let is_alone = !run.has(Severity::Info);
        if note.object.is_some() || is_alone {
            run.add(note);
        }
    }
    note_locks(run, &effects);
    Ok(())
}

/// Notes that a relation could not be read, so that its defaults and conditions are not known.
fn hidden(run: &mut Run, effects: &Effects) {
    let touched = effects.locks.keys().chain(&effects.scans).chain(&effects.rewrites);
    let Some(id) = touched.copied().find(|id| run.model.get(*id).hides_expressions) else { return };
    let detail = "another session has locked the relation: its defaults and conditions could not be read";
    run.add(Note::unknown("lock_held", detail).on(run.model.get(id).quoted()));
}

/// Replaces partitioned tables, which store no rows, by their partitions.
fn leaves(run: &mut Run, ids: &BTreeSet<Id>) -> Result<BTreeSet<Id>, Error> {
    let mut found = BTreeSet::new();
    let mut left: Vec<Id> = ids.iter().copied().collect();
    while let Some(id) = left.pop() {
        if !run.model.get(id).is_partitioned() {
            found.insert(id);
            continue;
        }
        left.extend(run.model.get(id).new_children.clone());
        for child in run.model.get(id).children.clone() {
            left.extend(run.model.by_oid(child)?);
        }
    }
    Ok(found)
}

/// Returns the tables of the effects that exist in the catalogs.
fn existing<'a>(run: &'a Run, ids: impl Iterator<Item = &'a Id> + 'a) -> impl Iterator<Item = Id> + 'a {
    ids.copied().filter(|id| run.model.get(*id).oid.is_some())
}

fn summary(run: &Run, effects: &Effects) -> Option<Note> {
    let scanned: Vec<Id> = existing(run, effects.scans.iter()).collect();
    let rewritten: Vec<Id> = existing(run, effects.rewrites.iter()).collect();
    let mut clauses: Vec<String> = existing(run, effects.locks.keys())
        .map(|id| {
            let some = if effects.reached.contains(&id) { " and the partitions that it reaches" } else { "" };
            format!("{} on {}{some}", effects.locks[&id].name(), sized(run, effects, id))
        })
        .collect();
    clauses.extend(effects.index_locks.iter().map(|index| format!("AccessExclusiveLock on index {index}")));
    let names = |ids: &[Id]| ids.iter().map(|id| effects.name(&run.model, *id)).collect::<Vec<_>>().join(", ");
    if !rewritten.is_empty() {
        clauses.push(format!("rewrites {} and its indexes", names(&rewritten)));
    } else if !scanned.is_empty() {
        clauses.push(format!("reads all rows of {}", names(&scanned)));
    } else if effects.is_definition && !clauses.is_empty() {
        clauses.push("neither reads nor rewrites a table".to_owned());
    }
    if !effects.rebuilds.is_empty() {
        clauses.push(format!("builds {} again", effects.rebuilds.join(", ")));
    }
    clauses.extend(effects.remarks.iter().cloned());
    let strong = |id: &Id| {
        let held = run.ledger.held.get(id).map_or(Mode::AccessShare, |(mode, _)| *mode);
        effects.locks.get(id).copied().unwrap_or(Mode::AccessShare).max(held) >= Mode::Share
    };
    let blocks = effects.is_definition && scanned.iter().chain(&rewritten).any(strong);
    let severity = if blocks || effects.is_surprising { Severity::Warning } else { Severity::Info };
    let check = if !rewritten.is_empty() { "rewrite" } else { "lock" };
    let detail =
        if clauses.is_empty() { "acquires no lock on an existing table".to_owned() } else { clauses.join("; ") };
    let object = existing(run, effects.locks.keys()).max_by_key(|id| effects.locks[id]);
    let note = match severity {
        Severity::Warning => Note::warning(check, detail),
        _ => Note::info(check, detail),
    };
    let note = match object {
        Some(id) => note.on(effects.name(&run.model, id)),
        None => note,
    };
    Some(note.safer(effects.safer.clone()))
}

/// Returns a relation with its size.
fn sized(run: &Run, effects: &Effects, id: Id) -> String {
    let relation = run.model.get(id);
    let name = effects.name(&run.model, id);
    let (pages, rows) = (i64::from(relation.pages), relation.rows);
    if !matches!(relation.kind, b'r' | b'm' | b'p') {
        return name;
    }
    let size = size(relation).unwrap_or_else(|| u64::try_from(pages * 8192).unwrap_or(0));
    if rows < 0.0 || relation.kind == b'p' {
        return format!("{name} ({})", pretty(size));
    }
    format!("{name} ({}, about {rows:.0} rows)", pretty(size))
}

/// Warns if another session holds a lock that the statement has to wait for.
fn held_now(run: &mut Run, effects: &Effects) -> Result<(), Error> {
    let wanted: Vec<(Id, Mode)> = effects.locks.iter().map(|(id, mode)| (*id, *mode)).collect();
    let mut found = Vec::new();
    for (id, mode) in wanted {
        let Some(oid) = run.model.get(id).oid else { continue };
        if let Some(holder) = run.holders()?.conflicting(oid, mode) {
            found.push((id, mode, holder.clone()));
        }
    }
    for (id, mode, holder) in found {
        let name = run.model.get(id).quoted();
        let queue = if mode == Mode::AccessExclusive { ", and all other sessions queue behind it" } else { "" };
        let detail = format!("{}; {} waits{queue}", holder.describe(), mode.name());
        run.add(Note::warning("lock_held", detail).on(name));
    }
    Ok(())
}

/// Warns if a strong lock on a second table is acquired after work under one on another.
fn order(run: &mut Run, effects: &Effects) {
    let Some(worked) = run.ledger.worked.filter(|_| run.in_transaction && !run.ledger.reported) else { return };
    let strong = |mode: Mode| mode >= Mode::ShareRowExclusive;
    let new = existing(run, effects.locks.keys())
        .find(|id| strong(effects.locks[id]) && !run.ledger.held.get(id).is_some_and(|(mode, _)| strong(*mode)));
    let Some(new) = new else { return };
    let earlier = run.ledger.held.iter().find(|(id, (mode, statement))| {
        **id != new && strong(*mode) && *statement <= worked && run.model.get(**id).oid.is_some()
    });
    let Some((earlier, (mode, statement))) = earlier.map(|(id, held)| (*id, *held)) else { return };
    let (first, second) = (run.model.get(earlier).quoted(), run.model.get(new).quoted());
    let detail = format!(
        "{} on {first} is held since statement {statement}, through statement {worked}, while {} on {second} is \
         awaited: this deadlocks with sessions that lock them in the other order; lock both first, by one LOCK TABLE \
         with a lock_timeout",
        mode.name(),
        effects.locks[&new].name(),
    );
    run.ledger.reported = true;
    run.add(Note::warning("lock_order", detail).on(second));
}

/// Warns at the statement that acquired a strong lock if it is held while another one works.
fn held_through(run: &mut Run, effects: &Effects) {
    if !run.in_transaction || !effects.is_definition {
        return;
    }
    let weaker = existing(run, effects.scans.iter()).find_map(|id| {
        let (held, statement) = *run.ledger.held.get(&id)?;
        let own = effects.locks.get(&id).copied().unwrap_or(Mode::AccessShare);
        (held > own && held >= Mode::ShareRowExclusive && own < Mode::Share).then_some((id, held, statement))
    });
    if let Some((id, held, statement)) = weaker {
        let name = run.model.get(id).quoted();
        let here = run.number();
        let detail = format!(
            "in one transaction, the {} of statement {statement} is held while statement {here} reads the rows: make \
             each statement a transaction of its own",
            held.name()
        );
        let place = run.place_of(statement).unwrap_or_else(|| run.place.clone());
        run.add_at(place, Note::warning("lock", detail).on(name));
    }
}

/// Remembers the locks for the rest of the transaction.
fn note_locks(run: &mut Run, effects: &Effects) {
    let number = run.number();
    run.last_lock = existing(run, effects.locks.keys()).map(|id| effects.locks[&id]).max();
    if !run.in_transaction {
        return;
    }
    let work = effects.works || !effects.scans.is_empty() || !effects.rewrites.is_empty();
    for (id, mode) in &effects.locks {
        let relation = run.model.get(*id);
        if !run.ledger.held.contains_key(id) && relation.oid.is_some() {
            run.ledger.count += 1 + relation.indexes.len();
        }
        let held = run.ledger.held.entry(*id).or_insert((*mode, number));
        if *mode > held.0 {
            *held = (*mode, number);
        }
    }
    if work && run.ledger.held.values().any(|(mode, _)| *mode >= Mode::ShareRowExclusive) {
        run.ledger.worked = Some(number);
    }
}

/// Warns of a script that waits for locks without a limit, and of one that needs many.
pub fn conclude_script(run: &mut Run, strongest: Option<(Mode, super::finding::Place)>) {
    if let Some((mode, place)) = strongest.filter(|(mode, _)| *mode >= Mode::Share) {
        let those = if mode == Mode::AccessExclusive { "need the table" } else { "write to the table" };
        let detail = format!(
            "the script acquires {} and sets no lock_timeout: while it waits, all sessions that {those} wait behind it",
            mode.name()
        );
        run.add_at(place, Note::warning("lock_timeout", detail).safer(["SET lock_timeout = '2s';".to_owned()]));
    }
    if let Some(place) = run.safer_elsewhere.take() {
        let detail = "the statements in safer are transactions of their own, which the script's transaction prevents: \
                      move them to a file that runs without one";
        run.add_at(place, Note::info("transaction", detail));
    }
    let slots = crate::pg::lock_table_usage::slots();
    let count = run.ledger.count;
    if count > slots / 2 {
        let detail = format!(
            "the transaction needs about {count} locks, and the lock table has room for {slots} of all sessions: it \
             may fail with 53200 (out of shared memory)"
        );
        run.add_at(super::finding::Place::default(), Note::warning("lock_table", detail));
    }
}
