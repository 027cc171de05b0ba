//! Tells from a default's expression tree whether the column gets the drawn value as it is.
//!
//! The tree is pg_node_tree's text, as outfuncs.c writes it on every supported major. Reading its head is all it takes:
//! what stands around nextval comes first. Anything unforeseen counts as "not plain", so the column is `unknown`.

/// `nextval(regclass)`, `regclass(text)` and the casts of bigint to int2, int4, numeric and to some precision: OIDs of
/// pg_proc.dat.
const NEXTVAL: &str = "1574";
const REGCLASS_OF_TEXT: &str = "1079";
const NUMBER_CASTS: [&str; 4] = ["714", "480", "1781", "1703"];

/// Whether the expression is nextval of a constant, at most cast between number types or into a domain.
pub fn is_plain_nextval(tree: &str) -> bool {
    let mut rest = tree;
    loop {
        if let Some(inner) = ["{COERCETODOMAIN :arg ", "{RELABELTYPE :arg "].iter().find_map(|head| rest.strip_prefix(head)) {
            rest = inner;
            continue;
        }
        let Some((function, argument)) = call(rest) else { return false };
        if function == NEXTVAL {
            return is_constant(argument);
        }
        if !NUMBER_CASTS.contains(&function) {
            return false;
        }
        rest = argument;
    }
}

/// A constant regclass, or a constant text made a regclass.
fn is_constant(tree: &str) -> bool {
    match call(tree) {
        Some((REGCLASS_OF_TEXT, argument)) => argument.starts_with("{CONST "),
        Some(_) => false,
        None => tree.starts_with("{CONST "),
    }
}

/// The function's OID and where its first argument begins, if the tree is a function call.
fn call(tree: &str) -> Option<(&str, &str)> {
    let rest = tree.strip_prefix("{FUNCEXPR :funcid ")?;
    let (function, rest) = rest.split_once(' ')?;
    let arguments = rest.find('{')?;
    rest[..arguments].ends_with(":args (").then(|| (function, &rest[arguments..]))
}

#[cfg(test)]
mod tests {
    use super::is_plain_nextval;

    const CONSTANT: &str = "{CONST :consttype 2205 :constlen 4 :constvalue 4 [ 1 0 0 0 0 0 0 0 ]}";

    fn call(function: u32, arguments: &str) -> String {
        format!(
            "{{FUNCEXPR :funcid {function} :funcresulttype 20 :funcretset false :funcformat 0 :args ({arguments}) \
             :location -1}}"
        )
    }

    #[test]
    fn nextval_of_a_constant_is_plain() {
        let nextval = call(1574, CONSTANT);
        assert!(is_plain_nextval(&nextval));
        assert!(is_plain_nextval(&call(480, &nextval)), "int4");
        assert!(is_plain_nextval(&call(1703, &format!("{} {CONSTANT}", call(1781, &nextval)))), "numeric(9,0)");
        assert!(is_plain_nextval(&format!("{{COERCETODOMAIN :arg {} :resulttype 9}}", call(480, &nextval))));
        assert!(is_plain_nextval(&call(1574, &call(1079, "{CONST :consttype 25}"))), "by name");
    }

    #[test]
    fn anything_around_it_is_not() {
        let nextval = call(1574, CONSTANT);
        assert!(!is_plain_nextval(&format!("{{OPEXPR :opno 684 :args ({nextval} {CONSTANT})}}")));
        assert!(!is_plain_nextval(&format!("{{COERCEVIAIO :arg {nextval} :resulttype 25}}")));
        assert!(!is_plain_nextval(&call(9999, &nextval)));
        assert!(!is_plain_nextval(&call(1574, &call(1079, &call(2022, CONSTANT)))), "a name worked out as it runs");
        assert!(!is_plain_nextval(&call(1574, "{PARAM :paramkind 0}")));
        assert!(!is_plain_nextval(""));
        assert!(!is_plain_nextval("{FUNCEXPR :funcid 1574 :args <>}"));
    }
}
