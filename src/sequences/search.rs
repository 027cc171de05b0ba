//! What is looked for among a column's ids.

use super::position::{IdRange, Run};

/// The order in which ids are returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

impl Order {
    /// Furthest first, for a sequence of this direction.
    pub fn furthest_first(is_ascending: bool) -> Order {
        if is_ascending { Order::Descending } else { Order::Ascending }
    }

    /// Nearest first, for a sequence of this direction.
    pub fn nearest_first(is_ascending: bool) -> Order {
        Order::furthest_first(!is_ascending)
    }
}

/// The first `limit` different ids `within` a range, in `order`; with `hits`, only those the run meets exactly.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    pub within: IdRange,
    pub order: Order,
    pub hits: Option<Run>,
    pub limit: usize,
}

impl Search {
    /// The furthest id of all.
    pub fn furthest(is_ascending: bool) -> Search {
        Search { within: IdRange::BIGINT, order: Order::furthest_first(is_ascending), hits: None, limit: 1 }
    }

    /// The furthest id the run passes, exactly or not.
    pub fn furthest_in(run: &Run) -> Search {
        Search { within: run.range(), order: Order::furthest_first(run.is_ascending()), hits: None, limit: 1 }
    }

    /// The furthest ids up to the run's bound, those before the run included.
    pub fn furthest_up_to_bound(run: &Run, limit: usize) -> Search {
        let order = Order::furthest_first(run.is_ascending());
        Search { within: run.range_up_to_bound(), order, hits: None, limit }
    }

    /// The first id that the run meets exactly.
    pub fn first_collision(run: &Run) -> Search {
        let order = Order::nearest_first(run.is_ascending());
        Search { within: run.range(), order, hits: Some(*run), limit: 1 }
    }

    pub fn accepts(&self, id: i64) -> bool {
        self.hits.is_none_or(|run| run.hits(id))
    }

    /// Puts several answers to this search together to the one that a search over all their columns would give.
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
