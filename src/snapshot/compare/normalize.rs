//! Normalizes definitions that have the same meaning but are printed differently.

use super::casts::{is_insignificant, without_casts};
use super::lexer::{Token, TokenKind, after_group, path, tokens};

/// Whether both have the same meaning.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || normalized(one) == normalized(other)
}

/// Whether both differ at most by casts, as they do if a column has another type.
pub fn is_same_but_for_casts(one: &str, other: &str) -> bool {
    let bare = |text: &str| form(without_casts(&tokens(text), |_| true));
    bare(one) == bare(other)
}

/// Whether both differ by names only, as they do after a column or a function was renamed.
pub fn is_renamed(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(tokens);
    let is_name = |token: &Token<'_>| token.is_name() && !token.text.starts_with(|c: char| c.is_ascii_digit());
    one.len() == other.len()
        && one.iter().zip(&other).all(|(one, other)| one.text == other.text || is_name(one) && is_name(other))
}

/// Whether two queries that servers of different major versions have printed may be the same. Newer
/// versions leave out the table before a column's name where it is not needed.
pub fn is_same_across_majors(one: &str, other: &str) -> bool {
    let unqualified = |text: &str| {
        let words = tokens(text).into_iter().map(|token| match token.kind {
            TokenKind::Word => path(token.text).pop().unwrap_or_default(),
            _ => token.text.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    is_same(one, other) || normalized(&unqualified(one)) == normalized(&unqualified(other))
}

/// Returns a definition without redundant parentheses, differences in white space and some casts.
/// After pg_dump and restore the server prints some expressions differently, once:
/// `(ARRAY['a'::character varying])::text[]` as
/// `ARRAY[('a'::character varying)::text]`. So the casts of constants, of arrays of values and of
/// the values in them are left out, and those that only relabel text. Others change values.
pub fn normalized(definition: &str) -> String {
    form(without_casts(&tokens(definition), is_insignificant))
}

/// Whether two unique indexes treat the same rows as duplicates.
pub fn is_same_uniqueness(one: &str, other: &str) -> bool {
    let rule = |text: &str| form(without_casts(&uniqueness(&tokens(text)), is_insignificant));
    rule(one) == rule(other)
}

/// Returns a unique index's definition without what does not affect uniqueness: included columns,
/// storage and order.
pub fn uniqueness<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let [token, following @ ..] = rest {
        let is_storage = matches!(token.text, "INCLUDE" | "WITH");
        let is_order = matches!(token.text, "DESC" | "ASC") || (token.is_name() && token.text.ends_with("_ops"));
        rest = if is_storage { after_group(following) } else { following };
        kept.extend((!is_storage && !is_order).then_some(*token));
    }
    kept
}

fn form(tokens: Vec<Token<'_>>) -> String {
    let mut form = Form { words: Vec::new(), groups: vec![Group::default()], is_after_name: false };
    tokens.into_iter().for_each(|token| form.add(token));
    form.words.retain(|word| !word.is_empty());
    form.words.join(" ")
}

/// The state of reading a definition: its words, and a stack of open groups.
struct Form<'a> {
    words: Vec<&'a str>,
    groups: Vec<Group<'a>>,
    /// Whether the previous token is a name, which may be that of a function.
    is_after_name: bool,
}

/// The text between parentheses or brackets.
#[derive(Debug, Default)]
struct Group<'a> {
    /// The position of its opening parenthesis among the words.
    start: usize,
    is_call: bool,
    /// The connector of its operands: AND or OR.
    connector: Option<&'a str>,
    /// If its first item is a group: the positions of that group's parentheses, and its connector.
    leading: Option<(usize, usize, &'a str)>,
    /// The first two items in it, and their number.
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
            TokenKind::Open => self.groups.push(Group { start: self.words.len(), is_call, ..Group::default() }),
            TokenKind::Close => return self.close(token.text),
            TokenKind::Word => {
                self.connect(token.text);
                self.count(Item::Word);
            }
            TokenKind::Literal | TokenKind::Cast | TokenKind::Operator => self.count(Item::Other),
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

    /// Removes the parentheses of the first operand: the server's grammar turns `(a AND b) AND c`
    /// into `a AND b AND c`.
    fn connect(&mut self, word: &'a str) {
        let Some(group) = self.groups.last_mut().filter(|_| matches!(word, "AND" | "OR")) else { return };
        if let Some((open, close, _)) = group.leading.take_if(|(.., connector)| group.count == 1 && *connector == word)
        {
            self.words[open] = "";
            self.words[close] = "";
        }
        group.connector.get_or_insert(word);
    }

    fn close(&mut self, text: &'a str) {
        let group = match self.groups.len() {
            // The definition is broken: no group is open.
            0 | 1 => return self.words.push(text),
            _ => self.groups.pop().unwrap_or_default(),
        };
        if text == ")" && group.is_one() {
            self.words[group.start] = "";
            group.first.into_iter().chain(group.second).for_each(|item| self.count(item));
        } else {
            if let Some(parent) = self.groups.last_mut().filter(|parent| parent.count == 0 && !group.is_call) {
                parent.leading = group.connector.map(|connector| (group.start, self.words.len(), connector));
            }
            self.words.push(text);
            self.count(Item::Group);
        }
    }
}

impl Group<'_> {
    /// Whether it contains one value, group or call, so that its parentheses are redundant unless
    /// they belong to a call.
    fn is_one(&self) -> bool {
        match (self.count, self.first, self.second) {
            (1, Some(Item::Group), _) => true,
            (1, ..) | (2, Some(Item::Word), Some(Item::Group)) => !self.is_call,
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "normalize_tests.rs"]
mod tests;
