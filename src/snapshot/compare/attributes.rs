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
use crate::snapshot::sorted_map::SortedMap;
use crate::snapshot::unread_kinds::{COMMENTS, PRIVILEGES};
use std::collections::BTreeSet;

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
    let mut comparison = Comparison {
        privileges: Privileges::new(source.older_major()),
        knows_comments: !source.is_unread(COMMENTS),
        knows_privileges: !source.is_unread(PRIVILEGES),
    };
    compare_tables(source, &mut comparison, report);
    for attached in schemas(source).chain(sequences(source)).chain(objects(source)).chain(extensions(source)) {
        compare_attached(attached, |_| true, &mut comparison, report);
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
        compare_attached(attached, |_| true, &mut comparison, report);
    }
    comparison.privileges.report(report);
}

/// What is compared, and the privileges that differ so far.
struct Comparison<'a> {
    privileges: Privileges<'a>,
    knows_comments: bool,
    knows_privileges: bool,
}

fn compare_tables<'a>(source: Side<'a>, comparison: &mut Comparison<'a>, report: &mut Report<'a>) {
    for pair in source.tables().filter_map(|table| TablePair::of(source, table)) {
        let attached = Attached {
            schema: pair.schema,
            object: pair.object(),
            grantable: Grantable::Table(pair.schema, pair.name),
            owners: [&pair.here.owner, &pair.there.owner],
            both: [pair.here.attributes.as_deref(), pair.there.attributes.as_deref()],
        };
        compare_attached(attached, |part| have_part(pair, part), comparison, report);
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
    comparison: &mut Comparison<'a>,
    report: &mut Report<'a>,
) {
    (report.interrupt)();
    let [before, after] = attached.both;
    if before.is_none() && after.is_none() {
        return;
    }
    if comparison.knows_comments {
        let comments = |attributes: &'a Attributes| &attributes.comments;
        let labels = |attributes: &'a Attributes| &attributes.labels;
        compare_texts(
            attached,
            Kind::CommentChanged,
            [before.map(comments), after.map(comments)],
            &is_compared,
            report,
        );
        compare_texts(attached, Kind::LabelChanged, [before.map(labels), after.map(labels)], &is_compared, report);
    }
    if comparison.knows_privileges {
        let granted = |attributes: &'a Attributes| &attributes.privileges;
        let both = [before.map(granted), after.map(granted)];
        comparison.privileges.compare(attached.grantable, attached.owners, both, is_compared);
    }
}

/// Compares the hashes of comments, or of security labels.
fn compare_texts<'a>(
    attached: Attached<'a>,
    kind: Kind,
    texts: [Option<&'a SortedMap<String>>; 2],
    is_compared: impl Fn(&str) -> bool,
    report: &mut Report<'a>,
) {
    let [here, there] = texts;
    let parts = here.into_iter().chain(there).flat_map(|texts| texts.keys()).map(String::as_str);
    for part in parts.collect::<BTreeSet<&str>>() {
        // The provider of a label precedes the part.
        let (severity, place) = match kind {
            Kind::LabelChanged => (Severity::Warning, part.split_once(' ').map_or(part, |(_, part)| part)),
            _ => (Severity::Info, part),
        };
        let [before, after] = texts.map(|texts| texts.and_then(|texts| texts.get(part)));
        if before != after && is_compared(place) {
            let words = |hash: Option<&String>| hash.map_or("none", String::as_str).to_owned();
            let row = DifferenceRow::new(severity, kind, attached.object).values(words(before), words(after));
            let about = if part.is_empty() { String::new() } else { format!("of {part}; ") };
            report.add_alike(attached.schema, "", row.detail(format!("{about}the values are hashes of the texts")));
        }
    }
}
