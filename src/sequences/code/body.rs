//! Finds out what a function does with the values that it draws.

pub use super::calls::Name;
use super::calls::{self, Call, bare, nextval_calls};
use super::lexer::{Token, tokens};
use super::statements::{Assignment, Target, assignment, statements, without_alias};
use std::collections::HashSet;

/// The destination of a drawn value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into this column of the row that a trigger is about to insert.
    Column(String),
    /// To the function's caller.
    Caller,
    /// Into another statement: neither into the row nor to the caller.
    Elsewhere,
    /// Unknown.
    Unknown,
}

/// One call of nextval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    pub sequence: Name,
    pub destination: Destination,
    /// Whether the value arrives as it is drawn, whenever the destination does not have a value
    /// yet.
    pub is_plain: bool,
}

/// The facts that the source of a function shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    pub draws: Vec<Draw>,
    /// Whether it runs text as SQL, or writes rows: what those statements draw is not visible.
    pub is_dynamic: bool,
    /// The names that are called like functions.
    pub called: HashSet<String>,
    /// Whether a string in it mentions nextval.
    pub has_text_with_nextval: bool,
}

const WRITING: [&str; 6] = ["execute", "insert", "update", "delete", "merge", "call"];

/// Reads the body of a PL/pgSQL function; `None` if it cannot be read.
pub fn plpgsql(source: &str) -> Option<Body> {
    let tokens = tokens(source)?;
    let statements = statements(&tokens);
    let assignments: Vec<Assignment<'_>> = statements.iter().copied().filter_map(assignment).collect();
    let has_loops = tokens.iter().any(|token| token.is("loop"));
    let reader = Reader { assignments: &assignments, has_loops };
    let draws = statements.iter().flat_map(|statement| reader.draws(statement)).collect();
    Some(Body::of(draws, &tokens))
}

/// Reads the body of an SQL function that is stored as text; `None` if it cannot be read.
pub fn sql(source: &str) -> Option<Body> {
    let tokens = tokens(source)?;
    let statements = statements(&tokens);
    let is_single = statements.len() == 1;
    let value = |statement: &'_ [Token]| match statement.split_first() {
        Some((select, expression)) if select.is("select") => is_plain_call(without_alias(expression)),
        _ => false,
    };
    let mut draws = Vec::new();
    for statement in &statements {
        let is_plain = is_single && value(statement);
        let destination = if is_plain { Destination::Caller } else { Destination::Unknown };
        draws.extend(nextval_calls(statement).into_iter().map(|call| Draw {
            sequence: call.sequence,
            destination: destination.clone(),
            is_plain,
        }));
    }
    Some(Body::of(draws, &tokens))
}

impl Body {
    fn of(draws: Vec<Draw>, tokens: &[Token]) -> Body {
        let has_nextval = |token: &Token| match token {
            Token::Text(text) => text.to_ascii_lowercase().contains("nextval"),
            Token::OddText => true,
            _ => false,
        };
        Body {
            draws,
            is_dynamic: is_dynamic(tokens),
            called: called(tokens),
            has_text_with_nextval: tokens.iter().any(has_nextval),
        }
    }
}

fn is_dynamic(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| WRITING.iter().any(|word| token.is(word)))
}

fn called(tokens: &[Token]) -> HashSet<String> {
    let pairs = tokens.windows(2).filter(|pair| pair[1].is_sign('('));
    pairs.filter_map(|pair| pair[0].name()).map(str::to_owned).collect()
}

struct Reader<'a> {
    assignments: &'a [Assignment<'a>],
    has_loops: bool,
}

impl Reader<'_> {
    fn draws(&self, statement: &[Token]) -> Vec<Draw> {
        let calls = nextval_calls(statement);
        if calls.is_empty() {
            return Vec::new();
        }
        if statement.first().is_some_and(|first| WRITING.iter().any(|word| first.is(word))) {
            let destination = Destination::Elsewhere;
            let elsewhere =
                |call: Call| Draw { sequence: call.sequence, destination: destination.clone(), is_plain: false };
            return calls.into_iter().map(elsewhere).collect();
        }
        let assignment = assignment(statement);
        calls.into_iter().flat_map(|call| self.follow(call, assignment.as_ref())).collect()
    }

    /// Returns where the call's value goes: usually to one place, to several by way of a variable.
    fn follow(&self, call: Call, assignment: Option<&Assignment<'_>>) -> Vec<Draw> {
        let draw = |destination, is_plain: bool| Draw {
            sequence: call.sequence.clone(),
            destination,
            is_plain: is_plain && !self.has_loops,
        };
        let Some(Assignment { target, expression }) = assignment else {
            return vec![draw(Destination::Unknown, false)];
        };
        let is_plain = is_plain_value(expression, target, &is_plain_call);
        let Target::Variable(name) = target else {
            return vec![draw(destination(target), is_plain && self.is_only_source(target))];
        };
        let is_variable = |tokens: &[Token]| matches!(bare(tokens), [token] if token.name() == Some(name));
        let is_assigned_once = self.assignments.iter().filter(|other| other.target == *target).count() == 1;
        let uses = self
            .assignments
            .iter()
            .filter(|other| other.target != *target && other.expression.iter().any(|token| token.name() == Some(name)));
        let mut draws: Vec<Draw> = uses
            .map(|other| {
                let is_passed_on = is_plain_value(other.expression, &other.target, &is_variable);
                let is_plain = is_plain && is_assigned_once && is_passed_on && self.is_only_source(&other.target);
                draw(destination(&other.target), is_plain)
            })
            .collect();
        if draws.is_empty() {
            draws.push(draw(Destination::Unknown, false));
        }
        draws
    }

    /// Whether every value that the target gets is drawn, so that nothing computes it afterwards.
    fn is_only_source(&self, target: &Target) -> bool {
        let sources = self.assignments.iter().filter(|other| other.target == *target);
        let is_row = |other: &Assignment<'_>| {
            *target == Target::Caller && matches!(other.expression, [token] if token.is("new"))
        };
        sources.filter(|other| !is_row(other)).all(|other| {
            !nextval_calls(other.expression).is_empty()
                || matches!(bare(other.expression), [token] if token.name().is_some_and(|name| self.is_drawn(name)))
                || is_plain_value(
                    other.expression,
                    target,
                    &|tokens| matches!(bare(tokens), [token] if token.name().is_some_and(|name| self.is_drawn(name))),
                )
        })
    }

    fn is_drawn(&self, variable: &str) -> bool {
        let target = Target::Variable(variable.to_owned());
        let mut sources = self.assignments.iter().filter(|other| other.target == target);
        sources.all(|other| !nextval_calls(other.expression).is_empty())
            && self.assignments.iter().any(|other| other.target == target)
    }
}

fn destination(target: &Target) -> Destination {
    match target {
        Target::Column(name) => Destination::Column(name.clone()),
        Target::Caller => Destination::Caller,
        Target::Variable(_) => Destination::Unknown,
    }
}

/// Whether the expression is only a call of nextval, except for casts.
fn is_plain_call(expression: &[Token]) -> bool {
    let expression = bare(expression);
    matches!(nextval_calls(expression).as_slice(), [call] if call.start == 0 && call.end == expression.len())
}

/// Whether the expression is a plain value, or becomes one where the target has none yet:
/// `coalesce(NEW.id, value)`, `CASE WHEN NEW.id IS NULL THEN value ELSE NEW.id END`.
fn is_plain_value(expression: &[Token], target: &Target, is_value: &dyn Fn(&[Token]) -> bool) -> bool {
    let expression = bare(expression);
    let is_own = |tokens: &[Token]| match (bare(tokens), target) {
        ([new, dot, column], Target::Column(name)) => new.is("new") && dot.is_sign('.') && column.name() == Some(name),
        ([variable], Target::Variable(name)) => variable.name() == Some(name),
        _ => false,
    };
    if is_value(expression) {
        return true;
    }
    match expression {
        [coalesce, open, inner @ .., close] if coalesce.is("coalesce") && open.is_sign('(') && close.is_sign(')') => {
            let Some(comma) = comma(inner) else { return false };
            let (first, second) = (&inner[..comma], &inner[comma + 1..]);
            (is_own(first) || is_own_unless_zero(first, &is_own)) && is_value(second)
        }
        [case, when, inner @ .., end] if case.is("case") && when.is("when") && end.is("end") => {
            let attr = |word| inner.iter().position(|token: &Token| token.is(word));
            let (Some(then), Some(other)) = (attr("then"), attr("else")) else { return false };
            then < other
                && matches!(&inner[..then], [own @ .., is, null] if is.is("is") && null.is("null") && is_own(own))
                && is_value(&inner[then + 1..other])
                && is_own(&inner[other + 1..])
        }
        _ => false,
    }
}

/// Whether the expression is `nullif(NEW.id, 0)`.
fn is_own_unless_zero(expression: &[Token], is_own: &dyn Fn(&[Token]) -> bool) -> bool {
    match expression {
        [nullif, open, own @ .., comma, Token::Number(_), close] => {
            nullif.is("nullif") && open.is_sign('(') && is_own(own) && comma.is_sign(',') && close.is_sign(')')
        }
        _ => false,
    }
}

/// Returns the position of the first comma outside parentheses.
fn comma(tokens: &[Token]) -> Option<usize> {
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].is_sign(',') {
            return Some(at);
        }
        at = if tokens[at].is_sign('(') { calls::closing(tokens, at)? + 1 } else { at + 1 };
    }
    None
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
