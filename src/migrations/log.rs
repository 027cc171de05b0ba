//! Reads the server's error from a tool's log. Pure.
//!
//! A log may contain any text, since any role that may write to the table can write it. Only
//! messages as the server words them in English are read, and only if the names in them are
//! unambiguous: the server puts names between quotes without escaping quotes in them.

use super::named_relations::Relation;
use crate::report::quoting::literal;
use crate::report::wording::Clause;

/// A foreign key that a migration's rows violated, as far as the log names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignKey {
    pub constraint: String,
    pub child: Option<String>,
    /// The schema of the child.
    pub schema: Option<String>,
    pub columns: Vec<String>,
    pub parent: Option<String>,
}

impl ForeignKey {
    /// Reads the violated foreign key; `None` if the log does not report such a violation.
    pub fn read(log: &str) -> Option<ForeignKey> {
        let mut key = log.lines().map(str::trim).find_map(ForeignKey::parse_violation)?;
        if let Some((columns, parent)) = log.lines().map(str::trim).find_map(missing_parent) {
            (key.columns, key.parent) = (columns, Some(parent));
        }
        if key.child.is_some() {
            key.schema = log.lines().find_map(prisma_schema);
        }
        Some(key)
    }

    /// Parses `insert or update on table "c" violates foreign key constraint "k"`, the server's
    /// message, or `Foreign key constraint failed: k`, the message of Prisma's WebAssembly engine.
    fn parse_violation(line: &str) -> Option<ForeignKey> {
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

    /// Returns advice on how to find the rows: the statement that `call` makes of child, columns
    /// and parent, if `find` finds both tables.
    pub fn advice(
        &self,
        find: impl Fn(&str, &str) -> Option<Relation>,
        call: impl FnOnce(&str, &[String], &str) -> String,
    ) -> Vec<Clause> {
        let fails = "it will fail on the same rows until they are repaired";
        match self.tables(find).map(|[child, parent]| call(&child, &self.columns, &parent)) {
            Some(statement) => vec![fails.into(), Clause::with_statement("to count them", statement)],
            None => vec![format!("{fails}: {}", self.function()).into()],
        }
    }

    /// Returns the quoted names of child and parent; `None` unless the log names both of them, and
    /// both exist. The log does not tell the parent's schema, which is most likely the child's.
    fn tables(&self, find: impl Fn(&str, &str) -> Option<Relation>) -> Option<[String; 2]> {
        let (child, schema, parent) = (self.child.as_deref()?, self.schema.as_deref()?, self.parent.as_deref()?);
        Some([find(schema, child)?.name, find(schema, parent)?.name])
    }

    /// Names the function, with as many of its arguments as are certain.
    fn function(&self) -> String {
        let name =
            |name: &str| if is_plain(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) };
        let qualified = |table: &str| match &self.schema {
            Some(schema) => format!("{}.{}", name(schema), name(table)),
            None => name(table),
        };
        match &self.child {
            Some(child) => format!("fk_precheck({}, …) counts them", literal(&qualified(child))),
            None => format!("fk_precheck(…) on the table of {} counts them", name(&self.constraint)),
        }
    }
}

/// Parses `Key (a, b)=(1, 2) is not present in table "p".`; returns the columns and the parent.
fn missing_parent(line: &str) -> Option<(Vec<String>, String)> {
    let line = line.strip_prefix("DETAIL:").unwrap_or(line).trim();
    let rest = line.strip_prefix("Key (")?;
    let (key, parent) = split_once_only(rest, ") is not present in table \"")?;
    let (columns, _) = split_once_only(key, ")=(")?;
    let parent = parent.trim_end_matches('.').strip_suffix('"')?;
    Some((columns.split(", ").map(str::to_owned).collect(), parent.to_owned()))
}

/// Returns the schema in the error as Prisma's native engine prints it.
fn prisma_schema(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("DbError {")?;
    let (_, rest) = split_once_only(rest, "schema: Some(\"")?;
    let (schema, _) = rest.split_once("\")")?;
    (!schema.contains(['\\', '"'])).then(|| schema.to_owned())
}

/// Parses `relation "x" already exists`; returns the relation.
pub fn existing_relation(line: &str) -> Option<&str> {
    line.strip_prefix("ERROR:")?.trim().strip_prefix("relation \"")?.strip_suffix("\" already exists")
}

/// Splits the text; `None` if the separator occurs again, so that a name may contain it.
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
    use crate::report::wording::detail;

    /// A log of Prisma's native engine.
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

    /// Returns the advice if the tables of these names exist.
    fn advice(key: &ForeignKey, tables: &[&str]) -> String {
        let find = |schema: &str, name: &str| {
            let name = format!("{schema}.{name}");
            tables.contains(&name.as_str()).then(|| Relation {
                label: format!("table {name}"),
                name,
                is_valid_index: None,
                is_being_built: false,
            })
        };
        let call = |child: &str, columns: &[String], parent: &str| format!("SELECT {child} {columns:?} {parent};");
        detail(&key.advice(find, call)).unwrap_or_default()
    }

    #[test]
    fn native_log_names_both_tables() {
        let key = ForeignKey::read(NATIVE).expect("a violation");
        assert_eq!((key.child.as_deref(), key.schema.as_deref()), (Some("Order Item"), Some("shop")));
        assert_eq!(
            (key.columns.as_slice(), key.parent.as_deref()),
            (&["pid".to_owned(), "\"x".to_owned()][..], Some("p"))
        );
        assert_eq!(
            advice(&key, &["shop.Order Item", "shop.p"]),
            "it will fail on the same rows until they are repaired; \
             to count them: SELECT shop.Order Item [\"pid\", \"\\\"x\"] shop.p;"
        );
    }

    /// A statement is recommended only if it runs.
    #[test]
    fn advice_without_both_tables_has_no_statement() {
        let key = ForeignKey::read(NATIVE).expect("a violation");
        let function = "it will fail on the same rows until they are repaired: \
                        fk_precheck('shop.\"Order Item\"', …) counts them";
        assert_eq!(advice(&key, &["shop.Order Item", "public.p"]), function);
        assert_eq!(advice(&key, &["shop.p"]), function);
        let anywhere = ForeignKey { schema: None, ..key };
        assert!(
            advice(&anywhere, &["shop.Order Item", "shop.p"]).ends_with("fk_precheck('\"Order Item\"', …) counts them")
        );
    }

    #[test]
    fn logs_of_other_tools_name_fewer_objects() {
        let read = |log| ForeignKey::read(log).map(|key| advice(&key, &[]));
        let atlas = read("pq: insert or update on table \"c\" violates foreign key constraint \"k\" (23503)")
            .expect("a violation");
        assert!(atlas.ends_with("fk_precheck('c', …) counts them"), "{atlas}");
        let wasm =
            read("external connector error\nForeign key constraint failed: C \"x\" fk\n   0: a").expect("a violation");
        assert!(wasm.ends_with("fk_precheck(…) on the table of \"C \"\"x\"\" fk\" counts them"), "{wasm}");
    }

    /// Ambiguous or non-English messages are not read.
    #[test]
    fn ambiguous_log_is_not_read() {
        let sep = "\" violates foreign key constraint \"";
        for log in [
            "",
            "ERROR: relation \"c\" does not exist",
            "FEHLER: Einfügen oder Aktualisieren in Tabelle »c« verletzt Fremdschlüssel-Constraint »k«",
            "ERROR: update or delete on table \"p\" violates foreign key constraint \"k\" on table \"c\"",
            "it says: \"insert or update on table",
            &format!("ERROR: insert or update on table \"a{sep}b{sep}c\""),
            &format!("ERROR: insert or update on table \"a{sep}b\" and more"),
            &format!("SELECT 'insert or update on table \"a{sep}b\"'"),
        ] {
            assert_eq!(ForeignKey::read(log), None, "{log}");
        }
        let twice = format!("insert or update on table \"c{sep}k\"\nKey (a)=(1)=(2) is not present in table \"p\".");
        assert_eq!(ForeignKey::read(&twice).expect("a violation").parent, None);
    }

    #[test]
    fn existing_relation_is_read() {
        assert_eq!(existing_relation("ERROR: relation \"x\"y\" already exists"), Some("x\"y"));
        assert_eq!(existing_relation("ERROR:  relation \"x\" already exists"), Some("x"));
        assert_eq!(existing_relation("ERROR: relation \"x\" does not exist"), None);
    }
}
