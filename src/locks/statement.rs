//! What kind of statement a session ran last: a migration tool's own, or one that only another client can have sent.

use super::key::LockKey;

/// By the first word of each statement: what quotes a semicolon is taken for several, which no verdict hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Takes or gives back an advisory lock.
    AdvisoryLock,
    SchemaChange,
    /// Reads or writes rows of tables that are not the server's.
    Rows,
    /// BEGIN, SET, SELECT version(), scripts of several statements, …
    Other,
}

const SCHEMA_CHANGES: [&str; 14] = [
    "ALTER", "CREATE", "DROP", "COMMENT", "GRANT", "REVOKE", "TRUNCATE", "REINDEX", "CLUSTER", "VACUUM", "REFRESH",
    "SECURITY", "LOCK", "REASSIGN",
];
const ROWS: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "COPY", "TABLE"];

/// Words that only statements over tables have.
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

    /// Whether it only reads, which migrations hardly ever do with tables that are not their own.
    pub fn is_read(query: &str) -> bool {
        starts_with(without_comments(query), &["SELECT"]) && Statement::of(query) == Statement::Rows
    }
}

/// What a statement, or a script of several, does to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Reads,
    /// Its words do not say: it calls a function that may write, runs something that was prepared before, or is cut off within
    /// a comment. So is VACUUM, which a migration may go on from.
    Unclear,
    /// Writes rows, or runs a program that may.
    Writes,
    ChangesSchema,
}

const WRITES: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "MERGE", "DO", "CALL"];
const WRITING_WORDS: [&str; 4] = ["insert", "update", "delete", "merge"];
const UNCLEAR: [&str; 7] = ["VACUUM", "ANALYZE", "ANALYSE", "CHECKPOINT", "EXECUTE", "FETCH", "MOVE"];

/// This extension's functions that write nothing of a migration's, in whatever schema they are.
const OWN: [&str; 12] = [
    "advisory_lock_report",
    "advisory_lock_terminate",
    "db_assert",
    "db_compare",
    "db_snapshot",
    "fk_audit",
    "fk_precheck",
    "flightcheck",
    "migration_report",
    "seq_assert",
    "seq_audit",
    "seq_guard_status",
];

/// What may stand before a parenthesis in a statement that only reads: keywords, and functions of the server's.
const READING: [&str; 106] = [
    "abs",
    "age",
    "all",
    "and",
    "any",
    "array",
    "array_agg",
    "as",
    "avg",
    "between",
    "bool_and",
    "bool_or",
    "by",
    "cardinality",
    "case",
    "cast",
    "ceil",
    "char",
    "clock_timestamp",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "cube",
    "current_database",
    "current_schema",
    "current_setting",
    "currval",
    "date_trunc",
    "dense_rank",
    "distinct",
    "else",
    "except",
    "exists",
    "explain",
    "extract",
    "filter",
    "first_value",
    "floor",
    "format",
    "from",
    "generate_series",
    "greatest",
    "group",
    "has_schema_privilege",
    "has_table_privilege",
    "having",
    "host",
    "in",
    "intersect",
    "join",
    "json_agg",
    "jsonb_agg",
    "lag",
    "last_value",
    "lateral",
    "lead",
    "least",
    "left",
    "length",
    "lower",
    "max",
    "md5",
    "min",
    "mod",
    "not",
    "now",
    "nullif",
    "numeric",
    "obj_description",
    "on",
    "or",
    "over",
    "partition",
    "position",
    "quote_ident",
    "quote_literal",
    "rank",
    "replace",
    "right",
    "rollup",
    "round",
    "row",
    "row_number",
    "select",
    "some",
    "split_part",
    "string_agg",
    "strpos",
    "substring",
    "sum",
    "then",
    "timezone",
    "to_char",
    "trim",
    "union",
    "unnest",
    "upper",
    "using",
    "values",
    "varchar",
    "version",
    "when",
    "where",
    "with",
    "within",
];
/// And functions whose names begin like this.
const READING_PREFIXES: [&str; 7] = ["pg_", "json", "array_", "regexp_", "to_", "date_", "string_"];

impl Effect {
    /// The greatest effect of the statements in a text.
    pub fn of(query: &str) -> Effect {
        let text = without_comments(query);
        if text.is_empty() && !query.trim().is_empty() {
            return Effect::Unclear;
        }
        text.split(';').map(Effect::of_one).max().unwrap_or(Effect::Reads)
    }

    fn of_one(statement: &str) -> Effect {
        let text = without_comments(statement);
        let has = |words: &[&str]| has_word(&text.to_lowercase(), words);
        if starts_with(text, &UNCLEAR) {
            Effect::Unclear
        } else if starts_with(text, &SCHEMA_CHANGES) || starts_with(text, &["IMPORT"]) {
            Effect::ChangesSchema
        } else if starts_with(text, &WRITES)
            || starts_with(text, &["WITH"]) && has(&WRITING_WORDS)
            || starts_with(text, &["EXPLAIN"]) && has(&["analyze", "analyse"]) && has(&WRITING_WORDS)
            || starts_with(text, &["COPY"]) && has(&["from"])
            || starts_with(text, &["SELECT", "WITH"]) && has(&["into"])
        {
            Effect::Writes
        } else if calls_unknown(&text.to_lowercase()) {
            Effect::Unclear
        } else {
            Effect::Reads
        }
    }
}

/// Whether a function may be called that is not one of the server's own which read, by the words before parentheses.
fn calls_unknown(folded: &str) -> bool {
    folded.match_indices('(').any(|(at, _)| {
        let before = folded[..at].trim_end();
        let name = before.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
        let is_qualified = before[..before.len() - name.len()].ends_with('.')
            && !before[..before.len() - name.len()].ends_with("pg_catalog.");
        let is_known = READING.contains(&name) || READING_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        before.ends_with('"') || !name.is_empty() && (is_qualified || !is_known) && !OWN.contains(&name)
    })
}

/// Whether the statement tries to get the lock without waiting, and names its key.
pub fn tries(query: &str, key: LockKey) -> bool {
    let numbers = || query.split(|letter: char| !letter.is_ascii_digit() && letter != '-');
    let has = |number: String| numbers().any(|part| part == number);
    query.to_ascii_lowercase().contains("pg_try_advisory")
        && match key {
            LockKey::Bigint(number) => has(number.to_string()),
            LockKey::Pair(one, other) => has(one.to_string()) && has(other.to_string()),
            LockKey::Other { .. } => false,
        }
}

/// Whether the last statement can only be another client's than the migration tool's whose lock the session holds: it
/// works on rows, and mentions neither the tool's tables nor migrations at all.
pub fn is_of_another(query: &str, tables_of_tool: &[String]) -> bool {
    let folded = query.to_lowercase();
    let of_tool = tables_of_tool.iter().any(|table| folded.contains(&table.to_lowercase()));
    let of_migrations =
        ["migrat", "changelog", "schema_version", "schema_history"].iter().any(|part| folded.contains(part));
    Statement::of(query) == Statement::Rows && !of_tool && !of_migrations
}

/// Whether the first word is one of these.
fn starts_with(statement: &str, words: &[&str]) -> bool {
    let first = statement.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
    words.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Whether one of these stands anywhere in a text in lower case.
fn has_word(folded: &str, words: &[&str]) -> bool {
    folded.split(|letter: char| !letter.is_alphanumeric()).any(|word| words.contains(&word))
}

/// Without the comments before the first word, which tools write to name themselves.
pub fn without_comments(query: &str) -> &str {
    let mut rest = query.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map(|(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            after_comment(comment)
        } else {
            return rest.trim_start_matches('(');
        };
        rest = after.unwrap_or_default().trim_start();
    }
}

/// What follows a comment that has begun. Comments nest.
fn after_comment(comment: &str) -> Option<&str> {
    let (mut rest, mut depth) = (comment, 1_usize);
    while depth > 0 {
        let at = rest.find(['*', '/'])?;
        let tail = &rest[at..];
        let length = match tail.get(..2) {
            Some("/*") => {
                depth += 1;
                2
            }
            Some("*/") => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        rest = &tail[length..];
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart() {
        let cases = [
            ("SELECT pg_advisory_lock(72707369)", Statement::AdvisoryLock),
            ("/* sqlx */ select pg_try_advisory_xact_lock($1)", Statement::AdvisoryLock),
            ("-- first\n  create table t ()", Statement::SchemaChange),
            ("ALTER TABLE t ADD c int; SELECT 1", Statement::SchemaChange),
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
    fn effects_are_told_apart() {
        let cases = [
            ("/* x */ UPDATE t SET a = 1", Effect::Writes),
            ("DO $$ BEGIN END $$", Effect::Writes),
            ("CALL backfill()", Effect::Writes),
            ("COPY t FROM STDIN", Effect::Writes),
            ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", Effect::Writes),
            ("EXPLAIN (ANALYZE, BUFFERS) UPDATE t SET a = 1", Effect::Writes),
            ("SELECT * INTO copy FROM t", Effect::Writes),
            ("BEGIN; SELECT 1; delete from t", Effect::Writes),
            ("SET lock_timeout = 0; -- then\n ALTER TABLE t ADD c int", Effect::ChangesSchema),
            ("UPDATE t SET a = 1; DROP TABLE u", Effect::ChangesSchema),
            ("VACUUM (ANALYZE) t", Effect::Unclear),
            ("ANALYZE", Effect::Unclear),
            ("EXECUTE backfill(1)", Effect::Unclear),
            ("FETCH 100 FROM c", Effect::Unclear),
            ("/* cut off", Effect::Unclear),
            ("/* a /* b */ c */ DO $$ BEGIN END $$", Effect::Writes),
            ("/* a /* b */ c */ SELECT 1", Effect::Reads),
            ("EXPLAIN UPDATE t SET a = 1", Effect::Reads),
            ("EXPLAIN ANALYZE SELECT 1", Effect::Reads),
            ("SELECT updated FROM t", Effect::Reads),
            ("SELECT backfill()", Effect::Unclear),
            ("SELECT count(*) FROM (SELECT app.max(1)) x", Effect::Unclear),
            ("SELECT \"count\"(1)", Effect::Unclear),
            ("SELECT pg_catalog.count(*), max (a) FROM t WHERE (a, b) IN (SELECT 1, 2)", Effect::Reads),
            ("SELECT * FROM tools.flightcheck(deep => true)", Effect::Reads),
            ("SELECT pg_sleep(1) FROM t WHERE NOT (a = 1)", Effect::Reads),
            ("COPY t TO STDOUT", Effect::Reads),
            ("WITH x AS (SELECT 1) SELECT * FROM x", Effect::Reads),
            ("COMMIT", Effect::Reads),
            ("", Effect::Reads),
        ];
        for (query, effect) in cases {
            assert_eq!(Effect::of(query), effect, "{query}");
        }
    }

    #[test]
    fn who_tries_a_lock_names_its_key() {
        let key = LockKey::Bigint(72_707_369);
        assert!(tries("SELECT pg_try_advisory_lock(72707369)", key));
        assert!(tries("select PG_TRY_ADVISORY_XACT_LOCK( 72707369 ) -- again", key));
        assert!(!tries("SELECT pg_advisory_lock(72707369)", key));
        assert!(!tries("SELECT pg_try_advisory_lock(727073690)", key));
        assert!(!tries("SELECT pg_try_advisory_lock(-72707369)", key));
        assert!(!tries("SELECT pg_try_advisory_lock($1)", key));
        assert!(tries("SELECT pg_try_advisory_lock(1004, -55)", LockKey::Pair(1004, -55)));
    }

    #[test]
    fn a_tools_own_work_is_not_anothers() {
        assert!(is_of_another("SELECT count(*) FROM users", &["_prisma_migrations".to_owned()]));
        assert!(!is_of_another("SELECT * FROM \"public\".\"_Prisma_History\"", &["_prisma_history".to_owned()]));
        assert!(!is_of_another("SELECT name FROM schema_migrations", &[]));
        assert!(!is_of_another("SELECT pg_advisory_unlock(1) FROM users", &[]));
    }
}
