//! Quotes identifiers and literals so that they fit on one line. Pure.

/// Maximum length of a name in bytes: NAMEDATALEN - 1.
pub const LONGEST_NAME: usize = 63;

/// Returns the longest prefix of `text` that fits into `room` bytes and ends at a character's end,
/// as the server truncates names.
pub fn clip(text: &str, room: usize) -> &str {
    let mut end = text.len().min(room);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the name in double quotes, or as `U&"…"` if it contains control characters.
pub fn identifier(name: &str) -> String {
    let quoted = name.replace('"', "\"\"");
    if !name.contains(char::is_control) {
        return format!("\"{quoted}\"");
    }
    let escape = |char: char| match char {
        '\\' => "\\\\".to_owned(),
        _ if char.is_control() => format!("\\{:04X}", u32::from(char)),
        _ => char.to_string(),
    };
    format!("U&\"{}\"", quoted.chars().map(escape).collect::<String>())
}

/// Returns the text as a literal, as `E'…'` where it needs escapes. Escapes zero bytes too: some
/// tools hash them, although no SQL text contains one.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if !text.contains(|char: char| char.is_control() || char == '\\') {
        return format!("'{quoted}'");
    }
    let escape = |char: char| match char {
        '\\' => "\\\\".to_owned(),
        '\0' => "\\0".to_owned(),
        '\n' => "\\n".to_owned(),
        _ if char.is_control() => format!("\\u{:04X}", u32::from(char)),
        _ => char.to_string(),
    };
    format!("E'{}'", quoted.chars().map(escape).collect::<String>())
}

/// Replaces control characters, which a terminal might act upon.
pub fn printable(text: &str) -> String {
    text.replace(char::is_control, "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let names = [
            ("app", "\"app\""),
            ("", "\"\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\\b", "\"a\\b\""),
            ("a\nb\\\"", "U&\"a\\000Ab\\\\\"\"\""),
            ("\u{85}ü", "U&\"\\0085ü\""),
        ];
        for (name, spelled) in names {
            assert_eq!(identifier(name), spelled);
        }
    }

    #[test]
    fn names_are_cut_between_characters() {
        assert_eq!((clip("app", 63), clip("app", 2), clip("", 63)), ("app", "ap", ""));
        assert_eq!((clip(&"ü".repeat(40), LONGEST_NAME), clip("ü", 1)), ("ü".repeat(31).as_str(), ""));
    }

    #[test]
    fn texts() {
        let texts = [
            ("app", "'app'"),
            ("it's", "'it''s'"),
            ("a\\b", "E'a\\\\b'"),
            ("app\0t\n'", "E'app\\0t\\n'''"),
            ("\u{1b}[2J\u{85}", "E'\\u001B[2J\\u0085'"),
        ];
        for (text, spelled) in texts {
            assert_eq!(literal(text), spelled);
        }
    }
}
