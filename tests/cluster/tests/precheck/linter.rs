//! A linter as those that read only the text of a migration, with rules like those of squawk. It
//! knows neither tables nor rows, and foresees the usual reason of each kind of statement.

use crate::oracle_rule::Said;

/// What a statement contains, what it does not contain, and the error that is to be expected.
const RULES: [(&[&str], &[&str], &str); 12] = [
    (&["ALTER TABLE", "ADD COLUMN", "NOT NULL"], &["DEFAULT", "GENERATED"], "23502"),
    (&["SET NOT NULL"], &[], "23502"),
    (&["ALTER TABLE", "FOREIGN KEY"], &["NOT VALID"], "23503"),
    (&["ALTER TABLE", "ADD", "UNIQUE"], &["USING INDEX"], "23505"),
    (&["ALTER TABLE", "PRIMARY KEY"], &["USING INDEX"], "23505"),
    (&["CREATE UNIQUE INDEX"], &["WHERE"], "23505"),
    (&["ALTER TABLE", "CHECK ("], &["NOT VALID"], "23514"),
    (&["ALTER COLUMN", " TYPE "], &["USING"], "42804"),
    (&["ALTER COLUMN", " TYPE ", "USING"], &[], "22P02"),
    (&["DROP TABLE"], &["CASCADE"], "2BP01"),
    (&["DROP COLUMN"], &["CASCADE"], "2BP01"),
    (&["TRUNCATE"], &["CASCADE"], "0A000"),
];

/// Commands that do not run in a transaction.
const NO_TRANSACTION: [&str; 3] = ["CONCURRENTLY", "VACUUM", "CREATE DATABASE"];

/// Returns the findings for the statements of a script.
pub fn lint(script: &[String], is_wrapped: bool) -> Vec<Said> {
    script
        .iter()
        .zip(1..)
        .filter_map(|(statement, number)| Some((number, rule(statement, is_wrapped)?)))
        .map(found)
        .collect()
}

fn rule(statement: &str, is_wrapped: bool) -> Option<&'static str> {
    if is_wrapped && NO_TRANSACTION.iter().any(|word| statement.contains(word)) {
        return Some("25001");
    }
    let applies = |with: &[&str], without: &[&str]| {
        with.iter().all(|word| statement.contains(word)) && !without.iter().any(|word| statement.contains(word))
    };
    RULES.iter().find(|(with, without, _)| applies(with, without)).map(|(_, _, state)| *state)
}

fn found((number, state): (i32, &str)) -> Said {
    Said {
        severity: "error".to_owned(),
        statement: Some(number),
        check: "text".to_owned(),
        sqlstate: Some(state.to_owned()),
        detail: String::new(),
    }
}
