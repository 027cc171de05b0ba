//! Reads the source of the catalogue, `docs/advisory-locks.json`, which has more about each lock
//! than the library reads, and generates `tools.json` from it.

use super::formula::Formula;
use super::tool_key::Key;
use super::tools::{Purpose, Relation, Scope};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields of a tool and of a lock that the library reads; all others are documentation.
const TOOL_FIELDS: [&str; 5] = ["name", "markers", "found_by_columns", "application_names", "locks"];
const LOCK_FIELDS: [&str; 7] = ["lock", "purpose", "scope", "keys", "embeds", "release", "self_blocked"];

/// A program or a library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    #[serde(default)]
    pub markers: Vec<Vec<Relation>>,
    #[serde(default)]
    pub found_by_columns: bool,
    #[serde(default)]
    pub application_names: Vec<String>,
    /// The sources of markers and application names, if not those of the locks.
    #[serde(default)]
    pub sources: Vec<String>,
    pub locks: Vec<Lock>,
}

/// An advisory lock, or what the tool uses in its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Which of the tool's locks, and in which versions.
    pub lock: String,
    pub purpose: Purpose,
    /// The version or commit that was read.
    pub checked: Option<String>,
    /// The SQL functions that acquire it.
    pub function: Option<String>,
    pub scope: Option<Scope>,
    #[serde(default)]
    pub keys: Vec<DocumentedKey>,
    /// What serializes the tool's runs if it acquires no advisory lock.
    pub instead: Option<String>,
    /// Another tool whose lock this is.
    pub embeds: Option<String>,
    /// How the key is made, in words.
    pub note: Option<String>,
    /// How long the tool waits.
    pub timeout: Option<String>,
    /// What the tool's user sees when another session holds the lock.
    pub error: Option<String>,
    /// How the tool releases it, or how it is configured not to acquire it.
    pub release: Option<String>,
    /// How the tool is kept from waiting for itself, with a lock in one session and a migration in
    /// another.
    pub self_blocked: Option<String>,
    pub sources: Vec<String>,
}

/// Returns every lock with its tool.
pub fn locks(tools: &[Tool]) -> impl Iterator<Item = (&Tool, &Lock)> {
    tools.iter().flat_map(|tool| tool.locks.iter().map(move |lock| (tool, lock)))
}

/// A key, and the formula behind a constant.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub struct DocumentedKey {
    pub key: Key,
    pub from: Option<Formula>,
}

impl TryFrom<Value> for DocumentedKey {
    type Error = serde_json::Error;

    fn try_from(mut key: Value) -> Result<DocumentedKey, serde_json::Error> {
        let from = take_origin(&mut key).map(serde_json::from_value).transpose()?;
        Ok(DocumentedKey { key: serde_json::from_value(key)?, from })
    }
}

/// Removes the formula from a constant and returns it. Leaves the `from` of a range.
pub fn take_origin(key: &mut Value) -> Option<Value> {
    let fields = key.as_object_mut()?;
    fields.contains_key("key").then(|| fields.remove("from"))?
}

/// Returns the text of `tools.json`: the tools that have a key or use another tool's, one per line.
pub fn catalogue(source: &str) -> Result<String, serde_json::Error> {
    let mut tools: Vec<Map<String, Value>> = serde_json::from_str(source)?;
    for tool in &mut tools {
        tool.retain(|field, _| TOOL_FIELDS.contains(&field.as_str()));
        let locks = tool.get_mut("locks").and_then(Value::as_array_mut);
        for lock in locks.into_iter().flatten().filter_map(Value::as_object_mut) {
            lock.retain(|field, _| LOCK_FIELDS.contains(&field.as_str()));
            let keys = lock.get_mut("keys").and_then(Value::as_array_mut);
            keys.into_iter().flatten().for_each(|key| drop(take_origin(key)));
        }
    }
    let has_key = |lock: &Value| lock["keys"].as_array().is_some_and(|keys| !keys.is_empty());
    for tool in &mut tools {
        if let Some(locks) = tool.get_mut("locks").and_then(Value::as_array_mut) {
            locks.retain(|lock| has_key(lock) || lock.get("embeds").is_some());
        }
    }
    tools.retain(|tool| tool["locks"].as_array().is_some_and(|locks| !locks.is_empty()));
    let lines: Vec<String> = tools.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

#[cfg(test)]
#[path = "tools_source_tests.rs"]
mod tests;
