//! Splits tokens into statements, and reads what these assign.

use super::calls::closing;
use super::lexer::Token;

/// The target that gets the value of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// `NEW.column`
    Column(String),
    Variable(String),
    /// The function's caller.
    Caller,
}

/// An expression and the target that gets its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<'a> {
    pub target: Target,
    pub expression: &'a [Token],
}

/// Returns the statements, without their terminators. The part before THEN, ELSE, LOOP, DECLARE and
/// BEGIN counts as a statement.
pub fn statements(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut statements, mut start, mut at, mut cases) = (Vec::new(), 0, 0, 0_u32);
    while at < tokens.len() {
        let token = &tokens[at];
        if token.is_sign('(') {
            at = closing(tokens, at).unwrap_or(at) + 1;
            continue;
        }
        // Within a CASE, THEN and ELSE belong to the expression.
        let ends = match token {
            Token::Other(';') => true,
            _ if token.is("case") => {
                cases += 1;
                false
            }
            _ if token.is("end") => {
                cases = cases.saturating_sub(1);
                false
            }
            _ if token.is("then") || token.is("else") => cases == 0,
            _ => ["loop", "declare", "begin"].iter().any(|word| token.is(word)),
        };
        if ends {
            statements.push(&tokens[start..at]);
            (start, cases) = (at + 1, 0);
        }
        at += 1;
    }
    statements.push(&tokens[start.min(tokens.len())..]);
    statements.retain(|statement| !statement.is_empty());
    statements
}

/// Returns the assignment, if the statement assigns a single value.
pub fn assignment(statement: &[Token]) -> Option<Assignment<'_>> {
    let first = statement.first()?;
    if first.is("select") {
        return select_into(&statement[1..]);
    }
    if first.is("return") {
        return Some(Assignment { target: Target::Caller, expression: &statement[1..] });
    }
    if let Some((target, rest)) = target(statement)
        && let Some((sign, expression)) = rest.split_first()
        && (*sign == Token::Sign(":=") || sign.is_sign('='))
    {
        return Some(Assignment { target, expression });
    }
    declaration(statement)
}

/// Reads `NEW.column` or a variable; returns it and the rest of the tokens.
fn target(tokens: &[Token]) -> Option<(Target, &[Token])> {
    match tokens {
        [new, dot, Token::Word { name, .. }, rest @ ..] if new.is("new") && dot.is_sign('.') => {
            Some((Target::Column(name.clone()), rest))
        }
        [Token::Word { name, .. }, rest @ ..] if !rest.first().is_some_and(|next| next.is_sign('.')) => {
            Some((Target::Variable(name.clone()), rest))
        }
        _ => None,
    }
}

/// Reads `SELECT expression INTO target` or `SELECT INTO target expression`, followed by nothing
/// except FROM dual.
fn select_into(tokens: &[Token]) -> Option<Assignment<'_>> {
    let tokens = match tokens {
        [rest @ .., from, dual] if from.is("from") && dual.is("dual") => rest,
        _ => tokens,
    };
    let (before, after) = tokens.split_at(top_level(tokens, |token| token.is("into"))?);
    let after = match &after[1..] {
        [strict, rest @ ..] if strict.is("strict") => rest,
        rest => rest,
    };
    let (target, rest) = target(after)?;
    let expression = match (before, rest) {
        ([], expression) => expression,
        (expression, []) => expression,
        _ => return None,
    };
    Some(Assignment { target, expression: without_alias(expression) })
}

/// Reads `variable type := expression` or `… DEFAULT expression`.
fn declaration(statement: &[Token]) -> Option<Assignment<'_>> {
    let name = statement.first()?.name()?;
    if ["update", "if", "elsif", "elseif", "when", "while", "perform", "insert", "delete", "exit"].contains(&name) {
        return None;
    }
    let at = top_level(statement, |token| *token == Token::Sign(":=") || token.is_sign('=') || token.is("default"))?;
    let is_type =
        statement[1..at].iter().all(|token| token.name().is_some() || token.is_sign('.') || token.is_sign('%'));
    let target = Target::Variable(name.to_owned());
    (at > 1 && is_type).then(|| Assignment { target, expression: &statement[at + 1..] })
}

/// Returns the position of the first such token outside parentheses.
fn top_level(tokens: &[Token], is_wanted: impl Fn(&Token) -> bool) -> Option<usize> {
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            token if is_wanted(token) => return Some(at),
            token if token.is_sign('(') => at = closing(tokens, at)? + 1,
            _ => at += 1,
        }
    }
    None
}

/// Removes the name from `expression AS name`.
pub fn without_alias(expression: &[Token]) -> &[Token] {
    match expression {
        [rest @ .., keyword, Token::Word { .. }] if keyword.is("as") => rest,
        _ => expression,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn assigned(source: &str) -> Vec<Target> {
        let tokens = tokens(source).unwrap();
        statements(&tokens).into_iter().filter_map(assignment).map(|assignment| assignment.target).collect()
    }

    fn column(name: &str) -> Target {
        Target::Column(name.to_owned())
    }

    fn variable(name: &str) -> Target {
        Target::Variable(name.to_owned())
    }

    #[test]
    fn statements_with_any_assignment_are_read() {
        assert_eq!(
            assigned("BEGIN NEW.id := 1; NEW.\"Id\" = 2; v := 3; END"),
            [column("id"), column("Id"), variable("v")]
        );
        assert_eq!(
            assigned("SELECT 1 INTO NEW.id; SELECT 1 INTO STRICT v FROM dual; SELECT INTO NEW.id 2"),
            [column("id"), variable("v"), column("id")]
        );
        assert_eq!(
            assigned("DECLARE v bigint := 1; w t.c%TYPE DEFAULT 2; BEGIN RETURN v; END"),
            [variable("v"), variable("w"), Target::Caller]
        );
    }

    #[test]
    fn statements_end_at_branches_except_in_case() {
        assert_eq!(
            assigned("IF NEW.id IS NULL THEN NEW.id := 1; ELSE NEW.id := 2; END IF;"),
            [column("id"), column("id")]
        );
        let source = "NEW.id := CASE WHEN a THEN 1 ELSE 2 END; NEW.b := 3;";
        assert_eq!(assigned(source), [column("id"), column("b")]);
        assert_eq!(statements(&tokens(source).unwrap()).len(), 2);
    }

    #[test]
    fn statements_with_several_values_do_not_assign() {
        assert_eq!(assigned("SELECT 1, 2 INTO v, NEW.id; SELECT a INTO NEW.id FROM t; UPDATE t SET a = 1"), []);
    }
}
