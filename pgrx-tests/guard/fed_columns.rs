//! Tests that the guard derives the same sequences from a table's relation cache entry as discovery
//! from the catalogs.

#[pgrx::pg_schema]
mod tests {
    use crate::guard::fed_columns;
    use crate::pg::subtransaction;
    use crate::pgrx_tests::{oid, run};
    use crate::report::scope::Scope;
    use crate::sequences::default_tree::Name;
    use crate::sequences::discover::discover;
    use crate::sequences::link::Kind;
    use pgrx::prelude::*;

    const TABLES: [&str; 9] = ["serial", "identity", "free", "named", "by_domain", "child", "root", "leaf", "plain"];

    fn create_tables() {
        run("CREATE SEQUENCE s; CREATE DOMAIN own_id AS bigint DEFAULT nextval('s')");
        run("CREATE TABLE serial (dropped int, x text, id serial PRIMARY KEY); ALTER TABLE serial DROP COLUMN dropped");
        run("CREATE TABLE identity (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, other serial)");
        run("CREATE TABLE free (id numeric PRIMARY KEY DEFAULT nextval('s'))");
        run("CREATE TABLE named (id bigint PRIMARY KEY DEFAULT nextval('s'::text))");
        run("CREATE TABLE by_domain (id own_id PRIMARY KEY, overridden own_id DEFAULT 0)");
        run("CREATE TABLE child () INHERITS (serial)");
        run("CREATE TABLE root (id serial, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k)");
        run("CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1)");
        run("CREATE TABLE plain (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id + 1) STORED, d int DEFAULT 7)");
    }

    /// Returns each fed column's number and its sequence, or None if the default has only the
    /// sequence's name.
    fn fed(table: &str) -> Vec<(i16, Option<u32>)> {
        let number = |source: &Name| if let Name::Oid(oid) = source { Some(*oid) } else { None };
        fed_columns::of(oid(table)).iter().map(|feed| (feed.attribute, number(&feed.source))).collect()
    }

    #[pg_test]
    fn fed_columns_agree_with_discovery() {
        create_tables();
        let links = discover(Scope::Database).expect("the catalogs");
        for table in TABLES {
            let drawing = links.links.iter().filter(|link| link.kind != Kind::Owned && link.attr.0 == oid(table));
            let mut wanted: Vec<(i16, Option<u32>)> = drawing
                .map(|link| {
                    let sequence = link.sequence().filter(|_| link.kind != Kind::DefaultByName);
                    (link.attr.1, sequence.map(|oid| oid.to_u32()))
                })
                .collect();
            wanted.sort_unstable();
            assert_eq!(fed(table), wanted, "{table}");
        }
        assert_eq!(fed("plain"), vec![]);
        assert_eq!(fed("identity").len(), 2);
    }

    #[pg_test]
    fn fed_columns_follow_alter_table() {
        run("CREATE TABLE t (id serial PRIMARY KEY)");
        assert_eq!(fed("t").len(), 1);
        run("ALTER TABLE t ALTER id DROP DEFAULT");
        assert_eq!(fed("t"), vec![]);
        // This also holds when ALTER TABLE is rolled back.
        let undone: Result<(), _> = subtransaction::discard(|| {
            run("ALTER TABLE t ADD COLUMN n serial");
            assert_eq!(fed("t").len(), 1);
            Ok(())
        });
        undone.expect("no error");
        assert_eq!(fed("t"), vec![]);
    }

    #[pg_test]
    fn fed_columns_of_unsupported_relation_are_empty() {
        run("CREATE TEMP TABLE temporary (id serial PRIMARY KEY); CREATE SEQUENCE s");
        run("CREATE TABLE as_text (id text PRIMARY KEY DEFAULT 'A' || nextval('s'))");
        run("CREATE VIEW seen AS SELECT * FROM as_text");
        assert!(["temporary", "as_text", "seen", "s", "pg_class"].iter().all(|relation| fed(relation).is_empty()));
    }
}
