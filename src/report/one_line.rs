//! Puts SQL on one line, so that it can be pasted as psql shows it. Pure.
//!
//! psql breaks a displayed value at each line break and marks the break with a plus sign, expands
//! tabs, and shows other control characters as escapes. Such characters come from names and from
//! definitions as the server prints them.

use crate::report::quoting::{identifier, literal};
use std::iter::Peekable;
use std::str::Chars;

/// Returns a report's fix as it can be pasted: on one line, or not at all if a name in it has
/// characters that could not be converted from the database's encoding.
pub fn pasteable(sql: String) -> Option<String> {
    (!sql.contains(char::REPLACEMENT_CHARACTER)).then(|| one_line(sql))
}

/// Returns the same statements without control characters: those between tokens become white space,
/// those in names and literals become `U&"…"` and `E'…'`. The SQL must not contain comments.
pub fn one_line(sql: String) -> String {
    if !sql.contains(char::is_control) {
        return sql;
    }
    let mut line = String::with_capacity(sql.len() + 16);
    let mut rest = sql.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '"' => line.push_str(&name(&quoted(&mut rest, '"'))),
            '\'' if ends_with_escape_sign(&line) => escaped(&mut rest, &mut line),
            '\'' => line.push_str(&text(&quoted(&mut rest, '\''))),
            _ if char.is_control() => {
                if !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            _ => line.push(char),
        }
    }
    line
}

/// Reads up to the closing quotation mark and turns doubled marks into single ones.
fn quoted(rest: &mut Peekable<Chars<'_>>, mark: char) -> String {
    let mut inside = String::new();
    while let Some(char) = rest.next() {
        if char == mark && rest.next_if_eq(&mark).is_none() {
            break;
        }
        inside.push(char);
    }
    inside
}

fn name(inside: &str) -> String {
    if inside.contains(char::is_control) { identifier(inside) } else { format!("\"{}\"", inside.replace('"', "\"\"")) }
}

fn text(inside: &str) -> String {
    if inside.contains(char::is_control) { literal(inside) } else { format!("'{}'", inside.replace('\'', "''")) }
}

/// Whether the quotation mark that follows starts an `E'…'`.
fn ends_with_escape_sign(line: &str) -> bool {
    let mut before = line.chars().rev();
    matches!(before.next(), Some('E' | 'e')) && !before.next().is_some_and(|char| char.is_alphanumeric() || char == '_')
}

/// Copies the rest of an `E'…'`, with its backslashes as they are.
fn escaped(rest: &mut Peekable<Chars<'_>>, line: &mut String) {
    line.push('\'');
    while let Some(char) = rest.next() {
        match char {
            '\\' => {
                line.push('\\');
                match rest.next() {
                    Some('\n') => line.push('n'),
                    Some(char) if char.is_control() => line.push_str(&format!("u{:04X}", u32::from(char))),
                    char => line.extend(char),
                }
            }
            '\'' if rest.next_if_eq(&'\'').is_some() => line.push_str("''"),
            '\'' => break,
            '\n' => line.push_str("\\n"),
            _ if char.is_control() => line.push_str(&format!("\\u{:04X}", u32::from(char))),
            _ => line.push(char),
        }
    }
    line.push('\'');
}

#[cfg(test)]
mod tests {
    use super::one_line;
    use proptest::prelude::*;

    #[test]
    fn one_line_escapes_names_and_literals() {
        let cases = [
            ("DROP INDEX a;", "DROP INDEX a;"),
            ("SELECT 1;\nSELECT 2;", "SELECT 1; SELECT 2;"),
            ("SELECT 1; \n\tSELECT 2;", "SELECT 1; SELECT 2;"),
            ("DROP INDEX \"a\nb\";", "DROP INDEX U&\"a\\000Ab\";"),
            ("DROP INDEX \"a\"\"\n\\\";", "DROP INDEX U&\"a\"\"\\000A\\\\\";"),
            ("SELECT 'it''s\n', \"a'b\", 'c\"d';", "SELECT E'it''s\\n', \"a'b\", 'c\"d';"),
            ("SELECT 'public.\"a\r\u{85}\"'::regclass;", "SELECT E'public.\"a\\u000D\\u0085\"'::regclass;"),
            ("SELECT E'a\\\\\n\\'b''\t', e'\n\\\n';", "SELECT E'a\\\\\\n\\'b''\\u0009', e'\\n\\n';"),
        ];
        for (sql, line) in cases {
            assert_eq!(one_line(sql.to_owned()), line);
        }
    }

    proptest! {
        #[test]
        fn one_line_leaves_no_control_character(sql in "[a-cE;'\"\\\\ \n\r\t\u{85}é$-]{0,40}") {
            let line = one_line(sql.clone());
            prop_assert!(!line.contains(char::is_control), "{sql:?}: {line:?}");
            prop_assert_eq!(one_line(line.clone()), line);
        }
    }
}
