//! Compares the extensions in schemas that are compared.

use super::difference::Kind;
use super::report::{DifferenceRow, Object, Report};
use super::sides::Side;
use crate::report::severity::Severity;
use crate::snapshot::model::Extension;

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    for (name, extension) in source.extensions() {
        if let Some(other) = source.flipped().extension(name) {
            pair(name, extension, other, report);
        }
    }
    compare_one_sided(source, report);
    compare_one_sided(source.flipped(), report);
}

fn compare_one_sided<'a>(side: Side<'a>, report: &mut Report<'a>) {
    for (name, extension) in side.extensions() {
        let Some(cause) = side.cause_of_extension(name) else { continue };
        match cause {
            (Kind::ExtensionMissing, object) => {
                report.add(DifferenceRow::new(Severity::Error, cause.0, object).source(&extension.version));
            }
            (Kind::ExtensionExtra, object) => {
                report.add(DifferenceRow::new(Severity::Info, cause.0, object).target(&extension.version));
            }
            // Its schema is missing.
            _ => report.add_consequence(cause, "extension", Object::Named(name)),
        }
    }
}

fn pair<'a>(name: &'a str, source: &Extension, target: &Extension, report: &mut Report<'a>) {
    if source.version != target.version {
        let row = DifferenceRow::new(Severity::Info, Kind::ExtensionVersion, Object::Named(name));
        report.add(row.values(&source.version, &target.version));
    }
    if source.schema != target.schema {
        let row = DifferenceRow::new(Severity::Warning, Kind::ExtensionSchema, Object::Named(name));
        report.add(row.values(report.quoted(&source.schema), report.quoted(&target.schema)));
    }
}
