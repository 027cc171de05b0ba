//! Remembers what the session was warned of, so that thousands of transactions with the same
//! finding do not each report it. Pure.

use std::collections::HashMap;
use std::hash::Hash;

/// The extent of a finding: how far a table's rows are ahead of its sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The value that the sequence generates next, and whether the sequence ascends.
    pub next: i64,
    pub is_ascending: bool,
    /// The id that is furthest ahead; `None` if it may not be shown.
    pub furthest: Option<i64>,
    /// The time in microseconds.
    pub at: i64,
    /// The sequence was set: the consequence is reported even if it is no worse than before.
    pub is_set: bool,
}

const HOUR: i64 = 3_600_000_000;
/// A finding is reported again when it is this many times as far ahead.
const GROWTH: u128 = 10;
/// How many tables are remembered.
const MOST_TABLES: usize = 10_000;

impl Extent {
    fn reach(&self) -> u128 {
        let reach = |furthest| u128::from(i64::abs_diff(furthest, self.next)) + 1;
        self.furthest.map_or(1, reach)
    }

    /// Whether there is more to report than in `earlier`. A sequence that has advanced, but not
    /// past the rows reported then, is still working its way through them, as was reported.
    fn exceeds(&self, earlier: &Extent) -> bool {
        let is_before = |one: i64, other: i64| if self.is_ascending { one < other } else { one > other };
        let has_passed = earlier.furthest.map_or(self.next != earlier.next, |furthest| is_before(furthest, self.next));
        has_passed
            || (self.is_set && self.next != earlier.next)
            || is_before(self.next, earlier.next)
            || self.is_ascending != earlier.is_ascending
            || self.reach() >= earlier.reach().saturating_mul(GROWTH)
            || self.at.saturating_sub(earlier.at) >= HOUR
    }
}

/// The reports for each table and sequence.
#[derive(Debug)]
pub struct Throttle<K> {
    tables: HashMap<K, (Extent, u64)>,
}

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Throttle { tables: HashMap::new() }
    }
}

impl<K: Eq + Hash> Throttle<K> {
    /// Whether `extent` is no worse than what was reported before. If so, counts it.
    pub fn suppresses(&mut self, table: &K, extent: Extent) -> bool {
        let known = self.tables.get_mut(table).filter(|(earlier, _)| !extent.exceeds(earlier));
        let suppresses = known.is_some();
        known.into_iter().for_each(|(_, suppressed)| *suppressed += 1);
        suppresses
    }

    /// Records a report. Returns how many were left out since the last one.
    pub fn record(&mut self, table: K, extent: Extent) -> u64 {
        if self.tables.len() >= MOST_TABLES {
            self.tables.clear();
        }
        self.tables.insert(table, (extent, 0)).map_or(0, |(_, suppressed)| suppressed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report<K: Eq + Hash>(throttle: &mut Throttle<K>, table: K, extent: Extent) -> Option<u64> {
        (!throttle.suppresses(&table, extent)).then(|| throttle.record(table, extent))
    }

    const FIRST: Extent = Extent { next: 1, is_ascending: true, furthest: Some(10), at: 0, is_set: false };

    fn report_after_first(extent: Extent) -> Option<u64> {
        let mut throttle = Throttle::default();
        assert_eq!(report(&mut throttle, "t", FIRST), Some(0));
        report(&mut throttle, "t", extent)
    }

    #[test]
    fn throttle_same_finding_is_reported_once() {
        assert_eq!(report_after_first(FIRST), None);
        assert_eq!(report_after_first(Extent { is_set: true, ..FIRST }), None);
        assert_eq!(report_after_first(Extent { next: 5, ..FIRST }), None);
        assert_eq!(report_after_first(Extent { furthest: Some(99), ..FIRST }), None);
        assert_eq!(report_after_first(Extent { next: 10, furthest: Some(11), ..FIRST }), None);
    }

    #[test]
    fn throttle_worse_finding_is_reported_again() {
        assert_eq!(report_after_first(Extent { furthest: Some(100), ..FIRST }), Some(0));
        assert_eq!(report_after_first(Extent { next: 11, furthest: Some(11), ..FIRST }), Some(0));
        assert_eq!(report_after_first(Extent { next: 0, ..FIRST }), Some(0));
        assert_eq!(report_after_first(Extent { at: HOUR, ..FIRST }), Some(0));
        assert_eq!(report_after_first(Extent { next: 5, is_set: true, ..FIRST }), Some(0));
        let down = Extent { next: -1, is_ascending: false, furthest: Some(-10), ..FIRST };
        let mut throttle = Throttle::default();
        assert_eq!(report(&mut throttle, 0, down), Some(0));
        assert_eq!(report(&mut throttle, 0, Extent { next: -9, ..down }), None);
        assert_eq!(report(&mut throttle, 0, Extent { next: -11, furthest: Some(-12), ..down }), Some(1));
    }

    #[test]
    fn throttle_tables_are_independent() {
        let mut throttle = Throttle::default();
        assert_eq!(report(&mut throttle, 1, FIRST), Some(0));
        assert_eq!(report(&mut throttle, 2, FIRST), Some(0));
    }

    #[test]
    fn throttle_counts_suppressed_reports() {
        let mut throttle = Throttle::default();
        report(&mut throttle, (), FIRST);
        for _ in 0..4_999 {
            assert_eq!(report(&mut throttle, (), FIRST), None);
        }
        assert_eq!(report(&mut throttle, (), Extent { at: HOUR, ..FIRST }), Some(4_999));
        assert_eq!(report(&mut throttle, (), Extent { at: 2 * HOUR, ..FIRST }), Some(0));
    }

    #[test]
    fn throttle_reach_covers_the_whole_range_of_ids() {
        let far = Extent { next: i64::MIN, furthest: Some(i64::MAX), ..FIRST };
        assert_eq!(far.reach(), 1 << 64);
        assert_eq!(report_after_first(far), Some(0));
        assert_eq!(report_after_first(Extent { furthest: None, ..FIRST }), None);
    }
}
