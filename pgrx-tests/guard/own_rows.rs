//! Tests which rows in an index range count as the current transaction's own.

#[pgrx::pg_schema]
mod tests {
    use crate::ids::search::Search;
    use crate::pg::index_choice::usable_index;
    use crate::pg::index_probe::{Own, find_own};
    use crate::pg::relation::{LockMode, Relation};
    use crate::pgrx_tests::{oid, run};
    use pgrx::prelude::*;

    /// Returns the furthest id in one of the transaction's own rows.
    fn furthest(table: &str, own: Own) -> Option<i64> {
        let table = Relation::open(oid(table), LockMode::AccessShare);
        let (_, index) = usable_index(&table, 1).expect("a usable index");
        find_own(&table, &index, 1, &Search::furthest(true), own).expect("a plain table")
    }

    #[pg_test]
    fn own_rows_include_updated_rows_only_with_supplied_ids() {
        run("CREATE TABLE t (id bigint PRIMARY KEY, note text)");
        run("INSERT INTO t VALUES (1), (9)");
        run("UPDATE t SET note = 'x' WHERE id = 9");
        assert_eq!(furthest("t", Own::UNSUPPLIED), Some(1));
        assert_eq!(furthest("t", Own::SUPPLIED), Some(9));
    }

    #[pg_test]
    fn own_rows_exclude_deleted_and_rolled_back_rows() {
        run("CREATE TABLE t (id bigint PRIMARY KEY)");
        run("INSERT INTO t VALUES (1), (9)");
        run("DELETE FROM t WHERE id = 9");
        run("DO $$ BEGIN INSERT INTO t VALUES (20); RAISE 'undo'; EXCEPTION WHEN OTHERS THEN NULL; END $$");
        assert_eq!(furthest("t", Own::SUPPLIED), Some(1));
    }
}
