//! Splits names as `nextval('…'::text)` does.

/// Bytes that fit an identifier: NAMEDATALEN - 1.
const LONGEST: usize = 63;

/// Splits `a."B.c"` into its parts: unquoted ones in lower case, 63 bytes at most, `""` for a quote.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = if let Some(quoted) = rest.strip_prefix('"') {
            split_quoted(quoted)?
        } else {
            let end = rest.find(|c: char| c == '.' || c.is_whitespace() || c == '"').unwrap_or(rest.len());
            (rest[..end].to_ascii_lowercase(), &rest[end..])
        };
        if part.is_empty() {
            return None;
        }
        parts.push(truncate(part));
        let after = after.trim_start();
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix('.')?.trim_start();
    }
}

fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                part.push('"');
                rest = after;
            }
            None => return Some((part, rest)),
        }
    }
}

fn truncate(mut part: String) -> String {
    if part.len() > LONGEST {
        part.truncate((0..=LONGEST).rev().find(|end| part.is_char_boundary(*end)).unwrap_or(0));
    }
    part
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names_are_split_as_the_server_does() {
        let parts = |parts: &[&str]| Some(parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(split("Ids"), parts(&["ids"]));
        assert_eq!(split("app.ids"), parts(&["app", "ids"]));
        assert_eq!(split("\"App\" . \"I.d\"\"s\""), parts(&["App", "I.d\"s"]));
        assert_eq!(split(&"x".repeat(70)), parts(&[&"x".repeat(63)]));
        assert_eq!(split(&"ü".repeat(40)), parts(&[&"ü".repeat(31)]));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "\"open", "a.", ".a", "a b", "a..b", "\"\""] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
