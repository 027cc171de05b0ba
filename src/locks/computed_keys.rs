//! Computes the keys that one formula gives for the names in one database.

use super::database_context::{DatabaseContext, Presence};
use super::formula::{Formula, Input, Inputs};
use super::hash::Hashtext;
use super::key::LockKey;
use super::tool_key::{Key, Names, Part};
use super::tools::Entry;
use std::collections::HashMap;

/// If a formula maps the names that are tried to more than one in this many of its possible values,
/// a match of an unlikely name is not evidence: too many arbitrary numbers would match.
const SPARSE: i128 = 1_000_000;

/// The schema that applications use unless the catalogue names another.
const USUAL_SCHEMA: &str = "public";

/// The suffixes that Phoenix appends to a database's name.
const ENVIRONMENTS: [&str; 7] = ["_dev", "_prod", "_test", "_development", "_production", "_staging", "_stage"];

/// Names that a formula is tried with, without a module and an alternative.
#[derive(Clone, Copy, Debug, Default)]
struct Try<'a> {
    schema: &'a str,
    table: &'a str,
    name: &'a str,
    /// Whether the tool uses these names by default, or has a relation there.
    is_likely: bool,
}

/// A try with a module and an alternative.
#[derive(Clone, Copy, Debug)]
struct Attempt<'a> {
    tried: Try<'a>,
    repo: usize,
    each: &'a str,
}

/// All keys of a formula, and the names that each was computed from.
pub struct Computed<'a> {
    database: &'a str,
    repos: Vec<String>,
    attempts: Vec<Attempt<'a>>,
    /// The index of the attempt that gave a key.
    keys: HashMap<LockKey, usize>,
    is_sparse: bool,
}

/// A key that was found among the computed ones.
pub struct Match<'c> {
    pub inputs: Inputs<'c>,
    /// Whether the names are likely, or so few that an arbitrary number would not match.
    pub is_strong: bool,
}

impl<'a> Computed<'a> {
    pub fn new(
        entry: Entry<'a>,
        key: &'a Key,
        database_context: &'a DatabaseContext,
        presence: &Presence<'a>,
        hashtext: Hashtext,
    ) -> Computed<'a> {
        let repos = if key.asks_for(Input::Repo) { repos(&database_context.database) } else { vec![String::new()] };
        let attempts = attempts(&tries(entry, key, database_context, presence), repos.len(), &key.names().each);
        let values = key.formulas().map(Formula::values).fold(1, i128::saturating_mul);
        let is_sparse = i128::try_from(attempts.len()).is_ok_and(|count| count.saturating_mul(SPARSE) <= values);
        let database = database_context.database.as_str();
        let mut computed = Computed { database, repos, attempts, keys: HashMap::new(), is_sparse };
        computed.keys = computed.compute(key, hashtext);
        computed
    }

    fn compute(&self, key: &Key, hashtext: Hashtext) -> HashMap<LockKey, usize> {
        let mut keys = HashMap::with_capacity(self.attempts.len());
        for (index, attempt) in self.attempts.iter().enumerate() {
            if let Some(made) = value(key, &self.inputs(attempt), hashtext) {
                // The attempts are sorted: on a collision, the likelier one stays.
                keys.entry(made).or_insert(index);
            }
        }
        keys
    }

    fn inputs(&self, attempt: &Attempt<'a>) -> Inputs<'_> {
        Inputs {
            database: self.database,
            schema: attempt.tried.schema,
            table: attempt.tried.table,
            name: attempt.tried.name,
            repo: self.repos.get(attempt.repo).map_or("", String::as_str),
            each: attempt.each,
        }
    }

    pub fn find(&self, key: LockKey) -> Option<Match<'_>> {
        let attempt = self.attempts.get(*self.keys.get(&key)?)?;
        Some(Match { inputs: self.inputs(attempt), is_strong: attempt.tried.is_likely || self.is_sparse })
    }
}

/// Returns every combination; for names that are not likely, only with the first alternative.
fn attempts<'a>(tries: &[Try<'a>], repos: usize, each: &'a [String]) -> Vec<Attempt<'a>> {
    let all: Vec<&str> = if each.is_empty() { vec![""] } else { each.iter().map(String::as_str).collect() };
    let alternatives = |tried: &Try| if tried.is_likely { &all[..] } else { &all[..1] };
    let with_each = tries.iter().flat_map(|tried| alternatives(tried).iter().map(|each| (*tried, *each)));
    with_each.flat_map(|(tried, each)| (0..repos).map(move |repo| Attempt { tried, repo, each })).collect()
}

/// Returns the key for the given names.
pub fn value(key: &Key, inputs: &Inputs, hashtext: Hashtext) -> Option<LockKey> {
    match key {
        Key::Computed(computed) => computed.formula.value(inputs, hashtext)?.try_into().ok().map(LockKey::Bigint),
        Key::Pair(pair) => {
            let [first, second] = &pair.pair;
            Some(LockKey::Pair(half(first, inputs, hashtext)?, half(second, inputs, hashtext)?))
        }
        _ => None,
    }
}

fn half(part: &Part, inputs: &Inputs, hashtext: Hashtext) -> Option<i32> {
    match part {
        Part::Number(number) => Some(*number),
        Part::Formula(formula) => formula.value(inputs, hashtext)?.try_into().ok(),
        Part::Any(_) | Part::Table(_) => None,
    }
}

/// Returns the names to try, the likely ones first.
fn tries<'a>(
    entry: Entry<'a>,
    key: &'a Key,
    database_context: &'a DatabaseContext,
    presence: &Presence<'a>,
) -> Vec<Try<'a>> {
    let names = key.names();
    let schemas = schemas(entry, names, database_context, presence);
    let mut tries: Vec<Try> = match (key.asks_for(Input::Schema), key.asks_for(Input::Table)) {
        (true, true) => schema_tables(entry, names, &schemas, presence),
        (true, false) => {
            schemas.iter().map(|(schema, is_likely)| Try { schema, is_likely: *is_likely, ..Try::default() }).collect()
        }
        (false, true) => {
            let found = presence.history(entry.tool).map(|found| found.table.as_str());
            let usual = names.tables.iter().map(String::as_str);
            found.chain(usual).map(|table| Try { table, is_likely: true, ..Try::default() }).collect()
        }
        (false, false) if key.asks_for(Input::Name) => {
            let others = schemas.iter().map(|(schema, _)| Try { name: schema, ..Try::default() });
            let own = Try { name: &database_context.database, is_likely: true, ..Try::default() };
            std::iter::once(own).chain(others).collect()
        }
        (false, false) => vec![Try { is_likely: true, ..Try::default() }],
    };
    tries.sort_by_key(|tried| !tried.is_likely);
    tries
}

/// Returns every schema, and the tool's default schemas even if they do not exist, each with
/// whether the tool is expected in it.
fn schemas<'a>(
    entry: Entry<'a>,
    names: &'a Names,
    database_context: &'a DatabaseContext,
    presence: &Presence<'a>,
) -> Vec<(&'a str, bool)> {
    let usual: Vec<&str> = match names.schemas.is_empty() {
        true => vec![USUAL_SCHEMA],
        false => names.schemas.iter().map(String::as_str).collect(),
    };
    let with_tables = presence.schemas_with(entry.tool);
    let is_likely =
        |schema: &str| with_tables.contains(schema) || names.tables.iter().any(|table| presence.has(schema, table));
    let others = database_context.schemas.iter().map(String::as_str).filter(|schema| !usual.contains(schema));
    let others = others.map(|schema| (schema, is_likely(schema)));
    usual.iter().map(|schema| (*schema, true)).chain(others).collect()
}

fn schema_tables<'a>(
    entry: Entry<'a>,
    names: &'a Names,
    schemas: &[(&'a str, bool)],
    presence: &Presence<'a>,
) -> Vec<Try<'a>> {
    let found = presence.history(entry.tool).map(|found| Try {
        schema: &found.schema,
        table: &found.table,
        is_likely: true,
        ..Try::default()
    });
    let usual = schemas.iter().flat_map(|(schema, is_likely)| {
        names.tables.iter().map(|table| Try { schema, table, is_likely: *is_likely, ..Try::default() })
    });
    found.chain(usual).collect()
}

/// Returns the repo modules that Phoenix generates for a database of that name: `MyApp.Repo` for
/// `my_app_dev`.
fn repos(database: &str) -> Vec<String> {
    let application = ENVIRONMENTS.iter().find_map(|ending| database.strip_suffix(ending));
    let modules = application.into_iter().chain([database]).map(|name| format!("Elixir.{}.Repo", camelize(name)));
    modules.collect()
}

/// Does what Elixir's `Macro.camelize/1` does, for names with hyphens as well.
fn camelize(name: &str) -> String {
    let words = name.split(['_', '-']).filter(|word| !word.is_empty());
    words
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect::<Vec<char>>()
        })
        .collect()
}

#[cfg(test)]
#[path = "computed_keys_tests.rs"]
mod tests;
