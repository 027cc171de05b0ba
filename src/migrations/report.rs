//! Makes the rows of `migration_report` from the tables found.

use super::discover::find;
use super::found::Found;
use super::layout::{Fit, Part};
use super::named_relations;
use super::reading::{Unread, not_a_table, read};
use super::table_locks::{Lock, Locks};
use super::tool_tables::{Table, ToolTables};
use super::verdict::{Status, Verdict};
use crate::error::Error;
use crate::locks;
use crate::pg::names::QualifiedName;
use crate::pg::{access, database, heap_rows, settings, subtransaction};
use crate::report::progress::Progress;
use crate::report::quoting::printable;
use crate::report::statements::Statements;
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
    /// The verdict on the tool's lock, if it decides the status.
    pub lock: Option<locks::Status>,
    /// Whether that is an advisory lock.
    pub is_advisory: bool,
    /// Whether the table could be read. If not, no failed migration is found in it.
    pub is_read: bool,
    /// The table's name, which rows are sorted by.
    pub name: QualifiedName,
}

/// The tables of a tool that make one row.
#[derive(Debug, Default)]
struct Group {
    history: Option<Found>,
    lock: Option<Found>,
    metadata: Option<Found>,
}

/// Returns a row for each tool and schema, and for each history if a tool has several in a schema;
/// the worst first.
pub fn report() -> Result<Vec<Row>, Error> {
    // A fix may compare with a time, and may be run in a session with another DateStyle.
    settings::with_iso_dates(rows)
}

fn rows() -> Result<Vec<Row>, Error> {
    let (sound, unrecognized): (Vec<Found>, Vec<Found>) = find()?.into_iter().partition(Found::is_sound);
    let groups = groups(sound);
    if groups.is_empty() && unrecognized.is_empty() {
        return Ok(Vec::new());
    }
    let locks = Locks::read()?;
    let database = database::name(database::current()).unwrap_or_default();
    let mut rows: Vec<Row> =
        unrecognized.iter().filter(|found| found.layout.part != Part::Metadata).map(Row::unrecognized).collect();
    let mut progress = Progress::new("migration histories", groups.len());
    for group in &groups {
        progress.step();
        rows.extend(group.row(&locks, &database)?);
    }
    rows.sort_by(|one, other| (one.status, &one.name, one.tool).cmp(&(other.status, &other.name, other.tool)));
    Ok(rows)
}

/// Groups the tables of each tool in each schema. A lock belongs to the only history, or to the one
/// after which it is named.
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
        // As Knex names it, and Liquibase with a prefix.
        let lock =
            ["_lock", "lock", "LOCK"].iter().find_map(|end| locks.remove(&format!("{}{end}", history.relation.table)));
        groups.push(Group { history: Some(history), lock, metadata: metadata.clone() });
    }
    groups.extend(locks.into_values().map(|lock| Group { lock: Some(lock), ..Group::default() }));
    groups
}

impl Found {
    /// Whether the relation can be read as its tool reads it.
    fn is_sound(&self) -> bool {
        self.fit == Fit::Whole && self.relation.kind == b'r'
    }

    /// Returns the name that all of a tool's tables have in common.
    fn judge_name(&self) -> &'static str {
        self.layout.tool
    }

    /// Withholds a fix that would do something other than it says.
    fn withhold_fix(&self, verdict: &mut Verdict) -> Result<(), Error> {
        if verdict.fix.is_none() {
            return Ok(());
        }
        if !self.relation.is_exact {
            verdict.withhold_fix("no fix, since the table's name cannot be written here in this database's encoding");
        } else if has_code_on_write(self.relation.oid)? {
            verdict.withhold_fix(
                "no fix, since the table has features that no tool creates (triggers, rules, policies, checks, generated columns, \
                 child tables or indexes with expressions), which would run with the privileges of the role that runs the fix",
            );
        }
        Ok(())
    }

    /// Returns the relation's name.
    pub fn name(&self) -> QualifiedName {
        QualifiedName { schema: self.relation.schema.clone(), name: self.relation.table.clone() }
    }
}

impl Group {
    /// Returns the group's row; `None` if its tables were dropped concurrently.
    fn row(&self, locks: &Locks, database: &str) -> Result<Option<Row>, Error> {
        let Some(main) = self.history.as_ref().or(self.lock.as_ref()) else { return Ok(None) };
        let tables = match self.tables(main, locks, database) {
            Ok(tables) => tables,
            Err((_, Unread::Gone)) => return Ok(None),
            Err((table, unread)) => return Ok(Some(self.unread(table, unread, locks)?)),
        };
        let mut verdict = (main.judge.judge)(&tables);
        self.consider_sessions(&mut verdict, locks)?;
        let table = if verdict.part == Part::Lock { self.lock.as_ref().unwrap_or(main) } else { main };
        table.withhold_fix(&mut verdict)?;
        // This is the last clause, since it may end with a statement.
        advise_on_rows(&mut verdict)?;
        Ok(Some(Row {
            status: verdict.status,
            tool: main.tool,
            table: table.relation.oid,
            // Any role that may write to the tables can choose these texts.
            detail: verdict.detail().map(|text| printable(&text)),
            version: verdict.version.map(|text| printable(&text)),
            fix: verdict.fix,
            lock: verdict.lock,
            is_advisory: verdict.is_advisory,
            is_read: true,
            name: table.name(),
        }))
    }

    fn tables(&self, main: &Found, locks: &Locks, database: &str) -> Result<ToolTables, (&Found, Unread)> {
        // The metadata add to the detail, but do not decide the verdict.
        let metadata = self.metadata.as_ref().and_then(|found| read_in_subtransaction(found).ok());
        Ok(ToolTables {
            history: read_optional(self.history.as_ref())?,
            lock: read_optional(self.lock.as_ref())?,
            metadata,
            schema: main.relation.schema.clone(),
            table: main.relation.table.clone(),
            database: database.to_owned(),
            now: heap_rows::now(),
            is_standby: access::is_standby(),
            advisory: locks.advisory.clone(),
            find_relation: Some(named_relations::look_up),
        })
    }

    /// Revises the verdict on the tables according to what sessions do.
    fn consider_sessions(&self, verdict: &mut Verdict, locks: &Locks) -> Result<(), Error> {
        if verdict.is_doubtful && access::is_standby() {
            verdict.withhold_fix("only the primary knows whether it is still running");
        }
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
            Unread::Locked => {
                let mut found = (locks.holdings(oid, "it"), locks.waiting(oid, "it"));
                if found.0.is_empty() && found.1.is_empty() {
                    // The session that holds the lock may have acquired it after the first
                    // observation.
                    let again = Locks::read()?;
                    found = (again.holdings(oid, "it"), again.waiting(oid, "it"));
                }
                match found {
                    (holdings, _) if !holdings.is_empty() => verdict.consider(holdings),
                    (_, waiting) => {
                        verdict = match wording::join(waiting) {
                            Some(waiting) => Verdict::of(Status::InProgress, None, waiting),
                            None => Verdict::of(Status::Unknown, None, "could not obtain the lock"),
                        };
                    }
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
            is_read: false,
            name: table.name(),
        })
    }
}

/// Adds how to find the rows that violate a foreign key, if the migration failed on such rows.
fn advise_on_rows(verdict: &mut Verdict) -> Result<(), Error> {
    if let Some(key) = verdict.violated.take() {
        let statements = Statements::new()?;
        let call = |child: &str, columns: &[String], parent: &str| statements.precheck(child, columns, parent);
        for clause in key.advice(named_relations::look_up, call) {
            verdict.note(&clause.to_string());
        }
    }
    Ok(())
}

/// Whether writing to the table would run code of its owner.
fn has_code_on_write(table: Oid) -> Result<bool, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| Ok(client.select(CODE_ON_WRITE, None, &[table.into()])?.first().get_one::<bool>()?))
    })
    .map(|found| found.unwrap_or(true))
}

fn read_optional(found: Option<&Found>) -> Result<Option<Table>, (&Found, Unread)> {
    found.map(|found| read_in_subtransaction(found).map_err(|unread| (found, unread))).transpose()
}

/// Reads the table in a subtransaction, since a corrupted table must not stop the report.
fn read_in_subtransaction(found: &Found) -> Result<Table, Unread> {
    subtransaction::attempt(|| match read(found) {
        Err(Unread::Failed(error)) => Err(error),
        outcome => Ok(outcome),
    })?
}

impl Row {
    /// Returns the row of a relation that has a tool's name but is not its table.
    fn unrecognized(found: &Found) -> Row {
        let detail = match found.fit {
            Fit::Lacks(column) if found.relation.kind == b'r' => {
                format!("not as {} creates it: column {column} is missing or has another type", found.tool)
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
            is_read: false,
            name: found.name(),
        }
    }
}
