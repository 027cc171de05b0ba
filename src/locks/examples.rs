//! Worked keys, locked on a live server or published by the tools' authors: `examples.tsv`.

use super::computed::value;
use super::formula::{Formula, Inputs};
use super::hash::Hashtext;
use super::key::LockKey;
use super::naming::{Named, Naming};
use super::surroundings::{HistoryTable, Objects, Surroundings};
use super::tool_key::Key;
use super::tools::{Catalogue, Tool};
use serde::Deserialize;

const EXAMPLES: &str = include_str!("examples.tsv");

/// How a key gets its tool's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    Alone,
    /// If a table of the tool's is there.
    Tables,
    /// The tool is one that it could be, if its tables are there.
    Candidate,
    /// Nothing in the database tells.
    None,
}

#[derive(Clone, Debug)]
pub struct Example {
    pub tool: &'static str,
    pub database: &'static str,
    pub schema: &'static str,
    pub table: &'static str,
    /// As in the catalogue, where it has none because the database's names do not give the input.
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

/// A bigint, or the halves of a pair.
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
    /// The key as the example's own formula has it, or else the catalogue's for the example's names.
    pub fn computed(&self, catalogue: &Catalogue, hashtext: Hashtext) -> Option<LockKey> {
        if !self.formula.is_empty() {
            return Some(self.worked(hashtext));
        }
        let tool = self.entry(catalogue);
        let mut keys = tool.locks.iter().flat_map(|lock| &lock.keys);
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
        match key {
            Key::Constant(constant) => {
                let derived = constant.from.as_ref().map(|from| from.value(&Inputs::default(), hashtext));
                let stated = Some(constant.key);
                stated.filter(|stated| {
                    derived.is_none_or(|value| {
                        value.and_then(|value| value.try_into().ok()).map(LockKey::Bigint) == Some(*stated)
                    })
                })
            }
            Key::Pair(pair) if pair.is_pattern() => Some(self.key),
            key => {
                let each = &key.names().each;
                let alternatives = each.iter().map(String::as_str).chain(each.is_empty().then_some(""));
                let mut made = alternatives.filter_map(|each| {
                    let (database, schema, table) = (self.database, self.schema, self.table);
                    value(key, &Inputs { database, schema, table, name: database, each, ..Inputs::default() }, hashtext)
                });
                made.find(|made| *made == self.key)
            }
        }
    }

    fn entry<'a>(&self, catalogue: &'a Catalogue) -> &'a Tool {
        catalogue.tools.iter().find(|tool| tool.name == self.tool).expect("a tool of the catalogue")
    }

    /// The example's database; with its tool's tables, if wanted.
    pub fn surroundings(&self, catalogue: &Catalogue, with_tables: bool) -> Surroundings {
        let schema = if self.schema.is_empty() { "public" } else { self.schema };
        let history = HistoryTable { tool: self.tool.into(), schema: schema.into(), table: self.table.into() };
        let groups = self.entry(catalogue).markers.first().into_iter().flatten();
        let relations = groups.map(|marker| (marker.schema().unwrap_or(schema).to_owned(), marker.name().to_owned()));
        Surroundings {
            database: if self.database.is_empty() { "app" } else { self.database }.into(),
            database_oid: 5,
            is_here: true,
            schemas: vec!["public".into(), schema.into()],
            relations: if with_tables { relations.collect() } else { Vec::new() },
            history_tables: if self.table.is_empty() { Vec::new() } else { vec![history] },
        }
    }

    /// What becomes of the key in the example's database.
    pub fn name(&self, catalogue: &Catalogue, with_tables: bool, hashtext: Hashtext) -> (Option<String>, String) {
        let surroundings = self.surroundings(catalogue, with_tables);
        let named = Naming::new(catalogue, &surroundings, &Nothing, hashtext).name(self.key, None);
        let Named { tool, evidence, .. } = named;
        (tool.map(|entry| entry.name().to_owned()), evidence.unwrap_or_default())
    }

    /// Fails if the name is not what the example says.
    pub fn assert_named(&self, catalogue: &Catalogue, hashtext: Hashtext) {
        let (bare, candidates) = self.name(catalogue, false, hashtext);
        let (marked, evidence) = self.name(catalogue, true, hashtext);
        let is_alone = self.evidence == Evidence::Alone;
        assert_eq!(bare.as_deref(), is_alone.then_some(self.tool), "{self:?} without tables: {candidates}");
        let is_named = is_alone || self.evidence == Evidence::Tables;
        assert_eq!(marked.as_deref(), is_named.then_some(self.tool), "{self:?} with its tables: {evidence}");
        if self.evidence == Evidence::Candidate {
            assert!(evidence.contains(self.tool), "{self:?}: {evidence}");
        }
    }
}

/// In the place of the server's hashtext, which plain tests do not have.
#[cfg(test)]
pub fn no_server(_: &[u8]) -> i32 {
    unreachable!("hashtext is the server's")
}

/// No object has any OID.
pub struct Nothing;

impl Objects for Nothing {
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
