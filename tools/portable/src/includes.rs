//! Replaces the lines that stand for other files.
//!
//! `@queries/NAME.sql@` on a line of its own stands for the library's query, without comments
//! and without schemas that a pinned search_path makes superfluous.
//! `@queries/NAME.sql(a; b)@` also replaces its parameters $1 and $2 by the expressions a and b.
//! `@locks/tools@` stands for the catalogue of tools as rows of VALUES, and
//! `@snapshot/confidential@` for the library's regular expression of that name.

use crate::{catalogue, comments, text};
use eyre::{Result, bail, eyre};
use std::path::Path;

pub fn expand(root: &Path, source: &str) -> Result<String> {
    let mut expanded = String::with_capacity(source.len());
    for line in source.lines() {
        let trimmed = line.trim();
        let indentation = &line[..line.len() - line.trim_start().len()];
        match trimmed.strip_prefix('@').and_then(|rest| rest.split_once('@')) {
            Some((name, after)) if name.starts_with("queries/") => {
                let query = query(root, name)?;
                expanded.push_str(&indented(&query, indentation));
                expanded.push_str(after);
            }
            Some(("locks/tools", after)) => {
                let rows = catalogue::rows(&text::read(&root.join("src/locks/tools.json"))?)?;
                expanded.push_str(&indented(&rows, indentation));
                expanded.push_str(after);
            }
            Some(("snapshot/confidential", after)) => {
                let notes = text::read(&root.join("src/snapshot/notes.rs"))?;
                expanded.push_str(&indented(&text::literal(constant(&notes, "CONFIDENTIAL")?), indentation));
                expanded.push_str(after);
            }
            Some((name, _)) if name != "extschema" => bail!("@{name}@ does not stand for anything"),
            _ => expanded.push_str(line),
        }
        expanded.push('\n');
    }
    Ok(expanded)
}

/// Returns the text of a constant in Rust that has no escapes.
fn constant<'a>(source: &'a str, name: &str) -> Result<&'a str> {
    let (_, rest) =
        source.split_once(&format!("const {name}: &str = \"")).ok_or_else(|| eyre!("there is no constant {name}"))?;
    let (text, _) = rest.split_once("\";\n").ok_or_else(|| eyre!("the constant {name} is not one line"))?;
    if text.contains(['\\', '"', '\n']) {
        bail!("the constant {name} has escapes");
    }
    Ok(text)
}

fn query(root: &Path, directive: &str) -> Result<String> {
    let (name, arguments) = match directive.split_once('(') {
        Some((name, rest)) => {
            let arguments = rest.strip_suffix(')').ok_or_else(|| eyre!("{directive} has no closing parenthesis"))?;
            (name, arguments.split(';').map(str::trim).collect())
        }
        None => (directive, Vec::new()),
    };
    let query = text::read(&root.join("sql").join(name))?;
    let query = comments::without_schemas(&comments::strip(&query));
    let query = query.trim().trim_end_matches(';');
    if arguments.is_empty() { Ok(query.to_owned()) } else { bind(query, &arguments) }
}

/// Replaces the parameters by the arguments; fails unless there is one for each.
fn bind(query: &str, arguments: &[&str]) -> Result<String> {
    let mut bound = String::with_capacity(query.len());
    let mut used = vec![false; arguments.len()];
    let mut parts = query.split('$');
    bound.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(number) = part[..digits].parse::<usize>() else {
            bound.push('$');
            bound.push_str(part);
            continue;
        };
        let place = number.checked_sub(1).filter(|place| *place < arguments.len());
        let place = place.ok_or_else(|| eyre!("no argument for ${number}"))?;
        used[place] = true;
        bound.push('(');
        bound.push_str(arguments[place]);
        bound.push(')');
        bound.push_str(&part[digits..]);
    }
    if let Some(unused) = used.iter().position(|used| !used) {
        bail!("the query has no parameter ${}", unused + 1);
    }
    Ok(bound)
}

fn indented(text: &str, indentation: &str) -> String {
    text.lines().map(|line| format!("{indentation}{line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bound_to_arguments() {
        assert_eq!(
            bind("a = $2::oid AND b ~ '^x$' AND $1", &["p", "q[1]"]).unwrap(),
            "a = (q[1])::oid AND b ~ '^x$' AND (p)"
        );
        assert!(bind("$1", &["p", "q"]).is_err(), "one is left over");
        assert!(bind("$1 $2", &["p"]).is_err(), "one is missing");
        assert!(bind("$10", &["p"]).is_err());
    }

    #[test]
    fn constant_of_the_library_is_found() {
        let source = "pub const OTHER: &str = \"x\";\npub const NAME: &str = \"a|(b|$)\";\n";
        assert_eq!(constant(source, "NAME").unwrap(), "a|(b|$)");
        for source in ["", "const NAME: &str = \"a\\n\";\n", "const NAME: &str =\n    \"a\";\n"] {
            assert!(constant(source, "NAME").is_err(), "{source}");
        }
    }

    #[test]
    fn unknown_directive_is_refused() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert!(expand(&root, "@query/x.sql@").is_err());
        assert!(expand(&root, "  @extschema@.f()").is_ok());
        let query = expand(&root, "    @queries/sequence_owner.sql(r.sequence)@;").unwrap();
        assert!(
            query.starts_with("    SELECT d.refobjid\n") && query.trim_end().ends_with("::\"char\"[]);"),
            "{query}"
        );
        assert!(query.contains("(r.sequence)::oid"));
    }
}
