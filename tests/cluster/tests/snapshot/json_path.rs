//! Paths within a snapshot's JSON.

use serde_json::Value;
use std::fmt::{self, Display};

/// The keys that lead to a value.
#[derive(Clone, Debug)]
pub struct JsonPath(Vec<String>);

/// Fields whose keys are names of objects, not of fields.
const MAPS: [&str; 8] =
    ["extensions", "schemas", "tables", "columns", "constraints", "indexes", "triggers", "sequences"];

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

    /// Whether the value is within a schema.
    pub fn is_deep(&self) -> bool {
        self.0.len() > 3 && self.0[0] == "schemas"
    }

    pub fn is_top_level(&self) -> bool {
        self.0.len() == 1
    }

    /// Whether the last key is the name of an object.
    pub fn is_named_by_user(&self) -> bool {
        let mut is_map = false;
        let mut is_name = false;
        for key in &self.0 {
            is_name = is_map;
            // The counts in `contents` have the same names.
            is_map = !is_name && MAPS.contains(&key.as_str()) && self.0[0] != "contents";
        }
        is_name
    }

    /// Whether the value's keys are fields.
    pub fn has_fields(&self) -> bool {
        self.is_named_by_user() || !MAPS.contains(&self.field())
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
