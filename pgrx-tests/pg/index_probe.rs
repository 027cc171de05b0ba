//! Tests that the index probe has the same results as SQL.

#[pgrx::pg_schema]
mod tests {
    use crate::ids::position::{IdRange, Run, Span};
    use crate::ids::search::{Order, Search};
    use crate::pg::index_choice::usable_index;
    use crate::pg::index_probe;
    use crate::pg::relation::{LockMode, Relation};
    use crate::pg::snapshot::Visibility;
    use crate::pgrx_tests::{oid, one, run};
    use pgrx::prelude::*;

    fn probe(table: &str, attribute: i16, search: &Search, visibility: Visibility) -> Vec<i64> {
        let table = Relation::open(oid(table), LockMode::AccessShare);
        let (_, index) = usable_index(&table, attribute).expect("a usable index");
        index_probe::find(&table, &index, attribute, search, visibility).unwrap().expect("an index over integers")
    }

    fn search(low: i64, high: i64, order: Order, limit: usize) -> Search {
        Search { within: IdRange { low, high }, order, hits: None, limit }
    }

    /// Covers each integer type, each sort order of the index, NULLs, duplicates, deleted rows, and
    /// every kind of bound.
    #[pg_test]
    fn index_probe_agrees_with_sql() {
        for column_type in ["smallint", "integer", "bigint"] {
            for order in ["ASC", "DESC", "DESC NULLS LAST", "ASC NULLS FIRST"] {
                run(&format!("CREATE TABLE t (filler text, id {column_type}, dropped int)"));
                run("ALTER TABLE t DROP COLUMN dropped");
                run(&format!("CREATE INDEX ON t (id {order}, filler)"));
                run("INSERT INTO t SELECT 'x', i FROM generate_series(-300, 300, 7) i, generate_series(1, 3)");
                run("INSERT INTO t SELECT 'y', NULL FROM generate_series(1, 20)");
                run("DELETE FROM t WHERE id % 5 = 0");
                for (low, high) in
                    [(i64::MIN, i64::MAX), (-20, 33), (0, i64::MAX), (i64::MIN, -299), (301, 400), (33, -20)]
                {
                    for (order, direction) in [(Order::Ascending, "ASC"), (Order::Descending, "DESC")] {
                        for limit in [1, 4] {
                            let expected: Vec<i64> = one(&format!(
                                "SELECT coalesce(array_agg(id::bigint), '{{}}') FROM (SELECT DISTINCT id FROM t
                                  WHERE id >= {low} AND id <= {high} ORDER BY id {direction} LIMIT {limit}) s"
                            ));
                            for visibility in [Visibility::Committed, Visibility::InProgress] {
                                let found = probe("t", 2, &search(low, high, order, limit), visibility);
                                assert_eq!(
                                    found, expected,
                                    "{column_type} {low}..{high} {direction} {limit} {visibility:?}"
                                );
                            }
                        }
                    }
                }
                run("DROP TABLE t");
            }
        }
    }

    #[pg_test]
    fn index_probe_finds_first_collision() {
        run("CREATE TABLE t (id bigint PRIMARY KEY)");
        run("INSERT INTO t SELECT 2 * i FROM generate_series(1, 5000) i");
        run("INSERT INTO t VALUES (7001)");
        let odd = Run { first: 1, bound: 100_000, increment: 2, span: Span::SINGLE };
        assert_eq!(probe("t", 1, &Search::first_collision(&odd), Visibility::Committed), [7001]);
        let down = Run { first: 9001, bound: 1, increment: -2, span: Span::SINGLE };
        assert_eq!(probe("t", 1, &Search::first_collision(&down), Visibility::Committed), [7001]);
        let never = Run { first: 3, bound: 100_000, increment: 30_000, span: Span::SINGLE };
        assert_eq!(probe("t", 1, &Search::first_collision(&never), Visibility::Committed), [0_i64; 0]);
    }

    #[pg_test]
    fn index_probe_reaches_the_limits_of_bigint() {
        run("CREATE TABLE t (id bigint PRIMARY KEY)");
        run("INSERT INTO t VALUES (9223372036854775807), (-9223372036854775808)");
        let all = |order| probe("t", 1, &search(i64::MIN, i64::MAX, order, 2), Visibility::Committed);
        assert_eq!(all(Order::Descending), [i64::MAX, i64::MIN]);
        assert_eq!(all(Order::Ascending), [i64::MIN, i64::MAX]);
        let inner = search(i64::MIN + 1, i64::MAX - 1, Order::Ascending, 2);
        assert_eq!(probe("t", 1, &inner, Visibility::Committed), [0_i64; 0]);
    }

    #[pg_test]
    fn index_choice_prefers_unique_and_skips_partial() {
        run("CREATE TABLE t (id int, other int)");
        run("CREATE INDEX partial ON t (id) WHERE other > 0");
        run("CREATE INDEX second ON t (other, id)");
        run("CREATE INDEX hashed ON t USING hash (id)");
        let chosen = || usable_index(&Relation::open(oid("t"), LockMode::AccessShare), 1).map(|(index, _)| index);
        assert_eq!(chosen(), None);
        run("CREATE UNIQUE INDEX pair ON t (id, other)");
        assert_eq!(chosen().map(|index| (index.oid, index.is_unique)), Some((oid("pair"), false)));
        run("CREATE UNIQUE INDEX expression ON t ((id + 1))");
        run("CREATE UNIQUE INDEX including ON t (id) INCLUDE (other)");
        assert_eq!(chosen().map(|index| (index.oid, index.is_unique)), Some((oid("including"), true)));
        run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'including'::regclass");
        assert_eq!(chosen().map(|index| index.oid), Some(oid("pair")));
    }

    /// An index on a domain compares as the base type.
    #[pg_test]
    fn index_probe_reads_domains() {
        run("CREATE DOMAIN small_id AS smallint");
        run("CREATE TABLE t (id small_id PRIMARY KEY)");
        run("INSERT INTO t VALUES (-5), (32767)");
        let furthest = probe("t", 1, &Search::furthest(true), Visibility::Committed);
        assert_eq!(furthest, [32767]);
    }
}
