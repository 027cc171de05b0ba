//! Splits text into the tokens of the server's scanner.

use super::SyntaxError;
use super::syntax::check;
use crate::pg::memory_context::Context;
use pgrx::pg_sys;
use std::ffi::CStr;
use std::ops::Range;
use std::ptr;

/// How many tokens are read before their values are freed.
const BATCH: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, or a name without quotes.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A string of any form, its quotes included.
    Text,
    Number,
    /// A parameter such as `$1`.
    Parameter,
    /// A character that stands for itself.
    Symbol(u8),
    /// An operator of one or more characters, `::`, `..`, `:=` and `=>`.
    Operator,
}

/// A token, by the bytes of the text that it takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    /// Whether the token is this keyword, which must be given in lower case.
    pub fn is_word(&self, text: &[u8], word: &str) -> bool {
        self.kind == Kind::Word && text[self.start..self.end].eq_ignore_ascii_case(word.as_bytes())
    }
}

/// Reads one token after the other.
pub struct Scanner<'a> {
    text: &'a CStr,
    /// The text's length in bytes.
    length: usize,
    scanner: pg_sys::core_yyscan_t,
    /// The scanner's state, to which it points.
    state: Box<pg_sys::core_yy_extra_type>,
    /// Contains the scanner's copy of the text.
    _own: Context,
    /// Contains the values of the last tokens.
    values: Context,
    read: usize,
    /// Tokens that start before this byte are skipped.
    from: usize,
}

impl<'a> Scanner<'a> {
    /// Scans by the session's `standard_conforming_strings`.
    pub fn new(text: &'a CStr) -> Scanner<'a> {
        let own = Context::new(c"pg_flightcheck scanner");
        let values = Context::new(c"pg_flightcheck tokens");
        let mut state = Box::<pg_sys::core_yy_extra_type>::default();
        // SAFETY: the text is a C string, and the state lives as long as the scanner. The keywords
        // are static.
        let scanner = own.within(|| unsafe {
            pg_sys::scanner_init(
                text.as_ptr(),
                &raw mut *state,
                &raw const pg_sys::ScanKeywords,
                (&raw const pg_sys::ScanKeywordTokens).cast(),
            )
        });
        #[cfg(not(since_19))]
        {
            // The parser warns, once.
            state.escape_string_warning = false;
        }
        Scanner { text, length: text.count_bytes(), scanner, state, _own: own, values, read: 0, from: 0 }
    }

    /// Returns the next token, or `None` at the end.
    pub fn next(&mut self) -> Result<Option<Token>, SyntaxError> {
        loop {
            let Some(token) = self.scan()? else { return Ok(None) };
            if token.start >= self.from {
                return Ok(Some(token));
            }
        }
    }

    fn scan(&mut self) -> Result<Option<Token>, SyntaxError> {
        self.read += 1;
        if self.read.is_multiple_of(BATCH) {
            pgrx::check_for_interrupts!();
            self.values.reset();
        }
        let mut value = pg_sys::core_YYSTYPE { ival: 0 };
        let mut location = 0;
        let (values, scanner) = (&self.values, self.scanner);
        // SAFETY: the scanner was created above; it fills the two variables.
        let number =
            check(self.text, || values.within(|| unsafe { pg_sys::core_yylex(&mut value, &mut location, scanner) }))?;
        if number == 0 {
            return Ok(None);
        }
        let start = usize::try_from(location).unwrap_or(0).min(self.length);
        // SAFETY: the scanner has put a zero byte behind the token in its copy of the text
        // (plpgsql_yylex in pl_scanner.c relies on it as well).
        let length = unsafe { CStr::from_ptr(self.state.scanbuf.add(start)) }.count_bytes();
        let end = (start + length).min(self.length);
        let kind = kind(number, &self.text.to_bytes()[start..end]);
        Ok(Some(Token { kind, start, end }))
    }

    /// Makes the scanner skip these bytes, which must lie behind the last token. Tokens that start
    /// before their end are not returned. A quote directly behind the last token still begins a
    /// string.
    pub fn skip(&mut self, bytes: Range<usize>) {
        let end = bytes.end.min(self.length);
        self.from = end;
        if bytes.start < end {
            // SAFETY: the scanner's copy of the text has this length. The scanner works in place,
            // and keeps only the byte directly behind the last token elsewhere; it puts that back.
            unsafe { ptr::write_bytes(self.state.scanbuf.add(bytes.start), b' ', end - bytes.start) };
        }
    }
}

/// Distinguishes tokens by their text: the numbers differ between versions.
fn kind(number: i32, text: &[u8]) -> Kind {
    match (text.first(), text.last()) {
        (Some(b'"'), _) => Kind::Quoted,
        (Some(b'u' | b'U'), Some(b'"')) => Kind::Quoted,
        (Some(b'\''), _) => Kind::Text,
        (Some(b'$'), Some(b'$')) => Kind::Text,
        (Some(b'$'), _) if text.len() > 1 => Kind::Parameter,
        (Some(b'0'..=b'9'), _) => Kind::Number,
        (Some(b'.'), _) if text.len() > 1 && text[1].is_ascii_digit() => Kind::Number,
        (Some(first), Some(b'\'')) if first.is_ascii_alphabetic() => Kind::Text,
        (Some(first), _) if first.is_ascii_alphabetic() || *first == b'_' || *first >= 0x80 => Kind::Word,
        _ => u8::try_from(number).map_or(Kind::Operator, Kind::Symbol),
    }
}
