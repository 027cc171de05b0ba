//! Compares what is attached to objects that both snapshots have: comments, security labels and
//! privileges.

use super::difference::Kind;
use super::privileges::{Grantable, Privileges};
use super::properties::have_part;
use super::report::{DifferenceRow, Object, Report};
use super::sides::Side;
use super::tables::TablePair;
use crate::report::severity::Severity;
use crate::snapshot::model::Attributes;

/// An object that both snapshots have, with what is attached to it.
#[derive(Clone, Copy)]
struct Attached<'a> {
    schema: &'a str,
    object: Object<'a>,
    grantable: Grantable<'a>,
    owners: [&'a str; 2],
    both: [Option<&'a Attributes>; 2],
}

pub fn compare<'a>(source: Side<'a>, report: &mut Report<'a>) {
    let mut privileges = Privileges::new(source.older_major());
    compare_tables(source, &mut privileges, report);
    for attached in schemas(source).chain(sequences(source)).chain(objects(source)).chain(extensions(source)) {
        compare_attached(attached, |_| true, &mut privileges, report);
    }
    if let Some((here, there)) = source.database().zip(source.flipped().database()) {
        let name = &source.flipped().identity().database;
        let attached = Attached {
            schema: "",
            object: Object::Named(name),
            grantable: Grantable::Database(name),
            owners: ["", ""],
            both: [here.attributes.as_deref(), there.attributes.as_deref()],
        };
        compare_attached(attached, |_| true, &mut privileges, report);
    }
    privileges.report(report);
}

fn compare_tables<'a>(source: Side<'a>, privileges: &mut Privileges<'a>, report: &mut Report<'a>) {
    for pair in source.tables().filter_map(|table| TablePair::of(source, table)) {
        let attached = Attached {
            schema: pair.schema,
            object: pair.object(),
            grantable: Grantable::Table(pair.schema, pair.name),
            owners: [&pair.here.owner, &pair.there.owner],
            both: [pair.here.attributes.as_deref(), pair.there.attributes.as_deref()],
        };
        compare_attached(attached, |part| have_part(pair, part), privileges, report);
    }
}

fn schemas<'a>(source: Side<'a>) -> impl Iterator<Item = Attached<'a>> {
    source.schemas().filter_map(move |(name, schema)| {
        let other = source.flipped().schema(name)?;
        let both = [schema.attributes.as_deref(), other.attributes.as_deref()];
        let owners = [schema.owner.as_str(), other.owner.as_str()];
        Some(Attached { schema: name, object: Object::Named(name), grantable: Grantable::Schema(name), owners, both })
    })
}

fn sequences<'a>(source: Side<'a>) -> impl Iterator<Item = Attached<'a>> {
    source.schemas().flat_map(move |(schema, held)| {
        held.sequences.iter().filter_map(move |(name, sequence)| {
            let other = source.flipped().sequence(schema, name)?;
            let both = [sequence.attributes.as_deref(), other.attributes.as_deref()];
            let grantable = Grantable::Sequence(schema, name);
            let owners = [sequence.owner.as_str(), other.owner.as_str()];
            Some(Attached { schema, object: Object::Relation(schema, name), grantable, owners, both })
        })
    })
}

fn objects<'a>(source: Side<'a>) -> impl Iterator<Item = Attached<'a>> {
    source.objects().filter_map(move |object| {
        let other = source.flipped().object(object)?;
        let both = [object.object.attributes.as_deref(), other.object.attributes.as_deref()];
        let grantable = Grantable::Object(object.kind, object.identity);
        let owners = [object, other].map(|object| object.object.owner.as_deref().unwrap_or_default());
        let schema = object.schema.unwrap_or_default();
        Some(Attached { schema, object: object.described(), grantable, owners, both })
    })
}

fn extensions<'a>(source: Side<'a>) -> impl Iterator<Item = Attached<'a>> {
    source.extensions().filter_map(move |(name, extension)| {
        let other = source.flipped().extension(name)?;
        let both = [extension.attributes.as_deref(), other.attributes.as_deref()];
        Some(Attached { schema: "", object: Object::Named(name), grantable: Grantable::None, owners: ["", ""], both })
    })
}

fn compare_attached<'a>(
    attached: Attached<'a>,
    is_compared: impl Fn(&str) -> bool,
    privileges: &mut Privileges<'a>,
    report: &mut Report<'a>,
) {
    (report.interrupt)();
    let [before, after] = attached.both;
    if before.is_none() && after.is_none() {
        return;
    }
    let comments = |attributes: &'a Attributes| &attributes.comments;
    let labels = |attributes: &'a Attributes| &attributes.labels;
    for (kind, severity, texts) in [
        (Kind::CommentChanged, Severity::Info, [before.map(comments), after.map(comments)]),
        (Kind::LabelChanged, Severity::Warning, [before.map(labels), after.map(labels)]),
    ] {
        let [here, there] = texts;
        let parts = here.into_iter().chain(there).flat_map(|texts| texts.keys());
        let mut parts: Vec<&str> = parts.map(String::as_str).collect();
        parts.sort_unstable();
        parts.dedup();
        for part in parts {
            let place =
                if kind == Kind::LabelChanged { part.split_once(' ').map_or(part, |(_, part)| part) } else { part };
            let [before, after] = texts.map(|texts| texts.and_then(|texts| texts.get(part)));
            if before != after && is_compared(place) {
                let words = |hash: Option<&String>| hash.map_or("none", String::as_str).to_owned();
                let row = DifferenceRow::new(severity, kind, attached.object).values(words(before), words(after));
                let about = if part.is_empty() { String::new() } else { format!("of {part}; ") };
                report.add_alike(attached.schema, "", row.detail(format!("{about}the values are hashes of the texts")));
            }
        }
    }
    let granted = |attributes: &'a Attributes| &attributes.privileges;
    let both = [before.map(granted), after.map(granted)];
    privileges.compare(attached.grantable, attached.owners, both, is_compared);
}
