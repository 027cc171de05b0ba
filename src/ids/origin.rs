//! The sequences of the database that rows came from, and how far a sequence of the same name has
//! to go so that it generates none of the values that were generated there. Pure.

use super::position::{Definition, State};
use std::collections::BTreeMap;

/// What is known about the position in the other database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    Next(i64),
    /// All values up to its bound were generated.
    Exhausted,
    /// It could not be read, for this reason.
    Unread(String),
}

/// A sequence of the other database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub definition: Definition,
    pub position: Position,
    /// The column that owned it: schema, table and column.
    pub owned_by: Option<[String; 3]>,
}

/// The sequences of the other database, by schema and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The only schema that is known; `None` if all are.
    pub only_schema: Option<String>,
    /// Whether they were read on a standby, which may lag behind its primary.
    pub is_of_standby: bool,
    pub schemas: BTreeMap<String, BTreeMap<String, Origin>>,
}

/// The nearest value that was not generated in the other database, in the sequence's direction. It
/// may lie beyond bigint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor(pub i128);

/// Why a position cannot be carried over to a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// One of the two starts over, so that no position is ahead of another.
    Cycle,
    /// One counts up and the other one down.
    Direction,
    /// A value may stand for a block of ids, whose size is the increment.
    Increment,
}

impl Origin {
    /// Returns the value from which on the sequence here may go on; `None` if the position is
    /// unknown.
    pub fn floor(&self, here: &Definition, state: State) -> Option<Result<Floor, Mismatch>> {
        let there = &self.definition;
        let floor = match self.position {
            Position::Next(next) => Floor(next.into()),
            Position::Exhausted if there.is_ascending() => Floor(i128::from(there.max) + 1),
            Position::Exhausted => Floor(i128::from(there.min) - 1),
            Position::Unread(_) => return None,
        };
        Some(match self.mismatch(here) {
            // Where both stand at the same value, there is nothing to carry over.
            Some(Mismatch::Cycle) if here.next(state).map(i128::from) == Some(floor.0) => Ok(floor),
            Some(mismatch) => Err(mismatch),
            None => Ok(floor),
        })
    }

    /// Returns why positions of the two sequences cannot be compared.
    pub fn mismatch(&self, here: &Definition) -> Option<Mismatch> {
        let there = &self.definition;
        if there.is_ascending() != here.is_ascending() {
            Some(Mismatch::Direction)
        } else if there.increment != here.increment {
            Some(Mismatch::Increment)
        } else if there.cycle || here.cycle {
            Some(Mismatch::Cycle)
        } else {
            None
        }
    }
}

impl Definition {
    /// Returns the position at which the next value is the first one that lies `margin` values or
    /// more beyond those that were generated before `floor`; `state` itself if it already is there.
    /// `None` if the sequence ends before that.
    pub fn at(&self, floor: Floor, state: State, margin: i64) -> Option<State> {
        let first = self.next(state)?;
        let step = i128::from(self.increment);
        let missing = (floor.0 - i128::from(first)) * step.signum() + i128::from(margin);
        if missing <= 0 {
            return Some(state);
        }
        let steps = (missing + step.abs() - 1) / step.abs();
        let next = i64::try_from(i128::from(first) + steps * step).ok()?;
        let last_value = next.checked_sub(self.increment)?;
        self.range().contains(next).then_some(State { last_value, is_called: true })
    }
}

#[cfg(test)]
mod tests {
    use super::{Floor, Mismatch, Origin, Position};
    use crate::ids::position::{Definition, State};
    use proptest::prelude::*;

    const PLAIN: Definition = Definition { increment: 1, min: 1, max: 100, cache: 1, cycle: false };
    const START: State = State { last_value: 1, is_called: false };

    fn origin(definition: Definition, position: Position) -> Origin {
        Origin { definition, position, owned_by: None }
    }

    #[test]
    fn floor_of_an_exhausted_sequence_lies_beyond_its_bound() {
        let up = origin(PLAIN, Position::Exhausted);
        assert_eq!(up.floor(&PLAIN, START), Some(Ok(Floor(101))));
        let widest = Definition { max: i64::MAX, ..PLAIN };
        assert_eq!(
            origin(widest, Position::Exhausted).floor(&widest, START),
            Some(Ok(Floor(i128::from(i64::MAX) + 1)))
        );
        let down = Definition { increment: -3, min: -50, max: -1, ..PLAIN };
        assert_eq!(origin(down, Position::Exhausted).floor(&down, START), Some(Ok(Floor(-51))));
    }

    #[test]
    fn floor_is_refused_where_positions_cannot_be_compared() {
        let next = origin(PLAIN, Position::Next(7));
        let refused = |here: Definition| next.floor(&here, START).map(Result::err);
        assert_eq!(refused(Definition { increment: -1, ..PLAIN }), Some(Some(Mismatch::Direction)));
        assert_eq!(refused(Definition { increment: 2, ..PLAIN }), Some(Some(Mismatch::Increment)));
        assert_eq!(refused(Definition { cycle: true, ..PLAIN }), Some(Some(Mismatch::Cycle)));
        assert_eq!(refused(Definition { cache: 20, min: -5, max: 9, ..PLAIN }), Some(None));
        assert_eq!(origin(PLAIN, Position::Unread("locked".to_owned())).floor(&PLAIN, START), None);
        let cycles = Definition { cycle: true, ..PLAIN };
        assert_eq!(origin(cycles, Position::Next(1)).floor(&cycles, START), Some(Ok(Floor(1))));
    }

    #[test]
    fn position_at_a_floor_ends_with_the_sequence() {
        assert_eq!(PLAIN.at(Floor(100), START, 0), Some(State { last_value: 99, is_called: true }));
        assert_eq!(PLAIN.at(Floor(100), START, 1), None);
        assert_eq!(PLAIN.at(Floor(101), START, 0), None);
        assert_eq!(PLAIN.at(Floor(1), START, 0), Some(START));
        let exhausted = State { last_value: 100, is_called: true };
        assert_eq!(PLAIN.at(Floor(1), exhausted, 0), None);
    }

    proptest! {
        /// Compares with values drawn one after the other.
        #[test]
        fn position_at_a_floor_is_the_first_value_that_reaches_it(
            increment in prop_oneof![-7_i64..=-1, 1_i64..=7],
            last_value in -60_i64..=60,
            is_called: bool,
            floor in -80_i128..=80,
            margin in 0_i64..=9,
        ) {
            let definition = Definition { increment, min: -60, max: 60, cache: 1, cycle: false };
            let mut drawn = State { last_value, is_called };
            let expected = loop {
                let Some(next) = definition.next(drawn) else { break None };
                let beyond = (i128::from(next) - floor) * i128::from(increment.signum());
                if beyond >= i128::from(margin) {
                    break Some(next);
                }
                drawn = State { last_value: next, is_called: true };
            };
            let at = definition.at(Floor(floor), State { last_value, is_called }, margin);
            prop_assert_eq!(at.and_then(|state| definition.next(state)), expected);
        }
    }
}
