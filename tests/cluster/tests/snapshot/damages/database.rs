//! The database itself, objects of the system and of extensions, and what a partition has of its
//! own.

use super::{Damage, check_all, damage};
use anyhow::Result;

const DAMAGES: [Damage; 17] = [
    damage(
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
        "error",
        "privilege_missing",
        "PUBLIC",
        "on language plpgsql",
    ),
    damage(
        "REVOKE EXECUTE ON FUNCTION pg_sleep(float8) FROM PUBLIC",
        "error",
        "privilege_missing",
        "PUBLIC",
        "on function pg_catalog.pg_sleep(double precision)",
    ),
    damage(
        "REVOKE USAGE ON TYPE money FROM PUBLIC",
        "error",
        "privilege_missing",
        "PUBLIC",
        "on type pg_catalog.money",
    ),
    damage(
        "GRANT SELECT (rolpassword) ON pg_authid TO app",
        "warning",
        "privilege_extra",
        "app",
        "on column pg_catalog.pg_authid.rolpassword",
    ),
    damage(
        "REVOKE EXECUTE ON FUNCTION public.db_row_hash FROM PUBLIC",
        "error",
        "privilege_missing",
        "PUBLIC",
        "on function public.db_row_hash(",
    ),
    damage(
        "GRANT EXECUTE ON FUNCTION public.db_row_hash TO app WITH GRANT OPTION",
        "warning",
        "privilege_extra",
        "app",
        "grant option",
    ),
    damage("ALTER DATABASE source OWNER TO other", "warning", "object_owner", "properties of the database", "other"),
    damage(
        "ALTER DATABASE source CONNECTION LIMIT 7",
        "warning",
        "object_changed",
        "properties of the database",
        "CONNECTION LIMIT 7",
    ),
    damage(
        "ALTER DATABASE source IS_TEMPLATE true",
        "warning",
        "object_changed",
        "properties of the database",
        "IS_TEMPLATE",
    ),
    damage(
        "UPDATE pg_database SET datcollate = 'de_DE.UTF-8', datctype = 'de_DE.UTF-8' WHERE datname = 'source'",
        "warning",
        "object_changed",
        "locale of the database",
        "text may sort and compare differently",
    ),
    damage(
        "DROP TABLE archive.old; CREATE TABLE archive.old (what text, id int);
         INSERT INTO archive.old SELECT 'old', i FROM generate_series(1, 10) i; ALTER TABLE archive.old OWNER TO app",
        "warning",
        "table_changed",
        "archive.old",
        "columns in the order what, id",
    ),
    damage(
        "ALTER TABLE shop.lines_new DISABLE TRIGGER touch",
        "error",
        "trigger_changed",
        "shop.lines_new: touch",
        "it is disabled",
    ),
    damage(
        "ALTER TABLE shop.lines_old_1 ENABLE ALWAYS TRIGGER touch",
        "warning",
        "trigger_changed",
        "shop.lines_old_1: touch",
        "fires on replicas too",
    ),
    damage(
        "ALTER TABLE ONLY shop.lines DISABLE TRIGGER touch",
        "error",
        "trigger_changed",
        "shop.lines: touch",
        "it is disabled",
    ),
    damage(
        "ALTER INDEX shop.lines_new_note_idx SET (fillfactor = 50)",
        "warning",
        "index_changed",
        "shop.lines_new: lines_new_note_idx",
        "fillfactor=50",
    ),
    damage(
        "COMMENT ON INDEX shop.lines_new_note_idx IS 'by note'",
        "info",
        "comment_changed",
        "shop.lines_new",
        "of index lines_new_note_idx",
    ),
    damage(
        "COMMENT ON CONSTRAINT lines_new_pkey ON shop.lines_new IS 'key'",
        "info",
        "comment_changed",
        "shop.lines_new",
        "of constraint lines_new_pkey",
    ),
];

#[test]
fn damage_outside_schemas_or_of_a_partition_only_is_one_row() -> Result<()> {
    check_all("the database, its system objects and partitions", "", &DAMAGES)
}
