//! Implements a map from names to the few objects of one table, sorted by name. Pure.
//!
//! A `BTreeMap` allocates room for eleven entries with its first one: with it, a table of one
//! column took four times its text.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::marker::PhantomData;

/// A map that is a sorted vector. Adding entries in the order of their names is cheapest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortedMap<T>(Vec<(String, T)>);

impl<T> Default for SortedMap<T> {
    fn default() -> Self {
        SortedMap(Vec::new())
    }
}

impl<T> SortedMap<T> {
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }

    /// Adds an entry; returns the one that had the name before.
    pub fn insert(&mut self, name: String, entry: T) -> Option<T> {
        match self.find(&name) {
            Ok(position) => Some(std::mem::replace(&mut self.0[position].1, entry)),
            Err(position) => {
                self.0.insert(position, (name, entry));
                None
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        self.find(name).ok().map(|position| &self.0[position].1)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.find(name).ok().map(|position| &mut self.0[position].1)
    }

    pub fn get_key_value(&self, name: &str) -> Option<(&String, &T)> {
        self.find(name).ok().map(|position| (&self.0[position].0, &self.0[position].1))
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the entry of that name, and adds one before if there is none.
    pub fn entry(&mut self, name: &str) -> &mut T
    where
        T: Default,
    {
        let position = self.find(name).unwrap_or_else(|position| {
            self.0.insert(position, (name.to_owned(), T::default()));
            position
        });
        &mut self.0[position].1
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> + Clone {
        self.0.iter().map(|(name, entry)| (name, entry))
    }

    pub fn keys(&self) -> impl Iterator<Item = &String> + Clone {
        self.0.iter().map(|(name, _)| name)
    }
}

#[cfg(test)]
impl<T> SortedMap<T> {
    pub fn remove(&mut self, name: &str) -> Option<T> {
        self.find(name).ok().map(|position| self.0.remove(position).1)
    }

    pub fn retain(&mut self, mut is_kept: impl FnMut(&String, &mut T) -> bool) {
        self.0.retain_mut(|(name, entry)| is_kept(name, entry));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, entry)| entry)
    }
}

impl<T> Extend<(String, T)> for SortedMap<T> {
    fn extend<I: IntoIterator<Item = (String, T)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(name, entry)| drop(self.insert(name, entry)));
    }
}

impl<T> FromIterator<(String, T)> for SortedMap<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        let mut all = SortedMap::default();
        all.extend(entries);
        all
    }
}

impl<T, const N: usize> From<[(String, T); N]> for SortedMap<T> {
    fn from(entries: [(String, T); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<T> IntoIterator for SortedMap<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Serialize> Serialize for SortedMap<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for SortedMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SortedMapVisitor(PhantomData))
    }
}

struct SortedMapVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SortedMapVisitor<T> {
    type Value = SortedMap<T>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SortedMap<T>, A::Error> {
        let mut entries: Vec<(String, T)> = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        // jsonb sorts by length first. The last of two entries with the same name counts, as in
        // jsonb.
        entries.reverse();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        entries.dedup_by(|(later, _), (kept, _)| later == kept);
        entries.shrink_to_fit();
        Ok(SortedMap(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::SortedMap;

    #[test]
    fn by_name_keeps_names_in_order_and_the_last_of_two() {
        let read: SortedMap<i32> = serde_json::from_str(r#"{"b": 1, "aa": 2, "b": 3}"#).expect("a map");
        let made = SortedMap::from([("b".to_owned(), 3), ("aa".to_owned(), 2)]);
        assert_eq!(read, made);
        assert_eq!(serde_json::to_string(&read).expect("text"), r#"{"aa":2,"b":3}"#);
        assert_eq!((read.get("b"), read.get("a")), (Some(&3), None));
    }
}
