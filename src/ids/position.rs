//! Where a sequence stands and where it can go. Pure.
//!
//! All sums run in `i128`, so no combination of bounds, increments and ids can overflow.

/// A row of `pg_sequence`. `increment` is never 0, which PostgreSQL refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cache: i64,
    pub cycle: bool,
}

/// The position in the sequence's own tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub last_value: i64,
    pub is_called: bool,
}

impl State {
    /// Returns the value that follows in steps of `increment`, whatever the sequence's limits are;
    /// `None` beyond bigint.
    pub fn following(self, increment: i64) -> Option<i64> {
        if self.is_called { self.last_value.checked_add(increment) } else { Some(self.last_value) }
    }
}

/// The whole numbers that a column can hold, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRange {
    pub low: i64,
    pub high: i64,
}

impl IdRange {
    pub const SMALLINT: IdRange = IdRange { low: i16::MIN as i64, high: i16::MAX as i64 };
    pub const INTEGER: IdRange = IdRange { low: i32::MIN as i64, high: i32::MAX as i64 };
    pub const BIGINT: IdRange = IdRange { low: i64::MIN, high: i64::MAX };

    /// Returns the whole numbers that `numeric(precision, scale)` can hold.
    pub fn numeric(precision: u32, scale: u32) -> IdRange {
        let digits = precision.saturating_sub(scale);
        10_i64.checked_pow(digits).map_or(IdRange::BIGINT, |power| IdRange { low: 1 - power, high: power - 1 })
    }

    pub fn contains(self, value: i64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    pub fn intersect(self, other: IdRange) -> IdRange {
        IdRange { low: self.low.max(other.low), high: self.high.min(other.high) }
    }
}

impl Definition {
    pub fn is_ascending(&self) -> bool {
        self.increment > 0
    }

    /// Returns the ids that a value may stand for where an application takes it for a whole block:
    /// the block that ends with it (Hibernate's pooled optimizer) or the one that starts with it
    /// (pooled-lo, HiLo).
    pub fn block(&self) -> Span {
        let others = saturate(i128::from(self.increment).abs() - 1);
        Span { back: others, ahead: others }
    }

    pub fn range(&self) -> IdRange {
        IdRange { low: self.min, high: self.max }
    }

    /// Returns the value that nextval would return now, or `None` if it would fail with 2200H.
    pub fn next(&self, state: State) -> Option<i64> {
        if !state.is_called {
            return Some(state.last_value);
        }
        match state.last_value.checked_add(self.increment) {
            Some(next) if self.range().contains(next) => Some(next),
            _ if !self.cycle => None,
            _ if self.is_ascending() => Some(self.min),
            _ => Some(self.max),
        }
    }

    /// Returns the values from the next one up to the bound of the sequence or the column,
    /// whichever is nearer. `None` if the sequence is exhausted: there is no next value, or it does
    /// not fit the column.
    pub fn run(&self, state: State, column: IdRange) -> Option<Run> {
        let first = self.next(state)?;
        if !column.contains(first) {
            return None;
        }
        let allowed = self.range().intersect(column);
        let bound = if self.is_ascending() { allowed.high } else { allowed.low };
        Some(Run { first, bound, increment: self.increment, span: Span::SINGLE })
    }

    /// Whether nextval starts over instead of failing: only if the column can hold every value of
    /// the sequence.
    pub fn wraps(&self, column: IdRange) -> bool {
        self.cycle && column.contains(self.min) && column.contains(self.max)
    }

    /// Returns how much of the range that sequence and column allow is used up, in hundredths of a
    /// percent, rounded down.
    pub fn used_basis_points(&self, state: State, column: IdRange) -> u16 {
        const FULL: u16 = 10_000;
        let allowed = self.range().intersect(column);
        let Some(run) = self.run(state, column) else { return FULL };
        let total = i128::from(allowed.high) - i128::from(allowed.low) + 1;
        let used = if self.is_ascending() {
            i128::from(run.first) - i128::from(allowed.low)
        } else {
            i128::from(allowed.high) - i128::from(run.first)
        };
        u16::try_from(used.max(0) * i128::from(FULL) / total.max(1)).unwrap_or(FULL).min(FULL)
    }
}

/// The other ids that a drawn value stands for: how many before it and after it in the sequence's
/// direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub back: i64,
    pub ahead: i64,
}

impl Span {
    pub const SINGLE: Span = Span { back: 0, ahead: 0 };

    /// Returns the smallest span that covers both.
    pub fn union(self, other: Span) -> Span {
        Span { back: self.back.max(other.back), ahead: self.ahead.max(other.ahead) }
    }
}

/// The values `first`, `first + increment`, … up to `bound`, in the sequence's direction, and the
/// ids that they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first: i64,
    pub bound: i64,
    pub increment: i64,
    pub span: Span,
}

impl Run {
    pub fn spanning(self, span: Span) -> Run {
        Run { span, ..self }
    }

    pub fn is_ascending(&self) -> bool {
        self.increment > 0
    }

    /// Returns all ids up to the last one that the run stands for, including those before its first
    /// value.
    pub fn range_up_to_bound(&self) -> IdRange {
        let bound = self.last();
        if self.is_ascending() {
            IdRange { low: i64::MIN, high: bound }
        } else {
            IdRange { low: bound, high: i64::MAX }
        }
    }

    /// Returns the ids between the first and the last that the run stands for, whether or not a
    /// value falls on them.
    pub fn range(&self) -> IdRange {
        let (first, last) = (self.moved(self.first, -self.span.back), self.last());
        IdRange { low: first.min(last), high: first.max(last) }
    }

    /// Returns the last id that the run stands for; for single values, the bound.
    fn last(&self) -> i64 {
        if self.span == Span::SINGLE {
            return self.bound;
        }
        let steps = self.distance(self.bound.into()) / self.step();
        let value = i128::from(self.first) + steps * i128::from(self.increment);
        self.moved(saturate(value), self.span.ahead)
    }

    /// Returns `id` moved in the run's direction.
    fn moved(&self, id: i64, by: i64) -> i64 {
        if self.is_ascending() { id.saturating_add(by) } else { id.saturating_sub(by) }
    }

    /// Whether the value lies between the first value and the bound.
    fn has(&self, value: i64) -> bool {
        (self.first.min(self.bound)..=self.first.max(self.bound)).contains(&value)
    }

    /// Returns how far `id` lies from the first value in the run's direction; negative if it lies
    /// before it.
    fn distance(&self, id: i128) -> i128 {
        let forward = id - i128::from(self.first);
        if self.is_ascending() { forward } else { -forward }
    }

    fn step(&self) -> i128 {
        i128::from(self.increment).abs()
    }

    /// Whether `id` is the first id that the run stands for, or lies further on.
    pub fn reaches(&self, id: i64) -> bool {
        self.distance(id.into()) >= -i128::from(self.span.back)
    }

    /// Whether `id` lies before the first value, although a value may stand for it.
    pub fn is_before_first(&self, id: i64) -> bool {
        self.distance(id.into()) < 0
    }

    /// Whether the run stands for every id in its range.
    pub fn has_no_gaps(&self) -> bool {
        i128::from(self.span.back) + i128::from(self.span.ahead) + 1 >= self.step()
    }

    /// Whether a value of the run stands for `id`.
    pub fn hits(&self, id: i64) -> bool {
        let before = self.before(id);
        let value = before * self.step();
        value <= self.distance(self.bound.into()) && self.distance(id.into()) >= value - i128::from(self.span.back)
    }

    /// Returns how many values come before the first one that reaches `id`.
    fn before(&self, id: i64) -> i128 {
        let wanted = self.distance(id.into()) - i128::from(self.span.ahead);
        (wanted.max(0) + self.step() - 1) / self.step()
    }

    /// Returns how many values come before the one that stands for `id`, which must lie in the
    /// run's range.
    pub fn values_before(&self, id: i64) -> i64 {
        saturate(self.before(id))
    }

    /// Returns how many values there are up to and including the last one that stands for `id`,
    /// which must lie in the run's range.
    pub fn values_up_to(&self, id: i64) -> i64 {
        let last = self.distance(id.into()) + i128::from(self.span.back);
        saturate(last / self.step() + 1).min(self.len())
    }

    /// Returns the number of values in the run.
    pub fn len(&self) -> i64 {
        saturate(self.distance(self.bound.into()) / self.step() + 1)
    }

    /// Returns the first value whose ids all lie more than `margin` beyond `id`, or `None` if the
    /// run ends before that.
    pub fn beyond(&self, id: i64, margin: i64) -> Option<i64> {
        let wanted = self.distance(id.into()) + i128::from(margin) + i128::from(self.span.back) + 1;
        let steps = (wanted.max(0) + self.step() - 1) / self.step();
        let value = i128::from(self.first) + steps * i128::from(self.increment);
        i64::try_from(value).ok().filter(|value| self.has(*value))
    }

    /// Whether the ids that `value` stands for reach `id`.
    pub fn gets_to(&self, value: i64, id: i64) -> bool {
        self.distance(value.into()) + i128::from(self.span.ahead) >= self.distance(id.into())
    }

    /// Splits the furthest ids up to the bound, furthest first and without duplicates, into
    /// outliers and the furthest of the rest.
    ///
    /// An id is an outlier if the gap to its nearest neighbor is wider than half of what the run
    /// has left: passing it would burn that range. If the value before the run, less the margin
    /// that it keeps, is nearer than any id, the gap counts from there, so that a second look,
    /// after the first has moved the run, finds the same outliers. At most one gap can be that
    /// wide. `tail` holds at most one id more than the number of outliers that may be left behind.
    pub fn outliers<'a>(&self, tail: &'a [i64], most: usize, margin: i64) -> (&'a [i64], Option<i64>) {
        let left = self.distance(self.bound.into()) + 1;
        let passed = -self.step() - i128::from(margin) - i128::from(self.span.back);
        for (index, id) in tail.iter().enumerate().take(most) {
            let neighbour = tail.get(index + 1).map_or(-1, |next| self.distance((*next).into()).max(passed));
            if (self.distance((*id).into()) - neighbour) * 2 > left {
                return (&tail[..=index], tail.get(index + 1).copied());
            }
        }
        (&[], tail.first().copied())
    }
}

fn saturate(count: i128) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "position_tests.rs"]
mod tests;
