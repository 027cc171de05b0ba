//! The schemas in which names without one are looked up.

/// Splits a search_path as SplitIdentifierString in utils/adt/varlena.c does: identifiers are
/// folded to lower case unless they are quoted. `None` if the text is not such a list. Pure.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Some(names);
    }
    loop {
        let name;
        if let Some(quoted) = rest.strip_prefix('"') {
            (name, rest) = quoted_name(quoted)?;
        } else {
            let end = rest.find([',', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
            name = rest[..end].to_lowercase();
            rest = &rest[end..];
        }
        if name.is_empty() && !rest.starts_with(',') && !rest.is_empty() {
            return None;
        }
        names.push(name);
        rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if rest.is_empty() => return Some(names),
            None => return None,
        }
    }
}

fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.peek().is_some_and(|(_, next)| *next == '"') {
            name.push('"');
            characters.next();
        } else {
            return Some((name, &text[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::split;

    fn list(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn search_path_lists_are_split_as_the_server_does() {
        assert_eq!(split(r#""$user", public"#), list(&["$user", "public"]));
        assert_eq!(split(r#"App , "My ""x""",b"#), list(&["app", r#"My "x""#, "b"]));
        assert_eq!(split(""), list(&[]));
        assert_eq!(split(r#""""#), list(&[""]));
    }

    #[test]
    fn search_path_text_that_is_no_list_is_refused() {
        assert_eq!(split("a b"), None);
        assert_eq!(split("\"a"), None);
    }
}
