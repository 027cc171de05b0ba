//! Says which materialized views of the target are not filled, and which of them others read.

use super::properties::POPULATED;
use super::report::{Object, Report};
use super::sides::{LocatedTable, Side};
use crate::report::refresh_order;
use crate::snapshot::model::TableKind;
use crate::snapshot::used_names;
use std::collections::HashMap;

/// What has to be refreshed before a materialized view of the target, by schema and name; quoted.
pub type First<'a> = HashMap<(&'a str, &'a str), Vec<String>>;

/// Returns what has to be refreshed first, for each materialized view that is not filled.
pub fn first<'a>(target: Side<'a>, report: &Report<'_>) -> First<'a> {
    let is_unfilled = |table: LocatedTable<'_>| table.table.properties.get(POPULATED).is_some();
    let unfilled: Vec<LocatedTable<'a>> = target.tables().filter(|table| is_unfilled(*table)).collect();
    if unfilled.is_empty() {
        return First::new();
    }
    let views = target.tables().filter(|table| table.table.kind == TableKind::View || is_unfilled(*table));
    let views: Vec<LocatedTable<'a>> = views.collect();
    let name = |table: &LocatedTable<'_>| used_names::relation(table.schema, table.name);
    let positions: HashMap<String, usize> =
        views.iter().enumerate().map(|(position, table)| (name(table), position)).collect();
    let reads = |view: usize| -> Vec<usize> {
        let attributes = views[view].table.attributes.as_deref();
        let used = attributes.and_then(|attributes| attributes.uses.get("")).into_iter().flatten();
        used.filter_map(|name| positions.get(name).copied()).collect()
    };
    let of_view = |view: &LocatedTable<'a>| {
        (report.interrupt)();
        let first = refresh_order::first(*positions.get(&name(view))?, reads, |other| is_unfilled(views[other]));
        let quoted = |view: &usize| report.spelled(Object::Relation(views[*view].schema, views[*view].name));
        Some(((view.schema, view.name), first.iter().map(quoted).collect()))
    };
    unfilled.iter().filter_map(of_view).collect()
}
