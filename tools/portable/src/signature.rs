//! A function's name and the types of its arguments.

use eyre::{Result, bail, eyre};
use std::fmt::{self, Display, Formatter};

const HEAD: &str = "CREATE FUNCTION @extschema@.";

/// Shown as `name(type, type)`, as `regprocedure` reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub types: Vec<String>,
}

impl Signature {
    /// Reads the head of CREATE FUNCTION. Every argument has a name.
    pub fn of(statement: &str) -> Result<Signature> {
        let rest = statement.strip_prefix(HEAD).ok_or_else(|| eyre!("the file does not start with {HEAD}"))?;
        let (name, rest) = rest.split_once('(').ok_or_else(|| eyre!("{HEAD} has no arguments"))?;
        if name.contains(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_') {
            bail!("\"{name}\" is not a plain name");
        }
        let arguments = arguments(rest).ok_or_else(|| eyre!("the arguments of {name} do not end"))?;
        let types = arguments.iter().map(|argument| type_of(argument)).collect::<Result<_>>()?;
        Ok(Signature { name: name.to_owned(), types })
    }
}

impl Display for Signature {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({})", self.name, self.types.join(", "))
    }
}

/// Splits what stands between the parentheses, the first of which has been read.
fn arguments(text: &str) -> Option<Vec<String>> {
    let (mut depth, mut found, mut current) = (0_usize, Vec::new(), String::new());
    for c in text.chars() {
        match c {
            ')' if depth == 0 => {
                found.push(current);
                found.retain(|argument: &String| !argument.trim().is_empty());
                return Some(found);
            }
            ',' if depth == 0 => {
                found.push(std::mem::take(&mut current));
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        current.push(c);
    }
    None
}

/// Returns the type of an argument, without its name and its default.
fn type_of(argument: &str) -> Result<String> {
    let argument = argument.split(" DEFAULT ").next().unwrap_or_default().trim();
    match argument.split_once(char::is_whitespace) {
        Some((_, kind)) => Ok(kind.trim().to_owned()),
        None => bail!("argument \"{argument}\" has no name"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn signature_has_types_without_names_and_defaults() {
        let of = |text: &str| Signature::of(&format!("{HEAD}{text}")).map(|signature| signature.to_string());
        assert_eq!(of("a() RETURNS text").unwrap(), "a()");
        assert_eq!(
            of("seq_resync(schema text DEFAULT NULL,\n    dry_run boolean DEFAULT false) RETURNS TABLE (x text)")
                .unwrap(),
            "seq_resync(text, boolean)"
        );
        assert_eq!(of("f(p numeric(10, 2), q oid[] DEFAULT array_fill(1, 2))").unwrap(), "f(numeric(10, 2), oid[])");
    }

    #[test]
    fn signature_of_anything_else_is_refused() {
        for text in ["CREATE TABLE x()", "CREATE FUNCTION @extschema@.x(oid)", "CREATE FUNCTION @extschema@.\"X\"()"] {
            assert!(Signature::of(text).is_err(), "{text}");
        }
        assert!(Signature::of("CREATE FUNCTION @extschema@.x(a int").is_err());
    }
}
