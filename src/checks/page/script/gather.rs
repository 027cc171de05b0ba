//! Asks migration_precheck and migration_rehearse for what the page shows of a script.

use super::content::{Finding, Rehearsal, Script, Statement, TimeLine};
use super::time_line::{Builder, Effects};
use crate::error::Error;
use crate::pg::encoded_text::{decode, is_utf8, printable};
use crate::pg::rehearsal::observed::{Lock, Relation, Scan};
use crate::pg::{memory, settings};
use crate::precheck::{self, Judged, Mode, Touched, Traced};
use crate::rehearsal::{self, Row, Status};
use crate::report::one_line::pasteable;
use crate::report::quoting::clip;
use crate::script::Piece;
use pgrx::PgSqlErrorCode;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest beginning of a statement that is shown, in bytes.
const LONGEST_TEXT: usize = 1500;
/// How long the rehearsal waits for a lock, in milliseconds: migration_rehearse's default.
const LOCK_TIMEOUT: i64 = 2000;

/// What the call asks for.
pub struct Request<'a> {
    pub text: &'a str,
    pub role: Option<&'a str>,
    pub mode: Option<&'a str>,
    pub rehearses: bool,
}

impl<'a> Request<'a> {
    /// Returns the request; `None` without a script. Errors: 22023 if an argument has no meaning
    /// without one.
    pub fn new(
        text: Option<&'a str>,
        role: Option<&'a str>,
        mode: Option<&'a str>,
        rehearses: bool,
    ) -> Result<Option<Request<'a>>, Error> {
        let given = [("as_role", role.is_some()), ("mode", mode.is_some()), ("rehearse", rehearses)];
        match (text, given.into_iter().find(|(_, is_given)| *is_given)) {
            (Some(text), _) => Ok(Some(Request { text, role, mode, rehearses })),
            (None, None) => Ok(None),
            (None, Some((argument, _))) => {
                let message = format!("argument \"{argument}\" requires a script");
                Err(Error::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
                    .hint("Pass the text of the script as argument script."))
            }
        }
    }

    /// Returns an error if the script cannot be rehearsed here, before any other work is done.
    pub fn refuse(&self) -> Result<(), Error> {
        if !self.rehearses {
            return Ok(());
        }
        rehearsal::refuse(false).map_err(|error| match error.sqlstate {
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE => error.hint(
                "Run SELECT flightcheck_report(…) by itself, on a copy of the database to which no other client is \
                 connected.",
            ),
            _ => error,
        })
    }
}

/// Returns what precheck says, and the script for a rehearsal.
pub fn judge(request: &Request<'_>) -> Result<(Script, Judged), Error> {
    let judge = || precheck::judge(request.text, request.role, request.mode, true);
    let mut judged = settings::with_untranslated_messages(judge)?;
    let findings = std::mem::take(&mut judged.findings);
    let mut script = Script {
        role: request.role.map(|role| printable(role.to_owned())),
        is_wrapped: !judged.script.has_transactions(),
        statements: Vec::with_capacity(judged.script.pieces.len()),
        findings: Vec::new(),
        planned: TimeLine::default(),
        rehearsal: None,
    };
    for (index, piece) in judged.script.pieces.iter().enumerate() {
        if index % 256 == 0 {
            memory::step();
        }
        script.statements.push(statement(judged.script.text().to_bytes(), piece));
    }
    script.planned = planned(&judged, &findings);
    let places = Places::new(&script.statements);
    for finding in findings {
        let index = places.find(finding.place.statement, finding.place.line);
        let statement = index.and_then(|index| script.statements.get_mut(index));
        let list = match statement {
            Some(statement) => {
                statement.command = statement.command.take().or(finding.place.command.clone());
                &mut statement.findings
            }
            None => &mut script.findings,
        };
        list.push(shown(finding));
    }
    Ok((script, judged))
}

/// Runs the script, undoes it, and adds what happened.
pub fn rehearse(script: &mut Script, judged: Judged, request: &Request<'_>) -> Result<(), Error> {
    let Judged { script: text, traces, .. } = judged;
    let asked = rehearsal::Request {
        script: text,
        role: request.role.map(str::to_owned),
        continues: false,
        lock_timeout: Some(LOCK_TIMEOUT),
        allows_others: false,
    };
    let mut rows = rehearsal::rehearse(&asked)?;
    let last = rows.pop().unwrap_or_else(|| Row::new(Status::NotRehearsed));
    let places = Places::new(&script.statements);
    let mut others = Vec::new();
    for row in rows {
        let index = places.find(row.statement, row.line);
        let statement = index.and_then(|index| script.statements.get_mut(index));
        match statement {
            Some(statement) => {
                statement.command = statement.command.take().or(row.command.clone());
                statement.runs.push(printable_row(row));
            }
            None => others.push(printable_row(row)),
        }
    }
    let measured = measured(&script.statements, &traces);
    script.rehearsal = Some(Rehearsal { last: printable_row(last), others, measured });
    Ok(())
}

fn statement(text: &[u8], piece: &Piece) -> Statement {
    let bytes = text.get(piece.bytes.clone()).unwrap_or_default();
    // A character that the cut divides is beyond what is kept.
    let beginning = decode(&bytes[..bytes.len().min(LONGEST_TEXT + 4)]);
    let is_whole = bytes.len() <= LONGEST_TEXT;
    let kept = if is_whole { beginning.as_str() } else { clip(&beginning, LONGEST_TEXT) };
    let omitted = if is_whole { 0 } else { bytes.len() - kept.len().min(bytes.len()) };
    let text = printable(kept.to_owned());
    Statement { number: piece.number, line: piece.line, text, omitted, ..Statement::default() }
}

/// Where the statements are, by number, and psql's own lines, by line.
struct Places {
    numbers: BTreeMap<i32, usize>,
    lines: BTreeMap<i32, usize>,
}

impl Places {
    fn new(statements: &[Statement]) -> Places {
        let mut places = Places { numbers: BTreeMap::new(), lines: BTreeMap::new() };
        for (index, statement) in statements.iter().enumerate() {
            match statement.number {
                Some(number) => places.numbers.insert(number, index),
                None => places.lines.insert(statement.line, index),
            };
        }
        places
    }

    fn find(&self, number: Option<i32>, line: Option<i32>) -> Option<usize> {
        match number {
            Some(number) => self.numbers.get(&number).copied(),
            None => self.lines.get(&line?).copied(),
        }
    }
}

fn shown(finding: precheck::Finding) -> Finding {
    let is_lossless = |statement: &String| is_utf8() || statement.is_ascii();
    let safer = finding.safer.into_iter().map(|statement| pasteable(statement).filter(is_lossless));
    Finding {
        severity: finding.severity,
        check: finding.check,
        object: finding.object.map(printable),
        sqlstate: finding.sqlstate,
        detail: printable(finding.detail),
        safer: safer.collect(),
    }
}

fn printable_row(mut row: Row) -> Row {
    for text in [&mut row.message, &mut row.hint, &mut row.constraint, &mut row.command] {
        *text = text.take().map(printable);
    }
    row.detail = row.detail.into_iter().map(printable).collect();
    for relation in row.locks.iter_mut().flatten().map(|lock| &mut lock.relation) {
        relation.name = printable(std::mem::take(&mut relation.name));
    }
    for relation in row.scanned.iter_mut().flatten().map(|scan| &mut scan.relation) {
        relation.name = printable(std::mem::take(&mut relation.name));
    }
    for relation in row.rewritten.iter_mut().flatten() {
        relation.name = printable(std::mem::take(&mut relation.name));
    }
    row
}

/// Returns the locks that precheck expects.
fn planned(judged: &Judged, findings: &[precheck::Finding]) -> TimeLine {
    let mut builder = Builder::default();
    let named = |touched: &Touched| (touched.key.clone(), printable(touched.name.clone()));
    for (piece, trace) in judged.script.pieces.iter().zip(&judged.traces) {
        let Some(number) = piece.number else { continue };
        builder.add(Effects {
            number,
            locks: trace.locks.iter().map(|(touched, mode)| (named(touched), *mode)).collect(),
            reads: trace.scans.iter().map(|touched| (named(touched), touched.rows)).collect(),
            rewrites: trace.rewrites.iter().map(named).collect(),
            control: trace.control.as_ref(),
            releases: trace.releases,
            duration: Duration::ZERO,
        });
    }
    let hiding = findings.iter().filter(|finding| finding.hides_locks());
    builder.unknown.extend(hiding.filter_map(|finding| finding.place.statement));
    builder.finish(false)
}

/// Returns the locks that the rehearsal has seen, up to the statement that failed.
fn measured(statements: &[Statement], traces: &[Traced]) -> TimeLine {
    let mut builder = Builder::default();
    let named = |relation: &Relation| (relation.oid.to_u32(), relation.name.clone());
    let lock = |lock: &Lock| Some((named(&lock.relation), Mode::numbered(lock.mode)?));
    let read = |scan: &Scan| (named(&scan.relation), u64::try_from(scan.rows).ok());
    for (index, statement) in statements.iter().enumerate() {
        let (Some(number), Some(row)) = (statement.number, statement.runs.first()) else { continue };
        if row.status == Status::NotReached {
            break;
        }
        let trace = traces.get(index);
        let has_failed = statement.runs.iter().any(|run| run.status == Status::Failed);
        builder.add(Effects {
            number,
            locks: row.locks.iter().flatten().filter_map(lock).collect(),
            reads: row.scanned.iter().flatten().map(read).collect(),
            rewrites: row.rewritten.iter().flatten().map(named).collect(),
            control: trace.and_then(|trace| trace.control.as_ref()),
            releases: row.releases || has_failed || trace.is_some_and(|trace| trace.releases),
            duration: row.duration.unwrap_or_default(),
        });
        if row.status == Status::NotRehearsed {
            builder.unknown.insert(number);
        }
        if row.locks_differ {
            builder.differing.insert(number);
        }
    }
    builder.finish(true)
}
