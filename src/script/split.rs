//! Splits a script into pieces.

use super::format::{Asked, How, Layout, layout, names};
use super::lines::Lines;
use super::piece::{Kind, Piece};
use super::statement_end::Reading;
use super::turns::Turns;
use super::{placeholders, resolve};
use crate::error::Error;
use crate::pg::encoded_text::{encode_c, is_utf8};
use crate::pg::memory;
use crate::pg::parser::SyntaxError;
use crate::pg::parser::scan::{self, Scanner, Token};
use pgrx::PgSqlErrorCode;
use std::ffi::{CStr, CString};
use std::ops::Range;

/// Commands of psql that send what has been read so far.
const SENDING: &[&[u8]] = &[b"g", b"gx", b"gset", b"gexec", b"gdesc", b"watch", b"crosstabview"];

/// A script and its pieces.
pub struct Script {
    /// The script in the database's encoding.
    text: CString,
    /// The same length, with spaces in place of psql's commands and of COPY's data.
    sql: Vec<u8>,
    pub pieces: Vec<Piece>,
    /// Which parts run, and in which transactions.
    pub layout: Layout,
}

impl Script {
    pub fn text(&self) -> &CStr {
        &self.text
    }

    /// Returns a piece's text for the server's parser. Positions in it are those of the piece's
    /// first byte and on.
    pub fn sql(&self, piece: &Piece) -> CString {
        CString::new(&self.sql[piece.bytes.clone()]).unwrap_or_default()
    }

    /// Tells where the transactions begin and end that the script does not contain.
    pub fn turns(&self) -> Turns<'_> {
        Turns::new(&self.layout.sections)
    }

    /// Whether the script may consist of several transactions.
    pub fn has_transactions(&self) -> bool {
        !matches!(self.layout.sections.as_slice(), [section] if section.how == How::Transaction)
    }

    /// Counts lines and columns.
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(self.text.to_bytes(), is_utf8())
    }
}

/// Splits the script, as the tool reads it that `mode` names or that the script's marks tell. Takes
/// time in proportion to its length, and can be cancelled.
///
/// The scanner uses the session's `standard_conforming_strings`, also where the script changes it.
pub fn split(text: &str, mode: Option<&str>) -> Result<Script, Error> {
    memory::require(text.len().saturating_mul(7))?;
    let asked = Asked::parse(mode).ok_or_else(|| unknown_mode(mode.unwrap_or_default()))?;
    let zero_byte = || Error::new(PgSqlErrorCode::ERRCODE_CHARACTER_NOT_IN_REPERTOIRE, "script contains a null byte");
    let text = encode_c(text).ok_or_else(zero_byte)?;
    let mut layout = layout(asked, text.to_bytes());
    let masked = CString::new(layout.mask(text.to_bytes())).map_err(|_| zero_byte())?;
    let mut splitter = Splitter::new(&masked, &layout);
    splitter.run()?;
    let Splitter { sql, mut pieces, .. } = splitter;
    resolve::resolve(&mut layout, &mut pieces);
    Ok(Script { sql, pieces, text, layout })
}

fn unknown_mode(word: &str) -> Error {
    let word: String = word.chars().filter(|letter| !letter.is_control()).take(30).collect();
    let message = format!("invalid value for argument \"mode\": \"{word}\"");
    Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
        .detail(format!("The modes are transaction, autocommit, plain, and the tools {}.", names()))
        .hint("Name a mode, or omit it: then the script itself tells.")
}

struct Splitter<'a> {
    text: &'a [u8],
    layout: &'a Layout,
    /// Where the tool ends statements, and how many of these places are passed.
    boundaries: Vec<usize>,
    passed: usize,
    scanner: Scanner<'a>,
    lines: Lines<'a>,
    sql: Vec<u8>,
    pieces: Vec<Piece>,
    reading: Reading,
    variables: Vec<Range<usize>>,
    placeholders: Vec<Range<usize>>,
    statements: i32,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a CStr, layout: &'a Layout) -> Splitter<'a> {
        let bytes = text.to_bytes();
        Splitter {
            text: bytes,
            layout,
            boundaries: layout.boundaries(),
            passed: 0,
            scanner: Scanner::new(text),
            lines: Lines::new(bytes, is_utf8()),
            sql: bytes.to_vec(),
            pieces: Vec::new(),
            reading: Reading::default(),
            variables: Vec::new(),
            placeholders: Vec::new(),
            statements: 0,
        }
    }

    fn run(&mut self) -> Result<(), Error> {
        loop {
            match self.scanner.next() {
                Ok(Some(token)) if self.is_invalid_command(token) => {
                    self.invalid_command(token);
                    return Ok(());
                }
                Ok(Some(token)) => {
                    if let Some(cut) = self.pass_boundaries(token) {
                        let message = self.layout.cut_within_token();
                        let error = Error::new(PgSqlErrorCode::ERRCODE_SYNTAX_ERROR, message);
                        self.broken(SyntaxError { error, position: Some(cut) });
                        return Ok(());
                    }
                    self.take(token)?;
                }
                Ok(None) => break,
                Err(error) => {
                    self.broken(error);
                    return Ok(());
                }
            }
        }
        self.finish(Kind::Statement);
        Ok(())
    }

    /// Ends the statement if the tool does so before this token. Returns where the tool does so
    /// within it.
    fn pass_boundaries(&mut self, token: Token) -> Option<usize> {
        while let Some(boundary) = self.boundaries.get(self.passed).copied() {
            if boundary > token.start {
                let is_within = boundary < token.end;
                if is_within && self.reading.first().is_none() {
                    self.reading.add(self.text, token);
                }
                return is_within.then_some(boundary);
            }
            self.passed += 1;
            self.finish(Kind::Statement);
        }
        None
    }

    fn take(&mut self, token: Token) -> Result<(), Error> {
        match token.kind {
            scan::Kind::Symbol(b'\\') => self.psql(token),
            scan::Kind::Symbol(b';') if self.reading.ends_at_semicolon(self.text) => {
                if self.pieces.len().is_multiple_of(256) {
                    memory::require(0)?;
                }
                if self.reading.copies_from_stdin(self.text) {
                    let (data, end) = self.data_after(token.end);
                    self.hide(data.start..end);
                    self.finish(Kind::CopyData(data));
                } else {
                    self.finish(Kind::Statement);
                }
            }
            _ => {
                self.note_variable(token);
                self.note_placeholder(token);
                self.reading.add(self.text, token);
            }
        }
        Ok(())
    }

    /// Whether a quote follows a backslash: not a command of psql's, and the scanner could not skip
    /// it.
    fn is_invalid_command(&self, token: Token) -> bool {
        token.kind == scan::Kind::Symbol(b'\\') && matches!(self.text.get(token.end), Some(b'\'' | b'"'))
    }

    fn invalid_command(&mut self, token: Token) {
        let error = Error::new(PgSqlErrorCode::ERRCODE_SYNTAX_ERROR, "syntax error at or near \"\\\"");
        self.broken(SyntaxError { error, position: Some(token.start) });
    }

    /// Notes `:name`, `:'name'` and `:"name"`. A slice such as `a[1:n]` is not a variable of psql's
    /// unless one of that name is set.
    fn note_variable(&mut self, token: Token) {
        let Some(last) = self.reading.last() else { return };
        let is_name = matches!(token.kind, scan::Kind::Word | scan::Kind::Quoted | scan::Kind::Text);
        if is_name && last.kind == scan::Kind::Symbol(b':') && last.end == token.start && !self.reading.is_in_brackets()
        {
            self.variables.push(last.start..token.end);
        }
    }

    /// Notes `${`, `{{` and `{%` outside quotes, which no statement contains.
    fn note_placeholder(&mut self, token: Token) {
        if token.kind != scan::Kind::Symbol(b'{') {
            return;
        }
        let is_dollar = |last: &Token| last.end == token.start && self.text[last.start..last.end] == *b"$";
        let before = self.reading.last().filter(is_dollar);
        if before.is_some() || matches!(self.text.get(token.end), Some(b'{' | b'%')) {
            let start = before.map_or(token.start, |last| last.start);
            self.placeholders.push(placeholders::extent(self.text, start));
        }
    }

    /// A backslash outside quotes begins a command of psql's, which takes the rest of the line.
    fn psql(&mut self, backslash: Token) {
        let end = self.line_end(backslash.start);
        let line = &self.text[backslash.end..end];
        let name: Vec<u8> = line.iter().take_while(|byte| byte.is_ascii_alphanumeric()).copied().collect();
        if SENDING.contains(&name.as_slice()) {
            self.finish(Kind::Statement);
        }
        let shown = line.trim_ascii_end().len();
        let is_copy = name == b"copy" && contains_words(line, &[b"from", b"stdin"]);
        let hidden = if is_copy { self.data_after(backslash.end).1 } else { end };
        self.push(Kind::Psql, backslash.start..backslash.end + shown, &Reading::default());
        self.hide(backslash.start..hidden);
    }

    /// Returns the lines behind the one with this position, before the one that consists of `\.`,
    /// and where that one ends.
    fn data_after(&self, position: usize) -> (Range<usize>, usize) {
        let start = (self.line_end(position) + 1).min(self.text.len());
        let mut at = start;
        while at < self.text.len() {
            let end = self.line_end(at);
            let next = (end + 1).min(self.text.len());
            if self.text[at..end].trim_ascii_end() == b"\\." {
                return (start..at, next);
            }
            at = next;
        }
        (start..self.text.len(), self.text.len())
    }

    fn line_end(&self, position: usize) -> usize {
        let rest = self.text.get(position..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(self.text.len(), |offset| position + offset)
    }

    fn hide(&mut self, bytes: Range<usize>) {
        self.sql[bytes.clone()].fill(b' ');
        self.scanner.skip(bytes);
    }

    /// Ends the statement that is being read, unless it is empty.
    fn finish(&mut self, kind: Kind) {
        let reading = std::mem::take(&mut self.reading);
        if let (Some(first), Some(last)) = (reading.first(), reading.last()) {
            self.push(kind, first.start..last.end, &reading);
        }
        self.variables.clear();
        self.placeholders.clear();
    }

    fn push(&mut self, kind: Kind, bytes: Range<usize>, reading: &Reading) {
        let (line, column) = self.lines.at(bytes.start);
        let is_psql = kind == Kind::Psql;
        let number = (!is_psql).then(|| {
            self.statements = self.statements.saturating_add(1);
            self.statements
        });
        let mut placeholders = if is_psql { Vec::new() } else { std::mem::take(&mut self.placeholders) };
        let found = placeholders::find(self.text, &bytes, &self.layout.placeholders);
        placeholders.extend(found.filter(|found| !placeholders.contains(found)));
        let variables = if is_psql { Vec::new() } else { std::mem::take(&mut self.variables) };
        let (control, is_alone) = (reading.control(self.text), reading.is_alone(self.text));
        let piece = Piece { kind, number, bytes, line, column, control, variables, placeholders, is_alone, section: 0 };
        self.pieces.push(piece);
    }

    fn broken(&mut self, error: SyntaxError) {
        let start = self.reading.first().map_or(error.position.unwrap_or(0), |first| first.start);
        let SyntaxError { error, position } = error;
        let kind = Kind::Broken { message: error.message, sqlstate: error.sqlstate as i32, position };
        self.push(kind, start..self.text.len(), &Reading::default());
    }
}

/// Whether these words follow one another in the line.
fn contains_words(line: &[u8], words: &[&[u8]]) -> bool {
    let line: Vec<&[u8]> =
        line.split(|byte| byte.is_ascii_whitespace() || *byte == b';').filter(|word| !word.is_empty()).collect();
    line.windows(words.len()).any(|window| window.iter().zip(words).all(|(a, b)| a.eq_ignore_ascii_case(b)))
}
