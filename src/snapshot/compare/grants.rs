//! Writes the statements that repair privileges. A snapshot may have been made by hand, so nothing
//! in it becomes part of a statement unless it is a name or a known word. Pure.

/// The privileges that can be granted on objects.
pub const PRIVILEGES: [&str; 13] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "MAINTAIN",
    "USAGE",
    "EXECUTE",
    "CREATE",
    "CONNECT",
    "TEMPORARY",
];

/// Returns the GRANT of privileges on objects, each as SQL writes it; `None` if one of them is not
/// known. `noun` is the kind of object as in GRANT.
pub fn grant(privileges: &[&str], noun: &str, objects: &[String], role: &str, with_option: bool) -> Option<String> {
    let are_known = privileges.iter().all(|privilege| PRIVILEGES.contains(privilege));
    let are_named = !objects.is_empty() && objects.iter().all(|object| is_name(object) || is_signature(object));
    let option = if with_option { " WITH GRANT OPTION" } else { "" };
    (are_known && are_named)
        .then(|| format!("GRANT {} ON {noun} {} TO {role}{option};", privileges.join(", "), objects.join(", ")))
}

/// Returns the GRANT of privileges on one column; names are quoted.
pub fn grant_column(privileges: &[&str], column: &str, table: &str, role: &str, with_option: bool) -> Option<String> {
    let are_known = privileges.iter().all(|privilege| PRIVILEGES.contains(privilege));
    let words: Vec<String> = privileges.iter().map(|privilege| format!("{privilege} ({column})")).collect();
    let option = if with_option { " WITH GRANT OPTION" } else { "" };
    are_known.then(|| format!("GRANT {} ON TABLE {table} TO {role}{option};", words.join(", ")))
}

/// Whether the text is a name as SQL writes it, possibly with a schema.
pub fn is_name(text: &str) -> bool {
    let mut rest = text;
    loop {
        let Some(length) = identifier_length(rest) else { return false };
        rest = match rest[length..].strip_prefix('.') {
            Some(following) => following,
            None => return length == rest.len(),
        };
    }
}

/// Returns the length of the identifier at the beginning.
pub fn identifier_length(text: &str) -> Option<usize> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len());
        return (end > 0 && !text.starts_with(|c: char| c.is_ascii_digit())).then_some(end);
    };
    let mut chars = inner.char_indices().peekable();
    while let Some((position, char)) = chars.next() {
        if char == '"' && chars.next_if(|(_, next)| *next == '"').is_none() {
            return (position > 0).then_some(position + 2);
        }
    }
    None
}

/// Whether the text is the name of a function with the types of its arguments.
fn is_signature(text: &str) -> bool {
    let mut is_quoted = false;
    let open = text.find(|c: char| {
        is_quoted ^= c == '"';
        c == '(' && !is_quoted
    });
    let Some((name, arguments)) = open.map(|open| text.split_at(open)) else { return false };
    let Some(types) = arguments.strip_prefix('(').and_then(|arguments| arguments.strip_suffix(')')) else {
        return false;
    };
    is_name(name) && (types.is_empty() || types.split(',').all(is_type))
}

/// Whether the text is the name of a type, without a modifier: `timestamp with time zone[]`.
fn is_type(text: &str) -> bool {
    let element = text.strip_suffix("[]").unwrap_or(text);
    is_name(element)
        || element.split(' ').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_signatures_are_told_from_other_text() {
        for name in ["t", "app.t", "\"T 1\"", "app.\"say \"\"hi\"\"\"", "a$1.b_2", "größe"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "app.", ".t", "a b", "t; DROP TABLE t", "\"t", "\"\"", "t\"", "1a", "a.b,c", "f()"] {
            assert!(!is_name(other), "{other}");
        }
        for signature in ["f()", "app.f(integer)", "f(integer,app.\"T\"[],timestamp with time zone)", "\"f(\"(\"a b\")"]
        {
            assert!(is_signature(signature), "{signature}");
        }
        for other in ["f", "f(", "f(a) TO evil", "f(a);", "f((a))", "f(a),g(b)", "f(a,)", "f('x')", "f(a--b)"] {
            assert!(!is_signature(other), "{other}");
        }
    }

    #[test]
    fn grant_is_made_of_names_and_known_words_only() {
        let objects = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            grant(&["SELECT", "INSERT"], "TABLE", &objects(&["app.a", "app.b"]), "reader", false).as_deref(),
            Some("GRANT SELECT, INSERT ON TABLE app.a, app.b TO reader;")
        );
        assert_eq!(
            grant(&["EXECUTE"], "FUNCTION", &objects(&["app.f(integer)"]), "PUBLIC", true).as_deref(),
            Some("GRANT EXECUTE ON FUNCTION app.f(integer) TO PUBLIC WITH GRANT OPTION;")
        );
        assert_eq!(grant(&["ALL"], "TABLE", &objects(&["a"]), "r", false), None);
        assert_eq!(grant(&["SELECT"], "TABLE", &objects(&["a TO evil; --"]), "r", false), None);
        assert_eq!(grant(&["SELECT"], "TABLE", &[], "r", false), None);
        assert_eq!(
            grant_column(&["SELECT", "UPDATE"], "\"n m\"", "app.t", "r", false).as_deref(),
            Some("GRANT SELECT (\"n m\"), UPDATE (\"n m\") ON TABLE app.t TO r;")
        );
    }
}
