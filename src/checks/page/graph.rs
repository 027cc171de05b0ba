//! Arranges the sessions that wait: each below a session that it waits for. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// A session in the drawing, in the order from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub pid: i32,
    /// How far it is indented: one more than its parent.
    pub depth: usize,
    /// The row of the session under which it is drawn, which it waits for; `None` for one that does
    /// not wait, or that is drawn first in a deadlock.
    pub parent: Option<usize>,
    /// The rows of the other sessions that it waits for.
    pub others: Vec<usize>,
}

/// Returns the drawing of at most `most` sessions, and how many are left out. `waits_for` has an
/// entry for each session; sessions that wait for none are at the left.
pub fn arrange(waits_for: &BTreeMap<i32, Vec<i32>>, most: usize) -> (Vec<Node>, usize) {
    let mut waiters: BTreeMap<i32, BTreeSet<i32>> = BTreeMap::new();
    for (pid, blockers) in waits_for {
        for blocker in blockers.iter().filter(|blocker| *blocker != pid) {
            waiters.entry(*blocker).or_default().insert(*pid);
        }
    }
    let all: BTreeSet<i32> = waits_for.keys().chain(waiters.keys()).copied().collect();
    let is_root = |pid: &&i32| waits_for.get(pid).is_none_or(Vec::is_empty);
    let mut nodes: Vec<Node> = Vec::new();
    let mut rows: BTreeMap<i32, usize> = BTreeMap::new();
    // After the sessions that can be reached from those that do not wait, the deadlocks remain.
    for start in all.iter().filter(is_root).chain(&all) {
        let mut open = vec![(*start, None)];
        while let Some((pid, parent)) = open.pop() {
            if rows.contains_key(&pid) || nodes.len() == most {
                continue;
            }
            let row = nodes.len();
            let depth = parent.map_or(0, |parent: usize| nodes[parent].depth + 1);
            rows.insert(pid, row);
            nodes.push(Node { pid, depth, parent, others: Vec::new() });
            let below = waiters.get(&pid).into_iter().flatten().rev();
            open.extend(below.map(|waiter| (*waiter, Some(row))));
        }
    }
    for (row, node) in nodes.iter_mut().enumerate() {
        let blockers = waits_for.get(&node.pid).into_iter().flatten();
        let others = blockers.filter_map(|pid| rows.get(pid).copied());
        let others: BTreeSet<usize> = others.filter(|other| Some(*other) != node.parent && *other != row).collect();
        node.others = others.into_iter().collect();
    }
    let left_out = all.len() - nodes.len();
    (nodes, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(list: &[(i32, &[i32])]) -> BTreeMap<i32, Vec<i32>> {
        list.iter().map(|(pid, blockers)| (*pid, blockers.to_vec())).collect()
    }

    fn shape(nodes: &[Node]) -> Vec<(i32, usize, Option<usize>, Vec<usize>)> {
        nodes.iter().map(|node| (node.pid, node.depth, node.parent, node.others.clone())).collect()
    }

    #[test]
    fn waiters_are_drawn_below_their_blockers() {
        let (nodes, left_out) = arrange(&edges(&[(1, &[]), (2, &[1]), (3, &[2, 1]), (4, &[1]), (9, &[0])]), 10);
        assert_eq!(left_out, 0);
        let expected = [
            (0, 0, None, vec![]),
            (9, 1, Some(0), vec![]),
            (1, 0, None, vec![]),
            (2, 1, Some(2), vec![]),
            (3, 2, Some(3), vec![2]),
            (4, 1, Some(2), vec![]),
        ];
        assert_eq!(shape(&nodes), expected);
    }

    #[test]
    fn deadlock_is_drawn_once() {
        let (nodes, left_out) = arrange(&edges(&[(5, &[6]), (6, &[5]), (7, &[7])]), 10);
        assert_eq!(left_out, 0);
        let expected = [(5, 0, None, vec![1]), (6, 1, Some(0), vec![]), (7, 0, None, vec![])];
        assert_eq!(shape(&nodes), expected);
    }

    #[test]
    fn long_queue_is_cut_and_counted() {
        let queue: BTreeMap<i32, Vec<i32>> = (1..=500).map(|pid| (pid, vec![0])).collect();
        let (nodes, left_out) = arrange(&queue, 40);
        assert_eq!((nodes.len(), left_out), (40, 461));
    }
}
