//! What the session was warned of already, so that thousands of transactions with the same finding
//! do not each report it: pure, no server.

use std::collections::HashMap;
use std::hash::Hash;

/// What a report says: how far a table's rows are ahead of its sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
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
const MOST: usize = 10_000;

impl News {
    fn reach(&self) -> u128 {
        let reach = |furthest| u128::from(i64::abs_diff(furthest, self.next)) + 1;
        self.furthest.map_or(1, reach)
    }

    /// Whether there is more to report than in `earlier`. A sequence that has advanced, but not
    /// past the rows reported then, is still working its way through them, as was reported.
    fn is_news_after(&self, told: &News) -> bool {
        let is_before = |one: i64, other: i64| if self.is_ascending { one < other } else { one > other };
        let has_passed = told.furthest.map_or(self.next != told.next, |furthest| is_before(furthest, self.next));
        has_passed
            || (self.is_set && self.next != told.next)
            || is_before(self.next, told.next)
            || self.is_ascending != told.is_ascending
            || self.reach() >= told.reach().saturating_mul(GROWTH)
            || self.at.saturating_sub(told.at) >= HOUR
    }
}

/// What was reported for each table and sequence.
#[derive(Debug)]
pub struct Told<K> {
    tables: HashMap<K, (News, u64)>,
}

impl<K> Default for Told<K> {
    fn default() -> Self {
        Told { tables: HashMap::new() }
    }
}

impl<K: Eq + Hash> Told<K> {
    /// Whether `report` is no worse than what was reported before. If so, counts it.
    pub fn has_heard(&mut self, table: &K, news: News) -> bool {
        let known = self.tables.get_mut(table).filter(|(told, _)| !news.is_news_after(told));
        let has_heard = known.is_some();
        known.into_iter().for_each(|(_, left_out)| *left_out += 1);
        has_heard
    }

    /// Records a report. Returns how many were left out since the last one.
    pub fn tell(&mut self, table: K, news: News) -> u64 {
        if self.tables.len() >= MOST {
            self.tables.clear();
        }
        self.tables.insert(table, (news, 0)).map_or(0, |(_, left_out)| left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear<K: Eq + Hash>(told: &mut Told<K>, table: K, news: News) -> Option<u64> {
        (!told.has_heard(&table, news)).then(|| told.tell(table, news))
    }

    const FIRST: News = News { next: 1, is_ascending: true, furthest: Some(10), at: 0, is_set: false };

    fn hear_after_first(news: News) -> Option<u64> {
        let mut told = Told::default();
        assert_eq!(hear(&mut told, "t", FIRST), Some(0));
        hear(&mut told, "t", news)
    }

    #[test]
    fn the_same_is_told_once() {
        assert_eq!(hear_after_first(FIRST), None);
        assert_eq!(hear_after_first(News { is_set: true, ..FIRST }), None);
        assert_eq!(hear_after_first(News { next: 5, ..FIRST }), None);
        assert_eq!(hear_after_first(News { furthest: Some(99), ..FIRST }), None);
        assert_eq!(hear_after_first(News { next: 10, furthest: Some(11), ..FIRST }), None);
    }

    #[test]
    fn what_is_new_is_told() {
        assert_eq!(hear_after_first(News { furthest: Some(100), ..FIRST }), Some(0));
        assert_eq!(hear_after_first(News { next: 11, furthest: Some(11), ..FIRST }), Some(0));
        assert_eq!(hear_after_first(News { next: 0, ..FIRST }), Some(0));
        assert_eq!(hear_after_first(News { at: HOUR, ..FIRST }), Some(0));
        assert_eq!(hear_after_first(News { next: 5, is_set: true, ..FIRST }), Some(0));
        let down = News { next: -1, is_ascending: false, furthest: Some(-10), ..FIRST };
        let mut told = Told::default();
        assert_eq!(hear(&mut told, 0, down), Some(0));
        assert_eq!(hear(&mut told, 0, News { next: -9, ..down }), None);
        assert_eq!(hear(&mut told, 0, News { next: -11, furthest: Some(-12), ..down }), Some(1));
    }

    #[test]
    fn other_tables_are_told_of_on_their_own() {
        let mut told = Told::default();
        assert_eq!(hear(&mut told, 1, FIRST), Some(0));
        assert_eq!(hear(&mut told, 2, FIRST), Some(0));
    }

    #[test]
    fn what_was_left_out_is_counted() {
        let mut told = Told::default();
        hear(&mut told, (), FIRST);
        for _ in 0..4_999 {
            assert_eq!(hear(&mut told, (), FIRST), None);
        }
        assert_eq!(hear(&mut told, (), News { at: HOUR, ..FIRST }), Some(4_999));
        assert_eq!(hear(&mut told, (), News { at: 2 * HOUR, ..FIRST }), Some(0));
    }

    #[test]
    fn the_whole_range_of_ids_has_a_reach() {
        let far = News { next: i64::MIN, furthest: Some(i64::MAX), ..FIRST };
        assert_eq!(far.reach(), 1 << 64);
        assert_eq!(hear_after_first(far), Some(0));
        assert_eq!(hear_after_first(News { furthest: None, ..FIRST }), None);
    }
}
