//! Renders the files from the templates in sql/portable/forms.
//!
//! A form that is too large for one file is split between functions into numbered parts.

use crate::body::Function;
use crate::text;
use eyre::{Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

const DESCRIPTION: &str = "finds and repairs what migrations and restores leave behind";

/// The space in a file that is left to a template and to the lists of signatures.
const TEMPLATE: usize = 20_000;

/// A file's name and its text.
pub type File = (String, String);

/// Returns the files, none of them larger than `largest`.
pub fn render(root: &Path, functions: &[Function], version: &str, largest: usize) -> Result<Vec<File>> {
    let template = |name: &str| text::read(&root.join("sql/portable/forms").join(name));
    let parts = parts(functions, largest.saturating_sub(TEMPLATE))?;
    let form = Form { all: functions, parts, version };
    let mut files = form.fill("pg_flightcheck", &template("schema.sql")?)?;
    files.extend(form.fill("pg_flightcheck-once", &template("once.sql")?)?);
    files.extend(form.tle("pg_flightcheck-tle"));
    files.push(("pg_flightcheck-uninstall.sql".to_owned(), form.replace(&template("uninstall.sql")?, functions)));
    match files.iter().find(|(_, text)| text.len() > largest) {
        Some((name, text)) => bail!("{name} has {} bytes, which is more than {largest}", text.len()),
        None => Ok(files),
    }
}

/// Splits the functions into parts of at most `room` bytes.
fn parts(functions: &[Function], room: usize) -> Result<Vec<&[Function]>> {
    let size = |function: &Function| function.statement.len() + function.comment.len() + 200;
    let count = functions.iter().map(size).sum::<usize>().div_ceil(room.max(1)).max(1);
    // Parts of about the same size: the last function does not get a file of its own.
    let share = functions.iter().map(size).sum::<usize>().div_ceil(count);
    let (mut parts, mut start, mut used) = (Vec::new(), 0, 0);
    for (place, function) in functions.iter().enumerate() {
        if size(function) > room {
            bail!("function {} does not fit into a file", function.signature.name);
        }
        if used > 0 && (used + size(function) > room || used + size(function) / 2 > share) && parts.len() + 1 < count {
            parts.push(&functions[start..place]);
            (start, used) = (place, 0);
        }
        used += size(function);
    }
    parts.push(&functions[start..]);
    Ok(parts)
}

struct Form<'a> {
    all: &'a [Function],
    parts: Vec<&'a [Function]>,
    version: &'a str,
}

impl Form<'_> {
    fn file(&self, name: &str, part: usize) -> String {
        if self.parts.len() == 1 { format!("{name}.sql") } else { format!("{name}-{part}.sql") }
    }

    /// Returns a file for each part.
    fn fill(&self, name: &str, template: &str) -> Result<Vec<File>> {
        let mut files = Vec::new();
        for (part, functions) in (1..).zip(&self.parts) {
            let previous = if part == 1 { String::new() } else { self.file(name, part - 1) };
            let text = template
                .replace("@part@", &part.to_string())
                .replace("@parts@", &self.parts.len().to_string())
                .replace("@previous@", &previous);
            let text = self.replace(&text, functions);
            if text.matches("$pgfc_form$").count() != 2 {
                bail!("a function contains $pgfc_form$");
            }
            files.push((self.file(name, part), text));
        }
        Ok(files)
    }

    fn replace(&self, template: &str, functions: &[Function]) -> String {
        let names: BTreeSet<&str> = self.all.iter().map(|function| function.signature.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| !name.starts_with("fc_")).collect();
        template
            .replace("@version@", self.version)
            .replace("@names@", &text::literal(&format!("{{{}}}", names.join(","))))
            .replace("@signatures@", &array(functions, |function| text::literal(&function.signature.to_string())))
            .replace("@all_signatures@", &array(self.all, |function| text::literal(&function.signature.to_string())))
            .replace("@comments@", &array(functions, |function| text::literal(&function.comment)))
            .replace("@functions@", &array(functions, |function| text::dollar_quoted(&replaceable(function), "pgfc")))
    }

    /// Returns the calls that register the extension with pg_tle, which replaces @extschema@
    /// itself. A second part becomes an update from a version that exists only for this.
    fn tle(&self, name: &str) -> Vec<File> {
        let extension = text::literal("pg_flightcheck");
        let version = |part: usize| match self.parts.len() {
            count if part == count => text::literal(self.version),
            _ => text::literal(&format!("{}.part{part}", self.version)),
        };
        let mut files = Vec::new();
        for (part, functions) in (1..).zip(&self.parts) {
            let script = text::dollar_quoted(&script(functions), "pgfc_tle");
            let call = if part == 1 {
                let description = text::literal(DESCRIPTION);
                format!("SELECT pgtle.install_extension({extension}, {}, {description}, {script});\n", version(1))
            } else {
                let (from, to) = (version(part - 1), version(part));
                format!(
                    "SELECT pgtle.install_update_path({extension}, {from}, {to}, {script});\n\
                     SELECT pgtle.set_default_version({extension}, {to});\n"
                )
            };
            let head = format!(
                "-- pg_flightcheck {}, portable edition, for pg_tle: file {part} of {}. Run the files once in each\n\
                 -- database, as a member of pgtle_admin. Then run: CREATE EXTENSION pg_flightcheck;\n",
                self.version,
                self.parts.len()
            );
            files.push((self.file(name, part), head + &call));
        }
        files
    }
}

fn array(functions: &[Function], item: impl Fn(&Function) -> String) -> String {
    functions.iter().map(item).collect::<Vec<_>>().join(",\n")
}

/// Returns the statement that creates the function or replaces its older version.
fn replaceable(function: &Function) -> String {
    function.statement.replacen("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1).trim_end_matches(';').to_owned()
}

/// Returns the statements that create the functions and comment on them.
fn script(functions: &[Function]) -> String {
    let mut script = String::from("\n");
    for function in functions {
        let (statement, comment) = (&function.statement, text::literal(&function.comment));
        script
            .push_str(&format!("{statement}\nCOMMENT ON FUNCTION @extschema@.{} IS {comment};\n", function.signature));
    }
    script
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::signature::Signature;

    fn functions(sizes: &[usize]) -> Vec<Function> {
        let function = |size: &usize| Function {
            signature: Signature { name: "fc_x".to_owned(), types: vec![] },
            statement: "x".repeat(*size),
            comment: String::new(),
        };
        sizes.iter().map(function).collect()
    }

    #[test]
    fn parts_are_about_as_large_as_each_other() {
        let split = |sizes: &[usize]| {
            let functions = functions(sizes);
            parts(&functions, 10_000).unwrap().iter().map(|part| part.len()).collect::<Vec<_>>()
        };
        assert_eq!(split(&[100; 10]), [10]);
        assert_eq!(split(&[1_300; 10]), [5, 5]);
        assert_eq!(split(&[9_000, 100, 100, 8_000]), [1, 3]);
        assert!(parts(&functions(&[10_001]), 10_000).is_err());
    }
}
