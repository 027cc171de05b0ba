//! Paths within a snapshot's JSON.

use serde_json::Value;
use std::fmt::{self, Display};

/// The keys that lead to a value.
#[derive(Clone, Debug)]
pub struct JsonPath(Vec<String>);

/// Fields whose keys are names of objects, not of fields.
const MAPS: [&str; 14] = [
    "extensions",
    "schemas",
    "tables",
    "columns",
    "constraints",
    "indexes",
    "triggers",
    "sequences",
    "policies",
    "rules",
    "properties",
    "comments",
    "labels",
    "uses",
];
/// Fields whose keys are names, and their values' as well.
const MAPS_OF_MAPS: [&str; 2] = ["objects", "privileges"];

impl JsonPath {
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    pub fn field(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    pub fn top_level(&self) -> &str {
        &self.0[0]
    }

    /// Whether the value is within a schema, the database or an extension.
    pub fn is_deep(&self) -> bool {
        self.0.len() > if self.0[0] == "database" { 1 } else { 2 }
            && ["schemas", "database", "extensions"].contains(&self.top_level())
    }

    pub fn is_top_level(&self) -> bool {
        self.0.len() == 1
    }

    /// Returns how many of the following keys are names, and whether the last key is one.
    fn names(&self) -> (usize, bool) {
        let (mut names, mut is_name) = (0_usize, false);
        for key in &self.0 {
            is_name = names > 0;
            // The counts in `contents` have the same names.
            let is_field = !is_name && self.0[0] != "contents";
            names = match key.as_str() {
                key if is_field && MAPS_OF_MAPS.contains(&key) => 2,
                key if is_field && MAPS.contains(&key) => 1,
                _ => names.saturating_sub(1),
            };
        }
        (names, is_name)
    }

    /// Whether the last key is the name of an object.
    pub fn is_named_by_user(&self) -> bool {
        self.names().1
    }

    /// Whether the value's keys are fields.
    pub fn has_fields(&self) -> bool {
        self.names().0 == 0
    }

    /// Whether one of the keys is this field.
    pub fn is_within(&self, field: &str) -> bool {
        self.0.iter().any(|key| key == field)
    }

    pub fn value_in<'a>(&self, root: &'a Value) -> &'a Value {
        self.0.iter().fold(root, |value, key| &value[key.as_str()])
    }

    pub fn value_in_mut<'a>(&self, root: &'a mut Value) -> &'a mut Value {
        self.0.iter().fold(root, |value, key| &mut value[key.as_str()])
    }

    fn parent(&self) -> Self {
        Self(self.0[..self.0.len() - 1].to_vec())
    }
}

impl Display for JsonPath {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{:?}", self.0)
    }
}

/// Returns the paths of all values below the root.
pub fn all_paths(root: &Value) -> Vec<JsonPath> {
    fn walk(value: &Value, here: &JsonPath, paths: &mut Vec<JsonPath>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let mut path = here.clone();
            path.0.push(key.clone());
            paths.push(path.clone());
            walk(value, &path, paths);
        }
    }
    let mut paths = Vec::new();
    walk(root, &JsonPath(Vec::new()), &mut paths);
    paths
}

pub fn removed(root: &Value, path: &JsonPath) -> Value {
    let mut root = root.clone();
    if let Some(parent) = path.parent().value_in_mut(&mut root).as_object_mut() {
        parent.remove(path.field());
    }
    root
}

pub fn replaced(root: &Value, path: &JsonPath, value: &Value) -> Value {
    let mut root = root.clone();
    *path.value_in_mut(&mut root) = value.clone();
    root
}
