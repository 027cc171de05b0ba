//! Normalizes definitions that have the same meaning but are printed differently.

use super::lexer::{Token, TokenKind, after_group, path, tokens};

/// Whether both have the same meaning.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || normalized(one) == normalized(other)
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

/// Returns a definition without casts, redundant parentheses and differences in white space. After
/// pg_dump and restore the server prints some expressions differently, once:
/// `(ARRAY['a'::character varying])::text[]` as
/// `ARRAY[('a'::character varying)::text]`.
pub fn normalized(definition: &str) -> String {
    form(&tokens(definition))
}

/// Whether two unique indexes treat the same rows as duplicates.
pub fn is_same_uniqueness(one: &str, other: &str) -> bool {
    form(&uniqueness(&tokens(one))) == form(&uniqueness(&tokens(other)))
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

fn form(tokens: &[Token<'_>]) -> String {
    let mut form = Form { words: Vec::new(), groups: vec![Group::default()], is_after_name: false };
    for token in without_casts(tokens) {
        form.add(token);
    }
    form.words.retain(|word| !word.is_empty());
    form.words.join(" ")
}

fn without_casts<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let [token, following @ ..] = rest {
        rest = match token.kind {
            TokenKind::Cast => after_type(following),
            _ => {
                kept.push(*token);
                following
            }
        };
    }
    kept
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
