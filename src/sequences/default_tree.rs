//! Reads from a default's expression tree which sequences it draws from, and whether a value goes
//! in as it is drawn.
//!
//! The tree is the text of a pg_node_tree, which outfuncs.c writes in the same way on every
//! supported major version. Reading 10,000 defaults takes a few milliseconds; having the server
//! parse the trees, or matching them with regular expressions, takes hundreds. Anything
//! unrecognized counts as "not plain" or "computed at run time", and its column becomes `unknown`.

use super::node_tree::{arguments, constant, constant_datum, field, plain_number};
use crate::pg::names::FIRST_USER_OID;
use pgrx::pg_sys;

/// The casts of bigint to int2, int4 and numeric.
const NUMBER_CASTS: [u32; 3] = [pg_sys::F_INT2_INT8, pg_sys::F_INT4_INT8, pg_sys::F_NUMERIC_INT8];

/// `numeric(numeric, integer)`, which rounds to a precision. An implicit cast rounds to that of the
/// column.
const NUMERIC_PRECISION: u32 = pg_sys::F_NUMERIC_NUMERIC_INT4;

/// `varchar(varchar, integer, boolean)`, which fails on a value that is too long if the cast is
/// implicit.
const VARCHAR_LENGTH: u32 = pg_sys::F_VARCHAR_VARCHAR_INT4_BOOL;

/// Addition to and subtraction from bigint, with bigint, integer and smallint, by their OIDs in
/// pg_operator.dat.
const PLUS: [&str; 5] = ["684", "688", "818", "692", "822"];
const MINUS: [&str; 3] = ["685", "689", "819"];

/// How an expression names a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// `nextval('x'::regclass)`: bound to the sequence, even if that is renamed.
    Oid(u32),
    /// `nextval('x'::text)`: looked up at every insert.
    Text(String),
    /// `nextval(f())`
    Computed,
}

/// One call of nextval in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    pub name: Name,
    pub form: Form,
}

/// The form in which an expression returns a value that it draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The value itself, except for casts between number types and into a domain.
    Number,
    /// The value as text.
    Text,
    /// The value with a constant added.
    Shifted(i64),
    /// Something else.
    Composed,
}

/// Returns all calls of nextval in the expression.
pub fn draws(tree: &str) -> Vec<Draw> {
    let plain = [number(tree), text(tree), shifted(tree)].into_iter().flatten().next();
    draws_at(tree, plain.map(|(call, form)| (tree.len() - call.len(), form)))
}

/// Where the call starts in an expression that returns its value, and the form of the value.
type Plain<'a> = (&'a str, Form);

fn number(tree: &str) -> Option<Plain<'_>> {
    strip_casts(tree).filter(|call| function(call) == Some(pg_sys::F_NEXTVAL)).map(|call| (call, Form::Number))
}

fn text(tree: &str) -> Option<Plain<'_>> {
    let mut rest = tree;
    while let Some(inner) = inner(rest).or_else(|| length_cast(rest)) {
        rest = inner;
    }
    // A cast to a number type before the cast to text could end the values before the column does,
    // or round them.
    let call = rest.strip_prefix("{COERCEVIAIO :arg ")?;
    function(call).map(|_| (call, Form::Text))
}

/// Returns the operand of an implicit cast to varchar with a length; an explicit cast would
/// truncate a value that is too long.
fn length_cast(tree: &str) -> Option<&str> {
    implicit_cast(tree, VARCHAR_LENGTH)
}

fn implicit_cast(tree: &str, cast: u32) -> Option<&str> {
    let is_implicit = function(tree)? == cast && field(tree, ":funcformat")? == "2";
    is_implicit.then(|| call(tree).map(|(_, argument)| argument)).flatten()
}

fn shifted(tree: &str) -> Option<Plain<'_>> {
    let rest = strip_number_casts(tree);
    let operator = field(rest.starts_with("{OPEXPR ").then_some(rest)?, ":opno")?;
    let operands = arguments(rest)?;
    let [left, right] = operands.as_slice() else { return None };
    // Returns the rest of the tree from an operand on, as `draws_at` counts.
    let from = |operand: &str| &rest[operand.as_ptr() as usize - rest.as_ptr() as usize..];
    let shift = |constant: i64| Form::Shifted(constant);
    match (PLUS.contains(&operator), MINUS.contains(&operator)) {
        (true, _) => match (plain_number(left), plain_number(right)) {
            (None, Some(constant)) => Some((strip_casts(from(left))?, shift(constant))),
            (Some(constant), None) => Some((strip_casts(from(right))?, shift(constant))),
            _ => None,
        },
        (_, true) => Some((strip_casts(from(left))?, shift(plain_number(right)?.checked_neg()?))),
        _ => None,
    }
}

fn draws_at(tree: &str, plain: Option<(usize, Form)>) -> Vec<Draw> {
    tree.match_indices(&format!("{{FUNCEXPR :funcid {} ", pg_sys::F_NEXTVAL))
        .map(|(at, _)| {
            let argument = call(&tree[at..]).map(|(_, argument)| argument);
            let plain = plain.filter(|(plain_at, _)| *plain_at == at && argument.is_some());
            let form = plain.map_or(Form::Composed, |(_, form)| form);
            Draw { name: argument.map_or(Name::Computed, sequence_name), form }
        })
        .collect()
}

/// Returns the functions in the expression that are not the system's, called by name or through an
/// operator.
pub fn user_functions(tree: &str) -> Vec<u32> {
    let fields = [":funcid ", ":opfuncid "];
    let attrs = fields.iter().flat_map(|field| tree.match_indices(field).map(|(at, _)| &tree[at + field.len()..]));
    let numbers = attrs.filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<u32>().ok()
    });
    numbers.filter(|function| *function >= FIRST_USER_OID).collect()
}

/// Returns the function that the expression calls, if it does nothing else, except for casts
/// between number types and into a domain.
pub fn plain_call(tree: &str) -> Option<u32> {
    function(strip_casts(tree)?)
}

/// Returns all calls of nextval in the body of a BEGIN ATOMIC function (`pg_proc.prosqlbody`); a
/// call is plain if the body only selects its value, as it is drawn, without a FROM clause.
pub fn body_draws(tree: &str) -> Vec<Draw> {
    let head = "{TARGETENTRY :expr ";
    let is_single = tree.matches("{QUERY :commandType 1 ").count() == 1
        && tree.matches("{QUERY ").count() == 1
        && tree.matches(head).count() == 1
        && tree.contains(":jointree {FROMEXPR :fromlist <> :quals <>}");
    let expression = tree.find(head).map(|at| at + head.len());
    let plain_at = expression.filter(|_| is_single).and_then(|at| Some(tree.len() - strip_casts(&tree[at..])?.len()));
    draws_at(tree, plain_at.map(|at| (at, Form::Number)))
}

/// Removes the casts around a function call; `None` if the rest is not a function call.
fn strip_casts(tree: &str) -> Option<&str> {
    let rest = strip_number_casts(tree);
    function(rest).map(|_| rest)
}

fn strip_number_casts(tree: &str) -> &str {
    let mut rest = tree;
    let number_cast = |rest| {
        let is_cast = NUMBER_CASTS.contains(&function(rest)?);
        is_cast.then(|| call(rest).map(|(_, argument)| argument)).flatten()
    };
    while let Some(inner) = inner(rest).or_else(|| number_cast(rest)).or_else(|| implicit_cast(rest, NUMERIC_PRECISION))
    {
        rest = inner;
    }
    rest
}

/// Returns the operand of a cast into a domain, or to a type with the same representation.
fn inner(tree: &str) -> Option<&str> {
    ["{COERCETODOMAIN :arg ", "{RELABELTYPE :arg "].iter().find_map(|head| tree.strip_prefix(head))
}

fn sequence_name(argument: &str) -> Name {
    let name = match call(argument) {
        Some((pg_sys::F_REGCLASS, argument)) => constant_text(argument).map(Name::Text),
        Some(_) => None,
        None => constant_oid(argument).map(Name::Oid),
    };
    name.unwrap_or(Name::Computed)
}

/// Returns the function's OID, if the tree is a function call.
fn function(tree: &str) -> Option<u32> {
    tree.strip_prefix("{FUNCEXPR :funcid ")?.split_once(' ')?.0.parse().ok()
}

/// Returns the function's OID and the tree of its first argument, if the tree is a function call.
fn call(tree: &str) -> Option<(u32, &str)> {
    let rest = tree.strip_prefix("{FUNCEXPR :funcid ")?;
    let (function, rest) = rest.split_once(' ')?;
    let arguments = rest.find('{')?;
    rest[..arguments].ends_with(":args (").then_some((function.parse().ok()?, &rest[arguments..]))
}

/// Reads an OID constant, which is passed by value.
fn constant_oid(tree: &str) -> Option<u32> {
    u32::try_from(constant_datum(tree)?).ok()
}

/// Reads a text constant: a varlena with a four-byte header, as in every parse tree.
fn constant_text(tree: &str) -> Option<String> {
    String::from_utf8(constant(tree)?.get(4..)?.to_vec()).ok()
}

#[cfg(test)]
#[path = "default_tree_tests.rs"]
mod tests;
