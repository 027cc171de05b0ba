//! Makes names and details safe to show: invisible characters, long texts, and characters that a
//! client's encoding may not have. Pure.

use crate::report::quoting::clip;
use maud::{Markup, html};
use std::fmt::Write;

/// The maximum length of a text on the page, in bytes.
const LONGEST: usize = 2000;
/// The maximum length of a fix, in bytes. It cannot be shortened, so a longer one is left out.
const LONGEST_FIX: usize = 20_000;

/// Whether the character is invisible (a control, or one of Unicode's
/// Default_Ignorable_Code_Point) or changes the order of the characters around it.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || matches!(char, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}')
        || matches!(char, '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1d173}'..='\u{1d17a}')
}

/// Returns the text with hidden characters as psql shows control characters, and its end as an
/// ellipsis if it is long.
pub fn visible(text: &str) -> String {
    shown(text, is_hidden)
}

/// Does the same, but keeps line breaks and tabs.
pub fn visible_lines(text: &str) -> String {
    shown(&text.replace("\r\n", "\n"), |char| !matches!(char, '\n' | '\t') && is_hidden(char))
}

fn shown(text: &str, is_hidden: impl Fn(char) -> bool) -> String {
    let kept = clip(text, LONGEST);
    let mut shown = String::with_capacity(kept.len());
    for char in kept.chars() {
        if is_hidden(char) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{:04X}", u32::from(char));
        } else {
            shown.push(char);
        }
    }
    if kept.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Returns why a statement cannot be copied from the page; `None` if it can.
pub fn not_copyable(fix: &str) -> Option<&'static str> {
    if fix.contains(is_hidden) {
        return Some("The fix contains an invisible character.");
    }
    (fix.len() > LONGEST_FIX).then_some("The fix is too long for this page.")
}

/// Replaces the characters beyond ASCII by character references.
pub fn ascii(html: String) -> String {
    if html.is_ascii() {
        return html;
    }
    let mut ascii = String::with_capacity(html.len() + html.len() / 4);
    for char in html.chars() {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            let _ = write!(ascii, "&#{};", u32::from(char));
        }
    }
    ascii
}

/// Returns as many of the items as fit into `room` bytes, and how many are left out.
pub fn fitting(room: usize, items: impl ExactSizeIterator<Item = Markup>) -> (Vec<Markup>, usize) {
    let count = items.len();
    let mut used = 0;
    let fits = |item: &Markup| {
        used += item.0.chars().map(|char| if char.is_ascii() { 1 } else { 10 }).sum::<usize>();
        used <= room
    };
    let kept: Vec<Markup> = items.take_while(fits).collect();
    let left_out = count - kept.len();
    (kept, left_out)
}

/// Returns `3 findings`, or `1 finding`.
pub fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{} {}", grouped(count as u64), if count == 1 { one } else { several })
}

/// Says how many items are left out, and which statement shows all; nothing if none are.
pub fn left_out(count: usize, [one, several]: [&str; 2], statement: &str) -> Markup {
    html! {
        @if count > 0 {
            p.rest { (counted(count, one, several)) " left out. For all: " code { (statement) } }
        }
    }
}

/// Returns the number with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown_as_escapes() {
        assert_eq!(visible("a\nb\u{202e}c\u{85}é"), "a\\u000Ab\\u202Ec\\u0085é");
        assert_eq!(visible(&"é".repeat(LONGEST)).chars().filter(|char| *char == 'é').count(), LONGEST / 2);
        assert!(visible(&"é".repeat(LONGEST)).ends_with('…'));
        assert_eq!(visible_lines("a\r\n\tb\r\u{202e}"), "a\n\tb\\u000D\\u202E");
    }

    #[test]
    fn fix_with_hidden_character_is_not_copyable() {
        assert_eq!(not_copyable("DROP INDEX \"é\";"), None);
        assert!(not_copyable("DROP INDEX \"a\u{202e}b\";").is_some());
        assert!(not_copyable(&"x".repeat(LONGEST_FIX + 1)).is_some());
    }

    #[test]
    fn ascii_replaces_all_other_characters() {
        assert_eq!(ascii("<p>é☃</p>".to_owned()), "<p>&#233;&#9731;</p>");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (9_223_372, "9,223,372")] {
            assert_eq!(grouped(number), text);
        }
    }
}
