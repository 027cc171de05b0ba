//! Compares the triggers that a partition has from its parent, and that were disabled or enabled
//! there only.

use super::change_severity::judge_change;
use super::report::{DifferenceRow, Report};
use super::sides::DEEPEST;
use super::subobjects::Subobject;
use super::tables::TablePair;
use crate::snapshot::model::{Firing, Table, Trigger};
use std::collections::BTreeSet;

pub fn compare<'a>(source: TablePair<'a>, report: &mut Report<'a>) {
    let own = |table: &'a Table| table.properties.keys().filter_map(|name| name.strip_prefix("trigger "));
    for name in own(source.here).chain(own(source.there)).collect::<BTreeSet<&str>>() {
        let Some(both @ [before, after]) = in_both(source, name) else { continue };
        let is_parents = source.parent().is_some_and(|parent| in_both(parent, name) == Some(both));
        let definition = definition(source, name);
        let [before, after] =
            [before, after].map(|firing| Trigger { firing, definition: definition.to_owned(), arguments: None });
        if let Some((severity, kind, detail)) = judge_change(Subobject::Trigger(&before), Subobject::Trigger(&after))
            && !is_parents
        {
            let values = [&before, &after].map(|trigger| Subobject::Trigger(trigger).described());
            let row = DifferenceRow::new(severity, kind, source.part(name)).values(&values[0], &values[1]);
            report.add(row.detail(detail));
        }
    }
}

/// Returns when the trigger fires in both tables; `None` if one of them has no such trigger, which
/// is reported with the parent.
fn in_both(pair: TablePair<'_>, name: &str) -> Option<[Firing; 2]> {
    Some([firing(pair, name)?, firing(pair.flipped(), name)?])
}

/// Returns when a trigger of this side fires: as the nearest ancestor says.
fn firing(pair: TablePair<'_>, name: &str) -> Option<Firing> {
    let property = format!("trigger {name}");
    ancestry(pair).find_map(|pair| match pair.here.properties.get(&property).map(String::as_str) {
        Some("disabled") => Some(Firing::Disabled),
        Some("replica") => Some(Firing::Replica),
        Some("always") => Some(Firing::Always),
        Some("origin") => Some(Firing::Origin),
        _ => pair.here.triggers.get(name).map(|trigger| trigger.firing),
    })
}

fn definition<'a>(pair: TablePair<'a>, name: &str) -> &'a str {
    let trigger = ancestry(pair).find_map(|pair| pair.here.triggers.get(name));
    trigger.map_or("", |trigger| &trigger.definition)
}

/// Returns the table and the tables that it is a partition of.
fn ancestry(pair: TablePair<'_>) -> impl Iterator<Item = TablePair<'_>> {
    std::iter::successors(Some(pair), |pair| pair.parent()).take(DEEPEST)
}
