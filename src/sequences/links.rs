//! Collects the links of a database.

use super::hierarchy::Hierarchies;
use super::link::Link;
use super::unlinked::Unlinked;
use crate::report::scope::Scope;
use pgrx::pg_sys::Oid;
use std::collections::{HashMap, HashSet};

/// All links of the database.
pub struct Links {
    pub links: Vec<Link>,
    /// The sequences that no link names.
    pub unlinked: Vec<Unlinked>,
    /// The columns that are judged with those of their parents.
    pub hierarchies: Hierarchies,
    /// The tables and sequences of extensions and in the system's schemas, if the scope is the
    /// whole database.
    pub internal: HashSet<Oid>,
}

impl Links {
    /// Whether a call covers the table or sequence: a call without a schema does not cover those of
    /// extensions and of the system.
    pub fn covers(&self, scope: Scope, relation: Oid) -> bool {
        match scope {
            Scope::Database => !self.internal.contains(&relation),
            _ => scope.covers(relation),
        }
    }

    /// Makes applications draw single values from the sequences that defaults draw from as well.
    pub fn tell_blocks_from_defaults(&mut self) {
        if !self.links.iter().any(|link| link.in_blocks) {
            return;
        }
        let defaults = self.links.iter().filter(|link| !link.kind.is_drawn_by_applications());
        let single: HashSet<Oid> = defaults.filter_map(Link::sequence).collect();
        for link in self.links.iter_mut().filter(|link| link.in_blocks) {
            link.in_blocks = link.sequence().is_none_or(|sequence| !single.contains(&sequence));
        }
    }

    /// Returns the links of each sequence, as indexes into `links`.
    pub fn by_sequence(&self) -> HashMap<Oid, Vec<usize>> {
        let mut by_sequence: HashMap<Oid, Vec<usize>> = HashMap::with_capacity(self.links.len());
        for (index, link) in self.links.iter().enumerate() {
            if let Some(sequence) = link.sequence() {
                by_sequence.entry(sequence).or_default().push(index);
            }
        }
        by_sequence
    }
}
