//! From the tables found to the rows of `migration_report`.

use super::discover::find;
use super::found::Found;
use super::layout::{Fit, Part};
use super::named_relations;
use super::reading::{Unread, not_a_table, read};
use super::table_locks::{Lock, Locks};
use super::tool_tables::{Scene, Table};
use super::verdict::{Status, Verdict};
use crate::error::Error;
use crate::locks;
use crate::pg::names::QualifiedName;
use crate::pg::{database, heap_rows, subtransaction};
use crate::report::progress::Progress;
use crate::report::quoting::printable;
use crate::report::wording;
use pgrx::Spi;
use pgrx::pg_sys::Oid;
use std::collections::BTreeMap;

const CODE_ON_WRITE: &str = include_str!("../../sql/queries/code_run_on_write.sql");

/// A row of `migration_report`.
#[derive(Clone, Debug)]
pub struct Row {
    pub status: Status,
    pub tool: &'static str,
    pub table: Oid,
    pub version: Option<String>,
    pub detail: Option<String>,
    pub fix: Option<String>,
    /// What is wrong with the tool's lock, where `state` says that it is taken; and whether that is an advisory lock.
    pub lock: Option<locks::Status>,
    pub is_advisory: bool,
    /// To sort by, and to show.
    pub name: QualifiedName,
}

/// The tables that a tool keeps together: one row.
#[derive(Debug, Default)]
struct Group {
    history: Option<Found>,
    lock: Option<Found>,
    metadata: Option<Found>,
}

/// A row for each tool and schema, and for each history if a tool has several in one schema; the worst first.
pub fn report() -> Result<Vec<Row>, Error> {
    let (sound, odd): (Vec<Found>, Vec<Found>) = find()?.into_iter().partition(Found::is_sound);
    let groups = groups(sound);
    if groups.is_empty() && odd.is_empty() {
        return Ok(Vec::new());
    }
    let locks = Locks::read()?;
    let database = database::name(database::current()).unwrap_or_default();
    let mut rows: Vec<Row> = odd.iter().filter(|found| found.layout.part != Part::Metadata).map(Row::odd).collect();
    let mut progress = Progress::new("migration histories", groups.len());
    for group in &groups {
        progress.step();
        rows.extend(group.row(&locks, &database)?);
    }
    rows.sort_by(|one, other| (one.status, &one.name, one.tool).cmp(&(other.status, &other.name, other.tool)));
    Ok(rows)
}

/// Puts tables of one tool in one schema together. A lock belongs to the only history there is, or to the one after which it is
/// named.
fn groups(found: Vec<Found>) -> Vec<Group> {
    let mut schemas: BTreeMap<(String, &'static str), Vec<Found>> = BTreeMap::new();
    for table in found {
        schemas.entry((table.relation.schema.clone(), table.judge_name())).or_default().push(table);
    }
    schemas.into_values().flat_map(pair).collect()
}

fn pair(tables: Vec<Found>) -> Vec<Group> {
    let (mut histories, mut locks, mut metadata) = (Vec::new(), Vec::new(), None);
    for table in tables {
        match table.layout.part {
            Part::History => histories.push(table),
            Part::Lock => locks.push(table),
            Part::Metadata => metadata = Some(table),
        }
    }
    if let ([_], [_]) = (histories.as_slice(), locks.as_slice()) {
        return vec![Group { history: histories.pop(), lock: locks.pop(), metadata }];
    }
    let mut locks: BTreeMap<String, Found> =
        locks.into_iter().map(|lock| (lock.relation.table.clone(), lock)).collect();
    let mut groups: Vec<Group> = Vec::new();
    for history in histories {
        // Knex, and Liquibase under a prefix.
        let lock =
            ["_lock", "lock", "LOCK"].iter().find_map(|end| locks.remove(&format!("{}{end}", history.relation.table)));
        groups.push(Group { history: Some(history), lock, metadata: metadata.clone() });
    }
    groups.extend(locks.into_values().map(|lock| Group { lock: Some(lock), ..Group::default() }));
    groups
}

impl Found {
    /// Whether it can be read as its tool reads it.
    fn is_sound(&self) -> bool {
        self.fit == Fit::Whole && self.relation.kind == b'r'
    }

    /// One name for all of a tool's tables.
    fn judge_name(&self) -> &'static str {
        self.layout.tool
    }

    /// Leaves no fix that would do something else than it says.
    fn withhold_fix(&self, verdict: &mut Verdict) -> Result<(), Error> {
        if verdict.fix.is_none() {
            return Ok(());
        }
        if !self.relation.is_exact {
            verdict.withhold_fix("no fix, since the table's name cannot be written here in this database's encoding");
        } else if has_code_on_write(self.relation.oid)? {
            verdict.withhold_fix(
                "no fix, since the table has what no tool gives it (triggers, rules, policies, checks, generated columns, \
                 child tables or indexes with expressions), which would run with the rights of whoever runs the fix",
            );
        }
        Ok(())
    }

    /// Its name as SQL may show it.
    pub fn name(&self) -> QualifiedName {
        QualifiedName { schema: self.relation.schema.clone(), name: self.relation.table.clone() }
    }
}

impl Group {
    /// `None` if the tables are gone meanwhile.
    fn row(&self, locks: &Locks, database: &str) -> Result<Option<Row>, Error> {
        let Some(main) = self.history.as_ref().or(self.lock.as_ref()) else { return Ok(None) };
        let scene = match self.scene(main, locks, database) {
            Ok(scene) => scene,
            Err((_, Unread::Gone)) => return Ok(None),
            Err((table, unread)) => return Ok(Some(self.unread(table, unread, locks)?)),
        };
        let mut verdict = (main.judge.judge)(&scene);
        self.consider_busy(&mut verdict, locks)?;
        let table = if verdict.part == Part::Lock { self.lock.as_ref().unwrap_or(main) } else { main };
        table.withhold_fix(&mut verdict)?;
        Ok(Some(Row {
            status: verdict.status,
            tool: main.tool,
            table: table.relation.oid,
            // Any role that may write to the tables may choose these texts.
            detail: verdict.detail().map(|text| printable(&text)),
            version: verdict.version.map(|text| printable(&text)),
            fix: verdict.fix,
            lock: verdict.lock,
            is_advisory: verdict.is_advisory,
            name: table.name(),
        }))
    }

    fn scene(&self, main: &Found, locks: &Locks, database: &str) -> Result<Scene, (&Found, Unread)> {
        // Metadata are worth a word, not a verdict.
        let metadata = self.metadata.as_ref().and_then(|found| read_alone(found).ok());
        Ok(Scene {
            history: read_all(self.history.as_ref())?,
            lock: read_all(self.lock.as_ref())?,
            metadata,
            schema: main.relation.schema.clone(),
            table: main.relation.table.clone(),
            database: database.to_owned(),
            now: heap_rows::now(),
            advisory: locks.advisory.clone(),
            find_relation: Some(named_relations::look_up),
        })
    }

    /// What sessions do counts for more than what the tables say so far.
    fn consider_busy(&self, verdict: &mut Verdict, locks: &Locks) -> Result<(), Error> {
        if verdict.is_doubtful && verdict.fix.is_some() {
            match locks.in_the_way() {
                Some(others) => verdict.withhold_fix(&format!("no fix as long as {others}")),
                None => locks.reading().iter().for_each(|reading| verdict.note(reading)),
            }
        }
        for found in self.history.iter().chain(&self.lock) {
            let is_clean = matches!(verdict.status, Status::Clean | Status::InProgress);
            let named = if is_clean || found.layout.part == verdict.part { "it" } else { &found.name().quoted() };
            let holdings = locks.holdings(found.relation.oid, named);
            if is_clean && !holdings.is_empty() {
                verdict.part = found.layout.part;
            }
            verdict.consider(holdings);
        }
        let Some(main) = self.history.as_ref().or(self.lock.as_ref()) else { return Ok(()) };
        let lock =
            Lock { tool: main.tool, schema: &main.relation.schema, table: &main.relation.table, key: verdict.lock_key };
        for row in locks.advisory(&lock)? {
            verdict.consider_advisory(row);
        }
        Ok(())
    }

    fn unread(&self, table: &Found, unread: Unread, locks: &Locks) -> Result<Row, Error> {
        let oid = table.relation.oid;
        let mut verdict = Verdict::clean(None);
        match unread {
            Unread::Busy => {
                let mut found = (locks.holdings(oid, "it"), locks.waiting(oid, "it"));
                if found.0.is_empty() && found.1.is_empty() {
                    // The session that holds it may have come after the first look.
                    let again = Locks::read()?;
                    found = (again.holdings(oid, "it"), again.waiting(oid, "it"));
                }
                match found {
                    (holdings, _) if !holdings.is_empty() => verdict.consider(holdings),
                    (_, waiting) if !waiting.is_empty() => {
                        verdict = Verdict::of(Status::InProgress, None, waiting.join(", "));
                    }
                    _ => verdict = Verdict::of(Status::Unknown, None, "others hold a lock on it"),
                }
            }
            Unread::Refused(refusal) => {
                verdict = Verdict::of(Status::Unknown, None, refusal.reason);
                verdict.fix = refusal.fix;
            }
            Unread::Failed(error) => verdict = Verdict::of(Status::Unknown, None, wording::error(&error)),
            Unread::Gone => verdict = Verdict::of(Status::Unknown, None, "it has just been dropped"),
        }
        Ok(Row {
            status: verdict.status,
            tool: table.tool,
            table: oid,
            version: None,
            detail: verdict.detail(),
            fix: verdict.fix,
            lock: verdict.lock,
            is_advisory: false,
            name: table.name(),
        })
    }
}

/// Whether writing to the table runs anything of its owner's.
fn has_code_on_write(table: Oid) -> Result<bool, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| Ok(client.select(CODE_ON_WRITE, None, &[table.into()])?.first().get_one::<bool>()?))
    })
    .map(|found| found.unwrap_or(true))
}

fn read_all(found: Option<&Found>) -> Result<Option<Table>, (&Found, Unread)> {
    found.map(|found| read_alone(found).map_err(|unread| (found, unread))).transpose()
}

/// Reads in a subtransaction: a broken table must not stop the others.
fn read_alone(found: &Found) -> Result<Table, Unread> {
    subtransaction::attempt(|| match read(found) {
        Err(Unread::Failed(error)) => Err(error),
        outcome => Ok(outcome),
    })?
}

impl Row {
    /// What bears a tool's name and is not its table.
    fn odd(found: &Found) -> Row {
        let detail = match found.fit {
            Fit::Lacks(column) if found.relation.kind == b'r' => {
                format!("not as {} makes it: no column {column} of the type it has there", found.tool)
            }
            _ => not_a_table(found.relation.kind).to_owned(),
        };
        Row {
            status: Status::Unknown,
            tool: found.tool,
            table: found.relation.oid,
            version: None,
            detail: Some(detail),
            fix: None,
            lock: None,
            is_advisory: false,
            name: found.name(),
        }
    }
}
