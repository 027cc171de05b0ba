//! Compares two snapshots. Pure.
//!
//! One damage is one row: a difference that can only follow from another one is reported in the row
//! of that one.

mod attributes;
mod casts;
mod change_severity;
mod column_order;
mod columns;
mod definitions;
mod difference;
mod extensions;
mod grants;
mod identity;
mod large_objects;
mod lexer;
mod normalize;
mod objects;
mod one_sided;
mod partition_triggers;
mod privileges;
mod properties;
mod referenced_names;
mod refresh;
mod report;
mod rows;
mod sequences;
mod sides;
mod statements;
mod subobjects;
mod tables;
mod used;

pub use difference::Difference;

use super::model::Snapshot;
use report::{Object, Report};
use sides::Side;
use used::OneSided;

/// What a comparison needs to know of the server.
#[derive(Clone, Copy)]
pub struct Means {
    /// Quotes an identifier.
    pub quote: fn(&str) -> String,
    /// Whether a role exists where the target is; true if that is not known.
    pub has_role: fn(&str) -> bool,
    /// Called regularly so that the comparison can be cancelled.
    pub interrupt: fn(),
}

/// Returns the differences, worst first, then by kind, then by object.
pub fn compare(source: &Snapshot, target: &Snapshot, means: Means) -> Vec<Difference> {
    let one_sided = OneSided::of(source, target);
    report(source, target, &one_sided, means).finish()
}

fn report<'a>(
    source: &'a Snapshot,
    target: &'a Snapshot,
    one_sided: &'a [OneSided<'a>; 2],
    means: Means,
) -> Report<'a> {
    let mut report = Report::new(means.quote, means.has_role, means.interrupt);
    identity::compare(source, target, &mut report);
    let side = Side::of_source(source, target, one_sided);
    report.to_refresh_first = refresh::first(side.flipped(), &report);
    extensions::compare(side, &mut report);
    one_sided::compare(side, &mut report);
    objects::compare(side, &mut report);
    tables::compare(side, &mut report);
    sequences::compare(side, &mut report);
    attributes::compare(side, &mut report);
    large_objects::compare(side, &mut report);
    if report.without_estimate > 0 {
        report.add(rows::without_estimate(Object::Named(&target.identity.database), report.without_estimate));
    }
    report
}

#[cfg(test)]
mod tests;
