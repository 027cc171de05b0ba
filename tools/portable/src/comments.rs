//! Removes comments and empty lines, but not within literals, and makes these independent of
//! standard_conforming_strings.

use std::borrow::Cow;

/// Dollar quotes with this tag are those of a function's body, which is code.
const BODY: &str = "$fn$";

/// Returns the text without `--` comments, without the lines that they leave empty, and without
/// blanks at the beginnings and the ends of lines.
pub fn strip(sql: &str) -> String {
    let mut kept = String::with_capacity(sql.len());
    let mut rest = sql;
    while !rest.is_empty() {
        if rest.starts_with(' ') && (kept.is_empty() || kept.ends_with('\n')) {
            rest = &rest[1..];
        } else if rest.starts_with("--") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with('\n') {
            end_line(&mut kept);
            rest = &rest[1..];
        } else {
            let length = token(rest);
            kept.push_str(&escaped(&rest[..length]));
            rest = &rest[length..];
        }
    }
    kept
}

/// Returns a query of the library without the schemas that a function with a pinned search_path
/// does not need.
///
/// Arithmetic operators keep theirs: without it, they would bind differently. The others have the
/// precedence that OPERATOR() gives them, or as comparisons a lower one; a query that compares the
/// result of a comparison would no longer be valid, so that its function could not be created.
pub fn without_schemas(sql: &str) -> String {
    const OPERATOR: &str = "OPERATOR(pg_catalog.";
    const SCHEMA: &str = "pg_catalog.";
    let mut kept = String::with_capacity(sql.len());
    let mut rest = sql;
    while !rest.is_empty() {
        let operator = rest.strip_prefix(OPERATOR).and_then(|rest| rest.split_once(')'));
        let is_start = !kept.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        if let Some((operator, after)) = operator.filter(|(name, _)| !name.contains(['+', '-', '*', '/', '%', '^'])) {
            kept.push_str(operator);
            rest = after;
        } else if is_start && rest.starts_with(SCHEMA) {
            rest = &rest[SCHEMA.len()..];
        } else {
            let length = token(rest);
            kept.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    kept
}

/// Returns a literal with a backslash as one that means the same whatever
/// standard_conforming_strings says, and any other token as it is.
fn escaped(token: &str) -> Cow<'_, str> {
    if token.starts_with('\'') && token.contains('\\') {
        return Cow::Owned(format!("E{}", token.replace('\\', "\\\\")));
    }
    Cow::Borrowed(token)
}

/// Ends the current line unless it is empty.
fn end_line(kept: &mut String) {
    kept.truncate(kept.trim_end_matches([' ', '\t']).len());
    if !kept.is_empty() && !kept.ends_with('\n') {
        kept.push('\n');
    }
}

/// Returns the length of the literal or quoted name that the text starts with, otherwise that of
/// one character.
fn token(sql: &str) -> usize {
    if sql.starts_with(BODY) {
        return BODY.len();
    }
    let end = match sql.as_bytes()[0] {
        b'\'' => closing(&sql[1..], '\'', false),
        b'"' => closing(&sql[1..], '"', false),
        b'E' if sql[1..].starts_with('\'') => closing(&sql[2..], '\'', true).map(|end| end + 1),
        b'$' => return dollar(sql).unwrap_or(1),
        _ => None,
    };
    end.map_or_else(|| sql.chars().next().map_or(1, char::len_utf8), |end| end + 1)
}

/// Returns where the quotes close, counted from after the opening one.
fn closing(text: &str, quote: char, has_escapes: bool) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && has_escapes {
            chars.next();
        } else if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => drop(chars.next()),
                _ => return Some(at + 1),
            }
        }
    }
    None
}

/// Returns the length of a literal in dollar quotes.
fn dollar(sql: &str) -> Option<usize> {
    let tag = &sql[..sql[1..].find('$')? + 2];
    let is_tag = tag[1..tag.len() - 1].chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_parameter = tag[1..].starts_with(|c: char| c.is_ascii_digit());
    let end = sql[tag.len()..].find(tag).filter(|_| is_tag && !is_parameter)?;
    Some(tag.len() + end + tag.len())
}

#[cfg(test)]
mod tests {
    use super::{strip, without_schemas};

    #[test]
    fn comments_go_and_literals_stay() {
        assert_eq!(strip("-- a\n\nSELECT 1 -- b\n   -- c\n, '-- d';\n"), "SELECT 1\n, '-- d';\n");
        assert_eq!(strip("'it''s --' -- x\n"), "'it''s --'\n");
        assert_eq!(strip("E'\\'-- a' -- b\n"), "E'\\'-- a'\n");
        assert_eq!(strip("\"a--b\" --c"), "\"a--b\" ");
        assert_eq!(strip("$q$ -- a\n\n$q$ -- b\n"), "$q$ -- a\n\n$q$\n");
        assert_eq!(strip("$fn$\n-- a\nBEGIN\n\n$fn$;\n"), "$fn$\nBEGIN\n$fn$;\n");
        assert_eq!(strip("  a $1 -- b\n $2\n"), "a $1\n$2\n");
    }

    #[test]
    fn schemas_go_except_from_arithmetic_and_literals() {
        assert_eq!(
            without_schemas(
                "pg_catalog.f(a OPERATOR(pg_catalog.=) 'pg_catalog.x') OPERATOR(pg_catalog.-) b::pg_catalog.\"char\""
            ),
            "f(a = 'pg_catalog.x') OPERATOR(-) b::\"char\""
        );
        assert_eq!(without_schemas("my_pg_catalog.f(a) OPERATOR(pg_catalog.!~~) b"), "my_pg_catalog.f(a) !~~ b");
    }

    #[test]
    fn literal_with_a_backslash_becomes_an_escape_string() {
        assert_eq!(strip("'a\\d''b' E'\\n' '--'"), "E'a\\\\d''b' E'\\n' '--'");
    }
}
