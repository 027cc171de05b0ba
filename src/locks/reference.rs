//! Generates `docs/advisory-locks.md`, the reference for people, from the catalogue's source.

use super::formula::Inputs;
use super::tool_key::{Constant, Extension, Key, KeyField, ObjectKind, PairKey, Part, Range};
use super::tools::{Purpose, Relation, Scope};
use super::tools_source::{DocumentedKey, Lock, Tool, locks};
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Advisory locks of migration tools and other programs

<!-- Generated from advisory-locks.json by `make docs`: change that file instead. -->

`advisory_lock_report()` names the tool that a lock's key belongs to. This page lists what it knows, with the sources, and
more: how long each tool waits, what its user sees meanwhile, and the tools that do not acquire an advisory lock.

A key is a `bigint`, as in `pg_advisory_lock(72707369)`, or a pair of `int`s, as in `pg_advisory_lock(1004, 7)`. An
extension that acquires advisory locks in C has an `objsubid` of its own in `pg_locks`. In a formula, `{database}` is the
current database, `{schema}` and `{table}` are those of the tool's history table, `{name}` is a text that the application
chooses, `{repo}` is an Elixir repo's module, and `{each}` is one of several alternatives; conversions to a signed number
are left out.

A lock of scope `session` is held until it is released or the session ends, one of scope `transaction` until the
transaction ends. If no scope is given, it may be either, or is unknown.
";

/// Returns the text of `docs/advisory-locks.md`.
pub fn documentation(source: &str) -> Result<String, serde_json::Error> {
    let tools: Vec<Tool> = serde_json::from_str(source)?;
    let mut text = INTRODUCTION.to_owned();
    text += "\n## Keys\n\n| tool | lock | scope | key |\n|---|---|---|---|\n";
    for (tool, lock) in locks(&tools).filter(|(_, lock)| !lock.keys.is_empty()) {
        let keys: Vec<String> = lock.keys.iter().map(key).collect();
        row(&mut text, &[&escaped(&tool.name), &escaped(&lock.lock), scope(lock), &keys.join("<br>")]);
    }
    text += "\n## Tools and locks without a key of their own\n\n| tool | lock | instead |\n|---|---|---|\n";
    for (tool, lock) in locks(&tools).filter(|(_, lock)| lock.keys.is_empty()) {
        let instead = match (&lock.instead, &lock.embeds, &lock.note) {
            (Some(instead), ..) => escaped(instead),
            (_, Some(other), _) => format!("the lock of {}", escaped(other)),
            (_, _, Some(note)) => escaped(note),
            _ => "none known".to_owned(),
        };
        row(&mut text, &[&escaped(&tool.name), &escaped(&lock.lock), &instead]);
    }
    text += "\n## Tool by tool\n";
    tools.iter().for_each(|tool| describe(&mut text, tool));
    Ok(text)
}

fn describe(text: &mut String, tool: &Tool) {
    let _ = write!(text, "\n### {}\n\n", escaped(&tool.name));
    let signs =
        [relations(tool), tool.found_by_columns.then(|| "its history table's columns".to_owned()), sessions(tool)];
    let signs: Vec<String> = signs.into_iter().flatten().collect();
    if !signs.is_empty() {
        let sources = tool.sources.iter().map(|source| escaped(source)).collect::<Vec<_>>().join("<br>");
        text.push_str("| | |\n|---|---|\n");
        row(text, &["recognized by", &signs.join(", or ")]);
        tool.sources.first().into_iter().for_each(|_| row(text, &["read in", &sources]));
        text.push('\n');
    }
    for (index, lock) in tool.locks.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "\n" });
        describe_lock(text, lock);
    }
}

fn describe_lock(text: &mut String, lock: &Lock) {
    row(text, &["lock", &format!("**{}**", escaped(&lock.lock))]);
    text.push_str("|---|---|\n");
    let keys: Vec<String> = lock.keys.iter().map(key).collect();
    let sources: Vec<String> = lock.sources.iter().map(|source| escaped(source)).collect();
    let shown = |text: &Option<String>| text.as_deref().map(escaped);
    let rows = [
        ("purpose", Some(purpose(lock.purpose).to_owned())),
        ("scope", Some(scope(lock).to_owned()).filter(|scope| !scope.is_empty())),
        ("key", Some(keys.join("<br>")).filter(|keys| !keys.is_empty())),
        ("how the key is made", shown(&lock.note)),
        ("instead of an advisory lock", shown(&lock.instead)),
        ("lock of", shown(&lock.embeds)),
        ("acquired with", shown(&lock.function)),
        ("waits", shown(&lock.timeout)),
        ("error", shown(&lock.error)),
        ("how it is released or turned off", shown(&lock.release)),
        ("if it waits for itself", shown(&lock.self_blocked)),
        ("version read", shown(&lock.checked)),
        ("read in", Some(sources.join("<br>"))),
    ];
    for (name, value) in rows {
        value.into_iter().for_each(|value| row(text, &[name, &value]));
    }
}

fn row(text: &mut String, cells: &[&str]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Returns `relations a and b, or relation c`.
fn relations(tool: &Tool) -> Option<String> {
    let group = |group: &Vec<Relation>| {
        let name = |relation: &Relation| match relation.schema() {
            Some(schema) => code(&format!("{schema}.{}", relation.name())),
            None => code(relation.name()),
        };
        let noun = if group.len() == 1 { "relation" } else { "relations" };
        format!("{noun} {}", group.iter().map(name).collect::<Vec<_>>().join(" and "))
    };
    let groups: Vec<String> = tool.markers.iter().map(group).collect();
    (!groups.is_empty()).then(|| groups.join(", or "))
}

fn sessions(tool: &Tool) -> Option<String> {
    let names: Vec<String> = tool.application_names.iter().map(|name| code(name)).collect();
    (!names.is_empty()).then(|| format!("application_name {}", names.join(" or ")))
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Migration => "migration",
        Purpose::Jobs => "jobs",
        Purpose::Leader => "leader election",
        Purpose::Backup => "backup",
        Purpose::Maintenance => "maintenance",
        Purpose::State => "state outside the database",
        Purpose::Application => "up to the application",
    }
}

fn scope(lock: &Lock) -> &'static str {
    match lock.scope {
        Some(Scope::Session) => "session",
        Some(Scope::Transaction) => "transaction",
        None => "",
    }
}

/// Returns a key as a table cell shows it.
fn key(documented: &DocumentedKey) -> String {
    let shown = match &documented.key {
        Key::Constant(Constant { key, .. }) => match &documented.from {
            Some(from) => format!("{} = {}", code(&key.to_string()), code(&from.describe(&PLACEHOLDERS))),
            None => code(&key.to_string()),
        },
        Key::Computed(computed) => code(&computed.formula.describe(&PLACEHOLDERS)),
        Key::Pair(pair) => pair_of(pair),
        Key::Range(Range { from, to, of, .. }) => {
            format!("{} to {}: {}", code(&from.to_string()), code(&to.to_string()), escaped(of))
        }
        Key::Objects(objects) => {
            let kind = |kind: &ObjectKind| match kind {
                ObjectKind::Role => "role",
                ObjectKind::Database => "database",
            };
            format!("OID of a {}", objects.oid_of.iter().map(kind).collect::<Vec<_>>().join(" or "))
        }
        Key::Extension(extension) => extension_key(extension),
    };
    documented.key.what().map_or(shown.clone(), |what| format!("{shown} ({})", escaped(what)))
}

/// Inputs that replace each placeholder with itself.
const PLACEHOLDERS: Inputs = Inputs {
    database: "{database}",
    schema: "{schema}",
    table: "{table}",
    name: "{name}",
    repo: "{repo}",
    each: "{each}",
};

fn pair_of(pair: &PairKey) -> String {
    let part = |part: &Part| match part {
        Part::Number(number) => code(&number.to_string()),
        Part::Formula(formula) => code(&formula.describe(&PLACEHOLDERS)),
        Part::Any(any) => escaped(&any.any),
        Part::Table(table) => format!("OID of a table + {}", code(&table.table_oid_plus.to_string())),
    };
    pair.pair.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn extension_key(extension: &Extension) -> String {
    let number = extension.number.as_ref().map_or(String::new(), |number| {
        let columns = match number.at {
            KeyField::Classid => "classid",
            KeyField::Objid => "objid",
            KeyField::Both => "classid and objid",
        };
        format!(", {} in {columns}", escaped(&number.of))
    });
    format!("objsubid {}{number}", code(&extension.objsubid.to_string()))
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// Escapes what Markdown would treat as markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        let is_within_word = before.is_alphanumeric() && rest.peek().is_some_and(|after| after.is_alphanumeric());
        if "\\`*<|[]".contains(char) || (char == '_' && !is_within_word) {
            escaped.push('\\');
        }
        escaped.push(char);
        before = char;
    }
    escaped
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
