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
    let rest = (any::<bool>(), option::of(definitions()), some(GENERATED), some(IDENTITY), option::of(0..4_u32));
    (names(), option::of(names()), rest).prop_map(
        |(data_type, collation, (not_null, default, generated, identity, position))| {
            let not_valid = not_null && data_type.len() == 1;
            Column { data_type, collation, not_null, not_valid, default, generated, identity, position }
        },
    )
}

fn by_name<T: std::fmt::Debug>(
    part: impl Strategy<Value = T>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = SortedMap<T>> {
    btree_map(names(), part, count).prop_map(|parts| parts.into_iter().collect())
}

type Parts = (SortedMap<Constraint>, SortedMap<Index>, SortedMap<Trigger>, SortedMap<Policy>, SortedMap<Trigger>);

fn parts() -> impl Strategy<Value = Parts> {
    use ConstraintKind::*;
    const FIRING: &[Firing] = &[Firing::Origin, Firing::Disabled, Firing::Replica, Firing::Always];
    let kinds = some(&[PrimaryKey, Unique, ForeignKey, Check, Exclusion]);
    let constraint = (kinds, any::<bool>(), definitions());
    let constraint = constraint.prop_map(|(kind, enforced, definition)| Constraint { kind, enforced, definition });
    let index = (any::<bool>(), any::<bool>(), definitions());
    let index = index.prop_map(|(unique, valid, definition)| Index { unique, valid, definition });
    let trigger = || {
        (some(FIRING), definitions()).prop_map(|(firing, definition)| Trigger { firing, definition, arguments: None })
    };
    let policy = definitions().prop_map(|definition| Policy { definition });
    (
        by_name(constraint, 0..3),
        by_name(index, 0..3),
        by_name(trigger(), 0..2),
        by_name(policy, 0..2),
        by_name(trigger(), 0..2),
    )
}

/// The names under which objects are used, and some that no object has.
const USES: &[&str] =
    &["relation a.a", "relation a.b", "column a.a.a", "function f()", "type a.a", "schema a", "extension a", "", "("];

fn attributes() -> impl Strategy<Value = Box<Attributes>> {
    let parts = || prop_oneof![3 => Just(String::new()), 1 => Just("column a".to_owned()), 1 => names()];
    let texts = || btree_map(parts(), names(), 0..2).prop_map(|texts| texts.into_iter().collect::<SortedMap<String>>());
    const WORDS: &[&str] = &["SELECT", "SELECT*, UPDATE", "-EXECUTE", "MAINTAIN", "", ", "];
    let roles = || btree_map(names(), some(WORDS).prop_map(str::to_owned), 1..3);
    let roles = || roles().prop_map(|roles| roles.into_iter().collect::<SortedMap<String>>());
    let privileges = btree_map(parts(), roles(), 0..2).prop_map(|parts| parts.into_iter().collect());
    let uses = btree_map(parts(), vec(some(USES).prop_map(str::to_owned), 1..3), 0..2);
    let uses = uses.prop_map(|uses| uses.into_iter().collect());
    (texts(), texts(), privileges, uses)
        .prop_map(|(comments, labels, privileges, uses)| Box::new(Attributes { comments, labels, privileges, uses }))
}

fn objects() -> impl Strategy<Value = Objects> {
    const KINDS: &[&str] = &["function", "type", "operator class", "setting", "statistics"];
    const IDENTITIES: &[&str] = &["a.a", "f()", "a.\"B\"", ""];
    let object = (option::of(names()), definitions(), option::of(names()), option::of(attributes()));
    let object =
        object.prop_map(|(owner, definition, body, attributes)| CatalogObject { owner, definition, body, attributes });
    let of_kind = btree_map(some(IDENTITIES).prop_map(str::to_owned), object, 1..3);
    btree_map(some(KINDS).prop_map(str::to_owned), of_kind, 0..3)
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
    let more = (by_name(names(), 0..2), option::of(attributes()));
    (properties, by_name(columns(), 0..4), contained(), parts(), more).prop_map(
        |(shape, columns, contained, parts, more)| {
            let (properties, attributes) = more;
            let (kind, owner, (unlogged, row_security, force_row_security), inherits, partition, primary_key) = shape;
            let (partition_of, partition_bound) = partition.unzip();
            let (rows, key_range, checksum, unread, undescribed) = contained;
            let (constraints, indexes, triggers, policies, rules) = parts;
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
                policies,
                rules,
                properties,
                attributes,
            }
        },
    )
}

pub fn sequences() -> impl Strategy<Value = Sequence> {
    let numbers = (numbers(), numbers(), numbers(), numbers(), option::of(numbers()));
    (names(), names(), numbers, any::<bool>(), option::of(names()), option::of(relations())).prop_map(
        |(owner, data_type, (start, increment, min, max, next_value), cycle, unread, owned_by)| Sequence {
            cache: increment,
            unlogged: false,
            attributes: None,
            owned_by_column: None,
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
    let schema = (
        names(),
        btree_map(names(), tables(), 0..4),
        btree_map(names(), sequences(), 0..3),
        objects(),
        option::of(attributes()),
    );
    let schema = schema.prop_map(|(owner, tables, sequences, objects, attributes)| Schema {
        owner,
        tables,
        sequences,
        objects,
        attributes,
    });
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
    let extension = (names(), names()).prop_map(|(version, schema)| super::extension(&version, &schema));
    let of_database = (objects(), option::of(attributes()))
        .prop_map(|(objects, attributes)| Some(DatabaseObjects { objects, attributes, ..DatabaseObjects::default() }));
    (identities(), scope, btree_map(names(), extension, 0..3), schemas(), of_database).prop_map(
        |(identity, scope, extensions, schemas, of_database)| Snapshot {
            contents: Contents::of(&schemas, of_database.as_ref()),
            identity,
            scope,
            extensions,
            database: of_database,
            ..database(schemas)
        },
    )
}
