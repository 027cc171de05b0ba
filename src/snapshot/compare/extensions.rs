//! Compares the extensions in schemas that are compared.

use super::difference::Kind;
use super::report::{DifferenceRow, Object, Report};
use super::sides::Side;
use crate::report::severity::Severity;
use crate::snapshot::model::Extension;

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    let target = source.flipped();
    for (name, extension) in source.extensions() {
        match target.extension(name) {
            None => report.add(
                DifferenceRow::new(Severity::Error, Kind::ExtensionMissing, Object::Named(name))
                    .source(&extension.version),
            ),
            Some(other) => pair(name, extension, other, report),
        }
    }
    for (name, extension) in target.extensions() {
        if source.extension(name).is_none() {
            report.add(
                DifferenceRow::new(Severity::Info, Kind::ExtensionExtra, Object::Named(name))
                    .target(&extension.version),
            );
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
