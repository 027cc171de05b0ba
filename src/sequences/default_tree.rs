//! Reads from a default's expression tree which sequences it draws from, and whether a value goes in as it is drawn.
//!
//! The tree is pg_node_tree's text, as outfuncs.c writes it alike on every supported major. For 10,000 defaults this takes
//! a few milliseconds; to have the server parse the trees, or match them with regular expressions, takes hundreds.
//! What is not foreseen here counts as "not plain" or "worked out as it runs", and its column becomes `unknown`.

use crate::pg::names::FIRST_USER_OID;

/// `regclass(text)` and the casts of bigint to int2, int4, numeric and to some precision, by their
/// OIDs in pg_proc.dat.
const REGCLASS_OF_TEXT: &str = "1079";
const NUMBER_CASTS: [&str; 4] = ["714", "480", "1781", "1703"];

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
    /// The expression is this call and nothing else, except for casts between number types and into a domain.
    pub is_plain: bool,
}

/// All calls of nextval in the expression.
pub fn draws(tree: &str) -> Vec<Draw> {
    draws_at(tree, strip_casts(tree).map(|rest| tree.len() - rest.len()))
}

fn draws_at(tree: &str, plain_at: Option<usize>) -> Vec<Draw> {
    tree.match_indices("{FUNCEXPR :funcid 1574 ")
        .map(|(at, _)| {
            let argument = call(&tree[at..]).map(|(_, argument)| argument);
            let is_plain = plain_at == Some(at) && argument.is_some();
            Draw { name: argument.map_or(Name::WorkedOut, sequence_name), is_plain }
        })
        .collect()
}

/// The functions in the expression that are not the system's, called by name or through an operator.
pub fn user_functions(tree: &str) -> Vec<u32> {
    let fields = [":funcid ", ":opfuncid "];
    let places = fields.iter().flat_map(|field| tree.match_indices(field).map(|(at, _)| &tree[at + field.len()..]));
    let numbers = places.filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<u32>().ok()
    });
    numbers.filter(|function| *function >= FIRST_USER_OID).collect()
}

/// The function that the expression calls, if that is all it does, except for casts between number types and into a domain.
pub fn plain_call(tree: &str) -> Option<u32> {
    function(strip_casts(tree)?)?.parse().ok()
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
    draws_at(tree, plain_at)
}

/// What is left of the tree when casts around it are taken off; `None` if that is not a function call.
fn strip_casts(tree: &str) -> Option<&str> {
    let mut rest = tree;
    loop {
        rest = match ["{COERCETODOMAIN :arg ", "{RELABELTYPE :arg "].iter().find_map(|head| rest.strip_prefix(head)) {
            Some(inner) => inner,
            None if NUMBER_CASTS.contains(&function(rest)?) => call(rest)?.1,
            None => return Some(rest),
        };
    }
}

fn sequence_name(argument: &str) -> Name {
    let name = match call(argument) {
        Some((REGCLASS_OF_TEXT, argument)) => constant_text(argument).map(Name::Text),
        Some(_) => None,
        None => constant_oid(argument).map(Name::Oid),
    };
    name.unwrap_or(Name::WorkedOut)
}

/// The function's OID, if the tree is a function call.
fn function(tree: &str) -> Option<&str> {
    Some(tree.strip_prefix("{FUNCEXPR :funcid ")?.split_once(' ')?.0)
}

/// The function's OID and where its first argument begins, if the tree is a function call.
fn call(tree: &str) -> Option<(&str, &str)> {
    let rest = tree.strip_prefix("{FUNCEXPR :funcid ")?;
    let (function, rest) = rest.split_once(' ')?;
    let arguments = rest.find('{')?;
    rest[..arguments].ends_with(":args (").then(|| (function, &rest[arguments..]))
}

/// A constant's bytes: `:constvalue LENGTH [ 1 2 … ]`, each a signed char (`outDatum`).
fn constant(tree: &str) -> Option<Vec<u8>> {
    let end = tree.find('}')?;
    let (_, value) = tree.strip_prefix("{CONST ")?.get(..end - "{CONST ".len())?.split_once(":constvalue ")?;
    let (_, bytes) = value.split_once("[ ")?;
    let (bytes, _) = bytes.split_once(']')?;
    bytes.split_ascii_whitespace().map(|byte| byte.parse::<i16>().ok().map(|byte| byte as u8)).collect()
}

/// An OID is passed by value: a whole Datum in the machine's byte order.
fn constant_oid(tree: &str) -> Option<u32> {
    let bytes: [u8; 8] = constant(tree)?.try_into().ok()?;
    u32::try_from(u64::from_ne_bytes(bytes)).ok()
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
        vec![Draw { name, is_plain }]
    }

    #[test]
    fn nextval_of_a_constant_is_plain_whatever_number_it_becomes() {
        let nextval = call(1574, ID);
        let plain = draw(Name::Oid(106_398), true);
        assert_eq!(draws(&nextval), plain);
        assert_eq!(draws(&call(480, &nextval)), plain, "int4");
        assert_eq!(draws(&call(1703, &format!("{} {ID}", call(1781, &nextval)))), plain, "numeric(9,0)");
        assert_eq!(draws(&format!("{{COERCETODOMAIN :arg {} :resulttype 9}}", call(480, &nextval))), plain);
        assert_eq!(draws(&call(1574, &call(1079, TEXT))), draw(Name::Text("sq".to_owned()), true));
    }

    #[test]
    fn anything_around_it_is_not_plain() {
        let nextval = call(1574, ID);
        let wrapped = draw(Name::Oid(106_398), false);
        assert_eq!(draws(&format!("{{OPEXPR :opno 684 :args ({nextval} {ID})}}")), wrapped);
        assert_eq!(draws(&format!("{{COERCEVIAIO :arg {nextval} :resulttype 25}}")), wrapped);
        assert_eq!(draws(&call(9999, &nextval)), wrapped);
        let two = draws(&format!("{{OPEXPR :args ({nextval} {})}}", call(1574, &call(1079, TEXT))));
        assert_eq!(two.len(), 2);
        assert!(two.iter().all(|draw| !draw.is_plain));
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
