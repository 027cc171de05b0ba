//! Remembers the values that the session has drawn from sequences by separate queries, to recognize
//! them when later statements insert them: `SELECT nextval('t_id_seq')`, then `INSERT INTO t (id)
//! VALUES (17)`, as Doctrine and JPA do.

use crate::ids::position::Span;
use crate::pg::sequence_page::last_drawn;
use crate::pg::settings::Guard;
use crate::pg::transaction;
use crate::sequences::link::Sequence;
use crate::settings;
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};

/// How much is remembered; the oldest is discarded first.
const MOST_SEQUENCES: usize = 64;
const MOST_VALUES: usize = 1000;

/// The values drawn from one sequence.
#[derive(Default)]
struct Drawn {
    values: VecDeque<i64>,
    /// Ids that statements have inserted already: the same id a second time may collide with its
    /// own row.
    supplied: HashSet<i64>,
    /// A query has started that draws a value which has not been read yet.
    is_open: bool,
    /// The number of the last query that has drawn a value.
    used: u64,
}

thread_local! {
    static DRAWN: RefCell<HashMap<Oid, Drawn>> = RefCell::default();
    static LAST_USE: Cell<u64> = const { Cell::new(0) };
}

/// Notes that a query is about to draw from these sequences.
pub fn drawing(sequences: &[Oid]) {
    if settings::guard() == Guard::Off || transaction::is_parallel_worker() {
        return;
    }
    for sequence in sequences {
        // This is the last chance to read the value of the previous query.
        read_last(*sequence);
        let used = LAST_USE.get().wrapping_add(1);
        LAST_USE.set(used);
        DRAWN.with_borrow_mut(|drawn| {
            if drawn.len() >= MOST_SEQUENCES && !drawn.contains_key(sequence) {
                let oldest = drawn.iter().min_by_key(|(_, drawn)| drawn.used).map(|(oldest, _)| *oldest);
                oldest.and_then(|oldest| drawn.remove(&oldest));
            }
            let drawn = drawn.entry(*sequence).or_default();
            (drawn.is_open, drawn.used) = (true, used);
        });
    }
}

/// Returns the sequences that values have been drawn from.
pub fn sequences() -> Vec<Oid> {
    DRAWN.with_borrow(|drawn| drawn.keys().copied().collect())
}

pub fn is_empty() -> bool {
    DRAWN.with_borrow(HashMap::is_empty)
}

/// Reads the value that the last query has drawn, before a statement draws another.
pub fn read_last(sequence: Oid) {
    let is_open =
        DRAWN.with_borrow_mut(|drawn| drawn.get_mut(&sequence).map(|drawn| std::mem::take(&mut drawn.is_open)));
    let Some(value) = is_open.filter(|is_open| *is_open).and_then(|_| last_drawn(sequence)) else { return };
    DRAWN.with_borrow_mut(|drawn| {
        let Some(drawn) = drawn.get_mut(&sequence) else { return };
        // The query may have failed.
        if drawn.values.back() == Some(&value) {
            return;
        }
        if drawn.values.len() >= MOST_VALUES {
            drawn.values.pop_front();
        }
        drawn.values.push_back(value);
    });
}

/// Whether the session has drawn each of the ids, or a value of the block that the id belongs to,
/// and no statement has inserted one of them before. Marks the ids as inserted.
pub fn take(sequence: Oid, ids: &[i64]) -> bool {
    read_last(sequence);
    let block = Sequence::look_up(sequence).map(|sequence| sequence.block()).unwrap_or(Span::SINGLE);
    DRAWN.with_borrow_mut(|drawn| {
        let Some(drawn) = drawn.get_mut(&sequence) else { return false };
        if drawn.supplied.len() > 100 * MOST_VALUES {
            *drawn = Drawn::default();
        }
        let is_of =
            |id: i64, value: i64| (value.saturating_sub(block.back)..=value.saturating_add(block.ahead)).contains(&id);
        let is_new =
            |id: &i64| drawn.values.iter().rev().any(|value| is_of(*id, *value)) && !drawn.supplied.contains(id);
        let are_new = ids.iter().all(is_new);
        drawn.supplied.extend(ids);
        are_new
    })
}
