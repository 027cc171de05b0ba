//! A model of what inserts will do, computed in 128-bit integers from the sequence's state and the
//! column's ids.

use crate::numbers::IdType;

/// A sequence's parameters and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub increment: i128,
    pub min: i128,
    pub max: i128,
    pub cycle: bool,
    pub last: i128,
    pub called: bool,
}

/// How the next inserts will end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// There is no next value.
    Exhausted,
    /// This many inserts succeed, then one draws a used id.
    Behind(i128),
    /// This many inserts succeed until the limit is reached.
    Free(i128),
}

impl Sequence {
    /// Returns the next value, if there is one.
    pub fn next(&self) -> Option<i128> {
        let next = if self.called { self.last + self.increment } else { self.last };
        match (self.is_within(next), self.cycle) {
            (true, _) => Some(next),
            (false, true) => Some(if self.increment > 0 { self.min } else { self.max }),
            (false, false) => None,
        }
    }

    fn is_within(&self, value: i128) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// Returns the last value, in the sequence's direction, that its bound and the column's type
    /// allow.
    pub fn limit(&self, id_type: IdType) -> i128 {
        let (lowest, highest) = id_type.range();
        self.bound().clamp(lowest, highest)
    }

    /// Returns the sequence's bound in its direction.
    pub fn bound(&self) -> i128 {
        if self.increment > 0 { self.max } else { self.min }
    }

    /// Returns the number of values from `next` on.
    pub fn run(&self, next: i128, id_type: IdType) -> i128 {
        (self.limit(id_type) - next) / self.increment + 1
    }

    /// Returns the furthest id that matters: the limit, or the last id of a block.
    pub fn reach(&self, next: i128, limit: i128, block_radius: i128) -> i128 {
        let last = next + (limit - next) / self.increment * self.increment;
        if block_radius == 0 { self.ahead(limit) } else { self.ahead(last) + block_radius }
    }

    /// Returns after how many steps from `next` on a value's block contains `id`, if one does.
    fn steps(&self, next: i128, id: i128, block_radius: i128) -> Option<i128> {
        let (stride, distance) = (self.increment.abs(), self.ahead(id) - self.ahead(next));
        let steps = (distance - block_radius).max(0);
        let steps = steps / stride + i128::from(steps % stride > 0);
        ((distance - steps * stride).abs() <= block_radius).then_some(steps)
    }

    /// Predicts how draws for a column with `ids` will end, if a value's block has `block_radius`
    /// ids on either side.
    pub fn outlook(&self, id_type: IdType, ids: &[i128], block_radius: i128) -> Outlook {
        let (lowest, highest) = id_type.range();
        let Some(next) = self.next().filter(|next| (lowest..=highest).contains(next)) else {
            return Outlook::Exhausted;
        };
        let run = self.run(next, id_type);
        let collision = ids
            .iter()
            .filter_map(|&id| self.steps(next, id, block_radius))
            .filter(|steps| (0..run).contains(steps))
            .min();
        collision.map_or(Outlook::Free(run), Outlook::Behind)
    }

    /// Returns `value`, negated for a descending sequence.
    pub fn ahead(&self, value: i128) -> i128 {
        if self.increment > 0 { value } else { -value }
    }

    /// Returns the furthest id in the sequence's direction.
    pub fn furthest(&self, ids: &[i128]) -> Option<i128> {
        ids.iter().copied().max_by_key(|&id| self.ahead(id))
    }

    /// Returns the first value in phase with `next` that is more than `margin` beyond all `ids`.
    pub fn beyond(&self, next: i128, ids: &[i128], margin: i128) -> i128 {
        let stride = self.increment.abs();
        let furthest = ids.iter().map(|&id| self.ahead(id)).max();
        match furthest.map(|furthest| furthest + margin - self.ahead(next)) {
            Some(distance) if distance >= 0 => next + (distance / stride + 1) * self.increment,
            _ => next,
        }
    }
}
