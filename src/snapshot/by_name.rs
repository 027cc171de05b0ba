//! A map for the few parts of one table, in the order of their names. Pure.
//!
//! A `BTreeMap` has room for eleven entries from the first on: with it, a table of one column took four times its text.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::marker::PhantomData;

/// Parts by name. Adding them in the order of their names costs least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByName<T>(Vec<(String, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        ByName(Vec::new())
    }
}

impl<T> ByName<T> {
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }

    /// Returns what had the name before.
    pub fn insert(&mut self, name: String, part: T) -> Option<T> {
        match self.find(&name) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, part)),
            Err(place) => {
                self.0.insert(place, (name, part));
                None
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        self.find(name).ok().map(|place| &self.0[place].1)
    }

    pub fn get_key_value(&self, name: &str) -> Option<(&String, &T)> {
        self.find(name).ok().map(|place| (&self.0[place].0, &self.0[place].1))
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> + Clone {
        self.0.iter().map(|(name, part)| (name, part))
    }

    pub fn keys(&self) -> impl Iterator<Item = &String> + Clone {
        self.0.iter().map(|(name, _)| name)
    }
}

#[cfg(test)]
impl<T> ByName<T> {
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.find(name).ok().map(|place| &mut self.0[place].1)
    }

    pub fn remove(&mut self, name: &str) -> Option<T> {
        self.find(name).ok().map(|place| self.0.remove(place).1)
    }

    pub fn retain(&mut self, mut is_kept: impl FnMut(&String, &mut T) -> bool) {
        self.0.retain_mut(|(name, part)| is_kept(name, part));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, part)| part)
    }
}

impl<T> Extend<(String, T)> for ByName<T> {
    fn extend<I: IntoIterator<Item = (String, T)>>(&mut self, parts: I) {
        parts.into_iter().for_each(|(name, part)| drop(self.insert(name, part)));
    }
}

impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(parts: I) -> Self {
        let mut all = ByName::default();
        all.extend(parts);
        all
    }
}

impl<T, const N: usize> From<[(String, T); N]> for ByName<T> {
    fn from(parts: [(String, T); N]) -> Self {
        parts.into_iter().collect()
    }
}

impl<T> IntoIterator for ByName<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Parts(PhantomData))
    }
}

struct Parts<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
    type Value = ByName<T>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName<T>, A::Error> {
        let mut parts: Vec<(String, T)> = Vec::new();
        while let Some(part) = map.next_entry()? {
            parts.push(part);
        }
        // jsonb sorts by length first. Of two that have one name, the last counts, as it does in jsonb.
        parts.reverse();
        parts.sort_by(|(one, _), (other, _)| one.cmp(other));
        parts.dedup_by(|(later, _), (kept, _)| later == kept);
        parts.shrink_to_fit();
        Ok(ByName(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::ByName;

    #[test]
    fn by_name_keeps_names_in_order_and_the_last_of_two() {
        let read: ByName<i32> = serde_json::from_str(r#"{"b": 1, "aa": 2, "b": 3}"#).expect("a map");
        let made = ByName::from([("b".to_owned(), 3), ("aa".to_owned(), 2)]);
        assert_eq!(read, made);
        assert_eq!(serde_json::to_string(&read).expect("text"), r#"{"aa":2,"b":3}"#);
        assert_eq!((read.get("b"), read.get("a")), (Some(&3), None));
    }
}
