//! What a tool's log says of the server's error. Pure.
//!
//! A log is whatever a tool has written, and anybody who may write to its table: only messages as the server words them in English are
//! read, and only where their names cannot be misread. In a message the server puts names between quotes as they are, quotes in them
//! included.

use crate::report::quoting::literal;

/// A foreign key that refused a migration's rows, as far as the log names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignKey {
    pub constraint: String,
    pub child: Option<String>,
    /// The child's.
    pub schema: Option<String>,
    pub columns: Vec<String>,
    pub parent: Option<String>,
}

impl ForeignKey {
    /// `None` if the log tells of no such refusal.
    pub fn read(log: &str) -> Option<ForeignKey> {
        let mut key = log.lines().map(str::trim).find_map(ForeignKey::refused)?;
        if let Some((columns, parent)) = log.lines().map(str::trim).find_map(missing_parent) {
            (key.columns, key.parent) = (columns, Some(parent));
        }
        if key.child.is_some() {
            key.schema = log.lines().find_map(prisma_schema);
        }
        Some(key)
    }

    /// `insert or update on table "c" violates foreign key constraint "k"`, as the server says it, or as Prisma's engine does as
    /// WebAssembly: `Foreign key constraint failed: k`.
    fn refused(line: &str) -> Option<ForeignKey> {
        if let Some(constraint) = line.strip_prefix("Foreign key constraint failed: ") {
            return Some(ForeignKey { constraint: constraint.to_owned(), ..ForeignKey::default() });
        }
        let (before, rest) = line.split_once("insert or update on table \"")?;
        if !(before.is_empty() || before.ends_with(": ") || before.ends_with(":  ")) {
            return None;
        }
        let (child, rest) = split_once_only(rest, "\" violates foreign key constraint \"")?;
        let (constraint, after) = rest.rsplit_once('"')?;
        let is_end = after.is_empty() || after.starts_with(" (") && after.ends_with(')');
        is_end.then(|| ForeignKey {
            constraint: constraint.to_owned(),
            child: Some(child.to_owned()),
            ..ForeignKey::default()
        })
    }

    /// Where its rows are to be looked for.
    pub fn advice(&self) -> String {
        let name =
            |name: &str| if is_plain(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) };
        let qualified = |table: &str| match &self.schema {
            Some(schema) => format!("{}.{}", name(schema), name(table)),
            None => name(table),
        };
        let rows = match (&self.child, &self.parent, self.columns.is_empty()) {
            (Some(child), Some(parent), false) => {
                let columns: Vec<String> = self.columns.iter().map(|column| literal(column)).collect();
                let (child, parent) = (literal(&qualified(child)), literal(&name(parent)));
                format!("SELECT * FROM fk_precheck({child}, ARRAY[{}], {parent}) counts them", columns.join(", "))
            }
            (Some(child), ..) => format!("fk_precheck({}, …) counts them", literal(&qualified(child))),
            (None, ..) => format!("fk_precheck(…) on the table of {} counts them", name(&self.constraint)),
        };
        format!("it fails on the same rows again until they are repaired: {rows}")
    }
}

/// `Key (a, b)=(1, 2) is not present in table "p".`: the columns and the parent.
fn missing_parent(line: &str) -> Option<(Vec<String>, String)> {
    let line = line.strip_prefix("DETAIL:").unwrap_or(line).trim();
    let rest = line.strip_prefix("Key (")?;
    let (key, parent) = split_once_only(rest, ") is not present in table \"")?;
    let (columns, _) = split_once_only(key, ")=(")?;
    let parent = parent.trim_end_matches('.').strip_suffix('"')?;
    Some((columns.split(", ").map(str::to_owned).collect(), parent.to_owned()))
}

/// The schema in the error as Prisma's native engine writes it out.
fn prisma_schema(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("DbError {")?;
    let (_, rest) = split_once_only(rest, "schema: Some(\"")?;
    let (schema, _) = rest.split_once("\")")?;
    (!schema.contains(['\\', '"'])).then(|| schema.to_owned())
}

/// The relation that is in the way: `relation "x" already exists`.
pub fn existing_relation(line: &str) -> Option<&str> {
    line.strip_prefix("ERROR:")?.trim().strip_prefix("relation \"")?.strip_suffix("\" already exists")
}

/// `None` where a name may contain what stands between it and the next.
fn split_once_only<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(separator).filter(|(_, rest)| !rest.contains(separator))
}

fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Prisma's native engine leaves it.
    const NATIVE: &str = "A migration failed to apply. New migrations cannot be applied before the error is recovered from. Read more \
        about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n\
        Migration name: 2_b\n\nDatabase error code: 23503\n\nDatabase error:\n\
        ERROR: insert or update on table \"Order Item\" violates foreign key constraint \"k\"\n\
        DETAIL: Key (pid, \"x)=(7, 8) is not present in table \"p\".\n\n\
        DbError { severity: \"ERROR\", parsed_severity: Some(Error), code: SqlState(E23503), message: \"insert or update on table \
        \\\"Order Item\\\" violates foreign key constraint \\\"k\\\"\", detail: Some(\"Key (pid, \\\"x)=(7, 8) is not present in table \
        \\\"p\\\".\"), hint: None, position: None, where_: None, schema: Some(\"shop\"), table: Some(\"Order Item\"), column: None, \
        datatype: None, constraint: Some(\"k\"), file: Some(\"ri_triggers.c\"), line: Some(2610), routine: Some(\"ri_ReportViolation\") }\n\n\
        \u{20}  0: sql_schema_connector::apply_migration::apply_script\n";

    #[test]
    fn a_native_log_names_both_tables() {
        let key = ForeignKey::read(NATIVE).expect("a refusal");
        assert_eq!((key.child.as_deref(), key.schema.as_deref()), (Some("Order Item"), Some("shop")));
        assert_eq!(
            (key.columns.as_slice(), key.parent.as_deref()),
            (&["pid".to_owned(), "\"x".to_owned()][..], Some("p"))
        );
        assert!(
            key.advice()
                .ends_with("SELECT * FROM fk_precheck('shop.\"Order Item\"', ARRAY['pid', '\"x'], 'p') counts them"),
            "{}",
            key.advice()
        );
    }

    #[test]
    fn other_tools_name_less() {
        let read = |log| ForeignKey::read(log).map(|key| key.advice());
        let atlas = read("pq: insert or update on table \"c\" violates foreign key constraint \"k\" (23503)")
            .expect("a refusal");
        assert!(atlas.ends_with("fk_precheck('c', …) counts them"), "{atlas}");
        let wasm =
            read("external connector error\nForeign key constraint failed: C \"x\" fk\n   0: a").expect("a refusal");
        assert!(wasm.ends_with("fk_precheck(…) on the table of \"C \"\"x\"\" fk\" counts them"), "{wasm}");
    }

    /// What can be read in two ways, or is no English, is not read at all.
    #[test]
    fn nothing_is_guessed() {
        let sep = "\" violates foreign key constraint \"";
        for log in [
            "",
            "ERROR: relation \"c\" does not exist",
            "FEHLER: Einfügen oder Aktualisieren in Tabelle »c« verletzt Fremdschlüssel-Constraint »k«",
            "ERROR: update or delete on table \"p\" violates foreign key constraint \"k\" on table \"c\"",
            "he said: \"insert or update on table",
            &format!("ERROR: insert or update on table \"a{sep}b{sep}c\""),
            &format!("ERROR: insert or update on table \"a{sep}b\" and more"),
            &format!("SELECT 'insert or update on table \"a{sep}b\"'"),
        ] {
            assert_eq!(ForeignKey::read(log), None, "{log}");
        }
        let twice = format!("insert or update on table \"c{sep}k\"\nKey (a)=(1)=(2) is not present in table \"p\".");
        assert_eq!(ForeignKey::read(&twice).expect("a refusal").parent, None);
    }

    #[test]
    fn a_relation_in_the_way_is_read() {
        assert_eq!(existing_relation("ERROR: relation \"x\"y\" already exists"), Some("x\"y"));
        assert_eq!(existing_relation("ERROR:  relation \"x\" already exists"), Some("x"));
        assert_eq!(existing_relation("ERROR: relation \"x\" does not exist"), None);
    }
}
