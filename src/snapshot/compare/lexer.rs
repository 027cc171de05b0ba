//! The words, literals and signs of SQL as the server spells it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
    pub kind: Kind,
    pub text: &'a str,
}

impl Token<'_> {
    /// Not a word of SQL's, which the server spells in upper case.
    pub fn is_name(&self) -> bool {
        self.kind == Kind::Word && self.text.contains(|c: char| !c.is_ascii_uppercase())
    }
}

pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '\'' => (Kind::Literal, literal_length(rest, false)),
            'E' if rest[1..].starts_with('\'') => (Kind::Literal, 1 + literal_length(&rest[1..], true)),
            '(' | '[' => (Kind::Open, 1),
            ')' | ']' => (Kind::Close, 1),
            ':' if rest.starts_with("::") => (Kind::Cast, 2),
            _ if is_word(first) => (Kind::Word, word_length(rest)),
            _ => (Kind::Operator, operator_length(rest)),
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

/// Of what starts with a quote, to the one that ends it or to the end of the text.
fn literal_length(text: &str, is_escaped: bool) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1).peekable();
    while let Some((place, byte)) = bytes.next() {
        let is_doubled = byte == b'\'' && bytes.peek().is_some_and(|(_, next)| *next == b'\'');
        match byte {
            _ if is_doubled || (is_escaped && byte == b'\\') => drop(bytes.next()),
            b'\'' => return place + 1,
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

/// A comma is never part of one.
fn operator_length(text: &str) -> usize {
    let end = text.find(|c: char| !"+-*/<>=~!@#%^&|`?".contains(c)).unwrap_or(text.len());
    end.max(text.chars().next().map_or(0, char::len_utf8))
}

/// What follows a group that opens here.
pub fn after_group<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let close = tokens.iter().position(|token| token.kind == Kind::Close);
    close.map_or(&[], |place| &tokens[place + 1..])
}

/// The names between the dots.
pub fn path(word: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut is_quoted = false;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // Doubled, it is one of the name's.
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => name.push(c),
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => names.push(std::mem::take(&mut name)),
            _ => name.push(c),
        }
    }
    names.push(name);
    names
}
