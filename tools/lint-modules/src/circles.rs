//! Finds circles in a directed graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Returns circles that have no edge in common, shortest first; without their edges, the graph has
/// no circle. A node that leads to itself is not a circle.
pub fn circles<'a, Edge>(edges: &BTreeMap<(&'a str, &'a str), Edge>) -> Vec<Vec<&'a str>> {
    let mut left: BTreeSet<(&str, &str)> = edges.keys().copied().filter(|(from, to)| from != to).collect();
    let mut found = Vec::new();
    while let Some(circle) = shortest(&left) {
        for edge in edges_of(&circle) {
            left.remove(&edge);
        }
        found.push(circle);
    }
    found
}

/// Returns the edges of a circle, the one back to its first node last.
pub fn edges_of<'a>(circle: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let next = circle.iter().cycle().skip(1);
    circle.iter().zip(next).map(|(from, to)| (*from, *to)).collect()
}

fn shortest<'a>(edges: &BTreeSet<(&'a str, &'a str)>) -> Option<Vec<&'a str>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    next.keys().filter_map(|start| shortest_through(start, &next)).min_by_key(Vec::len)
}

fn shortest_through<'a>(start: &'a str, next: &BTreeMap<&'a str, Vec<&'a str>>) -> Option<Vec<&'a str>> {
    let mut reached_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &to in next.get(node).into_iter().flatten() {
            if to == start {
                let mut circle = vec![node];
                while let Some(&before) = circle.last().and_then(|node| reached_from.get(node)) {
                    circle.push(before);
                }
                circle.reverse();
                return Some(circle);
            }
            if !reached_from.contains_key(to) {
                reached_from.insert(to, node);
                queue.push_back(to);
            }
        }
    }
    None
}
