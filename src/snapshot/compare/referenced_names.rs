//! What definitions name: columns, tables, sequences.

use super::lexer::{Kind, Token, path, tokens};
use super::normalize::uniqueness;
use crate::snapshot::model::Name;
use std::collections::BTreeSet;

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

/// The columns that a constraint or a unique index keeps unique together, in their order; none if there is more to it.
pub fn unique_columns(definition: &str) -> Option<Vec<String>> {
    let tokens = uniqueness(&tokens(definition));
    let is_plain = |token: &Token<'_>| matches!(token.text, "(" | ")" | ",") || token.kind == Kind::Word;
    let is_more = |token: &Token<'_>| !is_plain(token) || matches!(token.text, "WHERE" | "DISTINCT");
    let has_expressions = tokens.iter().filter(|token| token.kind == Kind::Open).count() > 1;
    let columns = first_group(&tokens);
    let is_key = !tokens.iter().any(is_more) && !has_expressions && !columns.is_empty();
    is_key.then_some(columns)
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

#[cfg(test)]
#[path = "referenced_names_tests.rs"]
mod tests;
