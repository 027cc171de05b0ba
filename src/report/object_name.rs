//! Chooses names for the indexes that a fix creates.

use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::QualifiedName;
use crate::pg::schemas;
use crate::report::quoting::{LONGEST_NAME, clip};

const RELATION_NAMED: &str = include_str!("../../sql/queries/relation_exists.sql");

/// Returns a name that no relation in the table's schema has, made as the server does: from the
/// table's name, `suffix` and, if necessary, a number.
pub fn free(table: &QualifiedName, suffix: &str, is_planned: impl Fn(&str) -> bool) -> Result<String, Error> {
    let schema = schemas::find(&table.schema)?;
    let mut number = 0;
    loop {
        let name = joined(&table.name, suffix, number);
        let is_taken = read(RELATION_NAMED, &[schema.into(), name.as_str().into()], |row| row.get::<bool>(1))?;
        if is_taken != [true] && !is_planned(&name) {
            return Ok(name);
        }
        number += 1;
    }
}

/// Whether `free` may have returned the name.
pub fn is_made_of(name: &str, table: &str, suffix: &str) -> bool {
    let number = name.rsplit(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    name == joined(table, suffix, 0) || number.parse().is_ok_and(|number| name == joined(table, suffix, number))
}

/// Joins the three parts, truncated to the length of an identifier.
fn joined(stem: &str, suffix: &str, number: usize) -> String {
    let number = if number == 0 { String::new() } else { number.to_string() };
    let suffix = format!("{}{number}", clip(suffix, LONGEST_NAME / 2));
    format!("{}{suffix}", clip(stem, LONGEST_NAME - suffix.len()))
}

#[cfg(test)]
mod tests {
    use super::{is_made_of, joined};

    #[test]
    fn name_is_truncated_to_an_identifier() {
        assert_eq!(joined("orders", "_pkey", 0), "orders_pkey");
        assert_eq!(joined("orders", "_pkey", 12), "orders_pkey12");
        let made = ["orders_pkey", "orders_pkey12", "orders_pkey012", "orders_pkey_1", "other_pkey"];
        assert_eq!(made.map(|name| is_made_of(name, "orders", "_pkey")), [true, true, false, false, false]);
        assert_eq!(joined(&"x".repeat(63), "_pkey", 0), format!("{}_pkey", "x".repeat(58)));
        let long = joined(&"ü".repeat(31), &"é".repeat(31), 7);
        assert!(long.len() <= 63 && long.ends_with("é7") && long.starts_with('ü'), "{long}");
    }
}
