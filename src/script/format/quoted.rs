//! Finds strings, quoted names and block comments. Pure.
//!
//! It is used for lines and delimiters of tools only; statements are split by the server's scanner.

use std::ops::Range;

/// Returns where strings, quoted names and block comments are, in ascending order. Takes time in
/// proportion to the text's length.
pub fn ranges(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = match text[at] {
            b'-' if text[at..].starts_with(b"--") => {
                at = line_end(text, at);
                continue;
            }
            b'/' if text[at..].starts_with(b"/*") => comment_end(text, at),
            b'\'' => string_end(text, at, b'\'', has_escapes(text, at)),
            b'"' => string_end(text, at, b'"', false),
            b'$' if !is_name_before(text, at) => match dollar_end(text, at) {
                Some(end) => end,
                None => {
                    at += 1;
                    continue;
                }
            },
            _ => {
                at += 1;
                continue;
            }
        };
        found.push(at..end);
        at = end;
    }
    found
}

/// Whether a byte is inside one of the ranges.
pub fn contains(ranges: &[Range<usize>], at: usize) -> bool {
    let index = ranges.partition_point(|range| range.end <= at);
    ranges.get(index).is_some_and(|range| range.start < at)
}

fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |offset| at + offset)
}

fn comment_end(text: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start + 2, 1);
    while at < text.len() && depth > 0 {
        if text[at..].starts_with(b"/*") {
            (at, depth) = (at + 2, depth + 1);
        } else if text[at..].starts_with(b"*/") {
            (at, depth) = (at + 2, depth - 1);
        } else {
            at += 1;
        }
    }
    at
}

fn string_end(text: &[u8], start: usize, quote: u8, escapes: bool) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        if escapes && text[at] == b'\\' {
            at += 2;
        } else if text[at] == quote {
            // A doubled quote begins the next range, which is as good.
            return at + 1;
        } else {
            at += 1;
        }
    }
    text.len()
}

fn has_escapes(text: &[u8], quote: usize) -> bool {
    quote > 0 && matches!(text[quote - 1], b'e' | b'E') && !is_name_before(text, quote - 1)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn is_name_before(text: &[u8], at: usize) -> bool {
    at > 0 && is_name(text[at - 1])
}

/// Returns where the dollar-quoted string ends; `None` if none begins here.
fn dollar_end(text: &[u8], start: usize) -> Option<usize> {
    let rest = &text[start + 1..];
    let length = rest.iter().position(|byte| *byte == b'$')?;
    let name = &rest[..length];
    let is_tag = name.iter().all(|byte| is_name(*byte)) && !name.first().is_some_and(u8::is_ascii_digit);
    if !is_tag {
        return None;
    }
    let tag = &text[start..start + length + 2];
    let mut at = start + tag.len();
    while at < text.len() {
        match text[at] {
            b'$' if text[at..].starts_with(tag) => return Some(at + tag.len()),
            _ => at += 1,
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> Vec<&str> {
        ranges(text.as_bytes()).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn quoted_finds_strings_names_and_comments() {
        assert_eq!(quoted("a 'b;' -- don't\n\"c\" /* d /* e */ f */ g"), ["'b;'", "\"c\"", "/* d /* e */ f */"]);
        assert_eq!(quoted(r"E'a\'b' 'c\' d"), [r"'a\'b'", r"'c\'"]);
        assert_eq!(quoted("$$a'$$ $x$ $$ $x$ a$1$b $1 'c'"), ["$$a'$$", "$x$ $$ $x$", "'c'"]);
        assert_eq!(quoted("x $y$ never"), ["$y$ never"]);
        assert_eq!(quoted("'it''s'"), ["'it'", "'s'"]);
    }

    #[test]
    fn quoted_contains_what_is_inside() {
        let ranges = ranges(b"a 'b' c");
        let inside: Vec<usize> = (0..7).filter(|at| contains(&ranges, *at)).collect();
        assert_eq!(inside, [3, 4]);
    }
}
