//! Classifies a session's last statement: one that a migration tool runs, or one that only another
//! client can have sent.

use super::key::LockKey;
use crate::report::statement_text::without_comments;

/// The kind of a statement, by the first word of each statement in the text. A quoted semicolon
/// counts as a separator, but no verdict depends on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Acquires or releases an advisory lock.
    AdvisoryLock,
    SchemaChange,
    /// Reads or writes rows of user tables.
    Rows,
    /// For example BEGIN, SET, SELECT version(), or a script of several statements.
    Other,
}

pub(super) const SCHEMA_CHANGES: [&str; 15] = [
    "ALTER", "CREATE", "DROP", "COMMENT", "GRANT", "REVOKE", "TRUNCATE", "REINDEX", "CLUSTER", "REPACK", "VACUUM",
    "REFRESH", "SECURITY", "LOCK", "REASSIGN",
];
const ROWS: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "COPY", "TABLE"];

/// Words that occur only in statements that access tables.
const TABLE_WORDS: [&str; 5] = ["from", "into", "update", "copy", "table"];

impl Statement {
    pub fn of(query: &str) -> Statement {
        let text = without_comments(query);
        let folded = text.to_lowercase();
        if folded.contains("advisory_lock")
            || folded.contains("advisory_xact_lock")
            || folded.contains("advisory_unlock")
        {
            return Statement::AdvisoryLock;
        }
        let mut statements = text.split(';').map(without_comments).filter(|statement| !statement.is_empty());
        if statements.clone().any(|statement| starts_with(statement, &SCHEMA_CHANGES)) {
            return Statement::SchemaChange;
        }
        let is_script = statements.nth(1).is_some();
        let is_of_catalogs =
            ["pg_catalog", "information_schema", " pg_", "\"pg_"].iter().any(|part| folded.contains(part));
        if starts_with(text, &ROWS) && has_word(&folded, &TABLE_WORDS) && !is_script && !is_of_catalogs {
            Statement::Rows
        } else {
            Statement::Other
        }
    }

    /// Whether the statement only reads user tables, which migrations rarely do with tables other
    /// than their own.
    pub fn is_read(query: &str) -> bool {
        starts_with(without_comments(query), &["SELECT"]) && Statement::of(query) == Statement::Rows
    }
}

/// Whether the statement tries to acquire the lock without waiting, and contains its key.
pub fn tries_lock(query: &str, key: LockKey) -> bool {
    let numbers = || query.split(|letter: char| !letter.is_ascii_digit() && letter != '-');
    let has = |number: String| numbers().any(|part| part == number);
    query.to_ascii_lowercase().contains("pg_try_advisory")
        && match key {
            LockKey::Bigint(number) => has(number.to_string()),
            LockKey::Pair(one, other) => has(one.to_string()) && has(other.to_string()),
            LockKey::Other { .. } => false,
        }
}

/// Whether the last statement must come from a client other than the migration tool that holds the
/// lock: it accesses rows, and mentions neither the tool's tables nor migrations.
pub fn is_from_other_client(query: &str, tables_of_tool: &[String]) -> bool {
    let folded = query.to_lowercase();
    let of_tool = tables_of_tool.iter().any(|table| folded.contains(&table.to_lowercase()));
    let of_migrations =
        ["migrat", "changelog", "schema_version", "schema_history"].iter().any(|part| folded.contains(part));
    Statement::of(query) == Statement::Rows && !of_tool && !of_migrations
}

/// Whether the first word of the statement is one of `words`.
pub(super) fn starts_with(statement: &str, words: &[&str]) -> bool {
    let first = statement.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
    words.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Whether a text in lower case contains one of `words`.
pub(super) fn has_word(folded: &str, words: &[&str]) -> bool {
    folded.split(|letter: char| !letter.is_alphanumeric()).any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_of_each_statement() {
        let cases = [
            ("SELECT pg_advisory_lock(72707369)", Statement::AdvisoryLock),
            ("/* sqlx */ select pg_try_advisory_xact_lock($1)", Statement::AdvisoryLock),
            ("-- first\n  create table t ()", Statement::SchemaChange),
            ("ALTER TABLE t ADD c int; SELECT 1", Statement::SchemaChange),
            ("REPACK t", Statement::SchemaChange),
            ("WAIT FOR LSN '0/306EE20'", Statement::Other),
            ("SET lock_timeout = '5s';\n-- then\nALTER TABLE t ADD c int", Statement::SchemaChange),
            ("SELECT * FROM orders WHERE id = $1", Statement::Rows),
            ("(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", Statement::Rows),
            ("update orders set paid = true;\n", Statement::Rows),
            ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", Statement::Rows),
            ("COPY orders FROM STDIN", Statement::Rows),
            ("INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)", Statement::Other),
            ("SELECT 1", Statement::Other),
            ("SELECT current_schema()", Statement::Other),
            ("SELECT c.relname FROM pg_catalog.pg_class c", Statement::Other),
            ("SELECT t.oid FROM pg_type t", Statement::Other),
            ("BEGIN", Statement::Other),
            ("SET application_name = 'x'", Statement::Other),
            ("", Statement::Other),
            ("/* no end", Statement::Other),
        ];
        for (query, statement) in cases {
            assert_eq!(Statement::of(query), statement, "{query}");
        }
    }

    #[test]
    fn attempt_to_lock_contains_the_key() {
        let key = LockKey::Bigint(72_707_369);
        assert!(tries_lock("SELECT pg_try_advisory_lock(72707369)", key));
        assert!(tries_lock("select PG_TRY_ADVISORY_XACT_LOCK( 72707369 ) -- again", key));
        assert!(!tries_lock("SELECT pg_advisory_lock(72707369)", key));
        assert!(!tries_lock("SELECT pg_try_advisory_lock(727073690)", key));
        assert!(!tries_lock("SELECT pg_try_advisory_lock(-72707369)", key));
        assert!(!tries_lock("SELECT pg_try_advisory_lock($1)", key));
        assert!(tries_lock("SELECT pg_try_advisory_lock(1004, -55)", LockKey::Pair(1004, -55)));
    }

    #[test]
    fn statement_on_tool_tables_is_not_from_other_client() {
        assert!(is_from_other_client("SELECT count(*) FROM users", &["_prisma_migrations".to_owned()]));
        assert!(!is_from_other_client("SELECT * FROM \"public\".\"_Prisma_History\"", &["_prisma_history".to_owned()]));
        assert!(!is_from_other_client("SELECT name FROM schema_migrations", &[]));
        assert!(!is_from_other_client("SELECT pg_advisory_unlock(1) FROM users", &[]));
    }
}
