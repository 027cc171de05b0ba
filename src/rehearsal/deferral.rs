//! Checks deferred constraints where the real run ends a transaction, and then defers those again
//! that are so at the start of one.
//!
//! The check is SET CONSTRAINTS ALL IMMEDIATE, which stays in effect in the outer transaction. From
//! then on, each constraint that is initially deferred has to be deferred by name, also one that
//! the script creates later.

use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::raised::{Caught, catch};
use crate::pg::rehearsal::constraints;
use crate::pg::run_as::{SUPERUSER, run_as};
use crate::pg::subtransaction::Scope;
use crate::report::quoting::identifier;
use pgrx::pg_sys::Oid;
use std::collections::BTreeSet;

#[derive(Default)]
pub struct Deferral {
    /// The tables whose rows can wait for a check, and the number of changes when they were read.
    tables: Option<(u64, Vec<Oid>)>,
    /// Whether a check has made all constraints immediate.
    is_immediate: bool,
    /// Whether the script has run SET CONSTRAINTS in its current transaction.
    is_set_by_script: bool,
    /// The constraints that have been deferred by name since, and the number of changes then.
    deferred: BTreeSet<String>,
    seen: Option<u64>,
    /// The names of constraints that cannot be deferred, since others of their schema have the same
    /// name.
    ambiguous: BTreeSet<String>,
}

impl Deferral {
    /// Notes that the script itself has run SET CONSTRAINTS.
    pub fn note_set(&mut self) {
        self.is_set_by_script = true;
    }

    /// Checks what is pending, in a subtransaction of its own.
    pub fn check(&mut self) -> Result<Result<(), Caught>, Error> {
        if !self.is_set_by_script && !constraints::is_pending(self.tables()?) {
            return Ok(Ok(()));
        }
        let scope = Scope::begin();
        let checked = catch(constraints::check_all);
        scope.end(checked.is_ok());
        if checked.is_ok() {
            self.is_immediate = true;
            self.forget();
        }
        Ok(checked)
    }

    /// Restores what applies at the start of a transaction, after the last one was kept.
    pub fn restore(&mut self) -> Result<(), Error> {
        self.is_set_by_script = false;
        self.defer_new()
    }

    /// To be called after each statement: constraints that it created are deferred if they are
    /// initially so.
    pub fn defer_new(&mut self) -> Result<(), Error> {
        if !self.is_immediate || self.seen == Some(constraints::changes()) {
            return Ok(());
        }
        let query = include_str!("../../sql/queries/deferred_constraints.sql");
        let found = run_as(SUPERUSER, || {
            catalog_query::read(query, &[], |row| Ok((row.text(1)?, row.text(2)?, row.get::<bool>(3)?)))
        })?;
        let mut new = Vec::new();
        for (schema, name, is_only) in found {
            let quoted = format!("{}.{}", identifier(&schema), identifier(&name));
            if !is_only {
                self.ambiguous.insert(name);
            } else if self.deferred.insert(quoted.clone()) {
                new.push(quoted);
            }
        }
        constraints::defer(&new)?;
        self.seen = Some(constraints::changes());
        Ok(())
    }

    /// To be called after a rollback: what was deferred in the meantime no longer is.
    pub fn after_rollback(&mut self) -> Result<(), Error> {
        self.forget();
        self.defer_new()
    }

    fn forget(&mut self) {
        self.deferred.clear();
        self.seen = None;
    }

    /// Whether a violation of this constraint may be one that the real run would see later, or not
    /// at all.
    pub fn is_ambiguous(&self, constraint: &str) -> bool {
        self.ambiguous.contains(constraint)
    }

    fn tables(&mut self) -> Result<&[Oid], Error> {
        let now = constraints::changes();
        if self.tables.as_ref().is_none_or(|(seen, _)| *seen != now) {
            let query = include_str!("../../sql/queries/deferrable_tables.sql");
            let tables = run_as(SUPERUSER, || catalog_query::read(query, &[], |row| row.get::<Oid>(1)))?;
            self.tables = Some((now, tables));
        }
        Ok(self.tables.as_ref().map_or(&[], |(_, tables)| tables))
    }
}
