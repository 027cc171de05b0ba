//! All links of a database.

use super::hierarchy::Hierarchies;
use super::link::Link;
use super::unlinked::Unlinked;
use crate::report::scope::Scope;
use pgrx::pg_sys::Oid;
use std::collections::{HashMap, HashSet};

/// All links of the database.
pub struct Links {
    pub links: Vec<Link>,
    /// The sequences that none of the links names.
    pub unlinked: Vec<Unlinked>,
    /// Which columns are judged along with their parent's.
    pub hierarchies: Hierarchies,
    /// The tables and sequences of extensions and of the system's schemas, if the scope is the whole database.
    pub internal: HashSet<Oid>,
}

impl Links {
    /// Whether a call is about the table or sequence: one without a schema is not about those of extensions and of the system.
    pub fn covers(&self, scope: Scope, relation: Oid) -> bool {
        match scope {
            Scope::Database => !self.internal.contains(&relation),
            _ => scope.covers(relation),
        }
    }

    /// Has applications draw single values from the sequences that defaults draw from.
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

    /// The links of each sequence, as indexes into `links`.
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
