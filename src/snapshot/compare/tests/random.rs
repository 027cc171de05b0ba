//! Tests properties that hold for all snapshots.

use super::super::normalize::normalized;
use super::super::used::OneSided;
use super::arbitrary::{sequences, snapshots, tables};
use super::*;
use crate::snapshot::parse::parse;
use proptest::prelude::*;

/// Removes the fields whose differences are not reported.
fn canonical(snapshot: &Snapshot) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.taken_at.clear();
    for schema in snapshot.schemas.values_mut() {
        schema.tables.values_mut().for_each(strip);
    }
    for object in objects(&mut snapshot) {
        object.definition = normalized(&object.definition);
    }
    // What an object uses only tells which rows belong together.
    for attributes in attributes(&mut snapshot) {
        if let Some(held) = attributes {
            held.uses.clear();
        }
        attributes.take_if(|held| **held == Attributes::default());
    }
    snapshot
}

fn objects(snapshot: &mut Snapshot) -> Vec<&mut CatalogObject> {
    let of_schemas = snapshot.schemas.values_mut().map(|schema| &mut schema.objects);
    let all = of_schemas.chain(snapshot.database.as_mut().map(|database| &mut database.objects));
    all.flat_map(|kinds| kinds.values_mut().flat_map(BTreeMap::values_mut)).collect()
}

/// Returns what is attached to all objects.
fn attributes(snapshot: &mut Snapshot) -> Vec<&mut Option<Box<Attributes>>> {
    let mut all = Vec::new();
    for schema in snapshot.schemas.values_mut() {
        all.push(&mut schema.attributes);
        all.extend(schema.tables.values_mut().map(|table| &mut table.attributes));
        all.extend(schema.sequences.values_mut().map(|sequence| &mut sequence.attributes));
        all.extend(schema.objects.values_mut().flat_map(BTreeMap::values_mut).map(|object| &mut object.attributes));
    }
    if let Some(database) = &mut snapshot.database {
        all.push(&mut database.attributes);
        all.extend(database.objects.values_mut().flat_map(BTreeMap::values_mut).map(|object| &mut object.attributes));
    }
    all
}

/// Keeps what is attached to the object itself, since its parts may not exist, and the privileges
/// that say something.
fn keep_own(attributes: &mut Attributes) {
    attributes.comments.retain(|part, _| part.is_empty());
    attributes.labels.retain(|part, _| part.is_empty());
    attributes.privileges.retain(|part, _| part.is_empty());
    for roles in attributes.privileges.values_mut() {
        roles.retain(|_, words| words.chars().any(char::is_alphabetic) && words != "MAINTAIN");
    }
    attributes.privileges.retain(|_, roles| !roles.is_empty());
}

fn strip(table: &mut Table) {
    // The checksum and the constraints contain both.
    table.key_range = None;
    table.primary_key.clear();
    let definitions = table.constraints.values_mut().map(|constraint| &mut constraint.definition);
    let definitions = definitions.chain(table.indexes.values_mut().map(|index| &mut index.definition));
    let definitions = definitions.chain(table.triggers.values_mut().map(|trigger| &mut trigger.definition));
    let definitions = definitions.chain(table.partition_bound.as_mut());
    let definitions = definitions.chain(table.policies.values_mut().map(|policy| &mut policy.definition));
    let definitions = definitions.chain(table.rules.values_mut().map(|rule| &mut rule.definition));
    let definitions = definitions.chain(table.properties.values_mut());
    let defaults = table.columns.values_mut().filter_map(|column| column.default.as_mut());
    definitions.chain(defaults).for_each(|definition| *definition = normalized(definition));
    // The definition contains the kind.
    table.constraints.values_mut().for_each(|constraint| constraint.kind = ConstraintKind::Check);
}

/// Removes parents, so that a table is not its own ancestor.
fn without_cycles(mut snapshot: Snapshot) -> Snapshot {
    for (schema_name, schema) in &mut snapshot.schemas {
        for (table_name, table) in &mut schema.tables {
            let own = name(schema_name, table_name);
            table.partition_of.take_if(|parent| *parent >= own);
            table.inherits.retain(|parent| *parent < own);
            table.partition_bound.take_if(|_| table.partition_of.is_none());
        }
    }
    snapshot
}

/// Fills in everything that can be requested.
fn readable(mut snapshot: Snapshot) -> Snapshot {
    snapshot.scope = Scope { schema: None, exact: true, checksum: true };
    snapshot.database.get_or_insert_default();
    for attributes in attributes(&mut snapshot) {
        attributes.iter_mut().for_each(|held| keep_own(held));
    }
    for schema in snapshot.schemas.values_mut() {
        for sequence in schema.sequences.values_mut() {
            sequence.unread = None;
            sequence.next_value.take_if(|value| !(sequence.min..=sequence.max).contains(value));
        }
        for table in schema.tables.values_mut() {
            (table.undescribed, table.unread) = (None, None);
            table.rows = Some(Rows { count: table.rows.map_or(0, |rows| rows.count), exact: true });
            table.checksum =
                Some(Checksum { algorithm: 1, value: table.checksum.take().map_or(String::new(), |held| held.value) });
        }
    }
    without_cycles(snapshot)
}

/// Copies one field from another table.
fn graft(table: &mut Table, other: Table, field: usize) {
    match field {
        0 => table.kind = other.kind,
        1 => table.owner = other.owner,
        2 => table.unlogged = other.unlogged,
        3 if other.unlogged => table.row_security = other.row_security,
        3 => (table.force_row_security, table.inherits) = (other.force_row_security, other.inherits),
        4 => (table.partition_of, table.partition_bound) = (other.partition_of, other.partition_bound),
        5 => table.columns = other.columns,
        6 => table.rows = other.rows,
        7 => table.checksum = other.checksum,
        8 => table.constraints = other.constraints,
        9 => table.indexes = other.indexes,
        10 => (table.policies, table.rules) = (other.policies, other.rules),
        11 => table.properties = other.properties,
        12 => table.attributes = other.attributes,
        _ => table.triggers = other.triggers,
    }
}

fn graft_sequence(sequence: &mut Sequence, other: Sequence, field: usize) {
    match field {
        0 => sequence.owner = other.owner,
        1 => sequence.data_type = other.data_type,
        2 => (sequence.min, sequence.max) = (other.min, other.max),
        3 => sequence.increment = other.increment,
        4 => sequence.cycle = other.cycle,
        5 => sequence.next_value = other.next_value,
        6 => sequence.owned_by = other.owned_by,
        _ => sequence.start = other.start,
    }
}

fn is_sorted(source: &Snapshot, target: &Snapshot) -> bool {
    compare(source, target, MEANS).is_sorted_by_key(|row| (row.severity, row.kind))
}

proptest! {
    #[test]
    fn snapshot_survives_json(snapshot in snapshots()) {
        let text = serde_json::to_string(&snapshot).expect("JSON");
        prop_assert_eq!(parse(&text, "source").expect("a snapshot"), snapshot);
    }

    #[test]
    fn snapshot_does_not_differ_from_itself(snapshot in snapshots()) {
        let known = readable(snapshot.clone());
        prop_assert_eq!(compare(&known, &known, MEANS), vec![]);
        let rows = compare(&snapshot, &snapshot, MEANS);
        prop_assert!(rows.iter().all(|row| row.kind.as_str().ends_with("_unknown")), "{:?}", rows);
    }

    #[test]
    fn any_two_snapshots_can_be_compared(one in snapshots(), other in snapshots()) {
        prop_assert!(is_sorted(&one, &other) && is_sorted(&other, &one));
        let (one, other) = (without_cycles(one), without_cycles(other));
        let one_sided = OneSided::of(&one, &other);
        let report = super::super::report(&one, &other, &one_sided, MEANS);
        prop_assert_eq!(report.unreported(), vec![]);
    }

    #[test]
    fn difference_in_one_field_is_reported(
        one in snapshots(), place in any::<usize>(), (table, field) in (tables(), 0..14_usize), (sequence, of_sequence) in (sequences(), 0..8_usize),
    ) {
        let one = readable(one);
        let mut other = one.clone();
        let mut tables: Vec<&mut Table> = other.schemas.values_mut().flat_map(|schema| schema.tables.values_mut()).collect();
        let tables_count = tables.len().max(1);
        if let Some(chosen) = tables.get_mut(place % tables_count) {
            graft(chosen, table, field);
        }
        let other = readable(other);
        let rows = compare(&one, &other, MEANS);
        prop_assert_eq!(rows.is_empty(), canonical(&one) == canonical(&other), "{:?}", rows);
        prop_assert_eq!(rows.is_empty(), compare(&other, &one, MEANS).is_empty());

        let mut other = one.clone();
        let mut sequences: Vec<&mut Sequence> = other.schemas.values_mut().flat_map(|schema| schema.sequences.values_mut()).collect();
        let sequences_count = sequences.len().max(1);
        if let Some(chosen) = sequences.get_mut(place % sequences_count) {
            graft_sequence(chosen, sequence, of_sequence);
        }
        let other = readable(other);
        let rows = compare(&one, &other, MEANS);
        prop_assert_eq!(rows.is_empty(), canonical(&one) == canonical(&other), "{:?}", rows);
        prop_assert_eq!(rows.is_empty(), compare(&other, &one, MEANS).is_empty());
    }

    #[test]
    fn difference_of_snapshots_is_reported(one in snapshots(), other in snapshots(), is_same_scope in any::<bool>()) {
        let (one, mut other) = (readable(one), readable(other));
        if is_same_scope {
            (other.identity, other.extensions) = (one.identity.clone(), one.extensions.clone());
        }
        let rows = compare(&one, &other, MEANS);
        prop_assert_eq!(rows.is_empty(), canonical(&one) == canonical(&other), "{:?}", rows);
        prop_assert_eq!(rows.is_empty(), compare(&other, &one, MEANS).is_empty());
    }
}

/// Such a table exists only if a snapshot is made up to keep a server busy.
#[test]
fn very_wide_table_is_compared_quickly() {
    let names: Vec<String> = (0..20_000).map(|number| format!("c{number}")).collect();
    let columns: Vec<(&str, Column)> = names.iter().map(|name| (name.as_str(), column("text"))).collect();
    let mut wide = table(&columns, 1);
    let check = |name: &String| constraint(ConstraintKind::Check, &format!("CHECK (({name} <> ''::text))"));
    wide.constraints = names.iter().map(|name| (format!("{name}_check"), check(name))).collect();
    let of = |table: Table| {
        let tables = [("wide".to_owned(), table)].into();
        database([("public".into(), Schema { owner: "app".into(), tables, ..Schema::default() })].into())
    };
    let renamed = Table {
        constraints: names.iter().map(|name| (format!("{name}_renamed"), check(name))).collect(),
        ..wide.clone()
    };
    assert_eq!(compare(&of(wide.clone()), &of(renamed), MEANS).len(), 20_000);
    assert_eq!(compare(&of(wide), &of(table(&[], 1)), MEANS).len(), 20_000);
}

/// A large installation has this many tables and columns; a linear search for each of them would
/// not finish.
#[test]
fn large_database_is_compared_quickly() {
    let large = |rows: i64| {
        let columns: Vec<String> = (0..20).map(|number| format!("column_{number}")).collect();
        let columns: Vec<(&str, Column)> = columns.iter().map(|name| (name.as_str(), column("text"))).collect();
        let mut tables: BTreeMap<String, Table> =
            (0..10_000).map(|number| (format!("t{number}"), table(&columns, rows))).collect();
        tables.values_mut().for_each(|table| table.partition_of = Some(name("public", "t0")));
        let sequences = (0..10_000)
            .map(|number| (format!("s{number}"), sequence(rows, Some(name("public", &format!("t{number}"))))));
        database(
            [(
                "public".into(),
                Schema { owner: "app".into(), tables, sequences: sequences.collect(), ..Schema::default() },
            )]
            .into(),
        )
    };
    let rows = compare(&large(2), &large(1), MEANS);
    assert_eq!(rows.len(), 20_000);
    assert!(rows.iter().all(|row| ["rows_fewer", "sequence_back"].contains(&row.kind.as_str())));
}
