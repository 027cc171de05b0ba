//! Records what a transaction has touched, as its subtransactions begin and end. Pure.

use std::collections::HashSet;
use std::hash::Hash;

/// A property of a table, or of a sequence, in this transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// The table is to be judged at commit.
    Written,
    /// A statement named the column that a sequence feeds.
    Supplied,
    /// A statement other than a trigger's named that column.
    SuppliedDirectly,
    /// The table's triggers were disabled: all of its rows are judged, whichever transaction wrote
    /// them.
    Unwatched,
    /// Another sequence feeds the table, or it has become part of another table: all of its rows
    /// are judged, but this transaction did not supply them.
    Redefined,
    /// A sequence was set.
    Moved,
    /// Sequences were restarted that only the transaction's locks reveal.
    Reset,
}

impl Mark {
    pub const ALL: [Mark; 7] = [
        Mark::Written,
        Mark::Supplied,
        Mark::SuppliedDirectly,
        Mark::Unwatched,
        Mark::Redefined,
        Mark::Moved,
        Mark::Reset,
    ];
}

/// A table or sequence, and everything that is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched<T> {
    pub table: T,
    marks: Vec<Mark>,
}

impl<T> Touched<T> {
    pub fn is(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}

/// The marks of the transaction in progress, each with the nesting level of the subtransaction that
/// made it.
///
/// Levels never decrease along the list: a subtransaction appends its marks, and when it ends they
/// are either removed or move down by one level.
#[derive(Debug)]
pub struct Pending<T> {
    marks: Vec<(T, Mark, i32)>,
    known: HashSet<(T, Mark)>,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Pending { marks: Vec::new(), known: HashSet::new() }
    }
}

impl<T: Copy + Eq + Hash> Pending<T> {
    pub fn mark(&mut self, table: T, mark: Mark, level: i32) {
        if self.known.insert((table, mark)) {
            self.marks.push((table, mark, level));
        }
    }

    pub fn has(&self, table: T, mark: Mark) -> bool {
        self.known.contains(&(table, mark))
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Assigns the marks of the subtransaction at `level` to its parent.
    pub fn commit_level(&mut self, level: i32) {
        for (_, _, at) in self.marks.iter_mut().rev().take_while(|(_, _, at)| *at >= level) {
            *at = level - 1;
        }
    }

    /// Removes the marks of the subtransaction at `level`.
    pub fn abort_level(&mut self, level: i32) {
        while let Some((table, mark, _)) = self.marks.pop_if(|(_, _, at)| *at >= level) {
            self.known.remove(&(table, mark));
        }
    }

    /// Takes out everything that has been touched, in the order of the first touch.
    pub fn take(&mut self) -> Vec<Touched<T>> {
        let mut tables: Vec<T> = Vec::new();
        let mut seen = HashSet::new();
        tables.extend(self.marks.iter().map(|(table, ..)| *table).filter(|table| seen.insert(*table)));
        let marks = |table| Mark::ALL.into_iter().filter(|mark| self.has(table, *mark)).collect();
        let touched = tables.into_iter().map(|table| Touched { table, marks: marks(table) }).collect();
        // A new value, so that the next transaction does not pay for the memory of the largest one.
        *self = Pending::default();
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Note(u8, Mark),
        Begin,
        Commit,
        Abort,
    }

    fn mark() -> impl Strategy<Value = Mark> {
        prop::sample::select(&Mark::ALL[..])
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0_u8..4, mark()).prop_map(|(table, mark)| Step::Note(table, mark)),
            2 => Just(Step::Begin),
            1 => Just(Step::Commit),
            1 => Just(Step::Abort),
        ]
    }

    proptest! {
        /// The reference: a stack of sets, copied at each savepoint.
        #[test]
        fn subtransactions_leave_what_they_committed(steps in prop::collection::vec(step(), 0..60)) {
            let mut pending = Pending::default();
            let mut stack: Vec<HashSet<(u8, Mark)>> = vec![HashSet::new()];
            for step in steps {
                let level = stack.len() as i32;
                match step {
                    Step::Note(table, mark) => {
                        pending.mark(table, mark, level);
                        stack.last_mut().unwrap().insert((table, mark));
                    }
                    Step::Begin => stack.push(stack.last().unwrap().clone()),
                    Step::Commit if level > 1 => {
                        pending.commit_level(level);
                        let inner = stack.pop().unwrap();
                        *stack.last_mut().unwrap() = inner;
                    }
                    Step::Abort if level > 1 => {
                        pending.abort_level(level);
                        stack.pop();
                    }
                    _ => {}
                }
                let wanted = stack.last().unwrap();
                for table in 0..4 {
                    for mark in Mark::ALL {
                        prop_assert_eq!(pending.has(table, mark), wanted.contains(&(table, mark)));
                    }
                }
                prop_assert_eq!(pending.is_empty(), wanted.is_empty());
            }
            let wanted = stack.pop().unwrap();
            let taken = pending.take();
            prop_assert!(pending.is_empty());
            for touched in &taken {
                for mark in Mark::ALL {
                    prop_assert_eq!(touched.is(mark), wanted.contains(&(touched.table, mark)));
                }
            }
            let tables: HashSet<u8> = taken.iter().map(|touched| touched.table).collect();
            prop_assert_eq!(tables.len(), taken.len());
            prop_assert_eq!(tables, wanted.iter().map(|(table, _)| *table).collect::<HashSet<_>>());
        }
    }
}
