//! Goes through a script, statement by statement.

use super::format;
use super::on_commit::{OnCommit, dropped_on_commit};
use super::request::Request;
use super::row::{Row, Status};
use super::statement::{self, Ended, Setting};
use super::transaction::Transaction;
use super::wording;
use crate::error::Error;
use crate::pg::parser::raw::{Parsed, parse};
use crate::pg::raised::{catch, sqlstate};
use crate::pg::rehearsal::command::{Command, Concurrent, command};
use crate::pg::rehearsal::observe::Observer;
use crate::pg::rehearsal::{copy_data, execute, time_limit};
use crate::pg::{encoded_text, memory};
use crate::script::{Kind, Lines, Piece, Script, psql_command};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use std::ffi::CStr;

/// A rehearsal in progress.
pub struct Rehearsal<'a> {
    script: &'a Script,
    lines: Lines<'a>,
    continues: bool,
    is_stopped: bool,
    observer: Observer,
    transaction: Transaction,
    time_limit: i32,
    /// Whether the script itself has begun the current transaction.
    has_begun: bool,
    /// The first statement that failed, if the script goes on.
    failed: Option<String>,
    /// The first statement that was not rehearsed and may have changed something.
    unrehearsed: Option<String>,
    on_commit: OnCommit,
    rows: Vec<Row>,
}

impl<'a> Rehearsal<'a> {
    /// Begins a rehearsal; `tables` are those whose scans are counted.
    pub fn new(request: &'a Request, tables: Vec<Oid>) -> Rehearsal<'a> {
        Rehearsal {
            script: &request.script,
            lines: request.script.lines(),
            continues: request.continues,
            is_stopped: false,
            observer: Observer::new(tables, request.script.has_transactions()),
            transaction: Transaction::default(),
            time_limit: time_limit::setting(),
            has_begun: false,
            failed: None,
            unrehearsed: None,
            on_commit: OnCommit::default(),
            rows: Vec::new(),
        }
    }

    /// Returns the rows, and whether the script ends within a transaction that it has begun itself.
    pub fn run(mut self) -> Result<(Vec<Row>, bool), Error> {
        let script = self.script;
        self.rows.extend(format::rows(&script.layout));
        self.is_stopped = !self.continues && self.rows.iter().any(|row| row.status == Status::Failed);
        let mut turns = script.turns();
        for piece in &script.pieces {
            memory::step();
            let turn = turns.before(piece, self.transaction.is_block());
            if turn.ends && !self.is_stopped {
                self.end()?;
            }
            if self.is_stopped {
                self.push(piece, Row { command: self.command_of(piece), ..Row::new(Status::NotReached) });
                continue;
            }
            if turn.begins {
                self.transaction.begin();
                self.observer.begin();
            }
            self.piece(piece)?;
        }
        let is_open = !self.is_stopped && self.transaction.is_block();
        if is_open {
            self.end()?;
        }
        Ok((self.rows, is_open && self.has_begun))
    }

    /// Ends the transaction that wraps the script.
    fn end(&mut self) -> Result<(), Error> {
        self.on_commit.end()?;
        if let Err(caught) = self.transaction.commit()? {
            let row = statement::commit_row(caught)?;
            self.is_stopped |= row.status == Status::Failed && !self.continues;
            self.rows.push(row);
        }
        Ok(())
    }

    fn piece(&mut self, piece: &Piece) -> Result<(), Error> {
        let row = match &piece.kind {
            Kind::Psql => self.psql(piece),
            Kind::Broken { message, sqlstate: code, position } => {
                let mut row = Row::new(Status::Failed);
                row.sqlstate = Some(sqlstate(*code));
                row.message = Some(message.clone());
                row.line = position.map(|position| self.lines.at(position).0);
                row.command = self.first_word(piece);
                row
            }
            Kind::Statement | Kind::CopyData(_) if self.replaced(piece).is_some() => {
                let reason = self.replaced(piece).unwrap_or_default();
                self.unrehearsed(piece, reason, self.first_word(piece))
            }
            Kind::Statement | Kind::CopyData(_) => return self.statement(piece),
        };
        self.push(piece, row);
        Ok(())
    }

    /// Says that psql or the tool replaces a part of the statement.
    fn replaced(&self, piece: &Piece) -> Option<String> {
        let variable = piece.variables.first().map(|bytes| (wording::VARIABLES, bytes));
        let (reason, bytes) = variable.or(piece.placeholders.first().map(|bytes| (wording::PLACEHOLDERS, bytes)))?;
        let text = self.script.text().to_bytes().get(bytes.clone()).unwrap_or_default();
        Some(format!("{reason}: {}.", encoded_text::decode(text)))
    }

    fn psql(&mut self, piece: &Piece) -> Row {
        let line = encoded_text::decode(&self.script.text().to_bytes()[piece.bytes.clone()]);
        let name = psql_command::command(&line);
        if !psql_command::is_harmless(&line) {
            return self.unrehearsed(piece, wording::PSQL.to_owned(), Some(name));
        }
        // What follows is not run.
        self.is_stopped |= psql_command::ends_script(&line);
        Row { command: Some(name), ..Row::noted(Status::NotRehearsed, wording::PSQL) }
    }

    /// Returns the row of a statement that is not run, though it may change something.
    fn unrehearsed(&mut self, piece: &Piece, reason: String, command: Option<String>) -> Row {
        self.note_unrehearsed(piece);
        Row { command, ..Row::noted(Status::NotRehearsed, reason) }
    }

    fn note_unrehearsed(&mut self, piece: &Piece) {
        self.unrehearsed.get_or_insert_with(|| wording::name_of(piece));
    }

    /// Returns the command tag of a piece that is not run.
    fn command_of(&self, piece: &Piece) -> Option<String> {
        let parsed = if piece.is_statement() { parse(&self.script.sql(piece)).ok() } else { None };
        parsed.and_then(|parsed| parsed.command()).or_else(|| self.first_word(piece))
    }

    fn first_word(&self, piece: &Piece) -> Option<String> {
        let bytes = self.script.text().to_bytes().get(piece.bytes.clone())?;
        let length = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'\\').count();
        let word = encoded_text::decode(&bytes[..length]);
        (!word.is_empty()).then(|| if word.starts_with('\\') { word } else { word.to_ascii_uppercase() })
    }

    fn push(&mut self, piece: &Piece, mut row: Row) {
        row.statement = row.statement.or(piece.number);
        row.line = row.line.or(Some(piece.line));
        row.releases = !self.transaction.is_block();
        if row.status == Status::Failed && !self.continues {
            self.is_stopped = true;
        }
        if matches!(row.status, Status::Ok | Status::Failed) {
            row.detail.extend(self.failed.as_deref().map(wording::despite));
            row.detail.extend(self.unrehearsed.as_deref().map(wording::after));
        }
        if row.status == Status::Failed {
            self.failed.get_or_insert_with(|| wording::name_of(piece));
        }
        self.rows.push(row);
    }

    fn statement(&mut self, piece: &Piece) -> Result<(), Error> {
        let parsed = match parse(&self.script.sql(piece)) {
            Ok(parsed) => parsed,
            Err(error) => {
                let mut row = statement::from_error(error.error);
                row.line = error.position.map(|position| self.lines.at(piece.bytes.start + position).0);
                row.command = self.first_word(piece);
                self.push(piece, row);
                return Ok(());
            }
        };
        let tag = parsed.command();
        let command = match catch(|| command(&parsed, !self.transaction.is_block())) {
            Ok(command) => command,
            Err(caught) => {
                let row = statement::refused_row(caught)?;
                self.push(piece, Row { command: tag, ..row });
                return Ok(());
            }
        };
        let mut row = match self.control(piece, &command) {
            Some(row) => row?,
            None => return self.execute(piece, &parsed, &command, tag),
        };
        row.command = row.command.or(tag);
        self.push(piece, row);
        Ok(())
    }

    fn execute(&mut self, piece: &Piece, parsed: &Parsed, command: &Command, tag: Option<String>) -> Result<(), Error> {
        if let Command::SetLocal(name) = command {
            self.transaction.note_local(name);
        }
        let setting =
            Setting { observer: &mut self.observer, transaction: &mut self.transaction, time_limit: self.time_limit };
        let data = match &piece.kind {
            Kind::CopyData(data) => self.script.text().to_bytes().get(data.clone()),
            _ => None,
        };
        // Running the statement changes its parse tree.
        let dropped = dropped_on_commit(parsed);
        let work = || match data {
            Some(data) => copy_data::run(parsed, data),
            None => execute::run(parsed),
        };
        let Ended { mut row, position, may_change, commit } = statement::run(parsed, command, setting, work)?;
        if let (Command::Set(name), Status::Ok) = (command, row.status) {
            self.transaction.note_set(name);
        }
        if let Command::Concurrently(what) = command
            && row.status != Status::NotRehearsed
        {
            row.locks_differ = true;
            row.detail.push(
                wording::concurrently(*what, row.status == Status::Failed && *what == Concurrent::CreateIndex)
                    .to_owned(),
            );
        }
        row.line = position.map(|position| self.lines.at(piece.bytes.start + position).0);
        row.command = tag;
        if row.status == Status::Ok {
            self.on_commit.note(dropped);
        }
        if !self.transaction.is_block() {
            self.on_commit.end()?;
        }
        self.push(piece, row);
        if may_change {
            self.note_unrehearsed(piece);
        }
        if let Some(commit) = commit {
            self.push(piece, commit);
        }
        Ok(())
    }

    /// Returns the row of a statement that concerns transactions only, and is not run as it is;
    /// `None` for others.
    fn control(&mut self, piece: &Piece, command: &Command) -> Option<Result<Row, Error>> {
        let is_block = self.transaction.is_block();
        let row = match command {
            Command::Begin { .. } if is_block => Row::noted(Status::Ok, wording::ALREADY_IN_BLOCK),
            Command::Begin { has_options } => {
                self.begin();
                match has_options {
                    true => self.unrehearsed(piece, wording::TRANSACTION_SETTINGS.to_owned(), None),
                    false => Row::new(Status::Ok),
                }
            }
            Command::Commit { .. } | Command::Rollback { .. } if !is_block => {
                Row::noted(Status::Ok, wording::NO_TRANSACTION)
            }
            Command::Commit { chain } => return Some(self.commit(*chain)),
            Command::Rollback { chain } => {
                if let Err(error) = self.transaction.roll_back() {
                    return Some(Err(error));
                }
                self.observer.after_rollback();
                if *chain {
                    self.begin();
                }
                Row::new(Status::Ok)
            }
            Command::Savepoint(_) if !is_block => only_in_block("SAVEPOINT"),
            Command::RollbackTo(_) if !is_block => only_in_block("ROLLBACK TO SAVEPOINT"),
            Command::Release(_) if !is_block => only_in_block("RELEASE SAVEPOINT"),
            Command::OnlyInBlock(name) if !is_block => only_in_block(name),
            Command::Savepoint(name) => {
                self.transaction.savepoint(name.clone());
                Row::new(Status::Ok)
            }
            Command::RollbackTo(name) => {
                let row = outcome(self.transaction.roll_back_to(name.clone()));
                self.observer.after_rollback();
                row
            }
            Command::Release(name) => outcome(self.transaction.release(name)),
            Command::TwoPhase => self.unrehearsed(piece, wording::TWO_PHASE.to_owned(), None),
            Command::SetTransaction | Command::SetLocal(_) | Command::SetConstraints if !is_block => {
                Row::noted(Status::Ok, wording::ONLY_IN_BLOCK)
            }
            Command::SetTransaction => self.unrehearsed(piece, wording::TRANSACTION_SETTINGS.to_owned(), None),
            Command::Set(name) | Command::SetLocal(name) if is_default_of_transactions(name) => {
                self.unrehearsed(piece, wording::TRANSACTION_SETTINGS.to_owned(), None)
            }
            Command::SetConstraints => {
                self.transaction.deferral.note_set();
                return None;
            }
            _ => return None,
        };
        Some(Ok(row))
    }

    fn commit(&mut self, chain: bool) -> Result<Row, Error> {
        self.on_commit.end()?;
        let row = match self.transaction.commit()? {
            Ok(()) => Row::new(Status::Ok),
            Err(caught) => {
                self.observer.after_rollback();
                statement::commit_row(caught)?
            }
        };
        if chain {
            self.begin();
        }
        Ok(row)
    }

    fn begin(&mut self) {
        self.has_begun = true;
        self.transaction.begin();
        self.observer.begin();
    }
}

/// Whether the setting is the isolation level or the access mode of later transactions.
fn is_default_of_transactions(name: &CStr) -> bool {
    let name = name.to_bytes().to_ascii_lowercase();
    name.starts_with(b"default_transaction_") || name == b"session characteristics"
}

fn only_in_block(command: &str) -> Row {
    let message = format!("{command} can only be used in transaction blocks");
    statement::from_error(Error::new(PgSqlErrorCode::ERRCODE_NO_ACTIVE_SQL_TRANSACTION, message))
}

fn outcome(outcome: Result<(), Error>) -> Row {
    outcome.map_or_else(statement::from_error, |()| Row::new(Status::Ok))
}
