//! Finds the columns that the guard watches: those that draw from a sequence, and columns of
//! partitions that do not, if their partitioned table does.

use crate::error::Error;
use crate::pg::row::required;
use crate::pg::{names, subtransaction};
use crate::report::scope::Scope;
use crate::sequences::discover::discover;
use crate::sequences::link::Link;
use pgrx::Spi;
use pgrx::pg_sys::{self, Oid};
use std::collections::{HashMap, HashSet};

const PARENTS: &str = include_str!("../../sql/queries/partition_parents.sql");

/// Returns the links that the guard watches, for the tables in scope.
pub fn guardable_links(scope: Scope) -> Result<Vec<Link>, Error> {
    let mut links = discover(scope)?.links;
    links.retain(|link| link.kind.is_own_default());
    add_partitions(&mut links)?;
    links.retain(|link| scope.covers(link.attr.0));
    Ok(links)
}

/// Adds the links of partitions that draw from another sequence than their partitioned table, or
/// from none.
fn add_partitions(links: &mut Vec<Link>) -> Result<(), Error> {
    let is_partitioned = |link: &&Link| names::relation_kind(link.attr.0) == Some(pg_sys::RELKIND_PARTITIONED_TABLE);
    let mut above: Vec<Link> = links.iter().filter(is_partitioned).cloned().collect();
    if above.is_empty() {
        return Ok(());
    }
    let partitions = partitions()?;
    let mut known: HashSet<_> = links.iter().map(|link| (link.attr, link.sequence())).collect();
    while let Some(link) = above.pop() {
        let Some(name) = names::column_name(link.attr.0, link.attr.1) else { continue };
        for partition in partitions.get(&link.attr.0).into_iter().flatten() {
            let Some(attribute) = names::column_number(*partition, &name) else { continue };
            let below = Link { attr: (*partition, attribute), ..link.clone() };
            if known.insert((below.attr, below.sequence())) {
                above.push(below.clone());
                links.push(below);
            }
        }
    }
    Ok(())
}

fn partitions() -> Result<HashMap<Oid, Vec<Oid>>, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let mut partitions: HashMap<Oid, Vec<Oid>> = HashMap::new();
            for row in client.select(PARENTS, None, &[])? {
                partitions.entry(required(&row, 1)?).or_default().push(required(&row, 2)?);
            }
            Ok(partitions)
        })
    })
}
