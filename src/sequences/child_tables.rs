//! Links the tables that inherit from a table whose ids an application draws: their rows hold ids
//! of the same sequence, but they have no default that shows it. (The partitions of a partitioned
//! table are read with it.)

use super::column::AttrRef;
use super::hierarchy::Parents;
use super::link::{Drawing, Kind, Link};
use crate::pg::names;
use pgrx::pg_sys::{self, Oid};
use std::collections::{HashMap, HashSet};

/// Whether the tables that inherit from the link's table share the link.
pub fn is_shared(link: &Link) -> bool {
    matches!(link.kind, Kind::Owned | Kind::ByName)
        && link.drawing == Drawing::Plain
        && names::relation_kind(link.attr.0) == Some(pg_sys::RELKIND_RELATION)
}

/// Adds a link of the same kind for every column that inherits a shared one, unless a sequence
/// feeds it already.
pub fn add(links: &mut Vec<Link>, parents: &Parents) {
    let mut children: HashMap<Oid, Vec<Oid>> = HashMap::new();
    for (child, parents) in parents {
        parents.iter().for_each(|parent| children.entry(*parent).or_default().push(*child));
    }
    let mut fed: HashSet<AttrRef> = links.iter().map(|link| link.attr).collect();
    let shared: Vec<Link> = links.iter().filter(|link| is_shared(link)).cloned().collect();
    for link in shared {
        let Some(name) = names::column_name(link.attr.0, link.attr.1) else { continue };
        let mut pending = vec![link.attr.0];
        while let Some(parent) = pending.pop() {
            for child in children.get(&parent).into_iter().flatten() {
                let attr = names::column_number(*child, &name).map(|number| (*child, number));
                if let Some(attr) = attr.filter(|attr| fed.insert(*attr)) {
                    links.push(Link { attr, ..link.clone() });
                    pending.push(*child);
                }
            }
        }
    }
}
