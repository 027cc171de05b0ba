//! Rows: their number, keys and values.

use super::{Damage, check_all, damage};
use anyhow::Result;

const DAMAGES: [Damage; 21] = [
    damage("DELETE FROM shop.notes WHERE id > 900", "error", "rows_fewer", "shop.notes", "100"),
    damage("DELETE FROM shop.notes WHERE id = 500", "error", "rows_fewer", "shop.notes", "1"),
    damage(
        "DELETE FROM shop.notes WHERE id <= 500; UPDATE shop.notes SET said = 'x'",
        "error",
        "rows_fewer",
        "shop.notes",
        "500",
    ),
    damage("DELETE FROM shop.notes", "error", "rows_emptied", "shop.notes", "1000"),
    damage("TRUNCATE shop.notes", "error", "rows_emptied", "shop.notes", "1000"),
    damage("TRUNCATE shop.lines_new", "error", "rows_emptied", "shop.lines_new", ""),
    damage("DELETE FROM ONLY shop.base", "error", "rows_emptied", "shop.base", "10"),
    damage("DELETE FROM shop.derived WHERE id = 12", "error", "rows_fewer", "shop.derived", "1"),
    damage("DELETE FROM shop.lines WHERE order_id > 90", "error", "rows_fewer", "shop.lines_new", ""),
    damage(
        "INSERT INTO shop.notes SELECT i, 'more' FROM generate_series(1001, 1010) i",
        "info",
        "rows_more",
        "shop.notes",
        "10",
    ),
    damage("INSERT INTO shop.empty VALUES (1)", "info", "rows_more", "shop.empty", "1"),
    damage("UPDATE shop.notes SET said = 'Said 7' WHERE id = 7", "error", "checksum", "shop.notes", ""),
    damage("UPDATE shop.notes SET said = NULL WHERE id = 7", "error", "checksum", "shop.notes", ""),
    damage("UPDATE shop.notes SET said = '' WHERE id = 7", "error", "checksum", "shop.notes", ""),
    damage(
        "UPDATE shop.notes SET said = 'said ' || CASE id WHEN 7 THEN 8 ELSE 7 END WHERE id IN (7, 8)",
        "error",
        "checksum",
        "shop.notes",
        "",
    ),
    damage("UPDATE shop.notes SET said_at = said_at + 1 WHERE id = 1000", "error", "checksum", "shop.notes", ""),
    damage("UPDATE shop.notes SET id = id + 10000", "error", "checksum", "shop.notes", ""),
    damage(
        "UPDATE shop.lines_old_1 SET note = 'x' WHERE (order_id, line) = (SELECT order_id, line FROM shop.lines_old_1 LIMIT 1)",
        "error",
        "checksum",
        "shop.lines_old_1",
        "",
    ),
    damage(
        "UPDATE archive.old SET what = convert_from(set_byte('old'::bytea, 0, get_byte('old'::bytea, 0) # 1), 'UTF8') WHERE id = 1",
        "error",
        "checksum",
        "archive.old",
        "",
    ),
    damage(
        "INSERT INTO archive.old SELECT * FROM archive.old WHERE id = 3; DELETE FROM archive.old WHERE id = 4",
        "error",
        "checksum",
        "archive.old",
        "",
    ),
    damage(
        "INSERT INTO shop.orders (id, customer, net) OVERRIDING SYSTEM VALUE VALUES (101, 100, 1); REFRESH MATERIALIZED VIEW shop.sums; DELETE FROM shop.orders WHERE net = 1 AND note IS NULL",
        "error",
        "checksum",
        "shop.sums",
        "",
    ),
];

#[test]
fn damaged_rows_are_one_row() -> Result<()> {
    check_all("rows, with checksums,", "checksum => true", &DAMAGES)
}

const WITHOUT_CHECKSUMS: [Damage; 5] = [
    damage("UPDATE shop.notes SET id = id + 10000", "error", "key_range", "shop.notes", "11000"),
    damage("UPDATE shop.notes SET id = 0 WHERE id = 1", "error", "key_range", "shop.notes", ""),
    damage("DELETE FROM shop.notes WHERE id > 900", "error", "rows_fewer", "shop.notes", "900"),
    damage(
        "DELETE FROM shop.notes WHERE id > 900; INSERT INTO shop.notes SELECT generate_series(901, 1001)",
        "info",
        "rows_more",
        "shop.notes",
        "1",
    ),
    damage("TRUNCATE shop.notes", "error", "rows_emptied", "shop.notes", "1000"),
];

#[test]
fn damaged_rows_without_checksums_are_one_row() -> Result<()> {
    check_all("rows, without checksums,", "", &WITHOUT_CHECKSUMS)
}

/// The planner's statistics suffice to report that a table is empty or much smaller.
const ESTIMATED: [Damage; 3] = [
    damage("TRUNCATE shop.notes", "error", "rows_emptied", "shop.notes", ""),
    damage("DROP TABLE shop.notes", "error", "table_missing", "shop.notes", ""),
    damage("ALTER TABLE shop.notes DROP COLUMN said", "error", "column_missing", "shop.notes.said", ""),
];

#[test]
fn damaged_rows_by_estimate_are_one_row() -> Result<()> {
    check_all("rows, estimated,", "exact => false", &ESTIMATED)
}
