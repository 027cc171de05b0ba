//! Decides which semicolons end a statement, and what the statement's first words say.

use super::piece::Control;
use crate::pg::parser::scan::{Kind, Token};

/// How many of a statement's first tokens are kept.
const FIRST: usize = 5;

/// What is known of the statement that is being read.
#[derive(Default)]
pub struct Reading {
    first: Vec<Token>,
    count: usize,
    parentheses: u32,
    brackets: u32,
    /// How many END are missing in a body that began with BEGIN ATOMIC.
    blocks: u32,
    last: Option<Token>,
    /// Whether FROM STDIN occurs outside parentheses.
    reads_stdin: bool,
}

impl Reading {
    /// Whether a semicolon here ends the statement.
    pub fn ends_at_semicolon(&self, text: &[u8]) -> bool {
        self.blocks == 0 && !(self.parentheses > 0 && self.creates(text, &["rule"]))
    }

    /// Takes the next token.
    pub fn add(&mut self, text: &[u8], token: Token) {
        let after = |word| self.last.is_some_and(|last| last.is_word(text, word));
        match token.kind {
            Kind::Symbol(b'(') => self.parentheses += 1,
            Kind::Symbol(b')') => self.parentheses = self.parentheses.saturating_sub(1),
            Kind::Symbol(b'[') => self.brackets += 1,
            Kind::Symbol(b']') => self.brackets = self.brackets.saturating_sub(1),
            Kind::Word if self.blocks > 0 && token.is_word(text, "case") && !after("end") => self.blocks += 1,
            Kind::Word if self.blocks > 0 && token.is_word(text, "end") => self.blocks -= 1,
            Kind::Word if token.is_word(text, "atomic") && after("begin") => {
                self.blocks += u32::from(self.creates(text, &["function", "procedure"]));
            }
            Kind::Word if token.is_word(text, "stdin") && after("from") && self.parentheses == 0 => {
                self.reads_stdin = true;
            }
            _ => {}
        }
        if self.first.len() < FIRST {
            self.first.push(token);
        }
        self.count += 1;
        self.last = Some(token);
    }

    pub fn first(&self) -> Option<Token> {
        self.first.first().copied()
    }

    pub fn last(&self) -> Option<Token> {
        self.last
    }

    /// Whether brackets are open, in which a colon separates the bounds of a slice.
    pub fn is_in_brackets(&self) -> bool {
        self.brackets > 0
    }

    /// Whether the data of this COPY follows in the script.
    pub fn copies_from_stdin(&self, text: &[u8]) -> bool {
        self.reads_stdin && self.word(text, 0, "copy")
    }

    fn word(&self, text: &[u8], index: usize, word: &str) -> bool {
        self.first.get(index).is_some_and(|token| token.is_word(text, word))
    }

    /// Whether the statement is CREATE, OR REPLACE or not, of one of these kinds of object.
    fn creates(&self, text: &[u8], kinds: &[&str]) -> bool {
        let index = if self.word(text, 1, "or") && self.word(text, 2, "replace") { 3 } else { 1 };
        self.word(text, 0, "create") && kinds.iter().any(|kind| self.word(text, index, kind))
    }

    /// Whether Flyway runs the statement without a transaction (PostgreSQLParser.java).
    pub fn is_alone(&self, text: &[u8]) -> bool {
        let is = |index, words: &[&str]| words.iter().any(|word| self.word(text, index, word));
        let at = if self.word(text, 1, "unique") || self.word(text, 1, "verbose") { 2 } else { 1 };
        let is_index = is(0, &["create", "drop"]) && is(at, &["index"]) && is(at + 1, &["concurrently"]);
        let is_object = is(0, &["create", "drop"]) && is(1, &["database", "tablespace", "subscription"]);
        let is_reindex = is(0, &["reindex"]) && is(at, &["schema", "database", "system"]);
        let is_system = is(0, &["alter"]) && is(1, &["system"]) || is(0, &["discard"]) && is(1, &["all"]);
        is_index || is_object || is_reindex || is_system || is(0, &["vacuum"])
    }

    /// Whether the statement begins or ends a transaction.
    pub fn control(&self, text: &[u8]) -> Control {
        let word = |index, word| self.word(text, index, word);
        // ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name
        let is_to = word(1, "to") || word(2, "to");
        if word(1, "prepared") || is_to {
            Control::None
        } else if word(0, "begin") || word(0, "start") && word(1, "transaction") {
            Control::Begin
        } else if word(0, "commit") || word(0, "end") {
            Control::Commit
        } else if word(0, "rollback") || word(0, "abort") {
            Control::Rollback
        } else {
            Control::None
        }
    }
}
