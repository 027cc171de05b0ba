//! Compares the objects that are neither tables nor sequences: functions, types, operators and so
//! on.

use super::difference::Kind;
use super::report::{Cause, DifferenceRow, Object, Report};
use super::sides::{LocatedObject, Side};
use super::statements::{self, Repair};
use super::{normalize, referenced_names};
use crate::report::severity::Severity;
use crate::snapshot::model::CatalogObject;
use crate::snapshot::unread_kinds::PARSED_BODIES;

/// How much of a definition is shown.
const SHOWN: usize = 1000;

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    compare_unread(source, report);
    compare_one_sided(source, report);
    compare_one_sided(source.flipped(), report);
    for object in source.objects() {
        (report.interrupt)();
        if let Some(other) = source.flipped().object(object)
            && object.object != other.object
        {
            compare_both(source, [object, other], report);
        }
    }
}

/// Reports the kinds of objects that are not known.
fn compare_unread<'a>(source: Side<'a>, report: &mut Report<'a>) {
    let database = Object::Named(&source.flipped().identity().database);
    for (side, words) in [(source, "source"), (source.flipped(), "target")] {
        for (kinds, why) in side.unread() {
            let row = DifferenceRow::new(Severity::Warning, Kind::ObjectsUnknown, database);
            report.add(row.detail(format!("{kinds}: not read in the {words}: {why}")));
        }
    }
}

fn compare_one_sided<'a>(side: Side<'a>, report: &mut Report<'a>) {
    for object in side.objects() {
        let Some(cause) = side.cause_of_object(object) else { continue };
        let (missing, own) = (side.kind(Kind::ObjectMissing, Kind::ObjectExtra), object.described());
        if cause == (missing, own) {
            report_one_sided(side, object, report);
        } else if object.schema.is_none_or(|schema| side.cause_of_schema(schema).is_none()) {
            // The row of a schema has the number of objects that went with it.
            report.add_consequence(cause, "", own);
        }
    }
}

fn report_one_sided<'a>(side: Side<'a>, object: LocatedObject<'a>, report: &mut Report<'a>) {
    let definition = shortened(&object.object.definition);
    let row = if side.is_source {
        let row = DifferenceRow::new(severity(object.kind), Kind::ObjectMissing, object.described());
        report.repaired(row.source(definition), repair(side, object, report))
    } else {
        DifferenceRow::new(Severity::Info, Kind::ObjectExtra, object.described()).target(definition)
    };
    report.add_alike(object.schema.unwrap_or_default(), object.kind, row);
}

/// Returns the severity of the loss of an object: a warning if queries return the same without it.
fn severity(kind: &str) -> Severity {
    match kind {
        "statistics" | "setting" | "default privileges" | "event trigger" | "publication" | "publication table"
        | "publication schema" | "subscription" => Severity::Warning,
        _ => Severity::Error,
    }
}

/// Returns the statement that restores a setting of the database, or default privileges.
fn repair(source: Side<'_>, object: LocatedObject<'_>, report: &Report<'_>) -> Option<Repair> {
    let definition = &object.object.definition;
    match object.kind {
        "default privileges" => statements::default_privileges(object.identity, definition, source.older_major()),
        _ => repair_of_setting(source, object, report),
    }
}

fn repair_of_setting(source: Side<'_>, object: LocatedObject<'_>, report: &Report<'_>) -> Option<Repair> {
    let database = report.quoted(&source.flipped().identity().database);
    let is_setting = object.kind == "setting";
    is_setting.then(|| statements::set(&database, object.identity, &object.object.definition)).flatten()
}

fn compare_both<'a>(source: Side<'a>, [before, after]: [LocatedObject<'a>; 2], report: &mut Report<'a>) {
    let object = before.described();
    if before.object.owner != after.object.owner {
        let owner = |object: LocatedObject<'a>| object.object.owner.as_deref().unwrap_or_default();
        report.change_owner(Kind::ObjectOwner, object, owner(before), owner(after));
    }
    let Some([one, other, detail]) = difference(source, before, after) else { return };
    match cause_of_change(source, [before.object, after.object]) {
        Some(cause) => report.add_consequence(cause, "the definition of", object),
        None => {
            let (severity, detail) = match before.kind {
                "locale" => (Severity::Warning, "text may sort and compare differently".to_owned()),
                "subscription" if is_only_disabled(before, after) => (
                    Severity::Info,
                    format!(
                        "a restored subscription is disabled; run ALTER SUBSCRIPTION {} ENABLE to start it",
                        before.identity
                    ),
                ),
                _ => (Severity::Warning, detail),
            };
            let row = DifferenceRow::new(severity, Kind::ObjectChanged, object).values(one, other);
            // Default privileges that only the target has would stay.
            report.add(report.repaired(row.detail(detail), repair_of_setting(source, before, report)));
        }
    }
}

/// Returns the row of a missing or extra object that explains the change: both definitions differ
/// by its name only, or the clauses that name it are all that one of them lacks. A domain loses the
/// default or the constraint that called a function, a type the attribute of another type.
fn cause_of_change<'a>(source: Side<'a>, [before, after]: [&'a CatalogObject; 2]) -> Option<Cause<'a>> {
    let causes = |side: Side<'a>, object: &'a CatalogObject| {
        let uses = object.attributes.as_ref().and_then(|attributes| attributes.uses.get(""));
        let named = |name: &'a String| Some((name.as_str(), side.cause_of_use(name, 1)?));
        uses.into_iter().flatten().filter_map(named).collect::<Vec<_>>()
    };
    if before.body != after.body {
        return None;
    }
    let (missing, extra) = (causes(source, before), causes(source.flipped(), after));
    let [one, other] = [&before.definition, &after.definition];
    let is_explained = match (missing.is_empty(), extra.is_empty()) {
        (false, false) => normalize::is_renamed(one, other),
        (false, true) => is_lost(one, other, &missing),
        (true, false) => is_lost(other, one, &extra),
        (true, true) => false,
    };
    missing.first().or(extra.first()).map(|(_, cause)| *cause).filter(|_| is_explained)
}

/// Whether the shorter definition lacks only clauses that name one of these objects.
fn is_lost(longer: &str, shorter: &str, used: &[(&str, Cause<'_>)]) -> bool {
    let [mut longer, shorter] = [longer, shorter].map(referenced_names::clauses);
    for clause in &shorter {
        match longer.iter().position(|other| other == clause) {
            Some(place) => drop(longer.remove(place)),
            None => return false,
        }
    }
    let names: Vec<String> = used.iter().filter_map(|(name, _)| referenced_names::own_name(name)).collect();
    longer.iter().all(|clause| referenced_names::names(clause).iter().any(|name| names.contains(name)))
}

/// Whether a subscription is disabled in the target, and nothing else is different.
fn is_only_disabled(before: LocatedObject<'_>, after: LocatedObject<'_>) -> bool {
    after.object.definition == format!("{} DISABLED", before.object.definition)
}

/// Returns both values and a detail if the definitions differ.
fn difference(side: Side<'_>, before: LocatedObject<'_>, after: LocatedObject<'_>) -> Option<[String; 3]> {
    let is_same = is_same(side, before, after);
    let (before, after) = (before.object, after.object);
    // A body that was not read is not at the end of the definition.
    let is_unread = side.is_unread(PARSED_BODIES)
        && (before.definition.starts_with(&after.definition) || after.definition.starts_with(&before.definition));
    let hash = |object: &CatalogObject| object.body.clone().unwrap_or_default();
    match (is_same || is_unread, before.body == after.body) {
        (true, true) => None,
        (false, _) => Some([shortened(&before.definition), shortened(&after.definition), String::new()]),
        (true, false) => Some([hash(before), hash(after), "the values are hashes: the contents differ".to_owned()]),
    }
}

/// Whether both definitions have the same meaning, on the servers that they come from.
fn is_same(side: Side<'_>, before: LocatedObject<'_>, after: LocatedObject<'_>) -> bool {
    let [one, other] = [before, after].map(|object| object.object.definition.as_str());
    // Since version 18 a subscription streams in parallel by default, and pg_dump leaves out the
    // default of an older version.
    let without_streaming = |definition: &str| definition.replace(" STREAMING PARALLEL", "");
    match before.kind {
        _ if side.is_same_major() => normalize::is_same(one, other),
        "subscription" if side.spans_major(18) => {
            normalize::is_same_across_majors(&without_streaming(one), &without_streaming(other))
        }
        _ => normalize::is_same_across_majors(one, other),
    }
}

/// Returns the beginning of a definition.
fn shortened(definition: &str) -> String {
    match definition.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &definition[..end]),
        None => definition.to_owned(),
    }
}
