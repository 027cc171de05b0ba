//! Finds calls of nextval among tokens, and the sequences that they name.

use super::lexer::Token;

/// A call of nextval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The range from the first token of the function's name to the one after the closing
    /// parenthesis.
    pub start: usize,
    pub end: usize,
    pub sequence: Name,
}

/// How a call names the sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Text(String),
    /// `TG_ARGV[n]`: an argument of the trigger.
    Argument(usize),
    /// An expression that is evaluated at run time.
    Computed,
}

/// Returns every call of nextval, in order.
pub fn nextval_calls(tokens: &[Token]) -> Vec<Call> {
    let mut calls = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_call = token.name() == Some("nextval") && tokens.get(at + 1).is_some_and(|next| next.is_sign('('));
        let Some(close) = is_call.then(|| closing(tokens, at + 1)).flatten() else { continue };
        let qualifier = at.checked_sub(2).filter(|_| tokens[at - 1].is_sign('.')).map(|attr| &tokens[attr]);
        // A nextval in another schema is another function.
        let is_servers = qualifier.is_none_or(|schema| schema.name() == Some("pg_catalog"));
        let sequence = if is_servers { name(&tokens[at + 2..close]) } else { Name::Computed };
        calls.push(Call { start: if qualifier.is_some() { at - 2 } else { at }, end: close + 1, sequence });
    }
    calls
}

/// Returns the position of the parenthesis that closes the one at `open`.
pub fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Other('(') => depth += 1,
            Token::Other(')') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Removes the parentheses around the expression and trailing casts to number types and to types of
/// names.
pub fn bare(mut tokens: &[Token]) -> &[Token] {
    loop {
        let is_wrapped =
            tokens.first().is_some_and(|first| first.is_sign('(')) && closing(tokens, 0) == Some(tokens.len() - 1);
        if is_wrapped {
            tokens = &tokens[1..tokens.len() - 1];
            continue;
        }
        if let Some(inner) = cast_inner(tokens) {
            tokens = inner;
            continue;
        }
        match without_cast(tokens) {
            Some(rest) => tokens = rest,
            None => return tokens,
        }
    }
}

/// Types in which a sequence's value stays the same number, or a sequence's name the same text.
const TYPES: [&str; 13] = [
    "bigint", "integer", "int", "int8", "int4", "int2", "smallint", "numeric", "decimal", "text", "varchar", "name",
    "regclass",
];

fn is_type(token: &Token) -> bool {
    token.name().is_some_and(|name| TYPES.contains(&name))
}

/// Removes the cast from `expression::type`.
fn without_cast(tokens: &[Token]) -> Option<&[Token]> {
    match tokens {
        [rest @ .., Token::Sign("::"), schema, dot, last]
            if schema.name() == Some("pg_catalog") && dot.is_sign('.') && is_type(last) =>
        {
            Some(rest)
        }
        [rest @ .., Token::Sign("::"), last] if is_type(last) => Some(rest),
        _ => None,
    }
}

/// Returns the expression in `CAST (expression AS type)`.
fn cast_inner(tokens: &[Token]) -> Option<&[Token]> {
    if !tokens.first()?.is("cast") || !tokens.get(1)?.is_sign('(') || closing(tokens, 1)? != tokens.len() - 1 {
        return None;
    }
    match &tokens[2..tokens.len() - 1] {
        [inner @ .., keyword, last] if keyword.is("as") && is_type(last) => Some(inner),
        _ => None,
    }
}

fn name(argument: &[Token]) -> Name {
    match bare(argument) {
        [Token::Text(text)] => Name::Text(text.clone()),
        // regclass 'x'
        [kind, Token::Text(text)] if kind.is("regclass") || kind.is("text") => Name::Text(text.clone()),
        [arguments, open, Token::Number(number), close]
            if arguments.is("tg_argv") && open.is_sign('[') && close.is_sign(']') =>
        {
            number.parse().map_or(Name::Computed, Name::Argument)
        }
        _ => Name::Computed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn sequences(source: &str) -> Vec<Name> {
        nextval_calls(&tokens(source).unwrap()).into_iter().map(|call| call.sequence).collect()
    }

    #[test]
    fn calls_with_any_kind_of_constant_are_read() {
        for source in [
            "nextval('s')",
            "NEXTVAL ( 's' )",
            "pg_catalog.nextval('s'::regclass)",
            "nextval(('s'::text)::regclass)",
            "nextval(CAST('s' AS regclass))",
            "nextval(regclass 's')",
            "nextval($$s$$)",
            "nextval(/* the ids */ 's'::pg_catalog.regclass)",
            "\"nextval\"(E's')",
        ] {
            assert_eq!(sequences(source), [Name::Text("s".to_owned())], "{source}");
        }
    }

    #[test]
    fn calls_without_a_constant_have_a_computed_name() {
        for source in [
            "nextval(name)",
            "nextval('a' || 'b')",
            "nextval($1)",
            "nextval(quote_ident('s'))",
            "nextval(E'\\x41')",
            "nextval('a' 'b')",
            "other.nextval('s')",
            "nextval()",
        ] {
            assert_eq!(sequences(source), [Name::Computed], "{source}");
        }
    }

    #[test]
    fn calls_with_a_trigger_argument_have_its_number() {
        assert_eq!(sequences("nextval(TG_ARGV[1]::regclass)"), [Name::Argument(1)]);
        assert_eq!(sequences("nextval(TG_ARGV[n])"), [Name::Computed]);
    }

    #[test]
    fn calls_in_texts_and_comments_are_ignored() {
        for source in
            ["'nextval(1)'", "-- nextval('s')", "my_nextval('s')", "nextval", "s.nextval", "$$ nextval('s') $$"]
        {
            assert_eq!(sequences(source), [], "{source}");
        }
    }
}
