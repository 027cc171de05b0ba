//! What differs between two snapshots. Pure.
//!
//! One damage is one row: what can only follow from another difference is told along with that one.

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

/// Worst first, then by kind, then by object. `quote` spells a name as SQL has to; `interrupt` is called now and then, so that whoever
/// runs it can stop it.
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
