//! Joins several statements into one, for a fix that must not be left half done. Pure.

/// Returns a DO block that runs these statements, each of which ends with a semicolon, so that all
/// of them take effect or none does. Each must be allowed in a transaction block.
pub fn at_once<'a>(statements: impl IntoIterator<Item = &'a str>) -> String {
    block("", &statements.into_iter().collect::<Vec<_>>().join(" "))
}

/// Returns a DO block with these declarations and this body, quoted with a tag that occurs in
/// neither.
pub fn block(declarations: &str, body: &str) -> String {
    let declare = if declarations.is_empty() { String::new() } else { format!("DECLARE {declarations} ") };
    let source = format!("{declare}BEGIN {body} END");
    let tag = (0..).map(tag).find(|tag| !source.contains(tag.as_str())).unwrap_or_default();
    format!("DO {tag}{source}{tag};")
}

fn tag(number: u32) -> String {
    if number == 0 { "$fix$".to_owned() } else { format!("$fix{number}$") }
}

#[cfg(test)]
mod tests {
    use super::{at_once, block};

    #[test]
    fn at_once_quotes_by_a_tag_of_its_own() {
        assert_eq!(at_once(["DROP INDEX a;", "DROP INDEX b;"]), "DO $fix$BEGIN DROP INDEX a; DROP INDEX b; END$fix$;");
        assert_eq!(at_once(["DROP INDEX \"$fix$\";"]), "DO $fix1$BEGIN DROP INDEX \"$fix$\"; END$fix1$;");
        assert_eq!(block("f text;", "NULL;"), "DO $fix$DECLARE f text; BEGIN NULL; END$fix$;");
    }
}
