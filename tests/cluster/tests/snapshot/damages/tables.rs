//! Schemas, extensions and whole tables.

use super::{Damage, check_all, damage};
use anyhow::Result;

const DAMAGES: [Damage; 41] = [
    damage("ALTER TABLE shop.orders FORCE ROW LEVEL SECURITY", "warning", "table_changed", "shop.orders", "forced"),
    damage("ALTER TABLE shop.derived NO INHERIT shop.base", "error", "table_changed", "shop.derived", "shop.base"),
    damage("ALTER TABLE shop.derived INHERIT archive.old", "warning", "table_changed", "shop.derived", "archive.old"),
    damage(
        "ALTER TABLE shop.lines DETACH PARTITION shop.lines_new; ALTER TABLE shop.lines ATTACH PARTITION shop.lines_new FOR VALUES FROM (50) TO (5000)",
        "error",
        "table_changed",
        "shop.lines_new",
        "5000",
    ),
    damage("DROP TABLE archive.old", "error", "table_missing", "archive.old", "10"),
    damage("DROP TABLE archive.older", "error", "table_missing", "archive.older", "10"),
    damage("DROP TABLE archive.\"T.1\"", "error", "table_missing", "archive.\"T.1\"", ""),
    damage("DROP TABLE shop.events CASCADE", "error", "table_missing", "shop.events", "100"),
    damage("DROP TABLE shop.customers CASCADE", "error", "table_missing", "shop.customers", "100"),
    damage("DROP TABLE shop.lines", "error", "table_missing", "shop.lines", "300"),
    damage("DROP TABLE shop.lines_new", "error", "table_missing", "shop.lines_new", ""),
    damage("DROP TABLE shop.lines_old", "error", "table_missing", "shop.lines_old", ""),
    damage("DROP TABLE shop.empty", "error", "table_missing", "shop.empty", ""),
    damage("DROP VIEW shop.open", "error", "table_missing", "shop.open", "view"),
    damage("DROP MATERIALIZED VIEW shop.sums", "error", "table_missing", "shop.sums", ""),
    damage("DROP TABLE shop.derived", "error", "table_missing", "shop.derived", ""),
    damage("DROP SCHEMA archive CASCADE", "error", "schema_missing", "archive", "3 tables"),
    damage("DROP EXTENSION plpgsql CASCADE", "error", "extension_missing", "plpgsql", "1.0"),
    damage(
        "UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'plpgsql'",
        "info",
        "extension_version",
        "plpgsql",
        "0.9",
    ),
    damage("CREATE SCHEMA more", "info", "schema_extra", "more", ""),
    damage("CREATE SCHEMA more; CREATE TABLE more.t (id serial PRIMARY KEY)", "info", "schema_extra", "more", "1 table"),
    damage("CREATE TABLE shop.more (id serial PRIMARY KEY, n int UNIQUE)", "info", "table_extra", "shop.more", ""),
    damage(
        "CREATE TABLE shop.more (id int PRIMARY KEY) PARTITION BY HASH (id);
         CREATE TABLE shop.more_0 PARTITION OF shop.more FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "info",
        "table_extra",
        "shop.more",
        "",
    ),
    damage(
        "CREATE TABLE shop.lines_none PARTITION OF shop.lines DEFAULT",
        "info",
        "table_extra",
        "shop.lines_none",
        "",
    ),
    damage("CREATE VIEW shop.more AS SELECT 1 AS one", "info", "table_extra", "shop.more", "view"),
    damage(
        "DROP TABLE archive.old; CREATE VIEW archive.old AS SELECT 1 AS id, 'old'::text AS what; ALTER VIEW archive.old OWNER TO app",
        "error",
        "table_kind",
        "archive.old",
        "view",
    ),
    damage(
        "DROP VIEW shop.open; CREATE TABLE shop.open AS SELECT id, state FROM shop.orders; ALTER TABLE shop.open OWNER TO app",
        "error",
        "table_kind",
        "shop.open",
        "table",
    ),
    damage("ALTER TABLE shop.lines DETACH PARTITION shop.lines_new", "warning", "table_changed", "shop.lines_new", "shop.lines"),
    damage("ALTER TABLE shop.notes SET UNLOGGED", "warning", "table_changed", "shop.notes", "unlogged"),
    damage("ALTER TABLE archive.older SET UNLOGGED", "warning", "table_changed", "archive.older", "unlogged"),
    damage("ALTER TABLE shop.orders DISABLE ROW LEVEL SECURITY", "error", "table_changed", "shop.orders", "row security"),
    damage("ALTER TABLE shop.notes ENABLE ROW LEVEL SECURITY", "warning", "table_changed", "shop.notes", "row security"),
    damage("ALTER SCHEMA archive OWNER TO other", "warning", "schema_owner", "archive", "other"),
    damage("ALTER TABLE archive.old OWNER TO other", "warning", "table_owner", "archive.old", "other"),
    damage("ALTER TABLE archive.older OWNER TO other", "warning", "table_owner", "archive.older", "other"),
    damage("ALTER TABLE shop.customers OWNER TO other", "warning", "table_owner", "shop.customers", "other"),
    damage("ALTER TABLE shop.lines OWNER TO other", "warning", "table_owner", "shop.lines", "other"),
    damage("ALTER TABLE shop.lines_new OWNER TO other", "warning", "table_owner", "shop.lines_new", "other"),
    damage(
        "ALTER TABLE shop.lines OWNER TO other; ALTER TABLE shop.lines_old OWNER TO other; ALTER TABLE shop.lines_new OWNER TO other;
         ALTER TABLE shop.lines_old_0 OWNER TO other; ALTER TABLE shop.lines_old_1 OWNER TO other",
        "warning",
        "table_owner",
        "shop.lines",
        "other",
    ),
    damage("ALTER VIEW shop.open OWNER TO other", "warning", "table_owner", "shop.open", "other"),
    damage("ALTER MATERIALIZED VIEW shop.sums OWNER TO other", "warning", "table_owner", "shop.sums", "other"),
];

#[test]
fn damaged_table_is_one_row() -> Result<()> {
    check_all("schemas, extensions and tables", "checksum => true", &DAMAGES)
}
