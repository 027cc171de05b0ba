//! Splits SQL that the server has printed into words, literals and operators.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An identifier with all its dots and quotes, a keyword or a number.
    Word,
    Literal,
    Open,
    Close,
    Cast,
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
}

impl Token<'_> {
    /// Whether it is a name and not a keyword, which the server prints in upper case.
    pub fn is_name(&self) -> bool {
        self.kind == TokenKind::Word && self.text.contains(|c: char| !c.is_ascii_uppercase())
    }
}

pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '\'' => (TokenKind::Literal, literal_length(rest, false)),
            'E' if rest[1..].starts_with('\'') => (TokenKind::Literal, 1 + literal_length(&rest[1..], true)),
            '(' | '[' => (TokenKind::Open, 1),
            ')' | ']' => (TokenKind::Close, 1),
            ':' if rest.starts_with("::") => (TokenKind::Cast, 2),
            _ if is_word(first) => (TokenKind::Word, word_length(rest)),
            _ => (TokenKind::Operator, operator_length(rest)),
        };
        let (token, following) = rest.split_at(length);
        tokens.push(Token { kind, text: token });
        rest = following.trim_start();
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.' | '"') || !c.is_ascii()
}

/// Returns the length of a text that starts with a quote, up to the closing quote or the end of the
/// text.
fn literal_length(text: &str, is_escaped: bool) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1).peekable();
    while let Some((position, byte)) = bytes.next() {
        let is_doubled = byte == b'\'' && bytes.peek().is_some_and(|(_, next)| *next == b'\'');
        match byte {
            _ if is_doubled || (is_escaped && byte == b'\\') => drop(bytes.next()),
            b'\'' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

fn word_length(text: &str) -> usize {
    let mut is_quoted = false;
    let end = text.find(|c| {
        is_quoted ^= c == '"';
        !is_quoted && !is_word(c)
    });
    end.unwrap_or(text.len())
}

/// Returns the length of an operator; a comma is never part of one.
fn operator_length(text: &str) -> usize {
    let end = text.find(|c: char| !"+-*/<>=~!@#%^&|`?".contains(c)).unwrap_or(text.len());
    end.max(text.chars().next().map_or(0, char::len_utf8))
}

/// Returns the tokens after the group that opens here.
pub fn after_group<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let close = tokens.iter().position(|token| token.kind == TokenKind::Close);
    close.map_or(&[], |position| &tokens[position + 1..])
}

/// Splits a qualified name at its dots.
pub fn path(word: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut is_quoted = false;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A doubled quote is part of the name.
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => name.push(c),
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => names.push(std::mem::take(&mut name)),
            _ => name.push(c),
        }
    }
    names.push(name);
    names
}
