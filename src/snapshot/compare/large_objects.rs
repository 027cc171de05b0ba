//! Compares the large objects.

use super::difference::Kind;
use super::report::{DifferenceRow, Object, Report};
use super::sides::Side;
use crate::report::severity::Severity;
use crate::report::wording::counted;
use crate::snapshot::model::LargeObjects;
use std::collections::BTreeSet;

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    let Some((here, there)) = source.database().zip(source.flipped().database()) else { return };
    let (before, after) = (&here.large_objects, &there.large_objects);
    let database = Object::Named(&source.flipped().identity().database);
    let row = |severity, kind| {
        let words = |objects: &LargeObjects| counted(objects.count.max(0).cast_unsigned(), "large object");
        DifferenceRow::new(severity, kind, database).values(words(before), words(after))
    };
    let unread = [("source", before), ("target", after)].into_iter().find_map(|(side, objects)| {
        Some(format!("the large objects were not read in the {side}: {}", objects.unread.as_ref()?))
    });
    match before.count.cmp(&after.count) {
        std::cmp::Ordering::Greater => report.add(row(Severity::Error, Kind::LargeObjectsFewer)),
        std::cmp::Ordering::Less => report.add(row(Severity::Info, Kind::LargeObjectsMore)),
        std::cmp::Ordering::Equal => {
            if is_other_content(before, after) {
                report.add(
                    row(Severity::Error, Kind::LargeObjectsChanged).detail("the same number, but different contents"),
                );
            } else if let Some(changed) = changed(before, after) {
                report.add(row(Severity::Warning, Kind::LargeObjectsChanged).detail(changed));
            }
        }
    }
    if let Some(unread) = unread {
        report.add(DifferenceRow::new(Severity::Warning, Kind::ObjectsUnknown, database).detail(unread));
    }
}

fn is_other_content(before: &LargeObjects, after: &LargeObjects) -> bool {
    let both = before.checksum.as_ref().zip(after.checksum.as_ref());
    both.is_some_and(|(one, other)| one.algorithm == other.algorithm && one.value != other.value)
}

/// Returns what is attached to another number of them.
fn changed(before: &LargeObjects, after: &LargeObjects) -> Option<String> {
    let names: BTreeSet<&String> = before.properties.keys().chain(after.properties.keys()).collect();
    let changed = names.into_iter().filter(|name| before.properties.get(*name) != after.properties.get(*name));
    let words =
        |objects: &LargeObjects, name: &String| objects.properties.get(name).map_or("none", String::as_str).to_owned();
    let changed = changed.map(|name| format!("{name}: {}, then {}", words(before, name), words(after, name)));
    let changed: Vec<String> = changed.collect();
    (!changed.is_empty()).then(|| changed.join("; "))
}
