//! The locks, reads and rewrites that migration_precheck announces are those that
//! migration_rehearse measures, for statements of every kind.

use crate::locks_told::{Observed, compare, measured, told};
use anyhow::{Context, Result, bail, ensure};
use cluster::{Server, report};
use postgres::Client;
use std::collections::{BTreeMap, BTreeSet};

pub const SCHEMA: &str = include_str!("locks_schema.sql");
const STATEMENTS: &str = include_str!("locks_statements.txt");

/// A line of locks_statements.txt.
struct Case {
    statements: Vec<&'static str>,
    since: u32,
    until: u32,
    expected: Expected,
}

/// How the two answers are related.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Same,
    /// The statements lock no relation that exists.
    Nothing,
    /// Rows decide about a lock, so that precheck tells more than is measured.
    More,
    /// Precheck says `unknown` of the part of the statement that locks.
    Untold,
}

fn cases(major: u32) -> Result<Vec<Case>> {
    let lines = STATEMENTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cases: Vec<Case> = lines.map(case).collect::<Result<_>>()?;
    Ok(cases.into_iter().filter(|case| (case.since..=case.until).contains(&major)).collect())
}

fn case(line: &'static str) -> Result<Case> {
    let mut case = Case { statements: Vec::new(), since: 0, until: u32::MAX, expected: Expected::Same };
    let mut text = line;
    while let Some((mark, rest)) = text.split_once(": ").filter(|(mark, _)| mark.starts_with(char::is_lowercase)) {
        match mark.split_once(' ') {
            None if mark == "nothing" => case.expected = Expected::Nothing,
            None if mark == "more" => case.expected = Expected::More,
            None if mark == "untold" => case.expected = Expected::Untold,
            Some(("since", major)) => case.since = major.parse()?,
            Some(("until", major)) => case.until = major.parse()?,
            _ => bail!("{line}: unknown mark {mark}"),
        }
        text = rest;
    }
    case.statements = text.split(" ;; ").collect();
    Ok(case)
}

/// The relations that exist before the statements.
pub struct Existing {
    pub tables: BTreeSet<String>,
    /// Each index with its table.
    pub indexes: BTreeMap<String, String>,
    /// Each partitioned table with each of its partitions, at any depth.
    pub partitions: BTreeSet<(String, String)>,
}

fn existing(client: &mut Client) -> Result<Existing> {
    let tables = "SELECT 'public.' || relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')";
    let partitions = "SELECT 'public.' || p.relname, 'public.' || c.relname
        FROM pg_class p JOIN LATERAL pg_partition_tree(p.oid) t ON t.relid <> p.oid
        JOIN pg_class c ON c.oid = t.relid WHERE p.relkind = 'p' AND p.relnamespace = 'public'::regnamespace";
    let indexes = "SELECT 'public.' || i.relname, 'public.' || t.relname FROM pg_index x
        JOIN pg_class i ON i.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
        WHERE i.relnamespace = 'public'::regnamespace";
    Ok(Existing {
        tables: client.query(tables, &[])?.iter().map(|row| row.get(0)).collect(),
        indexes: client.query(indexes, &[])?.iter().map(|row| (row.get(0), row.get(1))).collect(),
        partitions: client.query(partitions, &[])?.iter().map(|row| (row.get(0), row.get(1))).collect(),
    })
}

/// Returns what both functions say of the case's statements, each in its transaction so far.
fn both(client: &mut Client, existing: &Existing, case: &Case) -> Result<(Vec<Observed>, Vec<Observed>)> {
    let script = case.statements.join(";\n");
    let measured = measured(client, &script)?;
    let told = told(client, &script, case.statements.len(), "transaction")?;
    ensure!(measured.len() == told.len(), "the functions count different statements");
    let mut told: Vec<Observed> = told.into_iter().map(|told| told.of(existing)).collect();
    let mut measured: Vec<Observed> = measured.into_iter().map(|seen| seen.of(existing)).collect();
    for (told, measured) in told.iter_mut().zip(&measured) {
        told.resolve_partitions(measured, existing);
    }
    Observed::only_new(&mut told, existing);
    Observed::only_new(&mut measured, existing);
    Ok((told, measured))
}

#[test]
fn precheck_tells_locks_that_rehearsal_measures() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("locks")?;
    client.batch_execute("SET client_min_messages = warning")?;
    client.batch_execute(SCHEMA)?;
    let existing = existing(&mut client)?;
    let (mut compared, mut locks, mut rewrites, mut reads, mut wrong) = (0, 0, 0, 0, Vec::new());
    for case in cases(server.major())? {
        let name = case.statements.join("; ");
        let (told, measured) = match both(&mut client, &existing, &case) {
            Ok(both) => both,
            Err(error) => {
                wrong.push(format!("{name}\n  {error:#}"));
                continue;
            }
        };
        let is_empty = measured.iter().chain(&told).all(Observed::is_empty);
        if is_empty != (case.expected == Expected::Nothing) {
            wrong.push(format!("{name}\n  locks {}", if is_empty { "nothing" } else { "something" }));
        }
        for ((told, measured), statement) in told.iter().zip(&measured).zip(&case.statements) {
            compared += 1;
            locks += measured.locks.len();
            rewrites += measured.rewrites.len();
            reads += measured.reads.len();
            let found = match case.expected {
                Expected::More => compare(&told.within(measured), measured, statement),
                Expected::Untold if told.is_unknown => Vec::new(),
                _ => compare(told, measured, statement),
            };
            if case.expected == Expected::More && compare(told, measured, statement).is_empty() {
                wrong.push(format!("{name}\n  tells exactly what is measured"));
            }
            if case.expected == Expected::Untold && compare(told, measured, statement).is_empty() {
                wrong.push(format!("{name}\n  is told"));
            }
            if !found.is_empty() {
                wrong.push(format!("{name}\n  {}", found.join("\n  ")));
            }
            // The comparison notices each lock that is missing, weaker or too many.
            for doctored in told.doctored() {
                ensure!(compare(&doctored, told, statement) != [""; 0], "{name}: {doctored:?} counts as {told:?}");
            }
        }
    }
    report!("{compared} statements: {locks} locks, {rewrites} rewrites, {reads} reads as measured");
    ensure!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    ensure!(compared > 250 && locks > 300 && rewrites > 20 && reads > 40, "the list has shrunk");
    Ok(())
}

#[test]
fn precheck_locks_are_of_the_list() -> Result<()> {
    let lines = cases(15)?;
    let mut seen = BTreeSet::new();
    for case in &lines {
        let name = case.statements.join("; ");
        ensure!(seen.insert(name.clone()), "{name} is in the list twice");
    }
    let first = lines.first().context("the list is empty")?;
    ensure!(first.expected == Expected::Same && first.until == u32::MAX);
    Ok(())
}
