//! What the reference has to describe: functions and settings from a server's catalog, the values
//! of columns and the SQLSTATEs from the code.

use super::page::{repository, sqlstates};
use anyhow::{Context, Result, ensure};
use postgres::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the values of columns are: the function, or the section's title, the column, and the files
/// whose `as_str` has the words.
const VALUES: &[(&str, &str, &[&str])] = &[
    ("seq_audit", "status", &["sequences/verdict.rs"]),
    ("seq_audit", "kind", &["sequences/link.rs"]),
    ("seq_resync", "outcome", &["sequences/outcome.rs"]),
    ("seq_guard_enable", "outcome", &["guard/status_row.rs"]),
    ("seq_guard_status", "status", &["guard/status_row.rs"]),
    ("advisory_lock_report", "status", &["locks/verdict.rs"]),
    ("advisory_lock_terminate", "outcome", &["locks/terminate.rs"]),
    ("maintenance_status", "state", &["maintenance/state.rs", "maintenance/status.rs"]),
    ("migration_report", "status", &["migrations/verdict.rs"]),
    ("migration_precheck", "severity", &["precheck/finding.rs"]),
    ("migration_statements", "kind", &["precheck/split.rs"]),
    ("flightcheck", "severity", &["report/severity.rs"]),
    ("flightcheck_summary", "severity", &["checks/summary.rs", "report/severity.rs"]),
    ("fk_audit", "status", &["foreign_keys/status.rs"]),
    ("migration_rehearse", "status", &["rehearsal/row.rs"]),
    ("fk_precheck", "status", &["foreign_keys/precheck.rs"]),
    ("db_compare", "severity", &["report/severity.rs"]),
    ("Kinds of difference", "kind", &["snapshot/compare/difference.rs"]),
];

/// The sections of flightcheck's page that list every check_name.
const CHECK_NAME_SECTIONS: [&str; 2] = ["Checks", "Fixes"];

pub struct Function {
    pub name: String,
    /// Each with its type, and the expression of its default.
    pub arguments: Vec<(String, Option<String>)>,
    /// The result as `TABLE` or a type; None for a procedure.
    pub result: Option<String>,
    /// The columns of the rows that it returns.
    pub columns: Vec<(String, String)>,
}

pub struct Setting {
    pub name: String,
    pub vartype: String,
    pub context: String,
    pub unit: Option<String>,
    pub default: String,
    pub values: Vec<String>,
}

pub struct Facts {
    pub functions: Vec<Function>,
    pub settings: Vec<Setting>,
    /// The words of each section and column.
    pub values: BTreeMap<(String, String), BTreeSet<String>>,
    /// The SQLSTATEs that the doc comments of each function name.
    pub sqlstates: BTreeMap<String, BTreeSet<String>>,
    /// The fields of a snapshot.
    pub fields: BTreeSet<String>,
}

impl Facts {
    pub fn read(client: &mut Client) -> Result<Facts> {
        let functions = functions(client)?;
        let mut values: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for (section, column, files) in VALUES {
            let words = files.iter().map(|file| as_str_words(&source(file))).collect::<Result<Vec<_>>>()?;
            values.insert(((*section).to_owned(), (*column).to_owned()), words.into_iter().flatten().collect());
        }
        let mut names = check_names(client, &functions)?;
        // The code of the checks also has the words of flightcheck's other columns.
        let others = values.iter().filter(|((section, _), _)| section.starts_with("flightcheck"));
        let others: BTreeSet<&String> = others.flat_map(|(_, words)| words).collect();
        names.retain(|name| !others.contains(name));
        for section in CHECK_NAME_SECTIONS {
            values.insert((section.to_owned(), "check_name".to_owned()), names.clone());
        }
        let settings = settings(client)?;
        Ok(Facts { functions, settings, values, sqlstates: all_sqlstates()?, fields: snapshot_fields()? })
    }
}

fn functions(client: &mut Client) -> Result<Vec<Function>> {
    let query = "SELECT p.proname::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
        FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
        WHERE e.extname = 'pg_flightcheck' AND p.proname !~ '^_' ORDER BY 1, 2";
    let functions: Vec<Function> = client.query(query, &[])?.iter().map(function).collect();
    ensure!(functions.len() > 15, "the catalog has {} functions", functions.len());
    Ok(functions)
}

fn function(row: &postgres::Row) -> Function {
    let result: Option<String> = row.get(2);
    let columns = result.as_deref().and_then(|result| result.strip_prefix("TABLE(")?.strip_suffix(')'));
    let column = |text: &str| text.split_once(' ').map(|(name, kind)| (name.replace('"', ""), kind.to_owned()));
    Function {
        name: row.get(0),
        arguments: arguments(row.get(1)),
        columns: columns.into_iter().flat_map(|text| text.split(", ")).filter_map(column).collect(),
        result: result.as_ref().map(|text| if text.starts_with("TABLE(") { "TABLE".to_owned() } else { text.clone() }),
    }
}

/// Splits a list of arguments into each one's name and type, and the expression of its default. In
/// the catalog's text, those of a procedure have a mode.
pub fn arguments(list: &str) -> Vec<(String, Option<String>)> {
    let parts = list.split(", ").filter(|part| !part.is_empty()).map(|part| part.trim_start_matches("IN "));
    parts
        .map(|part| match part.split_once(" DEFAULT ") {
            Some((argument, default)) => (argument.to_owned(), Some(default.to_owned())),
            None => (part.to_owned(), None),
        })
        .collect()
}

fn settings(client: &mut Client) -> Result<Vec<Setting>> {
    // Loads the library, which defines them.
    client.batch_execute("SELECT seq_guard_status()")?;
    let query = "SELECT name, vartype, context, unit, current_setting(name), coalesce(enumvals, '{}')
        FROM pg_settings WHERE name LIKE 'pg\\_flightcheck.%' ORDER BY 1";
    let settings: Vec<Setting> = client
        .query(query, &[])?
        .iter()
        .map(|row| Setting {
            name: row.get(0),
            vartype: row.get(1),
            context: row.get(2),
            unit: row.get(3),
            default: row.get(4),
            values: row.get(5),
        })
        .collect();
    ensure!(!settings.is_empty(), "the library defines no settings");
    Ok(settings)
}

fn source(file: &str) -> PathBuf {
    repository().join("src").join(file)
}

/// Returns the words that the file's `as_str` returns.
fn as_str_words(file: &Path) -> Result<BTreeSet<String>> {
    let text = code(file).with_context(|| file.display().to_string())?;
    let (_, body) = text.split_once(AS_STR).with_context(|| format!("{} has no as_str", file.display()))?;
    let body = body.split("\n    }\n").next().unwrap_or_default();
    let words: BTreeSet<String> = body.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    ensure!(!words.is_empty(), "as_str of {} returns no words", file.display());
    Ok(words)
}

const AS_STR: &str = "pub fn as_str(self) -> &'static str {";

/// Returns the text of a file, in which an `as_str` of a reference looks like that of a value.
fn code(file: &Path) -> std::io::Result<String> {
    Ok(fs::read_to_string(file)?.replace("as_str(&self)", "as_str(self)"))
}

/// Returns the files of `src` that define the words of a column and that `VALUES` does not name.
pub fn unlisted_words() -> Result<Vec<String>> {
    let listed: BTreeSet<PathBuf> = VALUES.iter().flat_map(|(_, _, files)| *files).map(|file| source(file)).collect();
    let defines = |file: &PathBuf| code(file).is_ok_and(|text| text.contains(AS_STR));
    let files = rust_files(&repository().join("src"))?.into_iter().filter(|file| !listed.contains(file));
    Ok(files.filter(defines).map(|file| file.display().to_string()).collect())
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(rust_files(&path)?),
            false if path.extension().is_some_and(|end| end == "rs") => files.push(path),
            false => {}
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the texts in the code of the checks that look like a check_name: words joined by
/// underscores that are not the name of a module, a function or a setting of the server.
fn check_names(client: &mut Client, functions: &[Function]) -> Result<BTreeSet<String>> {
    let folder = repository().join("src/checks");
    let settings: Vec<String> = client.query_one("SELECT array_agg(name) FROM pg_settings", &[])?.get(0);
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.is_file() {
            let code = fs::read_to_string(&path)?;
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let parts: Vec<&str> = line.split('"').collect();
                // Code and texts alternate. Some code compares the beginning of a name.
                let texts = parts.chunks(2).filter(|pair| pair.len() == 2 && !pair[0].ends_with("starts_with("));
                names.extend(texts.map(|pair| pair[1].to_owned()));
            }
        }
    }
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_name = |word: &str| word == "unreadable" || word.contains('_') && word.split('_').all(is_part);
    let is_module = |word: &str| folder.join(word).with_extension("rs").exists();
    let is_function = |word: &str| functions.iter().any(|function| function.name == word);
    names.retain(|word| is_name(word) && !is_module(word) && !settings.contains(word) && !is_function(word));
    ensure!(names.len() > 30, "found only {names:?}");
    Ok(names)
}

/// Returns the SQLSTATEs in the doc comments of the SQL functions.
fn all_sqlstates() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut of_functions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in rust_files(&repository().join("src"))? {
        if file.file_name().is_some_and(|name| name == "api.rs") {
            for (name, comment) in documented_functions(&fs::read_to_string(&file)?) {
                of_functions.entry(name).or_default().extend(sqlstates(&comment));
            }
        }
    }
    ensure!(of_functions.len() > 15, "found only {:?}", of_functions.keys());
    Ok(of_functions)
}

/// Returns the SQL name and the doc comment of each SQL function in a file.
fn documented_functions(code: &str) -> Vec<(String, String)> {
    let mut functions = Vec::new();
    let (mut comment, mut attribute) = (String::new(), None);
    for line in code.lines() {
        if let Some(text) = line.strip_prefix("///") {
            comment += text;
        } else if line.starts_with("#[pg_extern") {
            attribute = Some(line);
        } else if let Some(rest) = line.strip_prefix("fn ") {
            let own_name = rest.split('(').next().unwrap_or_default();
            let sql_name = |attribute: &str| Some(attribute.split_once("(name = \"")?.1.split('"').next()?.to_owned());
            let name = attribute.take().map(|attribute| sql_name(attribute).unwrap_or_else(|| own_name.to_owned()));
            functions.extend(name.map(|name| (name, comment.clone())));
            comment.clear();
        }
    }
    functions
}

/// Returns the fields of the structures that a snapshot consists of.
fn snapshot_fields() -> Result<BTreeSet<String>> {
    let mut renamed = None;
    let mut fields = BTreeSet::new();
    let [model, objects] =
        ["snapshot/model.rs", "snapshot/object_model.rs"].map(|file| fs::read_to_string(source(file)));
    for line in model?.lines().chain(objects?.lines()) {
        if let Some((_, rest)) = line.split_once("#[serde(rename = \"") {
            renamed = rest.split('"').next().map(str::to_owned);
        } else if let Some((name, _)) = line.strip_prefix("    pub ").and_then(|rest| rest.split_once(": "))
            && !name.contains(['(', ' '])
        {
            fields.insert(renamed.take().unwrap_or_else(|| name.to_owned()));
        }
    }
    ensure!(fields.len() > 30, "found only {fields:?}");
    Ok(fields)
}
