//! Reads example keys from `examples.tsv`: keys that tools have locked on a live server, or that
//! their authors have published.

use super::computed_keys::value;
use super::database_context::{DatabaseContext, HistoryTable, Objects};
use super::formula::{Formula, Inputs};
use super::hash::Hashtext;
use super::key::LockKey;
use super::naming::{Named, Naming};
use super::tool_key::Key;
use super::tools::{Catalogue, Tool, catalogue};
use serde::Deserialize;
use serde_json::Value;

const EXAMPLES: &str = include_str!("examples.tsv");

/// The catalogue's source, which also says how a constant is derived.
pub const SOURCE: &str = include_str!("../../docs/advisory-locks.json");

/// The evidence that is needed to name the tool of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    Alone,
    /// The key together with one of the tool's relations.
    Tables,
    /// The tool is listed as a possible one if its relations exist.
    Candidate,
    /// The database contains no evidence.
    None,
}

#[derive(Clone, Debug)]
pub struct Example {
    pub tool: &'static str,
    pub database: &'static str,
    pub schema: &'static str,
    pub table: &'static str,
    /// A formula as in the catalogue, for a key that the database's names do not determine.
    pub formula: &'static str,
    pub evidence: Evidence,
    pub key: LockKey,
    pub pg_locks: (u32, u32, u16),
}

pub fn examples() -> Vec<Example> {
    EXAMPLES.lines().skip(1).map(example).collect()
}

fn example(line: &'static str) -> Example {
    let columns: Vec<&str> = line.split('\t').collect();
    let [tool, database, schema, table, formula, evidence, key, classid, objid, objsubid, _] = columns[..] else {
        panic!("columns of {line}")
    };
    let evidence = match evidence {
        "alone" => Evidence::Alone,
        "tables" => Evidence::Tables,
        "candidate" => Evidence::Candidate,
        "none" => Evidence::None,
        other => panic!("evidence {other}"),
    };
    let number = |text: &str| text.parse::<u32>().expect("a column of pg_locks");
    let objsubid = u16::try_from(number(objsubid)).expect("objsubid");
    let key = key.parse().expect("a key");
    Example {
        tool,
        database,
        schema,
        table,
        formula,
        evidence,
        key,
        pg_locks: (number(classid), number(objid), objsubid),
    }
}

/// The formula of a bigint, or those of the halves of a pair.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Worked {
    Bigint(Formula),
    Pair([Half; 2]),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Half {
    Number(i32),
    Formula(Formula),
}

impl Example {
    /// Whether the key can only be computed with the server's hashtext, as pgrx-tests/locks does.
    #[cfg(test)]
    pub fn needs_server(&self) -> bool {
        self.formula.contains("hashtext")
    }

    /// Returns the key that the example's own formula gives; if it has none, the one that the
    /// catalogue's formula gives for the example's names.
    pub fn computed(&self, hashtext: Hashtext) -> Option<LockKey> {
        if !self.formula.is_empty() {
            return Some(self.worked(hashtext));
        }
        let mut keys = self.tool().locks.iter().flat_map(|lock| &lock.keys);
        keys.find_map(|key| self.made(key, hashtext).filter(|made| *made == self.key))
    }

    fn worked(&self, hashtext: Hashtext) -> LockKey {
        let of = |formula: &Formula| formula.value(&Inputs::default(), hashtext).expect("a value");
        let half = |half: &Half| match half {
            Half::Number(number) => *number,
            Half::Formula(formula) => i32::try_from(of(formula)).expect("an int4"),
        };
        match serde_json::from_str(self.formula).expect("a formula") {
            Worked::Bigint(formula) => LockKey::Bigint(i64::try_from(of(&formula)).expect("a bigint")),
            Worked::Pair([one, other]) => LockKey::Pair(half(&one), half(&other)),
        }
    }

    fn made(&self, key: &Key, hashtext: Hashtext) -> Option<LockKey> {
        if let Key::Constant(constant) = key {
            return Some(constant.key);
        }
        let Example { database, schema, table, .. } = *self;
        let each = &key.names().each;
        let mut alternatives = each.iter().map(String::as_str).chain(each.is_empty().then_some(""));
        alternatives.find_map(|each| {
            let inputs = Inputs { database, schema, table, name: database, each, ..Inputs::default() };
            value(key, &inputs, hashtext).filter(|made| *made == self.key)
        })
    }

    fn tool(&self) -> &'static Tool {
        parsed().tools.iter().find(|tool| tool.name == self.tool).expect("a tool of the catalogue")
    }

    /// Returns the example's database, optionally with its tool's relations.
    pub fn database_context(&self, with_tables: bool) -> DatabaseContext {
        let schema = if self.schema.is_empty() { "public" } else { self.schema };
        let history = HistoryTable { tool: self.tool.into(), schema: schema.into(), table: self.table.into() };
        let groups = self.tool().markers.first().into_iter().flatten();
        let relations = groups.map(|marker| (marker.schema().unwrap_or(schema).to_owned(), marker.name().to_owned()));
        DatabaseContext {
            database: if self.database.is_empty() { "app" } else { self.database }.into(),
            is_here: true,
            schemas: vec!["public".into(), schema.into()],
            relations: if with_tables { relations.collect() } else { Vec::new() },
            history_tables: if self.table.is_empty() { Vec::new() } else { vec![history] },
        }
    }

    /// Returns the tool and the evidence for the key in the example's database.
    pub fn name(&self, with_tables: bool, hashtext: Hashtext) -> (Option<String>, String) {
        let database_context = self.database_context(with_tables);
        let named = Naming::new(parsed(), &database_context, &NoObjects, hashtext).name(self.key, None);
        let Named { tool, evidence, .. } = named;
        (tool.map(|entry| entry.name().to_owned()), evidence.unwrap_or_default())
    }

    /// Fails if the tool is not the one that the example expects.
    pub fn assert_named(&self, hashtext: Hashtext) {
        let (bare, candidates) = self.name(false, hashtext);
        let (marked, evidence) = self.name(true, hashtext);
        let is_alone = self.evidence == Evidence::Alone;
        assert_eq!(bare.as_deref(), is_alone.then_some(self.tool), "{self:?} without tables: {candidates}");
        let is_named = is_alone || self.evidence == Evidence::Tables;
        assert_eq!(marked.as_deref(), is_named.then_some(self.tool), "{self:?} with its tables: {evidence}");
        if self.evidence == Evidence::Candidate {
            assert!(evidence.contains(self.tool), "{self:?}: {evidence}");
        }
    }
}

/// Computes the constants that are derived from a text; returns how many there are.
pub fn check_constants(hashtext: Hashtext, is_wanted: fn(&Formula) -> bool) -> usize {
    let source: Vec<Value> = serde_json::from_str(SOURCE).expect("the catalogue's source");
    let list = |value: &Value, field: &str| value[field].as_array().cloned().unwrap_or_default();
    let keys = source.iter().flat_map(|tool| list(tool, "locks")).flat_map(|lock| list(&lock, "keys"));
    let derived = keys.filter_map(|key| {
        let constant: LockKey = key["key"].as_str()?.parse().expect("a key");
        let from = key.get("from")?.clone();
        Some((constant, serde_json::from_value::<Formula>(from).expect("a formula")))
    });
    let computed = derived.filter(|(_, from)| is_wanted(from)).map(|(key, from)| {
        let value = from.value(&Inputs::default(), hashtext).and_then(|value| value.try_into().ok());
        assert_eq!(value.map(LockKey::Bigint), Some(key), "{from:?}");
    });
    computed.count()
}

pub fn parsed() -> &'static Catalogue {
    catalogue().expect("the catalogue")
}

/// Stands in for the server's hashtext, which unit tests cannot call.
#[cfg(test)]
pub fn no_server(_: &[u8]) -> i32 {
    unreachable!("hashtext is the server's")
}

/// Catalogs without objects.
pub struct NoObjects;

impl Objects for NoObjects {
    fn relation(&self, _: u32) -> Option<String> {
        None
    }
    fn role(&self, _: u32) -> Option<String> {
        None
    }
    fn database(&self, _: u32) -> Option<String> {
        None
    }
}
