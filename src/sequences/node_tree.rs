//! Takes apart the text of a pg_node_tree, as outfuncs.c writes it. A brace within a name is
//! escaped with a backslash.

use pgrx::pg_sys;

/// Returns the nodes of a list such as `{…} {…}`, up to the list's end.
pub fn nodes(list: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start, mut is_escaped) = (Vec::new(), 0_usize, 0, false);
    for (at, byte) in list.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    found.push(&list[start..=at]);
                }
            }
            b')' if depth == 0 => break,
            _ => {}
        }
    }
    found
}

/// Returns the arguments of a node with a field `:args`, which no nested node may precede.
pub fn arguments(node: &str) -> Option<Vec<&str>> {
    let (head, list) = node.split_once(":args (")?;
    (!head[1..].contains('{')).then(|| nodes(list))
}

/// Returns the text of a node's own field, up to the next blank.
pub fn field<'a>(node: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = node.split_once(name)?;
    let value = rest.strip_prefix(' ')?;
    (!head.get(1..)?.contains('{')).then(|| value.split([' ', '}', ')']).next().unwrap_or_default())
}

/// Returns the bytes of a constant: `:constvalue LENGTH [ 1 2 … ]`, each a signed char
/// (`outDatum`).
pub fn constant(node: &str) -> Option<Vec<u8>> {
    let end = node.find('}')?;
    let (_, value) = node.strip_prefix("{CONST ")?.get(..end - "{CONST ".len())?.split_once(":constvalue ")?;
    let (_, bytes) = value.split_once("[ ")?;
    let (bytes, _) = bytes.split_once(']')?;
    bytes.split_ascii_whitespace().map(|byte| byte.parse::<i16>().ok().map(|byte| byte as u8)).collect()
}

/// Returns a constant of a type that is passed by value: a whole Datum in the machine's byte order.
pub fn constant_datum(node: &str) -> Option<u64> {
    let bytes: [u8; 8] = constant(node)?.try_into().ok()?;
    Some(u64::from_ne_bytes(bytes))
}

/// Returns a node's own field that is an OID.
fn oid(node: &str, name: &str) -> Option<pg_sys::Oid> {
    field(node, name)?.parse::<u32>().ok().map(pg_sys::Oid::from)
}

/// Returns a constant of type smallint, integer or bigint.
fn constant_number(node: &str) -> Option<i64> {
    let datum = constant_datum(node)?;
    match oid(node, ":consttype")? {
        pg_sys::INT2OID => Some(i64::from(datum as i16)),
        pg_sys::INT4OID => Some(i64::from(datum as i32)),
        pg_sys::INT8OID => Some(datum as i64),
        _ => None,
    }
}

/// Casts of smallint and integer to bigint, and of all three to numeric.
const WIDENING_CASTS: [u32; 5] =
    [pg_sys::F_INT8_INT2, pg_sys::F_INT8_INT4, pg_sys::F_NUMERIC_INT2, pg_sys::F_NUMERIC_INT4, pg_sys::F_NUMERIC_INT8];

/// Returns the same as `constant_number`, also if the constant is cast to a wider type: the tree is
/// stored as it was parsed.
pub fn plain_number(node: &str) -> Option<i64> {
    let is_cast = || oid(node, ":funcid").is_some_and(|function| WIDENING_CASTS.contains(&function.to_u32()));
    if node.starts_with("{FUNCEXPR ") && is_cast() {
        return plain_number(arguments(node)?.first()?);
    }
    constant_number(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN: &str =
        "{CONST :consttype 23 :constlen 4 :constbyval true :constisnull false :constvalue 4 [ 7 0 0 0 0 0 0 0 ]}";

    #[test]
    fn nodes_are_found_despite_special_characters_in_names() {
        assert_eq!(nodes("{A {B}} {C :name a\\}b}) {D}"), ["{A {B}}", "{C :name a\\}b}"]);
        assert!(nodes("<>").is_empty());
        assert_eq!(arguments("{X :opno 5 :args ({A} {B}) :location 1}"), Some(vec!["{A}", "{B}"]));
        assert_eq!(arguments("{X :arg {Y :args ({A})}}"), None);
        assert_eq!(arguments("{X :args <>}"), None);
    }

    #[test]
    fn fields_of_inner_nodes_are_ignored() {
        assert_eq!(field("{X :opno 5 :args ({A :opno 6})}", ":opno"), Some("5"));
        assert_eq!(field("{X :arg {A :opno 6}}", ":opno"), None);
    }

    #[test]
    fn constants_of_each_width_are_read() {
        assert_eq!(constant_number(SEVEN), Some(7));
        let negative = SEVEN.replace("7 0 0 0 0 0 0 0", "-1 -1 -1 -1 -1 -1 -1 -1");
        assert_eq!(constant_number(&negative), Some(-1));
        assert_eq!(constant_number(&SEVEN.replace("consttype 23", "consttype 1700")), None);
        assert_eq!(constant_number(&SEVEN.replace(":constvalue 4 [ 7 0 0 0 0 0 0 0 ]", ":constvalue <>")), None);
    }
}
