//! Spells the names under which objects are used by others. They do not depend on any setting, so
//! that those of two snapshots can be compared. Pure.

pub fn relation(schema: &str, name: &str) -> String {
    format!("relation {}.{}", quoted(schema), quoted(name))
}

pub fn column(schema: &str, table: &str, name: &str) -> String {
    format!("column {}.{}.{}", quoted(schema), quoted(table), quoted(name))
}

pub fn schema(name: &str) -> String {
    format!("schema {}", quoted(name))
}

pub fn extension(name: &str) -> String {
    format!("extension {}", quoted(name))
}

/// Returns the name of an object of any other kind, whose identity is written as in SQL.
pub fn object(kind: &str, identity: &str) -> String {
    format!("{kind} {identity}")
}

/// Quotes a name unless it is plain. Keywords count as plain.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::{column, relation};

    #[test]
    fn used_names_are_unambiguous() {
        assert_eq!(relation("app", "t_1"), "relation app.t_1");
        assert_eq!(relation("a.b", "c"), "relation \"a.b\".c");
        assert_eq!(relation("a", "b.c"), "relation a.\"b.c\"");
        assert_eq!(column("App", "say \"hi\"", "1"), "column \"App\".\"say \"\"hi\"\"\".\"1\"");
    }
}
