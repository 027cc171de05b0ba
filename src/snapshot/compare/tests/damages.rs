//! Tests that one damage to a realistic database is one row, whatever the names are.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

const NAMES: &[&str] = &["users", "Say \"hi\"", "a.b", "it's", "order", "Größe 🐘", " ", "(", "::text"];

/// A table to create.
#[derive(Clone, Debug)]
struct Plan {
    name: usize,
    schema: usize,
    rows: i64,
    partitions: usize,
    is_serial: bool,
    /// A table that was created earlier.
    refers_to: Option<usize>,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan =
        (0..NAMES.len(), 0..3_usize, 1..1000_i64, 0..3_usize, any::<bool>(), proptest::option::of(any::<usize>()));
    let plan = plan.prop_map(|(name, schema, rows, partitions, is_serial, refers_to)| Plan {
        name,
        schema,
        rows,
        partitions,
        is_serial,
        refers_to,
    });
    vec(plan, 1..6)
}

fn quoted(name: &RelationName) -> String {
    format!("{}.{}", quote(&name.schema), quote(&name.name))
}

/// Returns the tables' names, and a database that has the tables.
fn planned(plans: &[Plan]) -> (Vec<RelationName>, Snapshot) {
    let mut made = database(BTreeMap::new());
    let called = |(number, plan): (usize, &Plan)| name(NAMES[plan.schema], &format!("{}{number}", NAMES[plan.name]));
    let names: Vec<RelationName> = plans.iter().enumerate().map(called).collect();
    for (number, plan) in plans.iter().enumerate() {
        let referred = plan.refers_to.filter(|_| number > 0).map(|other| &names[other % number]);
        build(&mut made, plan, &names[number], referred);
    }
    (names, made)
}

fn build(made: &mut Snapshot, plan: &Plan, own: &RelationName, referred: Option<&RelationName>) {
    let schema =
        made.schemas.entry(own.schema.clone()).or_insert_with(|| Schema { owner: "app".into(), ..Schema::default() });
    let sequence_name = name(&own.schema, &format!("{}_id_seq", own.name));
    let draws = format!("nextval('{}'::regclass)", quoted(&sequence_name).replace('\'', "''"));
    let id = if plan.is_serial { key(Some(&draws), None) } else { key(None, Some(IdentityColumn::Always)) };
    let mut table = table(&[("id", id), ("Other \"x\"", column("text")), ("parent", column("bigint"))], plan.rows);
    table.constraints.extend([
        ("key".into(), constraint(ConstraintKind::PrimaryKey, "PRIMARY KEY (id)")),
        ("check".into(), constraint(ConstraintKind::Check, "CHECK ((\"Other \"\"x\"\"\" <> ''::text))")),
    ]);
    table.constraints.extend(referred.map(|referred| {
        let definition = format!("FOREIGN KEY (parent) REFERENCES {}(id)", quoted(referred));
        ("reference".into(), constraint(ConstraintKind::ForeignKey, &definition))
    }));
    table.indexes.insert("index".into(), index(false, "USING btree (\"Other \"\"x\"\"\")"));
    let fires = format!("CREATE TRIGGER told AFTER INSERT ON {} FOR EACH ROW EXECUTE FUNCTION f()", quoted(own));
    table.triggers.insert("told".into(), trigger(&fires));
    for number in 0..plan.partitions {
        let mut partition = Table { partition_of: Some(own.clone()), ..table.clone() };
        (partition.constraints, partition.indexes, partition.triggers) = Default::default();
        schema.tables.insert(format!("{}_{number}", own.name), partition);
        (table.kind, table.rows, table.checksum) = (TableKind::PartitionedTable, None, None);
    }
    schema.tables.insert(own.name.clone(), table);
    schema.sequences.insert(sequence_name.name, sequence(plan.rows + 1, Some(own.clone())));
}

/// The change of a table, and the row that has to report it: severity, kind and object.
type Damage = (fn(&mut Snapshot, &RelationName), &'static str, fn(&RelationName) -> String);

const DAMAGES: &[Damage] = &[
    (drop_table, "error table_missing", quoted),
    (
        |shop, table| shop.schemas.get_mut(&table.schema).expect("it").owner = "x".into(),
        "warning schema_owner",
        |table| quote(&table.schema),
    ),
    (lose_some_rows, "error rows_fewer", leaf),
    (lose_all_rows, "error rows_emptied", leaf),
    (|shop, table| of(shop, table).owner = "x".into(), "warning table_owner", quoted),
    (swap_rows, "error checksum", leaf),
    (
        |shop, table| each(shop, table, |table| drop_column(table, "Other \"x\"")),
        "error column_missing",
        |table| format!("{}.\"Other \"\"x\"\"\"", quoted(table)),
    ),
    (
        |shop, table| each(shop, table, |table| column_of(table, "Other \"x\"").data_type = "json".into()),
        "error column_type",
        |table| format!("{}.\"Other \"\"x\"\"\"", quoted(table)),
    ),
    (
        |shop, table| each(shop, table, |table| column_of(table, "parent").not_null = true),
        "warning column_changed",
        |table| format!("{}.parent", quoted(table)),
    ),
    (
        |shop, table| drop(of(shop, table).constraints.remove("check")),
        "error constraint_missing",
        |table| format!("{}: check", quoted(table)),
    ),
    (
        |shop, table| drop(of(shop, table).indexes.remove("index")),
        "warning index_missing",
        |table| format!("{}: index", quoted(table)),
    ),
    (
        |shop, table| drop(of(shop, table).triggers.remove("told")),
        "warning trigger_missing",
        |table| format!("{}: told", quoted(table)),
    ),
    (
        |shop, table| of(shop, table).triggers.get_mut("told").expect("it").firing = Firing::Disabled,
        "error trigger_changed",
        |table| format!("{}: told", quoted(table)),
    ),
    (rename_index, "info index_renamed", |table| format!("{}: index", quoted(table))),
    (
        |shop, table| sequence_of(shop, table).next_value = Some(1),
        "error sequence_back",
        |table| quoted(&name(&table.schema, &format!("{}_id_seq", table.name))),
    ),
    (|shop, _| shop.extensions.clear(), "error extension_missing", |_| "citext".into()),
    (|shop, _| shop.identity.system_identifier = "1".into(), "warning identity", |_| "shop".into()),
];

fn of<'a>(made: &'a mut Snapshot, table: &RelationName) -> &'a mut Table {
    made.schemas.get_mut(&table.schema).and_then(|schema| schema.tables.get_mut(&table.name)).expect("a table")
}

fn sequence_of<'a>(made: &'a mut Snapshot, table: &RelationName) -> &'a mut Sequence {
    let name = format!("{}_id_seq", table.name);
    made.schemas.get_mut(&table.schema).and_then(|schema| schema.sequences.get_mut(&name)).expect("a sequence")
}

/// Changes the table and its partitions.
fn each(made: &mut Snapshot, table: &RelationName, change: impl Fn(&mut Table)) {
    let tables = made.schemas.values_mut().flat_map(|schema| &mut schema.tables);
    for (own, held) in tables {
        let is_partition = held.partition_of.as_ref() == Some(table);
        if is_partition || *own == table.name {
            change(held);
        }
    }
}

fn column_of<'a>(table: &'a mut Table, name: &str) -> &'a mut Column {
    table.columns.get_mut(name).expect("a column")
}

fn drop_column(table: &mut Table, name: &str) {
    table.columns.remove(name);
    let quoted = quote(name);
    table.constraints.retain(|_, constraint| !constraint.definition.contains(&quoted));
    table.indexes.retain(|_, index| !index.definition.contains(&quoted));
}

fn drop_table(made: &mut Snapshot, table: &RelationName) {
    let reference = format!("REFERENCES {}(", quoted(table));
    for schema in made.schemas.values_mut() {
        schema.tables.retain(|_, held| held.partition_of.as_ref() != Some(table));
        schema.sequences.retain(|_, sequence| sequence.owned_by.as_ref() != Some(table));
        for held in schema.tables.values_mut() {
            held.constraints.retain(|_, constraint| !constraint.definition.contains(&reference));
        }
    }
    made.schemas.get_mut(&table.schema).expect("a schema").tables.remove(&table.name);
}

/// Returns the table that has the rows: the table itself, or its first partition.
fn with_rows<'a>(made: &'a mut Snapshot, table: &RelationName) -> &'a mut Table {
    let has_own = of(made, table).rows.is_some();
    let place = if has_own { table.clone() } else { name(&table.schema, &format!("{}_0", table.name)) };
    of(made, &place)
}

/// Returns the beginning that both names have.
fn leaf(table: &RelationName) -> String {
    quoted(table).trim_end_matches('"').to_owned()
}

fn lose_some_rows(made: &mut Snapshot, table: &RelationName) {
    let rows = &mut with_rows(made, table).rows;
    *rows = rows.map(|rows| Rows { count: rows.count / 2, ..rows });
}

fn lose_all_rows(made: &mut Snapshot, table: &RelationName) {
    with_rows(made, table).rows = Some(Rows { count: 0, exact: true });
}

fn swap_rows(made: &mut Snapshot, table: &RelationName) {
    with_rows(made, table).checksum = Some(Checksum { algorithm: 1, value: "other".into() });
}

fn rename_index(made: &mut Snapshot, table: &RelationName) {
    let indexes = &mut of(made, table).indexes;
    let index = indexes.remove("index").expect("it");
    indexes.insert("Index".into(), index);
}

/// A comparison to test, which returns rows as `severity kind object`.
type Subject = fn(&Snapshot, &Snapshot) -> Vec<String>;

/// Fails unless the subject reports each damage in one row.
fn examine(subject: Subject, must_name_it: bool) -> Result<(), TestCaseError> {
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let cases = (plans(), any::<usize>(), 0..DAMAGES.len());
    let outcome = TestRunner::new(config).run(&cases, |(plans, place, damage)| {
        let (names, source) = planned(&plans);
        let table = &names[place % names.len()];
        let (inflict, expected, object) = DAMAGES[damage];
        let mut target = source.clone();
        inflict(&mut target, table);
        // Half of one row rounds to none, which is reported as rows_emptied.
        let is_emptied =
            expected.ends_with("rows_fewer") && with_rows(&mut target, table).rows.is_some_and(|rows| rows.count == 0);
        prop_assume!(!is_emptied);
        let rows = subject(&source, &target);
        prop_assert_eq!(rows.len(), 1, "{}: {:?}", expected, rows);
        let is_named = rows[0].starts_with(&format!("{expected} {}", object(table)));
        prop_assert!(is_named || !must_name_it, "{}: {:?}", expected, rows);
        Ok(())
    });
    outcome.map_err(|error| TestCaseError::fail(error.to_string()))
}

#[test]
fn one_damage_is_one_row() {
    examine(rows, true).expect("one row each");
}

/// Returns the paths of the leaves in which two documents differ.
fn naive(source: &Snapshot, target: &Snapshot) -> Vec<String> {
    let leaves = |snapshot: &Snapshot| {
        let mut leaves = BTreeMap::new();
        collect("", &serde_json::to_value(snapshot).expect("JSON"), &mut leaves);
        leaves
    };
    let (source, target) = (leaves(source), leaves(target));
    let paths = source.keys().chain(target.keys().filter(|path| !source.contains_key(*path)));
    paths.filter(|path| source.get(*path) != target.get(*path)).cloned().collect()
}

fn collect(path: &str, value: &serde_json::Value, leaves: &mut BTreeMap<String, serde_json::Value>) {
    match value {
        serde_json::Value::Object(members) => {
            members.iter().for_each(|(key, value)| collect(&format!("{path}.{key}"), value, leaves));
        }
        leaf => drop(leaves.insert(path.to_owned(), leaf.clone())),
    }
}

#[test]
fn one_damage_is_several_rows_if_compared_leaf_by_leaf() {
    examine(naive, false).expect_err("more rows than damages");
}
