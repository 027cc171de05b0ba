//! What the two functions say of a statement's locks, in one shape.

use crate::locks::Existing;
use anyhow::{Context, Result, bail, ensure};
use postgres::Client;
use std::collections::{BTreeMap, BTreeSet};

pub const MODES: [&str; 8] = [
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

/// The locks of one statement, and what it reads or rewrites under them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The number of each relation's strongest mode in `MODES`.
    pub locks: BTreeMap<String, usize>,
    /// The indexes that are locked AccessExclusive while their table is not.
    pub indexes: BTreeSet<String>,
    pub reads: BTreeSet<String>,
    pub rewrites: BTreeSet<String>,
    /// Partitioned tables of which some partitions are locked alike.
    pub reached: BTreeSet<String>,
    /// Whether the function says that it does not know.
    pub is_unknown: bool,
}

impl Observed {
    pub fn is_empty(&self) -> bool {
        self.locks.is_empty() && self.indexes.is_empty()
    }

    /// Returns what concerns relations that exist.
    pub fn of(mut self, existing: &Existing) -> Observed {
        let top = MODES.len() - 1;
        let exclusive = |(name, mode): (&String, &usize)| (*mode == top).then(|| name.clone());
        self.indexes.extend(self.locks.iter().filter_map(exclusive));
        self.locks.retain(|name, _| existing.tables.contains(canonical(name)));
        self.locks = self.locks.into_iter().map(|(name, mode)| (canonical(&name).to_owned(), mode)).collect();
        self.reads.retain(|name| existing.tables.contains(name));
        self.rewrites.retain(|name| existing.tables.contains(name));
        self
    }

    /// Adds the partitions that a query reaches by its conditions and rows, as they were measured.
    pub fn resolve_partitions(&mut self, measured: &Observed, existing: &Existing) {
        for (parent, partition) in &existing.partitions {
            let (Some(mode), true) = (self.locks.get(parent).copied(), self.reached.contains(parent)) else { continue };
            if measured.locks.get(partition) == Some(&mode) {
                self.locks.insert(partition.clone(), mode);
            }
        }
    }

    /// Returns this without what exceeds `measured`.
    pub fn within(&self, measured: &Observed) -> Observed {
        let mut within = self.clone();
        within.locks.retain(|name, _| measured.locks.contains_key(name));
        for (name, mode) in &mut within.locks {
            *mode = (*mode).min(measured.locks[name]);
        }
        within.rewrites.retain(|name| measured.rewrites.contains(name));
        within.reads.retain(|name| measured.reads.contains(name));
        within
    }

    /// Leaves the locks that an earlier statement of the transaction has not acquired.
    pub fn only_new(statements: &mut [Observed], existing: &Existing) {
        let mut held: BTreeMap<String, usize> = BTreeMap::new();
        for statement in statements {
            let locks = &statement.locks;
            let is_exclusive = |table: &String| locks.get(table).max(held.get(table)) == Some(&(MODES.len() - 1));
            statement.indexes.retain(|name| existing.indexes.get(name).is_some_and(|table| !is_exclusive(table)));
            statement.locks.retain(|name, mode| held.get(name).is_none_or(|held| held < mode));
            held.extend(statement.locks.iter().map(|(name, mode)| (name.clone(), *mode)));
        }
    }

    /// Returns copies with one lock less, weaker, or more, and with one read or rewrite less.
    pub fn doctored(&self) -> Vec<Observed> {
        let mut copies = Vec::new();
        for (name, mode) in &self.locks {
            let mut without = self.clone();
            without.locks.remove(name);
            copies.push(without);
            let mut other = self.clone();
            other.locks.insert(name.clone(), (mode + 1) % MODES.len());
            copies.push(other);
        }
        let mut more = self.clone();
        more.locks.insert("public.invented".to_owned(), 0);
        copies.push(more);
        for name in &self.indexes {
            let mut without = self.clone();
            without.indexes.remove(name);
            copies.push(without);
        }
        copies
    }
}

/// Returns the name that a relation had before the statements of a case renamed it.
fn canonical(name: &str) -> &str {
    if name == "public.store" { "public.depot" } else { name }
}

/// Returns what differs, in words.
pub fn compare(told: &Observed, measured: &Observed, statement: &str) -> Vec<String> {
    let mut found = Vec::new();
    let names: BTreeSet<&String> = told.locks.keys().chain(measured.locks.keys()).collect();
    for name in names {
        let (ours, real) = (told.locks.get(name), measured.locks.get(name));
        if ours != real {
            let mode = |mode: Option<&usize>| mode.map_or("nothing", |mode| MODES[*mode]);
            found.push(format!("{name}: told {}, measured {}", mode(ours), mode(real)));
        }
    }
    if told.indexes != measured.indexes {
        found.push(format!("indexes: told {:?}, measured {:?}", told.indexes, measured.indexes));
    }
    if !is_definition(statement) {
        return found;
    }
    if told.rewrites != measured.rewrites {
        found.push(format!("rewrites: told {:?}, measured {:?}", told.rewrites, measured.rewrites));
    }
    // The planner may look up the rows of a referenced table by its index.
    let has_key = ["REFERENCES", "VALIDATE", "DETACH", " TYPE "].iter().any(|word| statement.contains(word));
    let reads: BTreeSet<&String> =
        told.reads.iter().filter(|name| !has_key || measured.reads.contains(*name)).collect();
    if measured.rewrites.is_empty() && reads != measured.reads.iter().collect() {
        found.push(format!("reads: told {:?}, measured {:?}", told.reads, measured.reads));
    }
    found
}

/// Whether the row says what a statement reads: of definitions only.
fn is_definition(statement: &str) -> bool {
    ["ALTER", "CREATE INDEX", "CREATE UNIQUE", "DROP", "COMMENT"].iter().any(|word| statement.starts_with(word))
}

/// Rehearses the script.
pub fn measured(client: &mut Client, script: &str) -> Result<Vec<Observed>> {
    let query =
        "SELECT status, coalesce(message, detail, ''), coalesce(locks, '{}'), scanned, coalesce(rewritten, '{}')
        FROM migration_rehearse($1, mode => 'transaction') WHERE statement IS NOT NULL";
    let mut found = Vec::new();
    for row in client.query(query, &[&script]).context("the rehearsal")? {
        let (status, message): (String, String) = (row.get(0), row.get(1));
        ensure!(status == "ok", "the rehearsal: {status}: {message}");
        let (locks, scanned, rewritten): (Vec<String>, Vec<String>, Vec<String>) = (row.get(2), row.get(3), row.get(4));
        let mut observed = Observed { rewrites: rewritten.into_iter().collect(), ..Observed::default() };
        for lock in locks {
            let (mode, name) = lock.split_once(" on ").context("a lock has a relation")?;
            observed.locks.insert(name.to_owned(), number(mode)?);
        }
        observed.reads = scanned.iter().map(|table| table.split(" (").next().unwrap_or(table).to_owned()).collect();
        found.push(observed);
    }
    Ok(found)
}

/// Has the script judged.
pub fn told(client: &mut Client, script: &str, count: usize, mode: &str) -> Result<Vec<Observed>> {
    let query = "SELECT severity, statement, check_name, detail FROM migration_precheck($1, mode => $2)";
    let mut found = vec![Observed::default(); count];
    for row in client.query(query, &[&script, &mode]).context("the precheck")? {
        let (severity, check, detail): (String, String, String) = (row.get(0), row.get(2), row.get(3));
        ensure!(severity != "error", "the precheck: {check}: {detail}");
        let Some(statement) = row.get::<_, Option<i32>>(1) else { continue };
        let index = usize::try_from(statement - 1)?;
        let observed = found.get_mut(index).context("a statement's number")?;
        observed.is_unknown |= severity == "unknown";
        if check == "lock" || check == "rewrite" {
            clauses(&detail, observed)?;
        }
    }
    Ok(found)
}

/// Reads the clauses of a row about locks.
fn clauses(detail: &str, observed: &mut Observed) -> Result<()> {
    for clause in detail.split("; ") {
        let reaches = clause.ends_with(" and the partitions that it reaches");
        let clause = clause.strip_suffix(" and the partitions that it reaches").unwrap_or(clause);
        let clause = clause.split(" (").next().unwrap_or(clause);
        if let Some(names) = clause.strip_prefix("reads all rows of ") {
            observed.reads.extend(names.split(", ").map(str::to_owned));
        } else if let Some(names) = clause.strip_prefix("rewrites ") {
            let names = names.strip_suffix(" and its indexes").unwrap_or(names);
            observed.rewrites.extend(names.split(", ").map(str::to_owned));
        } else if let Some((mode, name)) = clause.split_once(" on ").filter(|(mode, _)| mode.ends_with("Lock")) {
            match name.strip_prefix("index ") {
                Some(index) => drop(observed.indexes.insert(format!("public.{index}"))),
                None => {
                    observed.locks.insert(name.to_owned(), number(mode)?);
                    if reaches {
                        observed.reached.insert(name.to_owned());
                    }
                }
            }
        }
    }
    Ok(())
}

fn number(mode: &str) -> Result<usize> {
    match MODES.iter().position(|known| *known == mode) {
        Some(number) => Ok(number),
        None => bail!("unknown lock mode {mode}"),
    }
}
