//! Keeps the transactions and savepoints of the script, each of which is a subtransaction.

use super::judge::Enums;
use crate::error::Error;
use crate::pg::parser::raw::parse;
use crate::pg::raised::{Caught, catch};
use crate::pg::rehearsal::{constraints, execute, undone};
use crate::pg::run_as::{SUPERUSER, run_as};
use crate::pg::subtransaction::Scope;
use crate::pg::{catalog_query, encoded_text};
use crate::report::quoting::identifier;
use pgrx::PgSqlErrorCode;
use std::ffi::{CStr, CString};

/// A transaction block or a savepoint.
struct Level {
    savepoint: Option<CString>,
    scope: Scope,
}

/// The script's transaction.
#[derive(Default)]
pub struct Transaction {
    levels: Vec<Level>,
    /// Settings that SET LOCAL has changed, and their values before.
    locals: Vec<(CString, Option<String>)>,
    /// Whether constraints exist that are initially deferred, and deferrable ones that are not;
    /// `None` if that has to be read.
    deferrable: Option<(bool, bool)>,
    pub enums: Enums,
}

impl Transaction {
    pub fn is_block(&self) -> bool {
        !self.levels.is_empty()
    }

    pub fn begin(&mut self) {
        self.levels.push(Level { savepoint: None, scope: Scope::begin() });
    }

    pub fn savepoint(&mut self, name: CString) {
        self.levels.push(Level { savepoint: Some(name), scope: Scope::begin() });
    }

    /// Rolls back to the savepoint, which stays.
    pub fn roll_back_to(&mut self, name: CString) -> Result<(), Error> {
        let index = self.find(&name)?;
        self.end(index, false);
        self.savepoint(name);
        Ok(())
    }

    pub fn release(&mut self, name: &CStr) -> Result<(), Error> {
        let index = self.find(name)?;
        self.end(index, true);
        Ok(())
    }

    fn find(&self, name: &CStr) -> Result<usize, Error> {
        let is_named = |level: &Level| level.savepoint.as_deref() == Some(name);
        self.levels.iter().rposition(is_named).ok_or_else(|| {
            let name = encoded_text::decode(name.to_bytes());
            let message = format!("savepoint \"{name}\" does not exist");
            Error::new(PgSqlErrorCode::ERRCODE_S_E_INVALID_SPECIFICATION, message)
        })
    }

    /// Ends the levels from this one on, the innermost first.
    fn end(&mut self, index: usize, keeps: bool) {
        for level in self.levels.drain(index..).rev() {
            level.scope.end(keeps);
        }
    }

    /// Ends the block: checks the deferred constraints, and rolls back if one is violated. Settings
    /// get the values back that they had before SET LOCAL.
    pub fn commit(&mut self) -> Result<Result<(), Caught>, Error> {
        let checked = self.check_deferred();
        self.end(0, checked.is_ok());
        if checked.is_ok() {
            self.restore_settings();
            self.restore_deferred()?;
        }
        self.has_ended();
        Ok(checked)
    }

    pub fn roll_back(&mut self) {
        self.end(0, false);
        self.locals.clear();
        (self.enums.has_new_type, self.enums.has_new_value) = (false, false);
    }

    /// Checks the deferred constraints in a subtransaction of its own.
    pub fn check_deferred(&mut self) -> Result<(), Caught> {
        let scope = Scope::begin();
        let checked = catch(constraints::check_all);
        scope.end(checked.is_ok());
        checked
    }

    /// Whether a statement outside a block can leave something to check.
    pub fn has_deferred(&mut self) -> Result<bool, Error> {
        Ok(self.deferrable()?.0)
    }

    fn deferrable(&mut self) -> Result<(bool, bool), Error> {
        if let Some(known) = self.deferrable {
            return Ok(known);
        }
        let query = include_str!("../../sql/queries/deferrable_constraints.sql");
        let found = catalog_query::read(query, &[], |row| Ok((row.get::<bool>(1)?, row.get::<bool>(2)?)))?;
        let found = found.first().copied().unwrap_or((true, true));
        self.deferrable = Some(found);
        Ok(found)
    }

    /// To be called after a statement that may have created deferrable constraints.
    pub fn forget_deferrable(&mut self) {
        self.deferrable = None;
    }

    /// Makes the constraints deferred again that are so at the start of a transaction: the check
    /// has made all of them immediate.
    pub fn restore_deferred(&mut self) -> Result<(), Error> {
        match self.deferrable()? {
            (false, _) => Ok(()),
            (true, false) => {
                constraints::defer_all();
                Ok(())
            }
            (true, true) => defer_by_name(),
        }
    }

    /// Notes the value of a setting before SET LOCAL.
    pub fn note_local(&mut self, name: &CStr) {
        if !self.locals.iter().any(|(noted, _)| noted.as_c_str() == name) {
            self.locals.push((name.to_owned(), undone::setting(name)));
        }
    }

    /// Notes that SET has changed a setting for the session.
    pub fn note_set(&mut self, name: &CStr) {
        self.locals.retain(|(noted, _)| noted.as_c_str() != name);
    }

    fn restore_settings(&mut self) {
        for (name, value) in std::mem::take(&mut self.locals) {
            let scope = Scope::begin();
            let name = name.to_string_lossy().into_owned();
            let restored = catch(|| value.map_or(Ok(()), |value| undone::set(&name, &value)));
            scope.end(matches!(restored, Ok(Ok(()))));
        }
    }

    /// To be called at the end of each transaction.
    pub fn has_ended(&mut self) {
        self.enums.has_earlier |= self.enums.has_new_type || self.enums.has_new_value;
        (self.enums.has_new_type, self.enums.has_new_value) = (false, false);
    }
}

fn defer_by_name() -> Result<(), Error> {
    let query = include_str!("../../sql/queries/deferred_constraints.sql");
    let names = catalog_query::read(query, &[], |row| {
        Ok(format!("{}.{}", identifier(&row.text(1)?), identifier(&row.text(2)?)))
    })?;
    let text = encoded_text::encode_c(&format!("SET CONSTRAINTS {} DEFERRED", names.join(", "))).unwrap_or_default();
    let parsed = parse(&text).map_err(|error| error.error)?;
    run_as(SUPERUSER, || execute::run(&parsed));
    Ok(())
}
