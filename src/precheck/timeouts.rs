//! Statements that take longer than statement_timeout.

use super::effects::Effects;
use super::finding::Note;
use super::run::Run;
use super::sizes::{pretty, size};

/// What a session reads or writes in a second, for an estimate: a fast disk's rate.
const BYTES_PER_SECOND: u64 = 200 << 20;

/// Warns of a statement that reads or writes more than it has time for.
pub fn warn(run: &mut Run, effects: &Effects) {
    let limit = u64::try_from(run.limits.now.statement).unwrap_or(0);
    if limit == 0 {
        return;
    }
    let bytes = |id: &usize| size(run.model.get(*id)).unwrap_or(0);
    let read: u64 = effects.scans.union(&effects.rewrites).map(bytes).sum();
    let written: u64 = effects.rewrites.iter().map(bytes).sum();
    let seconds = (read + written) / BYTES_PER_SECOND;
    if seconds * 1000 <= limit {
        return;
    }
    let writes = if written == 0 { String::new() } else { format!(" and writes {}", pretty(written)) };
    let detail = format!(
        "statement_timeout is {limit} ms, and the statement reads {}{writes}: at {} a second this takes about \
         {seconds} s; it would be cancelled with 57014",
        pretty(read),
        pretty(BYTES_PER_SECOND),
    );
    run.add(Note::warning("statement_timeout", detail));
}
