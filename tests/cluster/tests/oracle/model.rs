//! What is true of a column, worked out anew in wide integers from the sequence's state and the column's ids.

use crate::numbers::IdType;

/// A sequence's parameters and state as the server has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub increment: i128,
    pub min: i128,
    pub max: i128,
    pub cycle: bool,
    pub last: i128,
    pub called: bool,
}

/// What the next inserts will meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// The next value does not exist.
    Exhausted,
    /// This many inserts succeed, then one draws an id that is there.
    Behind(i128),
    /// This many inserts succeed, until the bound is reached.
    Free(i128),
}

impl Sequence {
    /// The next value, if there is one.
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

    /// The last value the sequence's bound and the column's type allow, in the sequence's direction.
    pub fn limit(&self, id_type: IdType) -> i128 {
        let (lowest, highest) = id_type.range();
        self.bound().clamp(lowest, highest)
    }

    /// The last value the sequence can have, in its direction.
    pub fn bound(&self) -> i128 {
        if self.increment > 0 { self.max } else { self.min }
    }

    /// How many values there are from `next` on.
    pub fn run(&self, next: i128, id_type: IdType) -> i128 {
        (self.limit(id_type) - next) / self.increment + 1
    }

    /// The furthest id that matters, in the sequence's direction: the limit, or the last that a value stands for.
    pub fn reach(&self, next: i128, limit: i128, others: i128) -> i128 {
        let last = next + (limit - next) / self.increment * self.increment;
        if others == 0 { self.ahead(limit) } else { self.ahead(last) + others }
    }

    /// After how many steps from `next` on a value stands for `id`, if one does.
    fn steps(&self, next: i128, id: i128, others: i128) -> Option<i128> {
        let (stride, distance) = (self.increment.abs(), self.ahead(id) - self.ahead(next));
        let steps = (distance - others).max(0);
        let steps = steps / stride + i128::from(steps % stride > 0);
        ((distance - steps * stride).abs() <= others).then_some(steps)
    }

    /// What draws from the sequence will meet in a column that holds `ids`, where a value stands for `others` ids on either side.
    pub fn outlook(&self, id_type: IdType, ids: &[i128], others: i128) -> Outlook {
        let (lowest, highest) = id_type.range();
        let Some(next) = self.next().filter(|next| (lowest..=highest).contains(next)) else {
            return Outlook::Exhausted;
        };
        let run = self.run(next, id_type);
        let collision =
            ids.iter().filter_map(|&id| self.steps(next, id, others)).filter(|steps| (0..run).contains(steps)).min();
        collision.map_or(Outlook::Free(run), Outlook::Behind)
    }

    /// `value` measured in the sequence's direction.
    pub fn ahead(&self, value: i128) -> i128 {
        if self.increment > 0 { value } else { -value }
    }

    /// The id that is furthest in the sequence's direction.
    pub fn furthest(&self, ids: &[i128]) -> Option<i128> {
        ids.iter().copied().max_by_key(|&id| self.ahead(id))
    }

    /// The smallest value in phase with `next` that lies at least `margin` beyond everything in `ids`.
    pub fn beyond(&self, next: i128, ids: &[i128], margin: i128) -> i128 {
        let stride = self.increment.abs();
        let furthest = ids.iter().map(|&id| self.ahead(id)).max();
        match furthest.map(|furthest| furthest + margin - self.ahead(next)) {
            Some(distance) if distance >= 0 => next + (distance / stride + 1) * self.increment,
            _ => next,
        }
    }
}
