//! Shortens the texts of statements in pg_stat_activity.

use crate::report::quoting::printable;

/// How many characters of a statement are shown.
const LONGEST: usize = 80;

/// Returns the beginning of a statement on one line, without the comments before it and without
/// the semicolons at its end: the text goes on after it.
pub fn shorten(query: &str) -> String {
    // A word has at least one character, so this many words are enough.
    let words: Vec<&str> = without_comments(query).split_whitespace().take(LONGEST).collect();
    let joined = words.join(" ");
    let line = joined.trim_end_matches([';', ' ']);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", printable(&line[..end])),
        None => printable(line),
    }
}

/// Strips the comments before the first word, in which tools name themselves.
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

/// Returns what follows a comment that has begun. Comments nest.
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
    fn shorten_keeps_the_first_words() {
        let cases = [
            ("UPDATE t SET a = 1", "UPDATE t SET a = 1"),
            ("-- V42__fill.sql\n/* by hand */\n UPDATE t\n\tSET a = 1;\n", "UPDATE t SET a = 1"),
            ("BEGIN; DELETE FROM t ; ;", "BEGIN; DELETE FROM t"),
            (" ;", ""),
            ("SELECT '\u{1b}[2J'", "SELECT '?[2J'"),
            ("", ""),
        ];
        for (query, shown) in cases {
            assert_eq!(shorten(query), shown, "{query:?}");
        }
        assert_eq!(shorten(&"é".repeat(81)), format!("{}...", "é".repeat(80)));
        assert_eq!(shorten(&"é".repeat(80)), "é".repeat(80));
    }
}
