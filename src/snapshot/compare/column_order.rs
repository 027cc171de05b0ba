//! Compares the order of the columns of a table that both snapshots have.

use super::report::{Report, listed};
use super::tables::TablePair;
use crate::snapshot::model::Table;

/// Returns both orders if they differ, unless those of the parent differ in the same way.
pub fn changed<'a>(pair: TablePair<'a>, report: &Report<'a>) -> Option<[String; 2]> {
    let orders = differing(pair)
        .filter(|orders| pair.parent_with(|parent| differing(parent).as_ref() == Some(orders)).is_none())?;
    Some(orders.map(|names| {
        let names: Vec<String> = names.into_iter().map(|name| report.quoted(name)).collect();
        listed("columns in the order ", &names)
    }))
}

/// Returns the names of the columns that both tables have in both orders, from the first to the
/// last that is at another place.
///
/// The columns that a table inherits are compared with its parents: pg_dump writes them before
/// its own ones, wherever they were. A partition keeps its own order.
fn differing<'a>(pair: TablePair<'a>) -> Option<[Vec<&'a str>; 2]> {
    let parents = [pair, pair.flipped()].map(|pair| {
        let names = pair.here.inherits.iter();
        names.map(|name| pair.side.table(name).map(|parent| parent.table)).collect::<Option<Vec<&'a Table>>>()
    });
    let [Some(here), Some(there)] = parents else { return None };
    let is_inherited = |name: &str| here.iter().chain(&there).any(|parent| parent.columns.contains_key(name));
    let order = |table: &'a Table, other: &Table| {
        let both = table.columns.iter().filter(|(name, _)| other.columns.contains_key(name) && !is_inherited(name));
        let mut places: Vec<(u32, &'a str)> =
            both.map(|(name, column)| Some((column.position?, name.as_str()))).collect::<Option<_>>()?;
        places.sort_unstable();
        Some(places.into_iter().map(|(_, name)| name).collect::<Vec<&'a str>>())
    };
    let (before, after) = (order(pair.here, pair.there)?, order(pair.there, pair.here)?);
    let is_moved = |(before, after): (&&str, &&str)| before != after;
    let first = before.iter().zip(&after).position(is_moved)?;
    let last = before.iter().zip(&after).rposition(is_moved)?;
    Some([before, after].map(|names| names[first..=last].to_vec()))
}
