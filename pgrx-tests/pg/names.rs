//! Tests that names are split as the server splits them.

#[pgrx::pg_schema]
mod tests {
    use crate::pg::names::split;
    use pgrx::prelude::*;

    #[pg_test]
    fn split_agrees_with_server() {
        let parts = |parts: &[&str]| Some(parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(split("Ids"), parts(&["ids"]));
        assert_eq!(split("app.ids"), parts(&["app", "ids"]));
        assert_eq!(split("\"App\" . \"I.d\"\"s\""), parts(&["App", "I.d\"s"]));
        assert_eq!(split(&"x".repeat(70)), parts(&[&"x".repeat(63)]));
        assert_eq!(split(&"ü".repeat(40)), parts(&[&"ü".repeat(31)]));
        // An unquoted name ends only at a dot or an ASCII blank.
        assert_eq!(split("a\"b\u{a0}c"), parts(&["a\"b\u{a0}c"]));
        // The server splits this text, and does not find a relation of that name.
        assert_eq!(split("\"\""), parts(&[""]));
    }

    #[pg_test]
    fn split_rejects_invalid_names() {
        for text in ["", "\"open", "a.", ".a", "a b", "a..b", "a\0b"] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
