//! Builds the snapshot of a shop's database, which the tests change and compare.

mod arbitrary;
mod columns;
mod damages;
mod databases;
mod definitions;
mod random;
mod rows;
mod sequences;
mod tables;

use super::{Means, compare};
use crate::snapshot::model::*;
use crate::snapshot::sorted_map::SortedMap;
use std::collections::BTreeMap;

/// Quotes an identifier as SQL does, except that keywords are not quoted.
pub fn quote(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

pub fn name(schema: &str, name: &str) -> RelationName {
    RelationName { schema: schema.into(), name: name.into() }
}

pub fn column(data_type: &str) -> Column {
    Column {
        data_type: data_type.into(),
        collation: None,
        not_null: false,
        not_valid: false,
        default: None,
        generated: None,
        identity: None,
        position: None,
    }
}

pub fn table(columns: &[(&str, Column)], rows: i64) -> Table {
    Table {
        kind: TableKind::Table,
        owner: "app".into(),
        unlogged: false,
        row_security: false,
        force_row_security: false,
        inherits: Vec::new(),
        inherited: false,
        partition_of: None,
        partition_bound: None,
        columns: columns.iter().map(|(name, column)| ((*name).into(), column.clone())).collect(),
        primary_key: Vec::new(),
        rows: Some(Rows { count: rows, exact: true }),
        key_range: None,
        checksum: Some(Checksum { algorithm: 1, value: format!("{rows:016x}") }),
        undescribed: None,
        unread: None,
        constraints: SortedMap::default(),
        indexes: SortedMap::default(),
        triggers: SortedMap::default(),
        policies: SortedMap::default(),
        rules: SortedMap::default(),
        properties: SortedMap::default(),
        attributes: None,
    }
}

pub fn sequence(next_value: i64, owned_by: Option<RelationName>) -> Sequence {
    Sequence {
        owner: "app".into(),
        data_type: "bigint".into(),
        start: 1,
        increment: 1,
        min: 1,
        max: i64::MAX,
        cache: 1,
        cycle: false,
        unlogged: false,
        next_value: Some(next_value),
        unread: None,
        owned_by,
        owned_by_column: None,
        attributes: None,
    }
}

const MEANS: Means = Means { quote, has_role: |_| true, interrupt: || {} };

fn constraint(kind: ConstraintKind, definition: &str) -> Constraint {
    Constraint { kind, enforced: true, definition: definition.into() }
}

fn index(unique: bool, definition: &str) -> Index {
    Index { unique, valid: true, definition: definition.into() }
}

fn trigger(definition: &str) -> Trigger {
    Trigger { firing: Firing::Origin, definition: definition.into(), arguments: None }
}

fn key(default: Option<&str>, identity: Option<IdentityColumn>) -> Column {
    Column { not_null: true, default: default.map(str::to_owned), identity, ..column("bigint") }
}

fn users() -> Table {
    let id = key(Some("nextval('public.users_id_seq'::regclass)"), None);
    let columns = [("id", id), ("email", column("character varying(80)")), ("age", column("integer"))];
    let mut users = table(&columns, 100);
    users.primary_key = vec!["id".into()];
    users.key_range = Some(KeyRange { first: "1".into(), last: "120".into() });
    users.constraints.extend([
        ("users_pkey".into(), constraint(ConstraintKind::PrimaryKey, "PRIMARY KEY (id)")),
        ("users_email_key".into(), constraint(ConstraintKind::Unique, "UNIQUE (email)")),
        ("users_age_check".into(), constraint(ConstraintKind::Check, "CHECK ((age > 0))")),
    ]);
    users.indexes.extend([
        ("users_age_idx".into(), index(false, "USING btree (age)")),
        ("users_lower_idx".into(), index(true, "USING btree (lower((email)::text))")),
    ]);
    let told = "CREATE TRIGGER told AFTER UPDATE OF age ON public.users FOR EACH ROW EXECUTE FUNCTION public.tell()";
    users.triggers.insert("told".into(), trigger(told));
    users
}

fn orders() -> Table {
    let columns = [("id", key(None, Some(IdentityColumn::Always))), ("user_id", column("bigint"))];
    let mut orders = table(&columns, 1000);
    orders.primary_key = vec!["id".into()];
    orders.row_security = true;
    orders.constraints.extend([
        ("orders_pkey".into(), constraint(ConstraintKind::PrimaryKey, "PRIMARY KEY (id)")),
        (
            "orders_user_fk".into(),
            constraint(ConstraintKind::ForeignKey, "FOREIGN KEY (user_id) REFERENCES public.users(id)"),
        ),
    ]);
    orders
}

fn partition(rows: i64) -> Table {
    Table {
        partition_of: Some(name("public", "log")),
        partition_bound: Some(format!("FOR VALUES FROM ({rows}) TO ({})", rows + 10)),
        ..table(&[("at", column("date")), ("said", column("text"))], rows)
    }
}

fn log() -> Table {
    let mut log = Table {
        kind: TableKind::PartitionedTable,
        partition_of: None,
        partition_bound: None,
        rows: None,
        checksum: None,
        ..partition(0)
    };
    log.indexes.insert("log_at_idx".into(), index(false, "USING btree (at)"));
    log
}

fn identity() -> Identity {
    Identity {
        system_identifier: "7311000000000000001".into(),
        database: "shop".into(),
        database_oid: 16_384,
        server_version: "15.4".into(),
        encoding: "UTF8".into(),
        in_recovery: false,
        timeline: 1,
    }
}

pub fn extension(version: &str, schema: &str) -> Extension {
    Extension { version: version.into(), schema: schema.into(), attributes: None }
}

pub fn database(schemas: BTreeMap<String, Schema>) -> Snapshot {
    Snapshot {
        format_version: FORMAT_VERSION,
        taken_at: "2026-11-22T10:00:00.000000Z".into(),
        identity: identity(),
        scope: Scope { schema: None, exact: true, checksum: true },
        contents: Contents::default(),
        extensions: [("citext".into(), extension("1.6", "public"))].into(),
        database: Some(DatabaseObjects::default()),
        unread: BTreeMap::new(),
        schemas,
    }
}

pub fn shop() -> Snapshot {
    let public = Schema {
        owner: "app".into(),
        tables: [
            ("users".into(), users()),
            ("orders".into(), orders()),
            ("log".into(), log()),
            ("log_1".into(), partition(10)),
            ("log_2".into(), partition(20)),
        ]
        .into(),
        sequences: [
            ("users_id_seq".into(), sequence(121, Some(name("public", "users")))),
            ("orders_id_seq".into(), sequence(1001, Some(name("public", "orders")))),
            ("invoice_no".into(), sequence(50, None)),
        ]
        .into(),
        ..Schema::default()
    };
    let stats = Schema {
        owner: "app".into(),
        tables: [
            ("days".into(), table(&[("day", column("date"))], 7)),
            (
                "top".into(),
                Table { kind: TableKind::View, rows: None, checksum: None, ..table(&[("n", column("bigint"))], 0) },
            ),
        ]
        .into(),
        ..Schema::default()
    };
    database([("public".into(), public), ("stats".into(), stats)].into())
}

/// Returns the parts of a snapshot that tests change.
trait Subobjects {
    fn public(&mut self) -> &mut Schema;
    fn table(&mut self, name: &str) -> &mut Table;
    fn sequence(&mut self, name: &str) -> &mut Sequence;

    fn column(&mut self, table: &str, name: &str) -> &mut Column {
        self.table(table).columns.get_mut(name).expect("a column")
    }
}

impl Subobjects for Snapshot {
    fn public(&mut self) -> &mut Schema {
        self.schemas.get_mut("public").expect("the schema")
    }

    fn table(&mut self, name: &str) -> &mut Table {
        self.public().tables.get_mut(name).expect("a table")
    }

    fn sequence(&mut self, name: &str) -> &mut Sequence {
        self.public().sequences.get_mut(name).expect("a sequence")
    }
}

/// Returns the rows, each as `severity kind object`.
fn rows(source: &Snapshot, target: &Snapshot) -> Vec<String> {
    let rows = compare(source, target, MEANS);
    rows.iter().map(|row| format!("{} {} {}", row.severity.as_str(), row.kind.as_str(), row.object)).collect()
}

fn changed(change: impl FnOnce(&mut Snapshot)) -> Snapshot {
    let mut target = shop();
    change(&mut target);
    target
}

/// Returns the rows of a change of the shop, and those of the reverse change.
fn there_and_back(change: impl FnOnce(&mut Snapshot)) -> (Vec<String>, Vec<String>) {
    let target = changed(change);
    (rows(&shop(), &target), rows(&target, &shop()))
}

/// Returns the values and the detail of the only row of a change.
fn values_and_detail(change: impl FnOnce(&mut Snapshot)) -> [String; 3] {
    let rows = compare(&shop(), &changed(change), MEANS);
    let [row] = rows.as_slice() else { panic!("not one row: {rows:?}") };
    [&row.source_value, &row.target_value, &row.detail].map(|text| text.clone().unwrap_or_default())
}

fn check(change: impl FnOnce(&mut Snapshot), there: &str, back: &str) {
    let lines = |text: &str| text.split_terminator('|').map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(there_and_back(change), (lines(there), lines(back)));
}
