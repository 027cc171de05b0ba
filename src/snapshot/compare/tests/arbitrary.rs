//! Generates arbitrary snapshots, including those of databases that cannot exist.

use super::*;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// There are only a few names, so that two snapshots have some in common.
const NAMES: &[&str] = &[
    "a",
    "b",
    "",
    "A.b",
    "\"",
    "say \"hi\"",
    "it's",
    "order",
    "Größe 🐘",
    "line\nbreak",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

const DEFINITIONS: &[&str] = &[
    "PRIMARY KEY (a)",
    "UNIQUE (a, b)",
    "CHECK ((a > 0))",
    "CHECK (((a)::numeric > 0))",
    "FOREIGN KEY (b) REFERENCES a.a(a)",
    "FOREIGN KEY (b) REFERENCES \"A.b\".\"say \"\"hi\"\"\"(\"it's\")",
    "FOREIGN KEY (b) REFERENCES",
    "nextval('a.a'::regclass)",
    "nextval('\"A.b\".\"it''s\"'::regclass)",
    "nextval(",
    "'unfinished",
    "\"",
    "((",
    "))",
    "",
];

fn names() -> impl Strategy<Value = String> {
    prop_oneof![9 => select(NAMES).prop_map(str::to_owned), 1 => any::<String>()]
}

fn definitions() -> impl Strategy<Value = String> {
    prop_oneof![9 => select(DEFINITIONS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn some<T: Clone + std::fmt::Debug>(values: &'static [T]) -> impl Strategy<Value = T> {
    select(values)
}

fn relations() -> impl Strategy<Value = RelationName> {
    (names(), names()).prop_map(|(schema, name)| RelationName { schema, name })
}

/// Generates any numbers, and often small ones, which coincide.
fn numbers() -> impl Strategy<Value = i64> {
    prop_oneof![-2..3_i64, any::<i64>(), Just(i64::MAX), Just(i64::MIN)]
}

fn columns() -> impl Strategy<Value = Column> {
    const GENERATED: &[Option<Generated>] = &[None, None, Some(Generated::Stored), Some(Generated::Virtual)];
    const IDENTITY: &[Option<IdentityColumn>] =
        &[None, None, Some(IdentityColumn::Always), Some(IdentityColumn::ByDefault)];
    let rest = (any::<bool>(), option::of(definitions()), some(GENERATED), some(IDENTITY));
    (names(), option::of(names()), rest).prop_map(|(data_type, collation, (not_null, default, generated, identity))| {
        let not_valid = not_null && data_type.len() == 1;
        Column { data_type, collation, not_null, not_valid, default, generated, identity }
    })
}

fn by_name<T: std::fmt::Debug>(
    part: impl Strategy<Value = T>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = SortedMap<T>> {
    btree_map(names(), part, count).prop_map(|parts| parts.into_iter().collect())
}

fn parts() -> impl Strategy<Value = (SortedMap<Constraint>, SortedMap<Index>, SortedMap<Trigger>)> {
    use ConstraintKind::*;
    const FIRING: &[Firing] = &[Firing::Origin, Firing::Disabled, Firing::Replica, Firing::Always];
    let kinds = some(&[PrimaryKey, Unique, ForeignKey, Check, Exclusion]);
    let constraint = (kinds, any::<bool>(), definitions());
    let constraint = constraint.prop_map(|(kind, enforced, definition)| Constraint { kind, enforced, definition });
    let index = (any::<bool>(), any::<bool>(), definitions());
    let index = index.prop_map(|(unique, valid, definition)| Index { unique, valid, definition });
    let trigger = (some(FIRING), definitions()).prop_map(|(firing, definition)| Trigger { firing, definition });
    (by_name(constraint, 0..3), by_name(index, 0..3), by_name(trigger, 0..2))
}

type Contained = (Option<Rows>, Option<KeyRange>, Option<Checksum>, Option<String>, Option<String>);

fn contained() -> impl Strategy<Value = Contained> {
    let rows = (0..=i64::MAX, any::<bool>()).prop_map(|(count, exact)| Rows { count, exact });
    let few = (0..3_i64).prop_map(|count| Rows { count, exact: true });
    let keys = (names(), names()).prop_map(|(first, last)| KeyRange { first, last });
    let checksum = (1..3_u32, names()).prop_map(|(algorithm, value)| Checksum { algorithm, value });
    (
        option::of(prop_oneof![rows, few]),
        option::of(keys),
        option::of(checksum),
        option::of(names()),
        option::weighted(0.2, names()),
    )
}

pub fn tables() -> impl Strategy<Value = Table> {
    use TableKind::*;
    let kinds = some(&[Table, Table, PartitionedTable, View, MaterializedView, ForeignTable]);
    let partition = option::of((relations(), names()));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let properties = (kinds, names(), flags, vec(relations(), 0..2), partition, vec(names(), 0..2));
    (properties, by_name(columns(), 0..4), contained(), parts()).prop_map(|(properties, columns, contained, parts)| {
        let (kind, owner, (unlogged, row_security, force_row_security), inherits, partition, primary_key) = properties;
        let (partition_of, partition_bound) = partition.unzip();
        let (rows, key_range, checksum, unread, undescribed) = contained;
        let (constraints, indexes, triggers) = parts;
        super::Table {
            kind,
            owner,
            unlogged,
            row_security,
            force_row_security,
            inherits,
            inherited: false,
            partition_of,
            partition_bound,
            columns,
            primary_key,
            rows,
            key_range,
            checksum,
            undescribed,
            unread,
            constraints,
            indexes,
            triggers,
        }
    })
}

pub fn sequences() -> impl Strategy<Value = Sequence> {
    let numbers = (numbers(), numbers(), numbers(), numbers(), option::of(numbers()));
    (names(), names(), numbers, any::<bool>(), option::of(names()), option::of(relations())).prop_map(
        |(owner, data_type, (start, increment, min, max, next_value), cycle, unread, owned_by)| Sequence {
            owner,
            data_type,
            start,
            increment,
            min,
            max,
            cycle,
            next_value,
            unread,
            owned_by,
        },
    )
}

fn schemas() -> impl Strategy<Value = BTreeMap<String, Schema>> {
    let schema = (names(), btree_map(names(), tables(), 0..4), btree_map(names(), sequences(), 0..3));
    let schema = schema.prop_map(|(owner, tables, sequences)| Schema { owner, tables, sequences });
    btree_map(names(), schema, 0..4)
}

fn identities() -> impl Strategy<Value = Identity> {
    (names(), names(), 0..3_u32, names(), names(), any::<bool>(), 1..3_u32).prop_map(
        |(system_identifier, database, database_oid, server_version, encoding, in_recovery, timeline)| Identity {
            system_identifier,
            database,
            database_oid,
            server_version,
            encoding,
            in_recovery,
            timeline,
        },
    )
}

pub fn snapshots() -> impl Strategy<Value = Snapshot> {
    let scope = (option::weighted(0.3, names()), any::<bool>(), any::<bool>());
    let scope = scope.prop_map(|(schema, exact, checksum)| Scope { schema, exact, checksum });
    let extension = (names(), names()).prop_map(|(version, schema)| Extension { version, schema });
    (identities(), scope, btree_map(names(), extension, 0..3), schemas()).prop_map(
        |(identity, scope, extensions, schemas)| Snapshot {
            contents: Contents::of(&schemas),
            identity,
            scope,
            extensions,
            ..database(schemas)
        },
    )
}
