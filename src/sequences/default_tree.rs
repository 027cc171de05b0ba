//! Reads from a default's expression tree which sequences it draws from, and whether a value goes in as it is drawn.
//!
//! The tree is pg_node_tree's text, as outfuncs.c writes it alike on every supported major. For 10,000 defaults this takes
//! a few milliseconds; to have the server parse the trees, or match them with regular expressions, takes hundreds.
//! What is not foreseen here counts as "not plain" or "worked out as it runs", and its column becomes `unknown`.

use super::node_tree::{arguments, constant, constant_datum, field, plain_number};
use crate::pg::names::FIRST_USER_OID;
use pgrx::pg_sys;

/// The casts of bigint to int2, int4 and numeric.
const NUMBER_CASTS: [u32; 3] = [pg_sys::F_INT2_INT8, pg_sys::F_INT4_INT8, pg_sys::F_NUMERIC_INT8];

/// `numeric(numeric, integer)`, which rounds to some precision. An implicit one is to the column's own.
const NUMERIC_PRECISION: u32 = pg_sys::F_NUMERIC_NUMERIC_INT4;

/// `varchar(varchar, integer, boolean)`, which fails on what is too long if the cast is implicit.
const VARCHAR_LENGTH: u32 = pg_sys::F_VARCHAR_VARCHAR_INT4_BOOL;

/// Addition to and subtraction from bigint, by their OIDs in pg_operator.dat: of bigint, integer and smallint.
const PLUS: [&str; 5] = ["684", "688", "818", "692", "822"];
const MINUS: [&str; 3] = ["685", "689", "819"];

/// How an expression names a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// `nextval('x'::regclass)`: bound to the sequence, whatever it is called now.
    Oid(u32),
    /// `nextval('x'::text)`: looked up whenever a row is inserted.
    Text(String),
    /// `nextval(f())`
    WorkedOut,
}

/// One call of nextval in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    pub name: Name,
    pub form: Form,
}

/// What an expression makes of a value that it draws.
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

/// All calls of nextval in the expression.
pub fn draws(tree: &str) -> Vec<Draw> {
    let plain = [number(tree), text(tree), shifted(tree)].into_iter().flatten().next();
    draws_at(tree, plain.map(|(call, form)| (tree.len() - call.len(), form)))
}

/// Where the call begins in an expression whose value it is, and what becomes of the value.
type Plain<'a> = (&'a str, Form);

fn number(tree: &str) -> Option<Plain<'_>> {
    strip_casts(tree).filter(|call| function(call) == Some(pg_sys::F_NEXTVAL)).map(|call| (call, Form::Number))
}

fn text(tree: &str) -> Option<Plain<'_>> {
    let mut rest = tree;
    while let Some(inner) = inner(rest).or_else(|| length_cast(rest)) {
        rest = inner;
    }
    // A cast to a number before the one to text could end the values before the column does, or round them.
    let call = rest.strip_prefix("{COERCEVIAIO :arg ")?;
    function(call).map(|_| (call, Form::Text))
}

/// What an implicit cast to varchar of some length is applied to; an explicit one would cut what is too long.
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
    // The rest of the tree from an operand on, as `draws_at` counts.
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
            Draw { name: argument.map_or(Name::WorkedOut, sequence_name), form }
        })
        .collect()
}

/// The functions in the expression that are not the system's, called by name or through an operator.
pub fn user_functions(tree: &str) -> Vec<u32> {
    let fields = [":funcid ", ":opfuncid "];
    let attrs = fields.iter().flat_map(|field| tree.match_indices(field).map(|(at, _)| &tree[at + field.len()..]));
    let numbers = attrs.filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<u32>().ok()
    });
    numbers.filter(|function| *function >= FIRST_USER_OID).collect()
}

/// The function that the expression calls, if that is all it does, except for casts between number types and into a domain.
pub fn plain_call(tree: &str) -> Option<u32> {
    function(strip_casts(tree)?)
}

/// All calls of nextval in the body of a BEGIN ATOMIC function (`pg_proc.prosqlbody`); plain if it selects one value, as it
/// is drawn, from nowhere.
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

/// What is left of the tree when casts around it are taken off; `None` if that is not a function call.
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

/// What a cast into a domain, or to a type of the same representation, is applied to.
fn inner(tree: &str) -> Option<&str> {
    ["{COERCETODOMAIN :arg ", "{RELABELTYPE :arg "].iter().find_map(|head| tree.strip_prefix(head))
}

fn sequence_name(argument: &str) -> Name {
    let name = match call(argument) {
        Some((pg_sys::F_REGCLASS, argument)) => constant_text(argument).map(Name::Text),
        Some(_) => None,
        None => constant_oid(argument).map(Name::Oid),
    };
    name.unwrap_or(Name::WorkedOut)
}

/// The function's OID, if the tree is a function call.
fn function(tree: &str) -> Option<u32> {
    tree.strip_prefix("{FUNCEXPR :funcid ")?.split_once(' ')?.0.parse().ok()
}

/// The function's OID and where its first argument begins, if the tree is a function call.
fn call(tree: &str) -> Option<(u32, &str)> {
    let rest = tree.strip_prefix("{FUNCEXPR :funcid ")?;
    let (function, rest) = rest.split_once(' ')?;
    let arguments = rest.find('{')?;
    rest[..arguments].ends_with(":args (").then_some((function.parse().ok()?, &rest[arguments..]))
}

/// An OID is passed by value.
fn constant_oid(tree: &str) -> Option<u32> {
    u32::try_from(constant_datum(tree)?).ok()
}

/// A text is a varlena with a four-byte header, as a parse tree's constants always are.
fn constant_text(tree: &str) -> Option<String> {
    String::from_utf8(constant(tree)?.get(4..)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "{CONST :consttype 2205 :constlen 4 :constbyval true :constisnull false :location 58 \
                      :constvalue 4 [ -98 -97 1 0 0 0 0 0 ]}";
    const TEXT: &str = "{CONST :consttype 25 :constlen -1 :constvalue 6 [ 24 0 0 0 115 113 ]}";

    fn call(function: u32, arguments: &str) -> String {
        format!(
            "{{FUNCEXPR :funcid {function} :funcresulttype 20 :funcretset false :funcformat 0 :args ({arguments}) \
             :location -1}}"
        )
    }

    fn draw(name: Name, is_plain: bool) -> Vec<Draw> {
        vec![Draw { name, form: if is_plain { Form::Number } else { Form::Composed } }]
    }

    #[test]
    fn nextval_of_a_constant_is_plain_whatever_number_it_becomes() {
        let nextval = call(1574, ID);
        let plain = draw(Name::Oid(106_398), true);
        assert_eq!(draws(&nextval), plain);
        assert_eq!(draws(&call(480, &nextval)), plain, "int4");
        let numeric = call(1703, &format!("{} {ID}", call(1781, &nextval)));
        assert_eq!(draws(&numeric.replacen(":funcformat 0", ":funcformat 2", 1)), plain, "numeric(9,0)");
        assert_eq!(
            draws(&numeric.replacen(":funcformat 0", ":funcformat 1", 1))[0].form,
            Form::Composed,
            "written out"
        );
        assert_eq!(draws(&format!("{{COERCETODOMAIN :arg {} :resulttype 9}}", call(480, &nextval))), plain);
        assert_eq!(draws(&call(1574, &call(1079, TEXT))), draw(Name::Text("sq".to_owned()), true));
    }

    #[test]
    fn anything_around_it_is_not_plain() {
        let nextval = call(1574, ID);
        let wrapped = draw(Name::Oid(106_398), false);
        assert_eq!(draws(&format!("{{OPEXPR :opno 684 :args ({nextval} {ID})}}")), wrapped);
        assert_eq!(draws(&call(9999, &nextval)), wrapped);
        let two = draws(&format!("{{OPEXPR :args ({nextval} {})}}", call(1574, &call(1079, TEXT))));
        assert_eq!(two.len(), 2);
        assert!(two.iter().all(|draw| draw.form == Form::Composed));
    }

    fn formed(tree: &str) -> Form {
        draws(tree)[0].form
    }

    #[test]
    fn a_cast_to_text_is_told_from_other_texts() {
        let nextval = call(1574, ID);
        let text = format!("{{COERCEVIAIO :arg {nextval} :resulttype 25}}");
        assert_eq!(formed(&text), Form::Text);
        assert_eq!(formed(&format!("{{RELABELTYPE :arg {text} :resulttype 1043}}")), Form::Text);
        let cut = |format: u8| {
            call(669, &format!("{text} {ID}"))
                .replace(":funcformat 0 :args ({COERCE", &format!(":funcformat {format} :args ({{COERCE"))
        };
        assert_eq!(
            [formed(&cut(2)), formed(&cut(1))],
            [Form::Text, Form::Composed],
            "what is too long fails, or is cut"
        );
        assert_eq!(formed(&format!("{{COERCEVIAIO :arg {text} :resulttype 23}}")), Form::Composed);
        assert_eq!(formed(&call(401, &text)), Form::Composed);
        assert_eq!(formed(&format!("{{COERCEVIAIO :arg {} :resulttype 25}}", call(714, &nextval))), Form::Composed);
    }

    #[test]
    fn a_constant_that_is_added_is_known() {
        let nextval = call(1574, ID);
        let seven = "{CONST :consttype 23 :constvalue 4 [ 7 0 0 0 0 0 0 0 ]}";
        let operator =
            |number: u32, left: &str, right: &str| format!("{{OPEXPR :opno {number} :args ({left} {right})}}");
        assert_eq!(formed(&operator(688, &nextval, seven)), Form::Shifted(7));
        assert_eq!(formed(&operator(692, seven, &nextval)), Form::Shifted(7));
        assert_eq!(formed(&operator(689, &nextval, seven)), Form::Shifted(-7));
        assert_eq!(
            formed(&call(480, &operator(684, &nextval, &call(481, seven)))),
            Form::Shifted(7),
            "casts around and within"
        );
        assert_eq!(formed(&operator(690, &nextval, seven)), Form::Composed, "a product");
        assert_eq!(formed(&operator(689, seven, &nextval)), Form::Composed, "a constant less the value");
        assert_eq!(formed(&operator(688, &nextval, "{PARAM :paramkind 0}")), Form::Composed);
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_worked_out() {
        assert_eq!(draws(&call(1574, &call(1079, &call(2022, ID)))), draw(Name::WorkedOut, true));
        assert_eq!(draws(&call(1574, "{PARAM :paramkind 0}")), draw(Name::WorkedOut, true));
        assert_eq!(draws("{FUNCEXPR :funcid 1574 :args <>}"), draw(Name::WorkedOut, false));
        assert_eq!(draws(""), vec![]);
        assert_eq!(draws(&call(480, ID)), vec![]);
    }

    #[test]
    fn functions_of_users_are_told_from_the_systems() {
        assert_eq!(user_functions(&call(16_384, ID)), [16_384]);
        assert_eq!(user_functions(&call(480, &call(20_000, ID))), [20_000]);
        assert_eq!(user_functions("{OPEXPR :opno 98 :opfuncid 16500 :args <>}"), [16_500]);
        assert!(user_functions(&call(1574, ID)).is_empty());
        assert!(user_functions("{OPEXPR :opno 16700 :opfuncid 463 :args <>}").is_empty());
    }

    #[test]
    fn a_call_and_nothing_else_is_plain() {
        assert_eq!(plain_call(&call(480, &call(20_000, ID))), Some(20_000));
        assert_eq!(plain_call(&format!("{{OPEXPR :opno 684 :args ({} {ID})}}", call(20_000, ID))), None);
        let without_arguments = "{FUNCEXPR :funcid 20000 :funcresulttype 20 :args <> :location 9}";
        assert_eq!(plain_call(without_arguments), Some(20_000));
        assert_eq!(plain_call(&call(480, without_arguments)), Some(20_000));
        assert_eq!(plain_call(ID), None);
    }

    #[test]
    fn the_body_of_an_atomic_function_is_plain_if_it_only_draws() {
        let body = |query: &str, expression: &str| {
            format!(
                "({{QUERY :commandType {query} :jointree {{FROMEXPR :fromlist <> :quals <>}} \
                 :targetList ({{TARGETENTRY :expr {expression} :resno 1}})}})"
            )
        };
        let nextval = call(1574, ID);
        assert_eq!(body_draws(&body("1", &call(480, &nextval))), draw(Name::Oid(106_398), true));
        assert_eq!(
            body_draws(&body("1", &format!("{{OPEXPR :args ({nextval} {ID})}}"))),
            draw(Name::Oid(106_398), false)
        );
        assert_eq!(body_draws(&body("3", &nextval)), draw(Name::Oid(106_398), false));
        assert!(body_draws(&body("1", ID)).is_empty());
    }

    #[test]
    fn text_of_any_script_is_read() {
        let bytes: Vec<String> = "\0\0\0\0Größe".bytes().map(|byte| (byte as i8).to_string()).collect();
        let constant = format!("{{CONST :consttype 25 :constvalue 9 [ {} ]}}", bytes.join(" "));
        assert_eq!(draws(&call(1574, &call(1079, &constant))), draw(Name::Text("Größe".to_owned()), true));
    }
}
