//! Compares two snapshots. Pure.
//!
//! One damage is one row: a difference that can only follow from another one is reported in the row
//! of that one.

mod change_severity;
mod columns;
mod definitions;
mod difference;
mod extensions;
mod identity;
mod lexer;
mod normalize;
mod one_sided;
mod referenced_names;
mod report;
mod rows;
mod sequences;
mod sides;
mod subobjects;
mod tables;

pub use difference::Difference;

use super::model::Snapshot;
use report::{Object, Report};
use sides::Side;

/// Returns the differences, worst first, then by kind, then by object. `quote` quotes an
/// identifier; `interrupt` is called regularly so that the comparison can be cancelled.
pub fn compare(source: &Snapshot, target: &Snapshot, quote: fn(&str) -> String, interrupt: fn()) -> Vec<Difference> {
    report(source, target, quote, interrupt).finish()
}

fn report<'a>(source: &'a Snapshot, target: &'a Snapshot, quote: fn(&str) -> String, interrupt: fn()) -> Report<'a> {
    let mut report = Report::new(quote, interrupt);
    identity::compare(source, target, &mut report);
    let side = Side::of_source(source, target);
    extensions::compare(side, &mut report);
    one_sided::compare(side, &mut report);
    tables::compare(side, &mut report);
    sequences::compare(side, &mut report);
    if report.without_estimate > 0 {
        report.add(rows::without_estimate(Object::Named(&target.identity.database), report.without_estimate));
    }
    report
}

#[cfg(test)]
mod tests;
