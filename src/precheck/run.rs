//! What is known while the script is read: the model, the transaction, the locks, and what has been
//! found.

use super::effects::{Effects, Ledger, Mode};
use super::finding::{Finding, Note, Place, Severity};
use super::limits::Limits;
use super::model::relation::{Constraint, Id, Number};
use super::model::{Model, SearchPath};
use super::trace::Traces;
use super::waits::Holders;
use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::parser::analysis::Scope;
use crate::pg::raised::Raised;
use crate::pg::settings;
use crate::report::wording;
use pgrx::pg_sys::Oid;
use std::collections::{HashMap, HashSet};
use std::ffi::CString;

/// The state of one call.
pub struct Run {
    pub model: Model,
    pub findings: Vec<Finding>,
    pub place: Place,
    /// The statement's text, and the line and column where it begins.
    pub text: CString,
    pub origin: (i32, i32),
    /// Whether the statement runs in a transaction with others.
    pub in_transaction: bool,
    /// Whether the tool, not the script, began the transaction.
    pub is_wrapped: bool,
    pub effects: Effects,
    pub ledger: Ledger,
    /// The first statement whose safer form does not work in the script's transaction.
    pub safer_elsewhere: Option<Place>,
    /// Whether psql reads the script no further.
    pub is_ended: bool,
    pub limits: Limits,
    /// The settings that a new session of the role has, in place of this session's.
    pub role_settings: HashMap<String, String>,
    /// Relations that were missing, with the statements that wanted them.
    pub missing: HashMap<String, Vec<usize>>,
    /// Deferred constraints with rows that have not been checked.
    pub pending: HashMap<Id, Pending>,
    /// What the model was when a savepoint or the transaction began.
    pub saved: Vec<(Option<String>, Box<Model>)>,
    /// Whether SET CONSTRAINTS has made deferrable constraints immediate.
    pub constraints_immediate: bool,
    /// Whether it has made them deferred.
    pub constraints_deferred: bool,
    pub ids_supplied: Vec<SuppliedIds>,
    /// The columns of the foreign keys that the script adds to existing tables.
    pub key_columns: Vec<(Place, Id, Vec<String>)>,
    /// What the script sets TimeZone to.
    pub time_zone: Option<String>,
    pub checked_settings: HashSet<String>,
    /// The tables whose sequences a statement moves.
    pub sequences_moved: HashSet<Id>,
    /// Those of them that a statement moves past the table's rows.
    pub sequences_synced: HashSet<Id>,
    /// The texts of statements that set a sequence.
    pub sequence_texts: Vec<String>,
    /// How many INSERTs into each table have been checked.
    pub checked_inserts: HashMap<Id, usize>,
    /// The strongest lock of the last statement on a table that exists.
    pub last_lock: Option<Mode>,
    /// The event triggers and their commands, read once.
    pub event_triggers: Option<Vec<(String, Vec<String>)>>,
    pub drawn: Drawn,
    /// To what SET LOCAL returns.
    pub outer: Option<Outer>,
    /// Whether the script or the role's settings set DateStyle.
    pub sets_date_style: bool,
    /// Whether the script may have called nextval.
    pub drew_values: bool,
    /// `check_function_bodies`, as the script has set it.
    pub checks_bodies: bool,
    pub traces: Traces,
    pub read_only: ReadOnly,
    holders: Option<Holders>,
}

/// Rows whose deferred constraints are checked at the end of the transaction.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    pub statement: Number,
    /// Whether there certainly are such rows.
    pub is_certain: bool,
}

/// Whether the script has made its transactions read-only.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOnly {
    /// Whether the current transaction is, which begins as `always` says.
    pub now: bool,
    always: bool,
    /// `always` when the transaction began, to which ROLLBACK returns.
    before: bool,
    /// Whether the transaction has run a statement, after which its modes are fixed.
    pub has_begun: bool,
}

impl ReadOnly {
    /// Sets the current transaction, or those that follow. Pure.
    pub fn set(&mut self, is_current: bool, is_on: bool, in_transaction: bool) {
        match is_current {
            true => self.now = is_on && in_transaction,
            false => {
                self.always = is_on;
                self.now = if in_transaction { self.now } else { is_on };
            }
        }
    }

    /// The transaction has ended. Pure.
    pub fn end(&mut self, commits: bool) {
        self.always = if commits { self.always } else { self.before };
        (self.now, self.before, self.has_begun) = (self.always, self.always, false);
    }

    /// A savepoint has ended, which takes its modes along. Pure.
    pub fn end_savepoint(&mut self) {
        self.now = self.before;
    }
}

/// The settings that SET LOCAL has changed, as they were before.
#[derive(Clone, Debug)]
pub struct Outer {
    pub path: SearchPath,
    /// The session's and the current one.
    pub roles: (Oid, Oid),
}

/// How many values the script has drawn from the sequences of columns. No rollback undoes that.
#[derive(Debug, Default)]
pub struct Drawn {
    pub counts: HashMap<(Id, String), usize>,
    /// Tables for which the number is not known.
    pub unknown: HashSet<Id>,
    /// Whether it is known for none.
    pub is_unknown: bool,
}

impl Drawn {
    /// Returns how many values the column has drawn, if that is known. Pure.
    pub fn count(&self, id: Id, column: &str) -> Option<usize> {
        let is_known = !self.is_unknown && !self.unknown.contains(&id);
        is_known.then(|| self.counts.get(&(id, column.to_owned())).copied().unwrap_or(0))
    }
}

/// Ids that an INSERT or COPY supplies although a sequence numbers the column.
#[derive(Clone, Debug)]
pub struct SuppliedIds {
    pub place: Place,
    pub table: Id,
    pub column: String,
    pub sequence: Option<String>,
    pub is_covered: bool,
}

impl Run {
    pub fn new(model: Model) -> Run {
        Run {
            model,
            findings: Vec::new(),
            place: Place::default(),
            text: CString::default(),
            origin: (1, 1),
            in_transaction: false,
            is_wrapped: false,
            effects: Effects::default(),
            ledger: Ledger::default(),
            safer_elsewhere: None,
            is_ended: false,
            limits: Limits::new(Limits::of_session()),
            role_settings: HashMap::new(),
            missing: HashMap::new(),
            pending: HashMap::new(),
            saved: Vec::new(),
            constraints_immediate: false,
            constraints_deferred: false,
            ids_supplied: Vec::new(),
            key_columns: Vec::new(),
            time_zone: None,
            checked_settings: HashSet::new(),
            sequences_moved: HashSet::new(),
            sequences_synced: HashSet::new(),
            sequence_texts: Vec::new(),
            checked_inserts: HashMap::new(),
            last_lock: None,
            event_triggers: None,
            drawn: Drawn::default(),
            outer: None,
            sets_date_style: false,
            drew_values: false,
            checks_bodies: settings::checks_function_bodies(),
            traces: Traces::default(),
            read_only: ReadOnly::default(),
            holders: None,
        }
    }

    /// Returns the locks of other sessions, which are read at the first call.
    pub fn holders(&mut self) -> Result<&Holders, Error> {
        if self.holders.is_none() {
            self.holders = Some(Holders::read()?);
        }
        Ok(self.holders.get_or_insert_default())
    }

    pub fn number(&self) -> Number {
        self.place.statement.unwrap_or(0)
    }

    pub fn add(&mut self, note: Note) {
        self.add_at(self.place.clone(), note);
    }

    pub fn add_at(&mut self, place: Place, note: Note) {
        let Note { mut severity, check, object, sqlstate, mut detail, safer } = note;
        if severity == Severity::Error && self.sets_date_style && sqlstate.as_deref().is_some_and(is_of_dates) {
            severity = Severity::Unknown;
            detail += ", unless another DateStyle reads it";
        }
        if let (true, Some(cause)) = (["if_exists", "if_not_exists"].contains(&check), self.model.names_unknown) {
            detail += &format!(", unless {cause} has changed that");
        }
        self.findings.push(Finding { severity, place, check, object, sqlstate, detail, safer });
    }

    /// Returns where a statement of the script stands, if it has a finding.
    pub fn place_of(&self, statement: Number) -> Option<Place> {
        let found = self.findings.iter().find(|finding| finding.place.statement == Some(statement));
        found.map(|finding| finding.place.clone())
    }

    /// Whether rows that this statement writes are checked against the constraint later.
    pub fn defers(&self, constraint: &Constraint) -> bool {
        let is_deferred = constraint.is_deferred || self.constraints_deferred && constraint.is_deferrable;
        is_deferred && self.in_transaction && !self.constraints_immediate
    }

    /// Says that a part of the statement is not checked.
    pub fn unchecked(&mut self, what: &str) {
        self.add(Note::unknown("unchecked", format!("{what} is not checked")));
    }

    /// Whether this statement has a finding of this severity or a worse one.
    pub fn has(&self, severity: Severity) -> bool {
        let of_this = self.findings.iter().rev().take_while(|finding| finding.place.statement == self.place.statement);
        of_this.into_iter().any(|finding| finding.severity <= severity)
    }

    /// Adds an error about a name or a privilege, unless that may have changed unseen.
    pub fn add_name_error(&mut self, note: Note) {
        if note.lacks_privilege()
            && let Some(cause) = self.model.privilege_granted(note.check, note.object.as_deref())
        {
            // If the statement succeeds, the model does not know what it has done.
            self.model.distrust_names(cause);
        }
        match self.model.names_unknown {
            None => self.add(note),
            Some(cause) => {
                let detail =
                    format!("{}, unless {cause} has changed that: not all that it does is followed", note.detail);
                self.add(Note { severity: Severity::Unknown, detail, ..note });
            }
        }
    }

    /// Returns under which names the server looks up what the statement names.
    pub fn scope(&self) -> Scope {
        let path = self.model.path.is_changed.then(|| {
            let names = self.model.path.names.clone().unwrap_or_default();
            let quoted = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
            CString::new(quoted.collect::<Vec<_>>().join(", ")).unwrap_or_default()
        });
        let role = (self.model.role != crate::pg::run_as::current()).then_some(self.model.role);
        Scope { search_path: path, role, classes: Vec::new() }
    }

    /// Returns an error's message with its line and column in the script.
    pub fn located(&self, raised: &Raised) -> String {
        let message = wording::error(&raised.error);
        let Some(before) = raised.position.and_then(|position| usize::try_from(position - 1).ok()) else {
            return message;
        };
        let text = encoded_text::decode(self.text.to_bytes());
        let (mut line, mut column) = self.origin;
        for character in text.chars().take(before) {
            if character == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        format!("line {line}, column {column}: {message}")
    }

    /// Begins the next statement.
    pub fn begin(&mut self, place: Place, text: CString, origin: (i32, i32)) {
        (self.text, self.origin) = (text, origin);
        self.place = place;
        self.effects = Effects::default();
        self.last_lock = None;
    }

    /// Notes that the statement reads, or writes again, a table with its partitions and inheriting
    /// tables.
    pub fn scan_tree(&mut self, id: Id, rewrites: bool) -> Result<(), Error> {
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            if rewrites {
                self.effects.rewrites.insert(id)
            } else {
                self.effects.scans.insert(id)
            };
            for child in self.model.get(id).children.clone() {
                left.extend(self.model.by_oid(child)?);
            }
        }
        Ok(())
    }
}

/// Whether DateStyle decides about the error: invalid_datetime_format and datetime_field_overflow.
fn is_of_dates(state: &str) -> bool {
    ["22007", "22008"].contains(&state)
}
