//! Marks distant collisions that seq_resync declines to repair.

use super::counterparts::Counterpart;
use super::finding::Finding;
use super::link::{Link, Sequence};
use super::links::Links;
use super::outcome::Options;
use super::repair::Repair;
use super::verdict::Status;
use crate::error::Error;
use crate::pg::subtransaction;
use pgrx::pg_sys::Oid;
use std::cell::LazyCell;
use std::collections::HashMap;

/// A collision that is more inserts away than this is not urgent if seq_resync declines to move the
/// sequence.
const FAR_AWAY: i64 = 1_000_000;

/// Marks the findings whose collision is distant and that seq_resync declines to repair: it would
/// burn a range for a single id, or the sequence was put far below its ids on purpose. Their fix
/// would be the very call that declines, so they get its reason instead.
///
/// Locks: those of seq_resync with `dry_run`; none if no collision is distant.
pub fn mark(findings: &mut [Finding], links: &Links) {
    let is_far = |finding: &&mut Finding| {
        finding.status == Status::Behind && finding.inserts_left.is_some_and(|left| left > FAR_AWAY)
    };
    let by_sequence = LazyCell::new(|| links.by_sequence());
    let mut reasons: HashMap<Oid, Option<String>> = HashMap::new();
    for finding in findings.iter_mut().filter(is_far) {
        let Some(sequence) = finding.sequence else { continue };
        let reason = reasons.entry(sequence).or_insert_with(|| {
            let feeding: Vec<&Link> =
                by_sequence.get(&sequence).into_iter().flatten().map(|index| &links.links[*index]).collect();
            // If this fails, the verdict stays as it is.
            subtransaction::attempt(|| reason(sequence, &feeding, links)).ok().flatten()
        });
        if let Some(reason) = reason {
            finding.is_declined = true;
            finding.fix = None;
            let detail = finding.detail.take().map(|detail| format!("{detail}; ")).unwrap_or_default();
            finding.detail = Some(format!("{detail}seq_resync does not move it: {reason}"));
        }
    }
}

fn reason(sequence: Oid, feeding: &[&Link], links: &Links) -> Result<Option<String>, Error> {
    let options = Options { dry_run: true, margin: 0, fence: false };
    let counterpart = Counterpart::NoSource;
    Repair { sequence: Sequence::look_up(sequence)?, options, links, counterpart }.reason_to_decline(feeding)
}
