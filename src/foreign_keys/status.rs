//! Judges the status of a foreign key in `fk_audit`. Pure.

use super::discover::ForeignKey;

/// The values of the column `status`, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is marked as valid, but rows violate it.
    Violated,
    /// No row violates it yet, but a trigger that enforces it is disabled or missing.
    TriggersOff,
    /// NOT VALID: rows from before it was added have not been checked.
    NotValidated,
    /// NOT ENFORCED, since PostgreSQL 18.
    NotEnforced,
    Unknown,
    Ok,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Violated => "violated",
            Status::TriggersOff => "triggers_off",
            Status::NotValidated => "not_validated",
            Status::NotEnforced => "not_enforced",
            Status::Unknown => "unknown",
            Status::Ok => "ok",
        }
    }
}

impl ForeignKey {
    /// Returns the status according to the catalogs only.
    pub fn catalog_status(&self) -> Status {
        match self {
            _ if !self.is_enforced => Status::NotEnforced,
            _ if !self.disabled_triggers.is_empty() || !self.missing_triggers.tables.is_empty() => Status::TriggersOff,
            _ if !self.is_validated => Status::NotValidated,
            _ => Status::Ok,
        }
    }

    /// Returns the status, given the number of orphans. A constraint that is NOT VALID is not
    /// `violated`: it does not claim that its rows are valid.
    pub fn status(&self, orphans: i64) -> Status {
        match self.catalog_status() {
            Status::TriggersOff if orphans > 0 && !self.is_validated => Status::NotValidated,
            Status::TriggersOff | Status::Ok if orphans > 0 => Status::Violated,
            status => status,
        }
    }
}
