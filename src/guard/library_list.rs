//! Parses lists of libraries, as settings hold them. Pure.

const OURS: &str = "pg_flightcheck";

/// Returns the names in a list as the server reads them (`SplitDirectoriesString` in
/// utils/adt/varlena.c): separated by commas, without surrounding white space, in double quotes if
/// necessary.
pub fn libraries(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = list.trim_start();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim_end().to_owned(), &rest[end..])
            }
        };
        names.extend((!name.is_empty()).then_some(name));
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    names
}

/// Returns the text up to the closing quote, and the rest.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let Some(end) = rest.find('"') else { return (name + rest, "") };
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        let Some(next) = rest.strip_prefix('"') else { return (name, rest) };
        name.push('"');
        rest = next;
    }
}

/// Whether this extension's library is among the names, with or without a directory and a file
/// extension.
pub fn has_ours(names: &[String]) -> bool {
    names.iter().any(|name| {
        let file = name.rsplit('/').next().unwrap_or_default();
        file.split('.').next() == Some(OURS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_are_read_as_the_server_reads_them() {
        assert_eq!(libraries(""), Vec::<String>::new());
        assert_eq!(libraries(" auto_explain ,pg_flightcheck "), ["auto_explain", "pg_flightcheck"]);
        assert_eq!(libraries(r#""a, b", "c""d" , e f"#), ["a, b", "c\"d", "e f"]);
        assert_eq!(libraries(r#"a,,"","#), ["a"]);
        assert_eq!(libraries(r#""never closed"#), ["never closed"]);
    }

    #[test]
    fn own_library_is_known_by_its_file() {
        let has = |list: &str| has_ours(&libraries(list));
        for list in ["pg_flightcheck", "x, $libdir/pg_flightcheck", "/usr/lib/pg_flightcheck.so", "\"pg_flightcheck\""]
        {
            assert!(has(list), "{list}");
        }
        for list in [
            "",
            "auto_explain",
            "pg_flightcheck2",
            "my_pg_flightcheck",
            "pg_flightcheck/other",
            "\"x, pg_flightcheck\"",
        ] {
            assert!(!has(list), "{list}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(list in ".*") {
            libraries(&list);
        }

        #[test]
        fn quoted_names_come_back(names in prop::collection::vec("[^\0]{1,9}", 0..5)) {
            let list: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
            prop_assert_eq!(libraries(&list.join(", ")), names);
        }
    }
}
