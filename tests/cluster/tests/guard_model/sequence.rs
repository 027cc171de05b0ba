//! A sequence in the model.

/// The fixed properties of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub increment: i64,
    pub start: i64,
    pub min: i64,
    pub max: i64,
    pub cycle: bool,
}

impl Rule {
    pub const SERIAL: Self = Self { increment: 1, start: 1, min: 1, max: i64::MAX, cycle: false };

    /// Returns the position after CREATE and RESTART.
    pub fn restarted(&self, value: i64) -> Position {
        Position { last: value, called: false }
    }

    /// Returns the next value, if there is one. A sequence with CYCLE always has one.
    pub fn next(&self, position: Position) -> Option<i64> {
        let next = if position.called { position.last.checked_add(self.increment)? } else { position.last };
        match ((self.min..=self.max).contains(&next), self.cycle) {
            (true, _) => Some(next),
            (false, true) => Some(if self.increment > 0 { self.min } else { self.max }),
            (false, false) => None,
        }
    }

    pub fn draw(&self, position: &mut Position) -> Option<i64> {
        let value = self.next(*position)?;
        *position = Position { last: value, called: true };
        Some(value)
    }

    /// Whether the sequence will generate `id`. The guard ignores a sequence with CYCLE.
    pub fn will_hand_out(&self, position: Position, id: i64) -> bool {
        let Some(next) = self.next(position).filter(|_| !self.cycle) else { return false };
        let distance = id - next;
        (self.min..=self.max).contains(&id)
            && distance % self.increment == 0
            && (distance == 0 || (distance > 0) == (self.increment > 0))
    }
}

/// What nextval and setval change without being rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub last: i64,
    pub called: bool,
}
