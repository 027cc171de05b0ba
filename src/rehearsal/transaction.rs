//! Keeps the transactions and savepoints of the script, each of which is a subtransaction.

use super::deferral::Deferral;
use super::judge::Enums;
use crate::error::Error;
use crate::pg::encoded_text;
use crate::pg::raised::{Caught, catch};
use crate::pg::rehearsal::undone;
use crate::pg::subtransaction::Scope;
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
    pub deferral: Deferral,
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
        self.deferral.after_rollback()
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
        let checked = self.deferral.check();
        let is_kept = matches!(checked, Ok(Ok(())));
        self.end(0, is_kept);
        match is_kept {
            true => {
                self.restore_settings();
                self.deferral.restore()?;
            }
            false => {
                self.locals.clear();
                self.deferral.after_rollback()?;
            }
        }
        self.has_ended();
        checked
    }

    pub fn roll_back(&mut self) -> Result<(), Error> {
        self.end(0, false);
        self.locals.clear();
        self.deferral.after_rollback()?;
        (self.enums.has_new_type, self.enums.has_new_value) = (false, false);
        Ok(())
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
        for (name, value) in std::mem::take(&mut self.locals).into_iter().rev() {
            let scope = Scope::begin();
            let name = name.to_string_lossy().into_owned();
            // A custom setting that did not exist is empty after the transaction.
            let restored = catch(|| undone::restore(&name, &value.unwrap_or_default()));
            scope.end(matches!(restored, Ok(Ok(()))));
        }
    }

    /// To be called at the end of each transaction.
    pub fn has_ended(&mut self) {
        self.enums.has_earlier |= self.enums.has_new_type || self.enums.has_new_value;
        (self.enums.has_new_type, self.enums.has_new_value) = (false, false);
    }
}
