//! Finds texts that a tool replaces before it runs a statement. Pure.

use std::ops::Range;

/// Returns the bytes of a placeholder that begins here: to its closing brace, or to the end of the
/// word.
pub fn extent(text: &[u8], start: usize) -> Range<usize> {
    let rest = &text[start..];
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let length = match rest[..line].iter().position(|byte| *byte == b'}') {
        Some(close) if rest[..line].contains(&b'{') => {
            close + rest[close..line].iter().take_while(|byte| **byte == b'}').count()
        }
        _ => rest[..line].iter().take_while(|byte| is_part(byte)).count().max(1),
    };
    start..start + length
}

/// Returns the first placeholder in these bytes that begins with one of these texts, each of which
/// counts in a part of the text.
pub fn find(text: &[u8], bytes: &Range<usize>, begins: &[(&'static str, Range<usize>)]) -> Option<Range<usize>> {
    let found = begins.iter().filter_map(|(begin, within)| {
        let (start, end) = (bytes.start.max(within.start), bytes.end.min(within.end));
        let part = text.get(start..end)?;
        let begin = begin.as_bytes();
        let at = part.windows(begin.len() + 1).position(|window| {
            let next = window[begin.len()];
            window.starts_with(begin) && (begin != b"$" || next.is_ascii_alphabetic() || matches!(next, b'_' | b'{'))
        })?;
        Some(start + at)
    });
    found.min().map(|start| extent(text, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first<'a>(text: &'a str, begin: &'static str) -> Option<&'a str> {
        find(text.as_bytes(), &(0..text.len()), &[(begin, 0..text.len())]).map(|range| &text[range])
    }

    #[test]
    fn placeholder_ends_at_brace_or_word() {
        assert_eq!(first("SELECT '${a b}' }", "${"), Some("${a b}"));
        assert_eq!(first("SELECT {{ .x }} }", "{{"), Some("{{ .x }}"));
        assert_eq!(first("SELECT '$a_1,$b'", "$"), Some("$a_1"));
        assert_eq!(first("SELECT $1", "$"), None);
        assert_eq!(first("SELECT 1", "${"), None);
    }
}
