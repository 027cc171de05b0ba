//! Defines the kinds of keys in the catalogue.

use super::formula::{Formula, Input};
use super::key::LockKey;
use serde::Deserialize;

/// One or many keys of a lock.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Key {
    Constant(Constant),
    Computed(Computed),
    Pair(PairKey),
    Range(Range),
    Objects(Objects),
    Extension(Extension),
}

impl Key {
    /// Returns the formulas of the key.
    pub fn formulas(&self) -> impl Iterator<Item = &Formula> {
        let (one, pair) = match self {
            Key::Computed(computed) => (Some(&computed.formula), None),
            Key::Pair(pair) => (None, Some(pair.pair.iter().filter_map(Part::formula))),
            _ => (None, None),
        };
        one.into_iter().chain(pair.into_iter().flatten())
    }

    /// Whether one of its formulas uses the input.
    pub fn asks_for(&self, input: Input) -> bool {
        self.formulas().any(|formula| formula.asks_for(input))
    }

    /// Returns the names that its formulas are tried with.
    pub fn names(&self) -> &Names {
        match self {
            Key::Computed(computed) => &computed.names,
            Key::Pair(pair) => &pair.names,
            _ => &NO_NAMES,
        }
    }

    /// Returns which of the lock's keys it is.
    pub fn what(&self) -> Option<&str> {
        match self {
            Key::Constant(constant) => constant.what.as_deref(),
            Key::Computed(computed) => computed.what.as_deref(),
            Key::Pair(pair) => pair.what.as_deref(),
            Key::Extension(extension) => extension.what.as_deref(),
            Key::Range(_) | Key::Objects(_) => None,
        }
    }
}

/// The same number in every database.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    #[serde(deserialize_with = "lock_key")]
    pub key: LockKey,
    #[serde(default, rename = "for")]
    pub what: Option<String>,
    /// Whether other programs may use the number although it is large.
    #[serde(default)]
    pub common: bool,
}

fn lock_key<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<LockKey, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("\"{text}\" is not a lock key")))
}

static NO_NAMES: Names = Names { tables: Vec::new(), schemas: Vec::new(), each: Vec::new() };

/// The names that a formula is tried with, in addition to those in the database.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The usual names of the history table.
    pub tables: Vec<String>,
    /// The usual schemas.
    pub schemas: Vec<String>,
    /// What `{each}` stands for.
    pub each: Vec<String>,
}

/// A bigint that is computed from names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computed {
    pub formula: Formula,
    #[serde(default)]
    pub names: Names,
    #[serde(default, rename = "for")]
    pub what: Option<String>,
}

/// Two int4 numbers, at least one of which is not fixed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairKey {
    pub pair: [Part; 2],
    #[serde(default)]
    pub names: Names,
    #[serde(default, rename = "for")]
    pub what: Option<String>,
}

impl PairKey {
    /// Whether one half cannot be computed, so that only the other one is evidence.
    pub fn is_pattern(&self) -> bool {
        self.pair.iter().any(|part| matches!(part, Part::Any(_) | Part::Table(_)))
    }
}

/// One half of a pair.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Part {
    Number(i32),
    Formula(Formula),
    Any(Any),
    Table(TableOid),
}

impl Part {
    pub fn formula(&self) -> Option<&Formula> {
        if let Part::Formula(formula) = self { Some(formula) } else { None }
    }
}

/// A number that the database's names do not determine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Any {
    /// What the number is.
    pub any: String,
}

/// The OID of a table plus a constant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableOid {
    pub table_oid_plus: i32,
}

/// Any number of a range, both ends included.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    pub from: i64,
    pub to: i64,
    /// What the number is.
    pub of: String,
    /// Whether no other program has numbers in the range, so that any of them is sufficient
    /// evidence.
    #[serde(default)]
    pub namespace: bool,
}

/// The OID of an object of one of the kinds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    pub oid_of: Vec<ObjectKind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    Role,
    Database,
}

/// The locks that an extension acquires in C, which pg_locks.objsubid identifies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    pub objsubid: u16,
    #[serde(default, rename = "for")]
    pub what: Option<String>,
    /// What the number is, and which columns of pg_locks it is in.
    #[serde(default)]
    pub number: Option<Number>,
    /// Whether the objsubid is sufficient evidence: no other extension is known to use it, and it
    /// is unlikely to be chosen by chance.
    #[serde(default)]
    pub namespace: bool,
}

/// A number within classid and objid.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    pub of: String,
    pub at: KeyField,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyField {
    Classid,
    Objid,
    /// A bigint whose upper half is classid.
    Both,
}
