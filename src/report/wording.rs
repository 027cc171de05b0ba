//! Renders details: clauses, lists of names, and errors.

use crate::error::Error;
use pgrx::PgSqlErrorCode;
use std::fmt::Display;

/// One clause of a detail: its words, and the statement that it recommends, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    words: String,
    statement: Option<String>,
}

impl Clause {
    /// Returns `words: statement`, where the statement ends with a semicolon.
    pub fn with_statement(words: impl Into<String>, statement: impl Into<String>) -> Clause {
        Clause { words: words.into(), statement: Some(statement.into()) }
    }

    /// Returns `condition, words: statement`.
    pub fn after(self, condition: &str) -> Clause {
        Clause { words: format!("{condition}, {}", self.words), ..self }
    }
}

impl From<String> for Clause {
    fn from(words: String) -> Clause {
        Clause { words, statement: None }
    }
}

impl From<&str> for Clause {
    fn from(words: &str) -> Clause {
        words.to_owned().into()
    }
}

impl Display for Clause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.statement {
            Some(statement) => write!(formatter, "{}: {statement}", self.words),
            None => formatter.write_str(&self.words),
        }
    }
}

/// Joins clauses as the column `detail` shows them; `None` if there are none.
pub fn detail(clauses: &[Clause]) -> Option<String> {
    join(clauses.iter().map(Clause::to_string))
}

/// Joins the clauses of a detail by semicolons; `None` if there are none. After a statement, its
/// own semicolon separates.
pub fn join(clauses: impl IntoIterator<Item = String>) -> Option<String> {
    clauses.into_iter().reduce(|joined, clause| {
        let separator = if joined.ends_with(';') { " " } else { "; " };
        format!("{joined}{separator}{clause}")
    })
}

/// Strips the full stop at the end of a text that is quoted within a sentence; keeps an ellipsis.
pub fn without_full_stop(text: &str) -> &str {
    text.strip_suffix('.').filter(|rest| !rest.ends_with('.')).unwrap_or(text)
}

/// Joins clauses into a sentence. A statement at its end keeps its semicolon in place of the full
/// stop.
pub fn sentence(clauses: &[Clause]) -> String {
    let stop = if clauses.last().is_some_and(|clause| clause.statement.is_some()) { "" } else { "." };
    format!("{}{stop}", detail(clauses).unwrap_or_default())
}

/// Returns an error as a clause of a detail.
pub fn error(error: &Error) -> String {
    let is_lock = error.sqlstate == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE;
    match &error.detail {
        Some(detail) if is_lock => format!("{}: {}", error.message, without_full_stop(detail)),
        None if is_lock => "could not obtain the lock".to_owned(),
        Some(detail) => format!("{} ({})", error.message, without_full_stop(detail)),
        None => without_full_stop(&error.message).to_owned(),
    }
}

/// Returns `1 row` or `2 rows`, for nouns with a regular plural.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Returns `lead a, b and c`, or `lead a, b, c and 4 more`, or an empty text if there are no items.
pub fn list(lead: &str, items: &[&str]) -> String {
    const SHOWN: usize = 3;
    if items.is_empty() {
        return String::new();
    }
    let mut shown: Vec<String> = items.iter().take(SHOWN).map(|item| (*item).to_owned()).collect();
    if items.len() > SHOWN {
        shown.push(format!("{} more", items.len() - SHOWN));
    }
    format!("{lead} {}", series(&shown, " and "))
}

/// Joins the items by commas, and the last one by a conjunction such as ` and `.
pub fn series(items: &[String], conjunction: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{}{conjunction}{last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Clause, counted, detail, join, list, sentence, without_full_stop};

    #[test]
    fn clauses_joined_keep_a_statement_as_it_is() {
        let words = Clause::from("id 7 was not passed");
        let statement = Clause::with_statement("to pass it", "SELECT 1;");
        assert_eq!(detail(&[]), None);
        assert_eq!(
            detail(&[words.clone(), statement.clone()]).as_deref(),
            Some("id 7 was not passed; to pass it: SELECT 1;")
        );
        assert_eq!(sentence(&[words.clone(), statement]), "id 7 was not passed; to pass it: SELECT 1;");
        assert_eq!(sentence(&[words]), "id 7 was not passed.");
    }

    #[test]
    fn clause_after_a_statement_follows_without_a_second_semicolon() {
        let join = |clauses: &[&str]| join(clauses.iter().map(|clause| (*clause).to_owned()));
        assert_eq!(join(&[]), None);
        assert_eq!(join(&["a", "b", "c"]).as_deref(), Some("a; b; c"));
        assert_eq!(join(&["run SELECT 1;", "b", "c"]).as_deref(), Some("run SELECT 1; b; c"));
        assert_eq!(join(&["a", "run SELECT 1;"]).as_deref(), Some("a; run SELECT 1;"));
    }

    #[test]
    fn noun_is_singular_after_one_only() {
        assert_eq!([0_i64, 1, 2].map(|count| counted(count, "row")), ["0 rows", "1 row", "2 rows"]);
    }

    #[test]
    fn list_joins_its_last_item_by_and() {
        assert_eq!(list("on", &[]), "");
        assert_eq!(list("on", &["a"]), "on a");
        assert_eq!(list("on", &["a", "b"]), "on a and b");
        assert_eq!(list("on", &["a", "b", "c"]), "on a, b and c");
        assert_eq!(list("on", &["a", "b", "c", "d", "e"]), "on a, b, c and 2 more");
    }

    #[test]
    fn full_stop_is_stripped_from_a_quoted_text() {
        assert_eq!(without_full_stop("Run the import first."), "Run the import first");
        assert_eq!(without_full_stop("and so on..."), "and so on...");
        assert_eq!(without_full_stop("."), "");
        assert_eq!(without_full_stop("no"), "no");
    }
}
