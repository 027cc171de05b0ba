//! Defines the parts of a snapshot that are not tables or sequences, and what is attached to
//! objects of any kind.

use super::json_types::{by_kind, object, only_object, optional_object, optional_whole_number, whole_number};
use super::sorted_map::SortedMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Objects by kind, such as `function` or `operator class`, and by identity: the name as SQL writes
/// it, such as `app.f(integer)`.
pub type Objects = BTreeMap<String, BTreeMap<String, CatalogObject>>;

/// An object that is neither a table nor a sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct CatalogObject {
    /// `None` for kinds of objects that have no owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How the object is declared, apart from its name; empty if there is nothing else to say.
    pub definition: String,
    /// A hash of what may be confidential: a function's body, the values of options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Box<Attributes>>,
}

/// What can be attached to objects of any kind. Each is keyed by the part of the object that it
/// belongs to: empty for the object itself, otherwise `column x`, `constraint x` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Attributes {
    /// Hashes of comments.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub comments: SortedMap<String>,
    /// Hashes of security labels. The provider precedes the part.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub labels: SortedMap<String>,
    /// What was granted to each role, or revoked if a minus sign precedes it, compared with what an
    /// object of its kind has by default: `SELECT*, UPDATE`, where the asterisk is the grant
    /// option. `public` is every role.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub privileges: SortedMap<SortedMap<String>>,
    /// The objects without which the part would not exist or be different, unless its definition
    /// says so: `function app.f(integer)`, `relation app.t`, `column app.t.c`.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub uses: SortedMap<Vec<String>>,
}

/// What does not belong to a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct DatabaseObjects {
    #[serde(deserialize_with = "by_kind")]
    pub objects: Objects,
    #[serde(deserialize_with = "only_object")]
    pub large_objects: LargeObjects,
    /// What is attached to the database, and the privileges on objects of the system and of
    /// extensions, as far as they were changed.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Box<Attributes>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct LargeObjects {
    #[serde(deserialize_with = "whole_number")]
    pub count: i64,
    /// How many each role owns, how many have comments, and how many have each privilege: `owner
    /// app`, `comment`, `privilege app: SELECT`.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// `None` unless it was requested and they could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// The number of bytes, with the checksum.
    #[serde(default, deserialize_with = "optional_whole_number", skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// Why they were not read although a checksum was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// A checksum of all rows that does not depend on their order, on that of their columns, on the
/// major version or on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Checksum {
    /// Values of different algorithms cannot be compared.
    #[serde(deserialize_with = "whole_number")]
    pub algorithm: u32,
    pub value: String,
}
