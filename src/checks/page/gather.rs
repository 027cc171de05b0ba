//! Asks the other functions for the content of the page.

use super::content::{Compared, Content, Difference, Header, Sequence, Session};
use super::script::gather::{Request, judge, rehearse};
use crate::checks::run::run;
use crate::checks::sequences;
use crate::checks::target::Target;
use crate::error::Error;
use crate::locks;
use crate::pg::encoded_text::{Json, printable, printable_error};
use crate::pg::{catalog_query, lock_budget, memory, names, subtransaction};
use crate::precheck::Judged;
use crate::report::session_label::{SessionLabel, doing};
use crate::report::table_locks::{self, within_budget};
use crate::report::wording;
use crate::snapshot;
use std::collections::{BTreeMap, BTreeSet};

const HEADER: &str = include_str!("../../../sql/queries/report_header.sql");

/// Collects the content. Waits for locks for five seconds altogether, or for lock_timeout. Only an
/// invalid snapshot is an error; any other part that cannot be read is listed on the page.
pub fn gather(target: &Target<'_>, source: Option<&Json>, script: Option<&Request<'_>>) -> Result<Content, Error> {
    script.map_or(Ok(()), Request::refuse)?;
    let (mut content, judged) = within_budget(|| read(target, source, script))?;
    // At the end, since the rehearsal keeps its locks on sequences.
    if let (Some(script), Some(judged), Some(request)) = (&mut content.script, judged, script)
        && request.rehearses
    {
        rehearse(script, judged, request)?;
    }
    Ok(content)
}

/// Reads everything except the rehearsal; returns the script for it as well.
fn read(
    target: &Target<'_>,
    source: Option<&Json>,
    script: Option<&Request<'_>>,
) -> Result<(Content, Option<Judged>), Error> {
    // First what may change while the other parts wait for locks.
    let waits = part(waits);
    let mut header = header(target)?;
    let compared = source.map(|source| snapshot::differences(source, None)).transpose().map_err(printable_error)?;
    let comparison = compared.map(|(rows, scope)| {
        header.compared = Some(Compared {
            schema: scope.schema.map(printable),
            is_exact: scope.exact,
            has_checksums: scope.checksum,
        });
        rows.into_iter().map(difference).collect()
    });
    memory::step();
    let (script, judged) = script.map(judge).transpose()?.unzip();
    memory::step();
    let findings = run(target);
    memory::step();
    let sequences = part(|| Ok(sequences::rows(target)?.into_iter().map(sequence).collect()));
    memory::step();
    Ok((Content { header, script, findings, sequences, waits, comparison }, judged))
}

/// Runs a part whose failure must not fail the page.
fn part<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, String> {
    subtransaction::attempt(work).map_err(|error| {
        lock_budget::note(&error);
        wording::error(&error)
    })
}

fn header(target: &Target<'_>) -> Result<Header, Error> {
    let read = catalog_query::read(HEADER, &[], |row| {
        Ok(Header {
            database: row.text(1)?,
            server_version: row.text(2)?,
            time: row.text(3)?,
            role: row.text(4)?,
            is_standby: row.get(5)?,
            sees_sessions: row.get(6)?,
            schema: target.schema.map(str::to_owned),
            is_deep: target.is_deep,
            compared: None,
        })
    })?;
    let gone = || Error::new(pgrx::PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, "could not read the server's version");
    read.into_iter().next().ok_or_else(gone)
}

fn sequence(row: crate::sequences::finding::Finding) -> Sequence {
    Sequence {
        column: row.table.map(|_| row.column_label()),
        sequence: row.sequence.and_then(names::relation_name).map(|name| name.quoted()),
        status: row.status.as_str(),
        used: row.used_basis_points,
        inserts_left: row.inserts_left,
    }
}

/// Converts a row of db_compare, whose texts have the database's encoding.
fn difference(row: snapshot::Difference) -> Difference {
    Difference {
        severity: row.severity,
        kind: row.kind.as_str(),
        object: printable(row.object),
        source: row.source_value.map(printable),
        target: row.target_value.map(printable),
        detail: row.detail.map(printable),
    }
}

fn waits() -> Result<Vec<Session>, Error> {
    let waiting: BTreeMap<i32, Vec<i32>> = table_locks::waiting_sessions()?.into_iter().collect();
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let pids: BTreeSet<i32> =
        waiting.iter().flat_map(|(pid, blockers)| blockers.iter().chain([pid])).copied().collect();
    let mut locks = locks_of(&pids)?;
    let list: Vec<i32> = pids.iter().copied().collect();
    let known = table_locks::sessions(&list)?;
    let session = |pid: i32| {
        let session = known.get(&pid);
        Session {
            pid,
            role: session.and_then(|session| session.role.clone()),
            application: session.and_then(|session| session.application.clone()),
            doing: session.and_then(|session| {
                let state = session.state.as_deref();
                doing(&SessionLabel { pid, state, state_age: session.state_age, ..SessionLabel::default() })
            }),
            locks: locks.remove(&pid).unwrap_or_default(),
            waits_for: waiting.get(&pid).cloned().unwrap_or_default(),
        }
    };
    Ok(list.iter().copied().map(session).collect())
}

/// Returns the advisory locks of these processes and their strong locks on tables.
fn locks_of(pids: &BTreeSet<i32>) -> Result<BTreeMap<i32, Vec<String>>, Error> {
    let mut found: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    for row in locks::report()? {
        let Some(pid) = row.pid.filter(|pid| pids.contains(pid)) else { continue };
        let verb = table_locks::verb(row.is_granted);
        let tool = row.tool.map(|tool| format!(" ({tool})")).unwrap_or_default();
        found.entry(pid).or_default().push(format!("{verb} advisory lock {}{tool}", row.key));
    }
    let tables = table_locks::requests()?;
    for request in tables.into_iter().filter(|request| pids.contains(&request.pid)) {
        let Some(table) = names::relation_name(request.table) else { continue };
        let verb = table_locks::verb(request.is_granted);
        let text = format!("{verb} {} on {}", request.mode, table.quoted());
        found.entry(request.pid).or_default().push(text);
    }
    Ok(found)
}
