//! Reads the bodies: one file for each function, in the order of files.txt.

use crate::signature::Signature;
use crate::{comments, includes, rules, text};
use eyre::{Result, WrapErr, bail};
use std::collections::HashMap;
use std::path::Path;

/// The comment on a function that the library does not have.
const INTERNAL: &str = "Used by the other functions of pg_flightcheck.";

/// One function: the statement that creates it, and its comment.
pub struct Function {
    pub signature: Signature,
    pub statement: String,
    pub comment: String,
}

pub fn read(root: &Path) -> Result<Vec<Function>> {
    let folder = root.join("sql/portable");
    let comments = library_comments(&root.join("sql/install"))?;
    let list = text::read(&folder.join("files.txt"))?;
    let files = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    files.map(|file| function(root, file, &comments).wrap_err_with(|| format!("sql/portable/{file}"))).collect()
}

fn function(root: &Path, file: &str, comments: &HashMap<String, String>) -> Result<Function> {
    let source = text::read(&root.join("sql/portable").join(file))?;
    let statement = comments::strip(&includes::expand(root, &source)?);
    let statement = statement.trim().to_owned();
    let signature = Signature::of(&statement)?;
    rules::check(&statement)?;
    let statement = if signature.name.starts_with("fc_") { statement } else { without_jit(&statement) };
    let comment = comments.get(&signature.to_string()).cloned();
    if comment.is_none() && !signature.name.starts_with("fc_") {
        bail!("the library has no function {signature}, and a helper's name starts with fc_");
    }
    Ok(Function { signature, statement, comment: comment.unwrap_or_else(|| INTERNAL.to_owned()) })
}

/// Returns a function that runs its queries, and those of the functions that it calls, without JIT
/// compilation: the planner expects them to take long, and compiling them took a hundred times as
/// long as running them.
fn without_jit(statement: &str) -> String {
    statement.replacen(rules::PINNED, &format!("{}SET jit = off\n", rules::PINNED), 1)
}

/// Returns the comments of the library's functions by their signatures.
fn library_comments(folder: &Path) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    for entry in std::fs::read_dir(folder)? {
        let sql = text::read(&entry?.path())?;
        for statement in sql.split("COMMENT ON FUNCTION @extschema@.").skip(1) {
            let Some((signature, rest)) = statement.split_once(" IS\n'") else { continue };
            let Some((comment, _)) = rest.split_once("';\n") else { continue };
            found.insert(signature.to_owned(), comment.replace("''", "'"));
        }
    }
    Ok(found)
}
