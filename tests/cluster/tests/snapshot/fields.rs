//! Places within a snapshot's JSON.

use serde_json::Value;
use std::fmt::{self, Display};

/// The keys that lead to a value.
#[derive(Clone, Debug)]
pub struct Place(Vec<String>);

/// Fields whose own keys are names of objects, and not of fields.
const MAPS: [&str; 8] =
    ["extensions", "schemas", "tables", "columns", "constraints", "indexes", "triggers", "sequences"];

impl Place {
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    pub fn field(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    pub fn top_level(&self) -> &str {
        &self.0[0]
    }

    /// Whether it is within a schema.
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

impl Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{:?}", self.0)
    }
}

/// All places below the root.
pub fn every_place(root: &Value) -> Vec<Place> {
    fn walk(value: &Value, here: &Place, places: &mut Vec<Place>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let mut place = here.clone();
            place.0.push(key.clone());
            places.push(place.clone());
            walk(value, &place, places);
        }
    }
    let mut places = Vec::new();
    walk(root, &Place(Vec::new()), &mut places);
    places
}

pub fn removed(root: &Value, place: &Place) -> Value {
    let mut root = root.clone();
    if let Some(parent) = place.parent().value_in_mut(&mut root).as_object_mut() {
        parent.remove(place.field());
    }
    root
}

pub fn replaced(root: &Value, place: &Place, value: &Value) -> Value {
    let mut root = root.clone();
    *place.value_in_mut(&mut root) = value.clone();
    root
}
