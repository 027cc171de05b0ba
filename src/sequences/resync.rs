//! seq_resync: moves every sequence in scope past the ids that are used. `repair` does it for one
//! sequence.

use super::candidates::Candidates;
use super::counterparts::{Counterpart, Counterparts};
use super::discover::discover;
use super::dropped;
use super::finding::Finding;
use super::link::{Link, Sequence, Source};
use super::outcome::{Options, Outcome, Report};
use super::repair::Repair;
use crate::error::Error;
use crate::ids::origin::Origins;
use crate::pg::names;
use crate::pg::wal;
use crate::report::lock_blocker::{self, WantedLock};
use crate::report::progress::Progress;
use crate::report::scope::Scope;
use crate::report::statements::Statements;
use crate::report::wording::Clause;
use pgrx::pg_sys::Oid;
use std::collections::HashSet;

/// Moves every sequence that feeds a column in scope. All columns that draw from it count, in scope
/// or not. With a source, also moves those of its sequences that are in scope, and none that it
/// knows to less than its position.
pub fn resync(scope: Scope, options: Options, source: Option<&Origins>) -> Result<Vec<Report>, Error> {
    let links = discover(scope)?;
    let by_sequence = links.by_sequence();
    let (mut seen, mut reports) = (HashSet::new(), Vec::new());
    let mut wanted: Vec<Oid> = Vec::new();
    for link in links.links.iter().filter(|link| links.covers(scope, link.attr.0)) {
        match &link.source {
            Source::Known(oid) if seen.insert(*oid) => wanted.push(*oid),
            Source::Known(_) => {}
            Source::Unresolved(reason) => reports.push(unresolved(link, reason)),
        }
    }
    let counterparts = source.map(Counterparts::look_up);
    let carried = counterparts.iter().flat_map(Counterparts::sequences);
    wanted.extend(carried.filter(|oid| links.covers(scope, *oid) && seen.insert(*oid)));
    let mut progress = Progress::new("sequences", wanted.len());
    for oid in wanted {
        progress.step();
        // A sequence that has been dropped meanwhile is not reported.
        let Ok(sequence) = Sequence::look_up(oid) else { continue };
        let feeding = by_sequence.get(&oid).into_iter().flatten().map(|index| &links.links[*index]);
        let feeding: Vec<&Link> = feeding.collect();
        let explain = |error: &Error| {
            let tables = feeding.iter().map(|link| (link.attr.0, WantedLock::AccessShare));
            lock_blocker::clause(error, tables.chain([(oid, WantedLock::RowExclusive)]))
        };
        let counterpart = counterparts.as_ref().map_or(Counterpart::NoSource, |all| all.of(oid));
        reports.extend(Repair { sequence, options, links: &links, counterpart }.run(&feeding, explain));
    }
    let statements = Statements::new()?;
    let candidates = Candidates::new(&statements);
    for unlinked in links.unlinked.iter().filter(|unlinked| links.covers(scope, unlinked.sequence)) {
        reports.extend(candidates.examine(unlinked).and_then(passed_over));
    }
    if !options.dry_run {
        // The caller acts on the rows: a crash must not make them untrue, including `unchanged`,
        // which writes nothing that a commit would flush. The guard does not need this: it makes
        // way for rows of its own transaction, whose commit comes later in the WAL than anything
        // that the guard has seen.
        wal::flush();
    }
    dropped::strike_reports(&mut reports);
    reports.extend(counterparts.iter().flat_map(|counterparts| counterparts.missing(scope, &links)));
    reports.sort_by(|one, other| (one.outcome, &one.name).cmp(&(other.outcome, &other.name)));
    Ok(reports)
}

/// Reports a sequence that may be behind some column, if which one is unknown.
fn passed_over(finding: Finding) -> Option<Report> {
    finding.behind_by.filter(|behind| *behind > 0)?;
    let detail = finding.detail.map(Clause::from);
    let fix = finding.fix.map(|fix| Clause::with_statement("to assign it to the column", fix));
    Some(Report {
        outcome: Outcome::Skipped,
        sequence: finding.sequence,
        table: None,
        old_next: finding.next_value,
        new_next: finding.next_value,
        detail: detail.into_iter().chain(fix).collect(),
        name: Some(finding.name),
    })
}

fn unresolved(link: &Link, reason: &str) -> Report {
    Report {
        outcome: Outcome::Skipped,
        sequence: None,
        table: Some(link.attr.0),
        old_next: None,
        new_next: None,
        detail: vec![reason.into()],
        name: names::relation_name(link.attr.0),
    }
}
