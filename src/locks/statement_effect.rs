//! Finds out from a statement's text what it does to the database.

use super::statement_kind::{SCHEMA_CHANGES, has_word, starts_with};
use crate::report::statement_text::{statements, without_comments};

/// What a statement or a script does to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Reads,
    /// The text does not say: it calls a function that may write, executes a prepared statement, is
    /// cut off within a comment, or is a command that a later version may have added. VACUUM and
    /// WAIT FOR are unclear as well, since a migration may continue after them.
    Unclear,
    /// Writes rows, or runs code that may.
    Writes,
    ChangesSchema,
}

const WRITES: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "MERGE", "DO", "CALL"];
const WRITING_WORDS: [&str; 4] = ["insert", "update", "delete", "merge"];
const UNCLEAR: [&str; 1] = ["VACUUM"];

/// The commands that neither write nor change the schema, if they call no unknown function.
const READS: [&str; 26] = [
    "SELECT",
    "WITH",
    "TABLE",
    "VALUES",
    "SHOW",
    "SET",
    "RESET",
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT",
    "RELEASE",
    "DISCARD",
    "LISTEN",
    "UNLISTEN",
    "NOTIFY",
    "DECLARE",
    "CLOSE",
    "EXPLAIN",
    "COPY",
    "PREPARE",
    "DEALLOCATE",
    "LOAD",
];

/// The functions of this extension that do not write a migration's data, in any schema.
const OWN: [&str; 19] = [
    "advisory_lock_report",
    "advisory_lock_terminate",
    "db_assert",
    "db_compare",
    "db_snapshot",
    "fk_audit",
    "fk_precheck",
    "flightcheck",
    "flightcheck_report",
    "flightcheck_summary",
    "maintenance_status",
    "migration_assert",
    "migration_precheck",
    "migration_report",
    "migration_rehearse",
    "migration_statements",
    "seq_assert",
    "seq_audit",
    "seq_guard_status",
];

/// The words that may precede a parenthesis in a statement that only reads: keywords, and built-in
/// functions.
const READING: &str = "
    abs age all and any array as avg between bool_and bool_or by cardinality case cast ceil char clock_timestamp
    coalesce concat concat_ws count cube current_database current_schema current_setting currval dense_rank
    distinct else except exists explain extract filter first_value floor format from generate_series greatest
    group has_schema_privilege has_table_privilege having host in intersect join lag last_value lateral lead
    least left length lower max md5 min mod not now nullif numeric obj_description on or over partition position
    quote_ident quote_literal rank replace right rollup round row row_number select some split_part strpos
    substring sum then timezone trim union unnest upper using values varchar version when where with within";

/// The prefixes of built-in functions that only read.
const READING_PREFIXES: [&str; 7] = ["pg_", "json", "array_", "regexp_", "to_", "date_", "string_"];

impl Effect {
    /// Returns the greatest effect of the statements in a text.
    pub fn of(query: &str) -> Effect {
        let text = without_comments(query);
        if text.is_empty() && !query.trim().is_empty() {
            return Effect::Unclear;
        }
        statements(text).into_iter().map(Effect::of_one).max().unwrap_or(Effect::Reads)
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
        } else if text.is_empty() || starts_with(text, &READS) && !calls_unknown(&text.to_lowercase()) {
            Effect::Reads
        } else {
            Effect::Unclear
        }
    }
}

/// Whether the statement may call a function other than the built-in ones that only read, judging
/// by the words before parentheses.
fn calls_unknown(folded: &str) -> bool {
    folded.match_indices('(').any(|(at, _)| {
        let before = folded[..at].trim_end();
        let name = before.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
        let is_qualified = before[..before.len() - name.len()].ends_with('.')
            && !before[..before.len() - name.len()].ends_with("pg_catalog.");
        let is_known = READING.split_ascii_whitespace().any(|word| word == name)
            || READING_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        before.ends_with('"') || !name.is_empty() && (is_qualified || !is_known) && !OWN.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effect_of_each_statement() {
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
            ("REPACK (CONCURRENTLY) t USING INDEX i", Effect::ChangesSchema),
            ("WAIT FOR LSN '0/306EE20'", Effect::Unclear),
            ("SELECT 1; BEFUDDLE TABLE t", Effect::Unclear),
            ("SELECT * FROM t WHERE note = 'x; y' OR note = $$a; b$$", Effect::Reads),
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
}
