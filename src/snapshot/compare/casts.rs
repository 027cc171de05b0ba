//! Removes casts from definitions that the server has printed. Pure.

use super::lexer::{Token, TokenKind, after_group};

/// A cast: what it applies to, and its type.
pub struct Cast<'a, 't> {
    operand: Operand,
    /// The name of the type with its modifier.
    type_tokens: &'t [Token<'a>],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    /// A literal, a number, or an array of such.
    Constant,
    /// `ARRAY[…]`, or a value in it.
    ArrayOrElement,
    Other,
}

/// Whether the server may print the expression without this cast, or with another one, after dump
/// and restore.
pub fn is_insignificant(cast: &Cast<'_, '_>) -> bool {
    cast.operand != Operand::Other || is_text(cast.type_tokens)
}

/// Whether the type is one of text without a length, or an array of such.
fn is_text(type_tokens: &[Token<'_>]) -> bool {
    let words: Vec<&str> = type_tokens.iter().map(|token| token.text).collect();
    let base = words.strip_suffix(&["[", "]"]).unwrap_or(&words);
    matches!(base, ["text" | "bpchar"] | ["character", "varying"])
}

/// Returns the tokens without the casts for which `is_left_out` holds.
pub fn without_casts<'a>(tokens: &[Token<'a>], is_left_out: impl Fn(&Cast<'a, '_>) -> bool) -> Vec<Token<'a>> {
    let mut kept = Kept { tokens: Vec::with_capacity(tokens.len()), open: Vec::new(), closed: None };
    let mut rest = tokens;
    while let [token, following @ ..] = rest {
        if token.kind != TokenKind::Cast {
            kept.push(*token);
            rest = following;
            continue;
        }
        let after = after_type(following);
        let type_tokens = &following[..following.len() - after.len()];
        if !is_left_out(&Cast { operand: kept.operand(), type_tokens }) {
            kept.keep_cast(*token, type_tokens);
        }
        rest = after;
    }
    kept.tokens
}

/// The tokens that are kept so far.
struct Kept<'a> {
    tokens: Vec<Token<'a>>,
    /// The groups that are open.
    open: Vec<Group>,
    /// The group that the last token closes.
    closed: Option<Group>,
}

#[derive(Clone, Copy)]
struct Group {
    is_array: bool,
    /// Whether it contains constants only.
    is_constant: bool,
}

impl<'a> Kept<'a> {
    fn push(&mut self, token: Token<'a>) {
        let before = self.closed.take();
        match token.kind {
            TokenKind::Open => {
                let word = self.tokens.last();
                let is_array = token.text == "[" && word.is_some_and(|word| word.text == "ARRAY");
                // What is called, or subscripted, is not a constant.
                let is_constant = is_array || !word.is_some_and(Token::is_name);
                self.open.push(Group { is_array, is_constant });
            }
            TokenKind::Close => self.close(before),
            TokenKind::Word if !is_constant(&token) => self.not_constant(),
            TokenKind::Word | TokenKind::Literal | TokenKind::Cast | TokenKind::Operator => {}
        }
        self.tokens.push(token);
    }

    /// Closes a group, whose last part may be the group `inner`.
    fn close(&mut self, inner: Option<Group>) {
        self.closed = self.open.pop();
        if self.closed.is_some_and(|group| !group.is_constant) {
            self.not_constant();
        }
        // An array in parentheses is one as well.
        if let Some(group) = &mut self.closed {
            group.is_array |= inner.is_some_and(|inner| inner.is_array);
        }
    }

    fn not_constant(&mut self) {
        if let Some(group) = self.open.last_mut() {
            group.is_constant = false;
        }
    }

    /// Tells what the last tokens are, to which a cast applies.
    fn operand(&self) -> Operand {
        let is_element = self.open.last().is_some_and(|group| group.is_array);
        let is_constant = match (self.closed, self.tokens.last()) {
            (Some(group), _) => group.is_constant,
            (None, Some(token)) => token.kind == TokenKind::Literal || is_constant(token),
            (None, None) => false,
        };
        match is_constant {
            true => Operand::Constant,
            false if is_element || self.closed.is_some_and(|group| group.is_array) => Operand::ArrayOrElement,
            false => Operand::Other,
        }
    }

    /// Keeps a cast. What it applies to stays what it was.
    fn keep_cast(&mut self, token: Token<'a>, type_tokens: &[Token<'a>]) {
        self.tokens.push(token);
        self.tokens.extend_from_slice(type_tokens);
    }
}

/// Whether the word is a constant, or belongs to an array of values.
fn is_constant(token: &Token<'_>) -> bool {
    let is_number = token.text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    is_number || matches!(token.text, "NULL" | "true" | "false" | "ARRAY")
}

/// Returns the tokens after a type's name and modifier: `timestamp(3) with time zone`,
/// `public.mood[]`.
fn after_type<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    const MORE_WORDS: &[&str] = &[
        "varying",
        "precision",
        "with",
        "without",
        "time",
        "zone",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "to",
    ];
    let mut rest = tokens.get(1..).unwrap_or_default();
    loop {
        rest = match rest {
            [word, following @ ..] if MORE_WORDS.contains(&word.text) => following,
            [open, ..] if open.kind == TokenKind::Open => after_group(rest),
            _ => return rest,
        };
    }
}
