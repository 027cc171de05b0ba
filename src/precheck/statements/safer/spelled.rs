//! The statement's own text as tokens, of which statements like it are made. Comments and line
//! breaks are left out.

use crate::pg::encoded_text::decode;
use crate::pg::parser::scan::{Kind, Scanner};
use std::ffi::CStr;
use std::ops::Range;

struct Word {
    kind: Kind,
    text: String,
    is_spaced: bool,
    /// How many parentheses and brackets are open before it.
    depth: usize,
}

pub struct Spelled {
    words: Vec<Word>,
}

impl Spelled {
    /// Returns the tokens of a statement, without the semicolon. `None` if the text cannot be
    /// scanned, or if its literals cannot be put on one line.
    pub fn of(text: &CStr) -> Option<Spelled> {
        let bytes = text.to_bytes();
        let mut scanner = Scanner::new(text);
        let (mut words, mut end, mut depth) = (Vec::new(), 0, 0_usize);
        while let Some(token) = scanner.next().ok()? {
            let own = decode(bytes.get(token.start..token.end)?);
            if token.kind == Kind::Text && !fits_on_line(&own) {
                return None;
            }
            if matches!(token.kind, Kind::Symbol(b')' | b']')) {
                depth = depth.saturating_sub(1);
            }
            words.push(Word { kind: token.kind, text: own, is_spaced: token.start > end, depth });
            if matches!(token.kind, Kind::Symbol(b'(' | b'[')) {
                depth += 1;
            }
            end = token.end;
        }
        if words.last().is_some_and(|word| word.kind == Kind::Symbol(b';')) {
            words.pop();
        }
        Some(Spelled { words })
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether the token is this keyword, which must be given in lower case.
    pub fn is(&self, at: usize, keyword: &str) -> bool {
        self.words.get(at).is_some_and(|word| word.kind == Kind::Word && word.text.eq_ignore_ascii_case(keyword))
    }

    /// Whether the tokens from here on are these keywords.
    pub fn are(&self, at: usize, keywords: &[&str]) -> bool {
        keywords.iter().enumerate().all(|(index, keyword)| self.is(at + index, keyword))
    }

    pub fn is_symbol(&self, at: usize, symbol: u8) -> bool {
        self.words.get(at).is_some_and(|word| word.kind == Kind::Symbol(symbol))
    }

    /// Whether the token is outside all parentheses.
    pub fn is_outside(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.depth == 0)
    }

    /// Whether the keyword occurs anywhere.
    pub fn has(&self, keyword: &str) -> bool {
        (0..self.len()).any(|at| self.is(at, keyword))
    }

    /// Returns where the keyword occurs first outside parentheses.
    pub fn find(&self, range: Range<usize>, keyword: &str) -> Option<usize> {
        range.into_iter().find(|at| self.is(*at, keyword) && self.is_outside(*at))
    }

    /// Returns the end of the name, which may be qualified, that begins here.
    pub fn name_end(&self, at: usize) -> Option<usize> {
        let is_name = |at: usize| self.words.get(at).is_some_and(|word| matches!(word.kind, Kind::Word | Kind::Quoted));
        let mut end = at + 1;
        while is_name(at) && self.is_symbol(end, b'.') && is_name(end + 1) {
            end += 2;
        }
        (is_name(at) && !self.is(end, "uescape")).then_some(end)
    }

    /// Returns the end of the parentheses that open here.
    pub fn closing(&self, at: usize) -> Option<usize> {
        let depth = self.words.get(at).filter(|word| word.kind == Kind::Symbol(b'('))?.depth;
        let closes = |word: &Word| word.kind == Kind::Symbol(b')') && word.depth == depth;
        self.words.iter().skip(at).position(closes).map(|length| at + length + 1)
    }

    /// Returns the parts between the commas outside parentheses.
    pub fn parts(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        for at in range.clone() {
            if self.is_symbol(at, b',') && self.is_outside(at) {
                parts.push(start..at);
                start = at + 1;
            }
        }
        parts.push(start..range.end);
        parts
    }

    /// Returns the tokens' text.
    pub fn join(&self, range: Range<usize>) -> String {
        let mut text = String::new();
        for word in self.words.get(range).unwrap_or_default() {
            if word.is_spaced && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        text
    }

    pub fn whole(&self) -> String {
        self.join(0..self.len())
    }
}

/// Whether a literal keeps its value on one line (`one_line` in report): not one between dollar
/// signs that has line breaks, nor one that continues on another line.
fn fits_on_line(literal: &str) -> bool {
    let is_plain = !literal.contains(char::is_control);
    match literal.starts_with('$') {
        true => is_plain && !literal.contains(['\'', '"']),
        false => is_plain || literal.matches('\'').count() == 2,
    }
}
