//! Tests that history tables of migration tools are recognized.

#[pgrx::pg_schema]
mod tests {
    use crate::migrations::history_tables;
    use crate::pgrx_tests::{locks_on_user_relations, run};
    use pgrx::prelude::*;

    fn found() -> Vec<String> {
        let tables = history_tables().unwrap();
        let mut found: Vec<String> =
            tables.iter().map(|found| format!("{}.{} {}", found.schema, found.table, found.tool)).collect();
        found.sort();
        found
    }

    #[pg_test]
    fn history_tables_are_recognized_by_columns() {
        run("CREATE SCHEMA \"a b\"");
        run("CREATE TABLE \"a b\".\"My\" (version_num varchar(32))");
        run("CREATE TABLE \"a b\".parts (version_num varchar(32)) PARTITION BY LIST (version_num)");
        run("CREATE TABLE \"a b\".part PARTITION OF \"a b\".parts FOR VALUES IN ('1')");
        run("CREATE VIEW \"a b\".alembic_version AS SELECT * FROM \"a b\".\"My\"");
        run("CREATE TABLE \"a b\".other (version_num varchar(31))");
        run("CREATE TABLE \"a b\".schema_migrations (version varchar)");
        assert_eq!(
            found(),
            ["a b.My Alembic", "a b.parts Alembic", "a b.schema_migrations Rails (ActiveRecord) or dbmate"]
        );
        run("CREATE TABLE \"a b\".ar_internal_metadata (key varchar, value varchar)");
        assert_eq!(found()[2], "a b.schema_migrations Rails (ActiveRecord)");
    }

    #[pg_test]
    fn history_tables_keep_no_lock() {
        run("CREATE TABLE alembic_version (version_num varchar(32))");
        assert_eq!(history_tables().unwrap().len(), 1);
        assert_eq!(locks_on_user_relations(), 0);
    }

    #[pg_test]
    fn history_tables_ignore_dropped_columns() {
        run("CREATE TABLE own_migrations (version bigint, dirty boolean, more int)");
        assert_eq!(found().len(), 0);
        run("ALTER TABLE own_migrations DROP COLUMN more");
        assert_eq!(found(), ["public.own_migrations golang-migrate"]);
        run("ALTER TABLE own_migrations DROP COLUMN dirty");
        assert_eq!(found().len(), 0);
    }
}
