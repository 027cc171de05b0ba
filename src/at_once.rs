//! Joins several statements into one, for a fix that must not be left half done. Pure.

/// Returns a DO block that runs these statements, each of which ends with a semicolon: all of them take effect or none. Each must
/// be allowed in a transaction block.
pub fn at_once<'a>(statements: impl IntoIterator<Item = &'a str>) -> String {
    let body = statements.into_iter().collect::<Vec<_>>().join(" ");
    let tag = (0..).map(tag).find(|tag| !body.contains(tag.as_str())).unwrap_or_default();
    format!("DO {tag}BEGIN {body} END{tag};")
}

fn tag(number: u32) -> String {
    if number == 0 { "$fix$".to_owned() } else { format!("$fix{number}$") }
}

#[cfg(test)]
mod tests {
    use super::at_once;

    #[test]
    fn at_once_quotes_by_a_tag_of_its_own() {
        assert_eq!(at_once(["DROP INDEX a;", "DROP INDEX b;"]), "DO $fix$BEGIN DROP INDEX a; DROP INDEX b; END$fix$;");
        assert_eq!(at_once(["DROP INDEX \"$fix$\";"]), "DO $fix1$BEGIN DROP INDEX \"$fix$\"; END$fix1$;");
    }
}
