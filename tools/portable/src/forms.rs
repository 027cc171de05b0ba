//! Renders the files from the templates in sql/portable/forms.

use crate::body::Function;
use crate::text;
use eyre::{Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

const DESCRIPTION: &str = "finds and repairs what migrations and restores leave behind";

/// Returns the files' names and texts.
pub fn render(root: &Path, functions: &[Function], version: &str) -> Result<Vec<(&'static str, String)>> {
    let template = |name: &str| text::read(&root.join("sql/portable/forms").join(name));
    let fill = |template: String| fill(&template, functions, version);
    Ok(vec![
        ("pg_flightcheck.sql", fill(template("schema.sql")?)?),
        ("pg_flightcheck-once.sql", fill(template("once.sql")?)?),
        ("pg_flightcheck-tle.sql", tle(functions, version)),
        ("pg_flightcheck-uninstall.sql", fill(template("uninstall.sql")?)?),
    ])
}

fn fill(template: &str, functions: &[Function], version: &str) -> Result<String> {
    let names: BTreeSet<&str> = functions.iter().map(|function| function.signature.name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.starts_with("fc_")).collect();
    let text = template
        .replace("@version@", version)
        .replace("@names@", &text::literal(&format!("{{{}}}", names.join(","))))
        .replace("@functions@", &array(functions, |function| text::dollar_quoted(&replaceable(function), "pgfc")))
        .replace("@signatures@", &array(functions, |function| text::literal(&function.signature.to_string())))
        .replace("@comments@", &array(functions, |function| text::literal(&function.comment)));
    if text.contains("$pgfc_form$") && text.matches("$pgfc_form$").count() != 2 {
        bail!("a function contains $pgfc_form$");
    }
    Ok(text)
}

fn array(functions: &[Function], item: impl Fn(&Function) -> String) -> String {
    functions.iter().map(item).collect::<Vec<_>>().join(",\n")
}

/// Returns the statement that creates the function or replaces its older version.
fn replaceable(function: &Function) -> String {
    function.statement.replacen("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1).trim_end_matches(';').to_owned()
}

/// Returns the call that registers the extension with pg_tle, which replaces @extschema@ itself.
fn tle(functions: &[Function], version: &str) -> String {
    let mut script = String::new();
    for function in functions {
        script.push_str(&function.statement);
        let comment = text::literal(&function.comment);
        script.push_str(&format!("\nCOMMENT ON FUNCTION @extschema@.{} IS {comment};\n", function.signature));
    }
    format!(
        "-- pg_flightcheck, portable edition, for pg_tle. Run this once in each database, as a member of \
         pgtle_admin.\n-- Then run: CREATE EXTENSION pg_flightcheck;\n\
         SELECT pgtle.install_extension('pg_flightcheck', {version}, {description}, {script});\n",
        version = text::literal(version),
        description = text::literal(DESCRIPTION),
        script = text::dollar_quoted(&format!("\n{script}"), "pgfc_tle"),
    )
}
