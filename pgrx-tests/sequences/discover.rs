//! Tests which links between columns and sequences are discovered in the catalogs.

#[pgrx::pg_schema]
mod tests {
    use crate::pgrx_tests::{oid, run};
    use crate::report::scope::Scope;
    use crate::sequences::discover::discover;
    use crate::sequences::link::{Drawing, Kind, Link, Source};
    use pgrx::prelude::*;

    fn links_of(table: &str) -> Vec<Link> {
        let table = oid(table);
        let mut links = discover(Scope::Database).unwrap().links;
        links.retain(|link| link.attr.0 == table);
        links.sort_by_key(|link| link.attr.1);
        links
    }

    fn kinds(table: &str) -> Vec<(i16, Kind, bool)> {
        links_of(table).iter().map(|link| (link.attr.1, link.kind, link.drawing == Drawing::Plain)).collect()
    }

    #[pg_test]
    fn discovery_finds_each_kind_of_link() {
        run("CREATE SEQUENCE s; CREATE DOMAIN d AS int DEFAULT nextval('s')");
        run("CREATE TABLE t (a serial, b int GENERATED ALWAYS AS IDENTITY, c bigint DEFAULT nextval('s'),
                             e bigint DEFAULT nextval('s'::text), f d, g d DEFAULT 7, h bigint)");
        run("CREATE SEQUENCE owned OWNED BY t.h");
        assert_eq!(
            kinds("t"),
            [
                (1, Kind::Serial, true),
                (2, Kind::IdentityAlways, true),
                (3, Kind::Default, true),
                (4, Kind::DefaultByName, true),
                (5, Kind::DomainDefault, true),
                (7, Kind::Owned, true),
            ]
        );
    }

    /// Uses the expression trees of this major version.
    #[pg_test]
    fn discovery_distinguishes_plain_defaults() {
        run("CREATE SEQUENCE s; CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
        run("CREATE TABLE t (a smallint DEFAULT nextval('s'), b int DEFAULT nextval('s'), c bigint DEFAULT nextval('s'),
                             d numeric DEFAULT nextval('s'), e numeric(9, 2) DEFAULT nextval('s'),
                             f positive DEFAULT nextval('s'), g numeric(5) DEFAULT nextval('s'::text),
                             h bigint DEFAULT nextval('s') + 1, i bigint DEFAULT coalesce(nextval('s'), 1),
                             j text DEFAULT nextval('s'), k text DEFAULT 'A' || nextval('s'),
                             l double precision DEFAULT nextval('s'), m bigint DEFAULT nextval(lower('S')))");
        let plain: Vec<bool> =
            links_of("t").iter().map(|link| link.drawing == Drawing::Plain && link.sequence().is_some()).collect();
        assert_eq!(plain, [true, true, true, true, true, true, true, false, false, true, false, false, false]);
        assert_eq!(links_of("t")[7].drawing, Drawing::Shifted(1));
    }

    /// Uses the function bodies of this major version.
    #[pg_test]
    fn discovery_reads_functions_of_defaults() {
        run("CREATE SEQUENCE s");
        run("CREATE FUNCTION atomic() RETURNS bigint BEGIN ATOMIC SELECT nextval('s'); END");
        run("CREATE FUNCTION returned() RETURNS bigint RETURN nextval('s')");
        run("CREATE FUNCTION narrow() RETURNS int RETURN nextval('s')::int");
        run("CREATE FUNCTION twice() RETURNS bigint BEGIN ATOMIC SELECT 2 * nextval('s'); END");
        run("CREATE FUNCTION found() RETURNS bigint BEGIN ATOMIC SELECT nextval('s') FROM pg_class LIMIT 1; END");
        run("CREATE FUNCTION text() RETURNS bigint LANGUAGE sql AS 'SELECT nextval(''s'')'");
        run("CREATE FUNCTION silent() RETURNS bigint RETURN 7");
        run("CREATE TABLE t (a bigint DEFAULT atomic(), b bigint DEFAULT returned(), c int DEFAULT narrow(),
                             d bigint DEFAULT twice(), e bigint DEFAULT found(), f smallint DEFAULT text(),
                             g bigint DEFAULT silent(), h bigint DEFAULT atomic() + 1)");
        let kind = Kind::FunctionDefault;
        assert_eq!(
            kinds("t"),
            [
                (1, kind, true),
                (2, kind, true),
                (3, kind, true),
                (4, kind, false),
                (5, kind, false),
                (6, kind, true),
                (8, kind, false)
            ]
        );
        assert!(links_of("t").iter().all(|link| link.sequence() == Some(oid("s"))));
    }

    #[pg_test]
    fn discovery_follows_copied_defaults() {
        run("CREATE TABLE parent (id serial)");
        run("CREATE TABLE child () INHERITS (parent)");
        run("CREATE TABLE copy (LIKE parent INCLUDING ALL)");
        run("CREATE TABLE root (id serial, p int) PARTITION BY LIST (p)");
        run("CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1)");
        let sequence = oid("parent_id_seq");
        for table in ["child", "copy"] {
            let links = links_of(table);
            assert_eq!(
                links.iter().map(|link| (link.kind, link.sequence())).collect::<Vec<_>>(),
                [(Kind::Default, Some(sequence))]
            );
        }
        assert_eq!(kinds("leaf"), [(1, Kind::Default, true)]);
    }

    #[pg_test]
    fn discovery_resolves_unambiguous_names() {
        run(
            "CREATE SCHEMA one; CREATE SCHEMA two; CREATE SEQUENCE one.\"Mixed\"; CREATE SEQUENCE one.twice; CREATE SEQUENCE two.twice",
        );
        run("CREATE TABLE t (a bigint DEFAULT nextval('\"Mixed\"'::text), b bigint DEFAULT nextval('twice'::text),
                             c bigint DEFAULT nextval('two.twice'::text), d bigint DEFAULT nextval('mixed'::text),
                             e bigint DEFAULT nextval('no such; name'::text), f bigint DEFAULT nextval('three.x'::text))");
        let links = links_of("t");
        assert_eq!(links[0].sequence(), Some(oid("one.\"Mixed\"")));
        assert_eq!(links[2].sequence(), Some(oid("two.twice")));
        let reason = |index: usize| match &links[index].source {
            Source::Unresolved(reason) => reason.clone(),
            Source::Known(oid) => panic!("{oid:?}"),
        };
        assert!(reason(1).contains("one.twice, two.twice"), "{}", reason(1));
        assert!(reason(3).contains("does not exist"), "{}", reason(3));
        assert!(reason(4).contains("does not name a sequence"), "{}", reason(4));
        assert!(reason(5).contains("does not exist"), "{}", reason(5));
    }

    /// A default refers to its sequence by OID, even after the sequence was renamed or moved.
    #[pg_test]
    fn discovery_follows_renamed_sequence() {
        run("CREATE SEQUENCE s; CREATE SCHEMA elsewhere; CREATE TABLE t (id bigint DEFAULT nextval('s'))");
        run("ALTER SEQUENCE s RENAME TO renamed; ALTER SEQUENCE renamed SET SCHEMA elsewhere; CREATE SEQUENCE s");
        assert_eq!(links_of("t")[0].sequence(), Some(oid("elsewhere.renamed")));
    }
}
