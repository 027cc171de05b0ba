//! Advances a table's sequences past the ids in it.

use super::finding::Finding;
use super::relation_cache::{self, RelationCache};
use super::{fed_columns, judge, report};
use crate::error::Error;
use crate::pg::names;
use crate::pg::relation::nowait;
use crate::pg::run_as::run_as;
use crate::pg::subtransaction;
use crate::report::wording::{self, Clause};
use crate::sequences::column::Column;
use crate::sequences::counterparts::Counterpart;
use crate::sequences::discover::links_of;
use crate::sequences::link::{Link, Sequence};
use crate::sequences::links::Links;
use crate::sequences::outcome::{Options, Outcome, Report};
use crate::sequences::repair::Repair;
use crate::settings;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static CACHE: RefCell<RelationCache<Links>> = RefCell::default();
}

/// Discards what is known about sequences: after any change, another table may draw from them.
pub fn invalidate() {
    relation_cache::invalidate(&CACHE, None);
}

/// Advances the table's sequences as `seq_resync_table` would, and reports it as
/// `pg_flightcheck.guard_log` asks. Returns why one of them is still behind.
///
/// Runs as the table's owner, as referential integrity checks do: the role that has set
/// `pg_flightcheck.guard` wants sequences to be advanced, and roles that insert often lack the
/// privilege.
fn advance(table: Oid) -> Result<Option<Vec<Clause>>, Error> {
    let mut obstacle = None;
    for feed in fed_columns::of(table).iter() {
        let link = judge::link(table, feed)?;
        let Some(oid) = link.sequence() else { continue };
        let Some(column) = Column::look_up(link.attr) else { continue };
        let sequence = Sequence::look_up(oid)?;
        let options = Options { dry_run: false, margin: 0, fence: false };
        // All columns that draw from the sequence: it must not advance so far for the widest that
        // the narrowest has no value left.
        let links = relation_cache::get_or_compute(&CACHE, oid, || Ok((Rc::new(links_of(oid)?), Vec::new())))?;
        let mut feeding: Vec<&Link> = links.links.iter().collect();
        if !feeding.iter().any(|other| other.attr == link.attr) {
            feeding.push(&link);
        }
        let repair = Repair { sequence, options, links: &links, counterpart: Counterpart::NoSource };
        // This transaction has locked the table, and a session that has locked the sequence may be
        // waiting for it.
        let run = || nowait(|| run_as(column.owner, || repair.run(&feeding, wording::error)));
        let report = subtransaction::attempt(|| Ok(run()))?;
        let Some(report) = report else { continue };
        match report.outcome {
            Outcome::Advanced => say(&report, &column),
            Outcome::Skipped => obstacle = Some(report.detail),
            Outcome::Unchanged | Outcome::WouldAdvance => {}
        }
    }
    Ok(obstacle)
}

/// Advances the table's sequences past the finding; warns of the finding if that is impossible.
pub fn advance_or_warn(table: Oid, finding: Finding) {
    match subtransaction::attempt(|| advance(table)) {
        Ok(None) => {}
        Ok(Some(obstacle)) => {
            let reason = format!("Not advanced: {}", wording::sentence(&obstacle));
            let error = report::add_detail(finding.error.clone(), &reason);
            report::warn_of(Finding { error, ..finding }, || true);
        }
        Err(error) => report::warn_unjudged(table, &error),
    }
}

/// Advances the table's sequences. Returns whether nothing is left to do; the rest is reported at
/// commit.
pub fn try_to_advance(table: Oid) -> bool {
    matches!(subtransaction::attempt(|| advance(table)), Ok(None))
}

fn say(moved: &Report, column: &Column) {
    let sequence = moved.sequence.and_then(names::relation_name).map(|name| name.quoted()).unwrap_or_default();
    let number = |next: Option<i64>| next.map(|next| next.to_string()).unwrap_or_default();
    let (from, to) = (number(moved.old_next), number(moved.new_next));
    let message =
        format!("advanced sequence {sequence} from {from} to {to}, past the ids in table {}", column.table.quoted());
    report::say(settings::guard_log(), Error::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message));
}
