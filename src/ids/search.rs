//! Searches among the ids of a column. Pure.

use super::position::{IdRange, Run};

/// The order in which ids are returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

impl Order {
    /// Returns the order that starts with the furthest id for a sequence of this direction.
    pub fn furthest_first(is_ascending: bool) -> Order {
        if is_ascending { Order::Descending } else { Order::Ascending }
    }

    /// Returns the order that starts with the nearest id for a sequence of this direction.
    pub fn nearest_first(is_ascending: bool) -> Order {
        Order::furthest_first(!is_ascending)
    }
}

/// The first `limit` different ids in the range `within`, in `order`; with `hits`, only those that
/// a value of the run stands for.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    pub within: IdRange,
    pub order: Order,
    pub hits: Option<Run>,
    pub limit: usize,
}

impl Search {
    /// Searches for the furthest id of all.
    pub fn furthest(is_ascending: bool) -> Search {
        Search { within: IdRange::BIGINT, order: Order::furthest_first(is_ascending), hits: None, limit: 1 }
    }

    /// Searches for the furthest id that the run passes, whether or not a value stands for it.
    pub fn furthest_in(run: &Run) -> Search {
        Search { within: run.range(), order: Order::furthest_first(run.is_ascending()), hits: None, limit: 1 }
    }

    /// Searches for the furthest ids up to the run's bound, including those before the run.
    pub fn furthest_up_to_bound(run: &Run, limit: usize) -> Search {
        let order = Order::furthest_first(run.is_ascending());
        Search { within: run.range_up_to_bound(), order, hits: None, limit }
    }

    /// Searches for the furthest id that a value of the run stands for.
    pub fn furthest_collision(run: &Run) -> Search {
        Search { hits: Some(*run), ..Search::furthest_in(run) }
    }

    /// Searches for the first id that a value of the run stands for.
    pub fn first_collision(run: &Run) -> Search {
        let order = Order::nearest_first(run.is_ascending());
        Search { within: run.range(), order, hits: Some(*run), limit: 1 }
    }

    /// Searches for one id.
    pub fn exactly(id: i64) -> Search {
        Search { within: IdRange { low: id, high: id }, order: Order::Ascending, hits: None, limit: 1 }
    }

    /// Returns the same search beyond an id that it has found; `None` if nothing is left.
    pub fn beyond(&self, id: i64) -> Option<Search> {
        let within = match self.order {
            Order::Ascending => IdRange { low: id.checked_add(1)?, ..self.within },
            Order::Descending => IdRange { high: id.checked_sub(1)?, ..self.within },
        };
        (within.low <= within.high).then_some(Search { within, ..*self })
    }

    pub fn accepts(&self, id: i64) -> bool {
        self.hits.is_none_or(|run| run.hits(id))
    }

    /// Inserts an id into the best ones so far, which are in order, if it belongs there.
    pub fn keep(&self, best: &mut Vec<i64>, id: i64) {
        if !self.within.contains(id) || !self.accepts(id) {
            return;
        }
        let place = best.binary_search_by(|other| match self.order {
            Order::Ascending => other.cmp(&id),
            Order::Descending => id.cmp(other),
        });
        if let Err(place) = place
            && place < self.limit
        {
            best.insert(place, id);
            best.truncate(self.limit);
        }
    }

    /// Merges the answers for several columns into the answer for all of them.
    pub fn merge(&self, answers: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let mut ids: Vec<i64> = answers.into_iter().collect();
        ids.sort_unstable();
        if self.order == Order::Descending {
            ids.reverse();
        }
        ids.dedup();
        ids.truncate(self.limit);
        ids
    }
}

/// Parses a numeric's text as an id; `None` for fractions, infinities, NaN and numbers that do not
/// fit bigint.
pub fn whole_number(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::position::Span;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_numbers_of_bigint_are_ids() {
        let id = [("7", 7), ("7.000", 7), ("-9223372036854775808", i64::MIN), ("0.0", 0)];
        assert!(id.iter().all(|(text, id)| whole_number(text) == Some(*id)));
        let none = ["7.5", "9223372036854775808", "NaN", "Infinity", "-Infinity", ""];
        assert!(none.iter().all(|text| whole_number(text).is_none()));
    }

    proptest! {
        #[test]
        fn keeping_one_by_one_is_sorting_all(
            ids in prop::collection::vec(-30_i64..30, 0..80), low in -40_i64..40, width in 0_i64..50, limit in 1_usize..10,
            increment in (-5_i64..5).prop_filter("0 is refused", |increment| *increment != 0), descending in any::<bool>(),
            with_run in any::<bool>(),
        ) {
            let order = if descending { Order::Descending } else { Order::Ascending };
            let bound = if increment > 0 { 30 } else { -30 };
            let hits = with_run.then_some(Run { first: 0, bound, increment, span: Span::SINGLE });
            let search = Search { within: IdRange { low, high: low + width }, order, hits, limit };
            let mut best = Vec::new();
            ids.iter().for_each(|id| search.keep(&mut best, *id));
            let wanted = ids.into_iter().filter(|id| search.within.contains(*id) && search.accepts(*id));
            prop_assert_eq!(best, search.merge(wanted));
        }
    }
}
