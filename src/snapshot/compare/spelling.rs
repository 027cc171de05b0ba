//! Reads definitions as the server spells them: what they mean in spite of parentheses and casts, and which names are in them.

use crate::snapshot::model::Name;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An identifier with all its dots and quotes, a keyword or a number.
    Word,
    Literal,
    Open,
    Close,
    Cast,
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

/// Whether both mean the same.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || normalized(one) == normalized(other)
}

/// Without casts, parentheses around what is one already, and differences in white space. After pg_dump and restore the server
/// spells some expressions otherwise, once: `(ARRAY['a'::character varying])::text[]` as
/// `ARRAY[('a'::character varying)::text]`.
pub fn normalized(definition: &str) -> String {
    let mut form = Form { words: Vec::new(), groups: vec![Group::default()], is_after_name: false };
    for token in without_casts(&tokens(definition)) {
        form.add(token);
    }
    form.words.retain(|word| !word.is_empty());
    form.words.join(" ")
}

/// The names in a definition, without those of schemas; words of SQL in upper case among them.
pub fn names(definition: &str) -> BTreeSet<String> {
    let words = tokens(definition).into_iter().filter(|token| token.kind == Kind::Word);
    words.filter_map(|word| path(word.text).pop()).collect()
}

/// The table that a foreign key refers to, and its columns.
pub fn reference(definition: &str) -> Option<(Name, Vec<String>)> {
    let tokens = tokens(definition);
    let place = tokens.iter().position(|token| token.kind == Kind::Word && token.text == "REFERENCES")?;
    let table = relation(tokens.get(place + 1)?.text)?;
    Some((table, first_group(&tokens[place..])))
}

/// The columns of a primary key or a unique constraint.
pub fn key_columns(definition: &str) -> Vec<String> {
    first_group(&tokens(definition))
}

/// The sequence that a default draws from.
pub fn sequence(default: &str) -> Option<Name> {
    let tokens = tokens(default);
    let place = tokens.iter().position(|token| token.text == "nextval")?;
    let [open, literal] = tokens.get(place + 1..place + 3)? else { return None };
    let is_call = open.text == "(" && literal.kind == Kind::Literal;
    is_call.then(|| relation(&unquoted(literal.text)?)).flatten()
}

fn first_group(tokens: &[Token<'_>]) -> Vec<String> {
    let group = tokens.iter().skip_while(|token| token.text != "(").take_while(|token| token.text != ")");
    group.filter(|token| token.kind == Kind::Word).filter_map(|word| path(word.text).pop()).collect()
}

fn relation(text: &str) -> Option<Name> {
    let [schema, name] = <[String; 2]>::try_from(path(text)).ok()?;
    Some(Name { schema, name })
}

/// What a string literal holds.
fn unquoted(literal: &str) -> Option<String> {
    let (is_escaped, inner) = match literal.strip_prefix('E') {
        Some(rest) => (true, rest),
        None => (false, literal),
    };
    let inner = inner.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    Some(if is_escaped { inner.replace("\\\\", "\\") } else { inner })
}

/// The names between the dots.
fn path(word: &str) -> Vec<String> {
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

fn tokens(text: &str) -> Vec<Token<'_>> {
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

fn without_casts<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let [token, following @ ..] = rest {
        rest = match token.kind {
            Kind::Cast => after_type(following),
            _ => {
                kept.push(*token);
                following
            }
        };
    }
    kept
}

/// What follows a type's name, with its modifier: `timestamp(3) with time zone`, `public.mood[]`.
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
            [open, ..] if open.kind == Kind::Open => after_group(rest),
            _ => return rest,
        };
    }
}

fn after_group<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let close = tokens.iter().position(|token| token.kind == Kind::Close);
    close.map_or(&[], |place| &tokens[place + 1..])
}

/// What has been read of a definition, each open group on top of the one it is in.
struct Form<'a> {
    words: Vec<&'a str>,
    groups: Vec<Group>,
    /// Of a function, perhaps.
    is_after_name: bool,
}

/// What stands between parentheses or brackets.
#[derive(Debug, Default)]
struct Group {
    /// Where its parenthesis is among the words.
    start: usize,
    is_call: bool,
    /// The first two things in it, and how many there are.
    first: Option<Item>,
    second: Option<Item>,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Word,
    Group,
    Other,
}

impl<'a> Form<'a> {
    fn add(&mut self, token: Token<'a>) {
        let is_call = std::mem::replace(&mut self.is_after_name, token.is_name());
        match token.kind {
            Kind::Open => self.groups.push(Group { start: self.words.len(), is_call, ..Group::default() }),
            Kind::Close => return self.close(token.text),
            Kind::Word => self.count(Item::Word),
            Kind::Literal | Kind::Cast | Kind::Operator => self.count(Item::Other),
        }
        self.words.push(token.text);
    }

    fn count(&mut self, item: Item) {
        if let Some(group) = self.groups.last_mut() {
            group.count += 1;
            match group.count {
                1 => group.first = Some(item),
                2 => group.second = Some(item),
                _ => {}
            }
        }
    }

    fn close(&mut self, text: &'a str) {
        let group = match self.groups.len() {
            // There is nothing to close: a broken definition.
            0 | 1 => return self.words.push(text),
            _ => self.groups.pop().unwrap_or_default(),
        };
        if text == ")" && group.is_one() {
            self.words[group.start] = "";
            group.first.into_iter().chain(group.second).for_each(|item| self.count(item));
        } else {
            self.words.push(text);
            self.count(Item::Group);
        }
    }
}

impl Group {
    /// A value, a group or a call: parentheses around it change nothing, unless they make a call themselves.
    fn is_one(&self) -> bool {
        match (self.count, self.first, self.second) {
            (1, Some(Item::Group), _) => true,
            (1, ..) | (2, Some(Item::Word), Some(Item::Group)) => !self.is_call,
            _ => false,
        }
    }
}

impl Token<'_> {
    /// Not a word of SQL's, which the server spells in upper case.
    fn is_name(&self) -> bool {
        self.kind == Kind::Word && self.text.contains(|c: char| !c.is_ascii_uppercase())
    }
}

#[cfg(test)]
#[path = "spelling_tests.rs"]
mod tests;
