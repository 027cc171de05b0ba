//! The sizes of relations.

use super::model::relation::Relation;
use crate::pg::relation::{LockMode, Relation as Open};

/// A table with as many rows, or bytes if it has no statistics, is large: writing all its rows in
/// one transaction holds others up.
pub const MANY_ROWS: i64 = 10_000;
const LARGE: u64 = 8 << 20;

/// Whether the table may have many rows: by its statistics, or by its size if it has none.
pub fn is_large(relation: &Relation) -> bool {
    match relation.rows {
        rows if rows < 0.0 => size(relation).is_some_and(|bytes| bytes >= LARGE),
        rows => rows >= MANY_ROWS as f64,
    }
}

/// Returns the size of the relation's main fork in bytes; `None` if it has none, or if another
/// session has locked it so that its size cannot be read without waiting.
pub fn size(relation: &Relation) -> Option<u64> {
    if !matches!(relation.kind, b'r' | b'm' | b'i' | b't') {
        return None;
    }
    Some(Open::open_nowait(relation.oid?, LockMode::AccessShare)?.size())
}

/// Returns a size as `pg_size_pretty` writes it. Pure.
pub fn pretty(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["bytes", "kB", "MB", "GB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 10 * 1024 && unit + 1 < UNITS.len() {
        value = value.div_ceil(1024);
        unit += 1;
    }
    format!("{value} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn sizes_are_rounded_to_a_unit() {
        assert_eq!(pretty(8192), "8192 bytes");
        assert_eq!(pretty(24 * 1024), "24 kB");
        assert_eq!(pretty(300 << 20), "300 MB");
    }
}
