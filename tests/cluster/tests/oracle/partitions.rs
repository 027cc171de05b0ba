//! Partitioned tables: the root's verdict depends on the rows of all leaves.

use crate::cases::{Builder, Cover, OTHER_COLUMNS};
use crate::feeds::define_root;
use cluster::identifier;

pub fn partitioned(b: &mut Builder) -> &'static str {
    let (root, column) = (b.relation(), b.name());
    let quoted = identifier(&column);
    let definition = define_root(b, &root, &column);
    let kind = b.random.u8(..3);
    let strategy = match kind {
        0 => format!("RANGE ({quoted})"),
        1 => format!("HASH ({quoted})"),
        _ => "LIST (part)".to_owned(),
    };
    b.sql(&format!("CREATE TABLE {root} ({quoted} {}, {OTHER_COLUMNS}) PARTITION BY {strategy};", definition.sql));
    b.sql(&definition.after);

    // A unique index has to include the partition key.
    let covers: &[Cover] = if kind == 2 {
        &[Cover::LeadingKey, Cover::Plain, Cover::PlainDescending, Cover::Nothing]
    } else {
        &[Cover::PrimaryKey, Cover::PrimaryKey, Cover::Unique, Cover::UniqueDescending, Cover::Plain, Cover::Nothing]
    };
    let cover = covers[b.random.usize(..covers.len())];
    b.sql(&cover.sql(&root, &quoted));

    let (lowest, highest) = definition.id_type.range();
    let middle = (definition.numbers.next() + b.random.i128(-3..40)).clamp(lowest, highest);
    let bounds = match kind {
        // Only the default partition accepts NULL.
        0 => vec![
            "DEFAULT".to_owned(),
            format!("FOR VALUES FROM (MINVALUE) TO ({middle})"),
            format!("FOR VALUES FROM ({middle}) TO (MAXVALUE)"),
        ],
        1 => Vec::from([0, 1].map(|remainder| format!("FOR VALUES WITH (MODULUS 2, REMAINDER {remainder})"))),
        _ => vec!["FOR VALUES IN ('a', 'b')".to_owned(), "DEFAULT".to_owned()],
    };
    for bound in bounds {
        let leaf = b.relation();
        if b.random.u8(..3) == 0 {
            // Created separately: the columns in another order, and one dropped.
            let type_name = &definition.type_name;
            b.sql(&format!(
                "CREATE TABLE {leaf} (note text, gone int, flag boolean NOT NULL DEFAULT false, {quoted} {type_name}, \
                 part text NOT NULL DEFAULT 'b');"
            ));
            b.sql(&format!("ALTER TABLE {leaf} DROP gone;"));
            b.sql(&format!(
                "DO $$ BEGIN IF (SELECT attnotnull FROM pg_attribute WHERE attrelid = {root}::regclass AND attname = {column}) \
                 THEN ALTER TABLE {leaf} ALTER {quoted} SET NOT NULL; END IF; END $$;",
                root = cluster::literal(&root),
                column = cluster::literal(&column)
            ));
            b.sql(&format!("ALTER TABLE {root} ATTACH PARTITION {leaf} {bound};"));
        } else if kind == 0 && b.random.u8(..3) == 0 && !cover.is_unique() {
            // A partitioned partition.
            let (below, rest) = (b.relation(), b.relation());
            b.sql(&format!("CREATE TABLE {leaf} PARTITION OF {root} {bound} PARTITION BY LIST (part);"));
            b.sql(&format!("CREATE TABLE {below} PARTITION OF {leaf} FOR VALUES IN ('b');"));
            b.sql(&format!("CREATE TABLE {rest} PARTITION OF {leaf} DEFAULT;"));
        } else {
            b.sql(&format!("CREATE TABLE {leaf} PARTITION OF {root} {bound};"));
        }
    }

    let fed = definition.fed(&root, &column, cover);
    let (numbers, sequence) = (definition.numbers, fed.sequence.clone());
    b.fill(fed, &numbers, cover);
    b.set_position(&sequence, &numbers);
    match kind {
        0 => "partitioned by range",
        1 => "partitioned by hash",
        _ => "partitioned by list",
    }
}
