//! Reads a script statement by statement.

use super::analysis::is_too_complex;
use super::effects::Mode;
use super::finding::{Finding, Note, Place};
use super::format;
use super::locks::{conclude, conclude_script};
use super::model::Model;
use super::run::Run;
use super::statements;
use super::tool_tables;
use super::trace::{Traced, Traces};
use crate::error::Error;
use crate::pg::parser::tree::{self, Statement, Transaction};
use crate::pg::parser::{SyntaxError, raw};
use crate::pg::raised::catch;
use crate::pg::role_settings::settings_of_role;
use crate::pg::{access, encoded_text, memory, role, run_as, settings};
use crate::precheck::model::Cause;
use crate::report::table_locks::within_budget;
use crate::report::wording;
use crate::script::{self, Kind, Lines, Piece, Script, psql_command};
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

/// Judges a script as it would run in `mode` as `as_role`; without them, as the script says and as
/// the current user. Returns how a tool's script was read, and the findings, worst first.
pub fn precheck(text: &str, as_role: Option<&str>, mode: Option<&str>) -> Result<Vec<Finding>, Error> {
    judge(text, as_role, mode, false).map(|judged| judged.findings)
}

/// A script with what was found.
pub struct Judged {
    pub script: Script,
    /// How a tool's script was read, and then the worst first.
    pub findings: Vec<Finding>,
    /// What the pieces do to tables, in their order, if that was asked for. The last ones are
    /// missing if psql does not read them.
    pub traces: Vec<Traced>,
}

/// Does the same, and returns the script, and with `traces` what its statements do to tables.
pub fn judge(text: &str, as_role: Option<&str>, mode: Option<&str>, traces: bool) -> Result<Judged, Error> {
    let role = as_role.map(find_role).transpose()?.unwrap_or_else(run_as::current);
    let script = script::split(text, mode)?;
    within_budget(|| {
        let mut run = Run::new(Model::new(role, &settings::search_path()));
        if as_role.is_some() {
            statements::begin_session(&mut run, settings_of_role(role)?)?;
        }
        run.traces = Traces::new(traces);
        read(&mut run, &script)?;
        format::problems(&mut run, &script.layout);
        let (mut findings, traces) = (run.findings, run.traces.into_vec());
        findings.sort_by_key(|finding| (finding.severity, finding.place.statement.unwrap_or(i32::MAX)));
        let findings = format::description(&script.layout).into_iter().chain(findings).collect();
        Ok(Judged { script, findings, traces })
    })
}

fn find_role(name: &str) -> Result<Oid, Error> {
    let oid = role::find(name)?;
    if !access::role_can_become(run_as::current(), oid) {
        let message = format!("permission denied to judge a script as role \"{name}\"");
        return Err(Error::new(Code::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
            .detail("The current user could not SET ROLE to it.")
            .hint("Name a role that the current user is a member of."));
    }
    Ok(oid)
}

fn read(run: &mut Run, script: &Script) -> Result<(), Error> {
    let mut lines = script.lines();
    // The strongest lock that is awaited without a lock_timeout.
    let mut strongest: Option<(Mode, Place)> = None;
    let mut turns = script.turns();
    for piece in &script.pieces {
        pgrx::check_for_interrupts!();
        memory::require(0)?;
        let turn = turns.before(piece, run.in_transaction);
        if turn.ends {
            run.begin(Place::default(), std::ffi::CString::default(), (1, 1));
            statements::transaction(run, &Transaction::Commit { chain: false })?;
        }
        run.in_transaction |= turn.begins;
        run.is_wrapped = turns.is_wrapped();
        run.traces.begin(!run.ledger.held.is_empty());
        one(run, script, piece, &mut lines)?;
        run.traces.end(run.in_transaction, !run.ledger.held.is_empty());
        let is_stronger = |mode: &Mode| strongest.as_ref().is_none_or(|(known, _)| mode > known);
        if let Some(mode) = run.last_lock.filter(is_stronger)
            && !run.limits.now.waits_briefly
        {
            strongest = Some((mode, run.place.clone()));
        }
        if run.is_ended {
            break;
        }
    }
    run.begin(Place::default(), std::ffi::CString::default(), (1, 1));
    if run.in_transaction && !run.pending.is_empty() {
        statements::commit_checks(run);
    }
    statements::conclude(run)?;
    tool_tables::check(run)?;
    conclude_script(run, strongest);
    Ok(())
}

fn one(run: &mut Run, script: &Script, piece: &Piece, lines: &mut Lines<'_>) -> Result<(), Error> {
    let place = Place { statement: piece.number, line: Some(piece.line), command: None };
    let sql = script.sql(piece);
    run.begin(place, sql, (piece.line, piece.column));
    match &piece.kind {
        Kind::Psql => {
            psql(run, script, piece);
            return Ok(());
        }
        Kind::Broken { message, sqlstate, position } => {
            let (line, column) = lines.at(position.unwrap_or(piece.bytes.start));
            let state = Code::from(*sqlstate);
            run.add(Note::error("syntax", state, format!("line {line}, column {column}: {message}")));
            return Ok(());
        }
        Kind::Statement | Kind::CopyData(_) => {}
    }
    if !piece.variables.is_empty() || !piece.placeholders.is_empty() {
        replaced(run, script, piece);
        return Ok(());
    }
    let data_lines = match &piece.kind {
        Kind::CopyData(bytes) => {
            let data = script.text().to_bytes().get(bytes.clone()).unwrap_or_default();
            Some(data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && *line != b"\\.").count())
        }
        _ => None,
    };
    let parsed = match raw::parse(&run.text) {
        Ok(parsed) => parsed,
        Err(error) => {
            syntax(run, piece, lines, &error);
            return Ok(());
        }
    };
    let Some(tree) = tree::first(&parsed) else { return Ok(()) };
    run.place.command = Some(tree.tag.clone());
    if let Statement::Transaction(control) = &tree.statement {
        run.traces.note_control(control);
    }
    let outcome = catch(|| {
        statements::judge(run, &tree, data_lines)?;
        conclude(run)
    });
    match outcome {
        Ok(outcome) => outcome,
        Err(caught) if caught.raised.as_ref().is_some_and(|raised| is_too_complex(raised.error.sqlstate)) => {
            too_complex(run);
            Ok(())
        }
        Err(caught) => caught.rethrow(),
    }
}

/// Says that the statement is nested too deeply to be read here, where less of the stack is left
/// than for the statement itself.
fn too_complex(run: &mut Run) {
    let cause = Cause::Statement(run.number());
    run.model.distrust_names(cause);
    run.model.distrust_rows(cause);
    let detail = "the statement is nested too deeply to be read: raise max_stack_depth, or rehearse the script";
    run.add(Note::unknown("unchecked", detail).raising(Code::ERRCODE_STATEMENT_TOO_COMPLEX));
}

/// Says what a command of psql's does to the script, as far as that is known.
fn psql(run: &mut Run, script: &Script, piece: &Piece) {
    let line = encoded_text::decode(script.text().to_bytes().get(piece.bytes.clone()).unwrap_or_default());
    if psql_command::ends_script(&line) {
        run.is_ended = true;
        run.add(Note::info("psql", format!("{line}: psql does not read further")));
    } else if psql_command::is_harmless(&line) {
        run.add(Note::info("psql", format!("{line}: psql's own, and without effect on the statements")));
    } else {
        let cause = Cause::Line(piece.line);
        run.model.distrust_names(cause);
        run.model.distrust_rows(cause);
        run.add(Note::unknown("psql", format!("{line}: psql runs this itself, and what it does is not known")));
    }
}

/// Says that psql or the tool replaces a part of the statement.
fn replaced(run: &mut Run, script: &Script, piece: &Piece) {
    let text = |bytes: &std::ops::Range<usize>| {
        encoded_text::decode(script.text().to_bytes().get(bytes.clone()).unwrap_or_default())
    };
    let names = |ranges: &[std::ops::Range<usize>]| ranges.iter().map(text).collect::<Vec<_>>().join(", ");
    let note = match piece.variables.as_slice() {
        [] => Note::unknown("format", format!("the tool replaces {} before it runs this", names(&piece.placeholders))),
        variables => Note::unknown("psql", format!("psql's variable {} is not known", names(variables))),
    };
    let number = run.number();
    run.model.distrust_names(Cause::Statement(number));
    run.model.distrust_rows(Cause::Statement(number));
    run.add(note);
}

fn syntax(run: &mut Run, piece: &Piece, lines: &mut Lines<'_>, error: &SyntaxError) {
    let (line, column) = lines.at(piece.bytes.start + error.position.unwrap_or(0));
    let (before, after) = run.text.to_bytes().split_at(error.position.unwrap_or(0).min(run.text.to_bytes().len()));
    let hint = super::dialect::hint(&encoded_text::decode(before), &encoded_text::decode(after))
        .map(|hint| format!("; {hint}"))
        .unwrap_or_default();
    let detail = format!("line {line}, column {column}: {}{hint}", wording::error(&error.error));
    run.add(Note::error("syntax", error.error.sqlstate, detail));
}
