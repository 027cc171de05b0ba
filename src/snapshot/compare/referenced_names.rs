//! Finds the columns, tables and sequences that definitions name.

use super::lexer::{Token, TokenKind, path, tokens};
use super::normalize::uniqueness;
use crate::snapshot::model::RelationName;
use std::collections::BTreeSet;

/// Returns the names in a definition, without those of schemas; keywords of SQL are among them, in
/// upper case.
pub fn names(definition: &str) -> BTreeSet<String> {
    let words = tokens(definition).into_iter().filter(|token| token.kind == TokenKind::Word);
    words.filter_map(|word| path(word.text).pop()).collect()
}

/// Splits the definition of a domain into its type, default and constraints, and that of a
/// composite type, which is in parentheses, into its attributes. The white space of a clause does
/// not matter.
pub fn clauses(definition: &str) -> Vec<String> {
    let tokens = tokens(definition);
    let level = usize::from(tokens.first().is_some_and(|token| token.kind == TokenKind::Open));
    let (mut clauses, mut depth) = (vec![String::new()], 0_usize);
    for token in tokens {
        let is_close = token.kind == TokenKind::Close;
        depth = depth.saturating_sub(usize::from(is_close));
        let begins = depth == level && matches!(token.text, "DEFAULT" | "NOT" | "CONSTRAINT" | ",");
        let is_frame = depth < level && matches!(token.kind, TokenKind::Open | TokenKind::Close);
        depth += usize::from(token.kind == TokenKind::Open);
        match clauses.last_mut() {
            _ if is_frame => {}
            Some(clause) if !begins => *clause += &format!(" {}", token.text),
            _ if token.text == "," => clauses.push(String::new()),
            _ => clauses.push(format!(" {}", token.text)),
        }
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

/// Returns the name, without its schema and arguments, of an object that another one uses:
/// `f` for `function app.f(integer)`.
pub fn own_name(used: &str) -> Option<String> {
    let tokens = tokens(used);
    let named = tokens.iter().take_while(|token| token.kind != TokenKind::Open).last()?;
    path(named.text).pop()
}

/// Returns the table that a foreign key refers to, and its columns.
pub fn reference(definition: &str) -> Option<(RelationName, Vec<String>)> {
    let tokens = tokens(definition);
    let position = tokens.iter().position(|token| token.kind == TokenKind::Word && token.text == "REFERENCES")?;
    let table = relation(tokens.get(position + 1)?.text)?;
    Some((table, first_group(&tokens[position..])))
}

/// Returns the columns of a primary key or a unique constraint.
pub fn key_columns(definition: &str) -> Vec<String> {
    first_group(&tokens(definition))
}

/// Returns the columns that a constraint or a unique index keeps unique together, in order; `None`
/// if it is partial, has expressions or NULLS NOT DISTINCT.
pub fn unique_columns(definition: &str) -> Option<Vec<String>> {
    let tokens = uniqueness(&tokens(definition));
    let is_plain = |token: &Token<'_>| matches!(token.text, "(" | ")" | ",") || token.kind == TokenKind::Word;
    let is_more = |token: &Token<'_>| !is_plain(token) || matches!(token.text, "WHERE" | "DISTINCT");
    let has_expressions = tokens.iter().filter(|token| token.kind == TokenKind::Open).count() > 1;
    let columns = first_group(&tokens);
    let is_key = !tokens.iter().any(is_more) && !has_expressions && !columns.is_empty();
    is_key.then_some(columns)
}

/// Returns the sequence that a default draws from.
pub fn sequence(default: &str) -> Option<RelationName> {
    let tokens = tokens(default);
    let position = tokens.iter().position(|token| token.text == "nextval")?;
    let [open, literal] = tokens.get(position + 1..position + 3)? else { return None };
    let is_call = open.text == "(" && literal.kind == TokenKind::Literal;
    is_call.then(|| relation(&unquoted(literal.text)?)).flatten()
}

fn first_group(tokens: &[Token<'_>]) -> Vec<String> {
    let group = tokens.iter().skip_while(|token| token.text != "(").take_while(|token| token.text != ")");
    group.filter(|token| token.kind == TokenKind::Word).filter_map(|word| path(word.text).pop()).collect()
}

fn relation(text: &str) -> Option<RelationName> {
    let [schema, name] = <[String; 2]>::try_from(path(text)).ok()?;
    Some(RelationName { schema, name })
}

/// Returns the value of a string literal.
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
