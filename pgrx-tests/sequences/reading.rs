//! Tests that reading ids through an index and through SQL has the same results.

#[pgrx::pg_schema]
mod tests {
    use crate::ids::position::{Run, Span};
    use crate::ids::search::Search;
    use crate::pg::snapshot::Visibility;
    use crate::pgrx_tests::{oid, one_read_only, run};
    use crate::sequences::column::Column;
    use crate::sequences::reading::Ids;
    use pgrx::prelude::*;

    fn find(table: &str, attribute: i16, search: &Search) -> Vec<i64> {
        let column = Column::look_up((oid(table), attribute)).expect("a column");
        let (id_type, _) = column.holds().expect("a number");
        Ids::of(&column, id_type).unwrap().find(search, Visibility::Committed).unwrap()
    }

    #[pg_test]
    fn reading_by_index_scan_and_sql_agree() {
        run("CREATE TABLE by_index (id bigint PRIMARY KEY); CREATE TABLE by_scan (id bigint);
             CREATE TABLE by_numeric (id numeric); CREATE TABLE by_numeric_index (id numeric PRIMARY KEY)");
        run("CREATE TABLE by_partition (id bigint, k int) PARTITION BY HASH (k)");
        run("CREATE TABLE p0 PARTITION OF by_partition FOR VALUES WITH (MODULUS 2, REMAINDER 0)");
        run("CREATE TABLE p1 (k int, id bigint)");
        run("ALTER TABLE by_partition ATTACH PARTITION p1 FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
        for table in ["by_index", "by_scan", "by_numeric", "by_numeric_index"] {
            run(&format!("INSERT INTO {table} SELECT 3 * i FROM generate_series(-50, 50) i"));
        }
        run("INSERT INTO by_partition SELECT 3 * i, i FROM generate_series(-50, 50) i");
        let up = Run { first: 10, bound: 1000, increment: 4, span: Span::SINGLE };
        let down = Run { first: -1, bound: -100, increment: -7, span: Span::SINGLE };
        let searches = [
            Search::furthest(true),
            Search::furthest(false),
            Search::furthest_in(&up),
            Search::furthest_up_to_bound(&up, 9),
            Search::furthest_up_to_bound(&down, 9),
            Search::first_collision(&up),
            Search::first_collision(&down),
        ];
        for search in searches {
            let expected = find("by_index", 1, &search);
            assert!(!expected.is_empty(), "{search:?}");
            for table in ["by_scan", "by_numeric", "by_numeric_index", "by_partition"] {
                assert_eq!(find(table, 1, &search), expected, "{table} {search:?}");
            }
        }
    }

    /// Fractions, infinities, NaN, and values beyond bigint are not ids.
    #[pg_test]
    fn reading_skips_numeric_values_that_are_not_ids() {
        run("CREATE TABLE t (id numeric)");
        run("INSERT INTO t VALUES (7), (7.0), (8.5), ('NaN'), ('Infinity'), ('-Infinity'), (1e30), (-1e30), (NULL)");
        assert_eq!(find("t", 1, &Search::furthest(true)), [7]);
        assert_eq!(find("t", 1, &Search::furthest(false)), [7]);
    }

    #[pg_test]
    fn reading_assigns_no_transaction_id_and_keeps_no_lock() {
        let locks =
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'pg_description'::regclass";
        let column = Column::look_up((one_read_only("SELECT 'pg_description'::regclass::oid"), 3)).expect("a column");
        let (id_type, _) = column.holds().expect("a number");
        let found = || Ids::of(&column, id_type).unwrap().find(&Search::furthest(true), Visibility::Committed).unwrap();
        assert_eq!((found().len(), one_read_only::<i64>(locks)), (1, 0));
        assert!(one_read_only::<bool>("SELECT pg_current_xact_id_if_assigned() IS NULL"));
    }
}
