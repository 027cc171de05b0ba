//! The verdict of `fk_audit` on a foreign key. Pure.

use super::discover::ForeignKey;

/// As in the column `status`, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It passes for valid, and rows break it.
    Violated,
    /// No row breaks it yet, but a trigger that enforces it does not fire, or does not exist.
    TriggersOff,
    /// NOT VALID: rows that were there before are not vouched for.
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
    /// What the catalogs alone tell.
    pub fn catalog_status(&self) -> Status {
        match self {
            _ if !self.is_enforced => Status::NotEnforced,
            _ if !self.silent_triggers.is_empty() || !self.gaps.places.is_empty() => Status::TriggersOff,
            _ if !self.is_validated => Status::NotValidated,
            _ => Status::Ok,
        }
    }

    /// Now that its orphans are counted. To be validated it would not have to be asked about them.
    pub fn status(&self, orphans: i64) -> Status {
        match self.catalog_status() {
            Status::TriggersOff if orphans > 0 && !self.is_validated => Status::NotValidated,
            Status::TriggersOff | Status::Ok if orphans > 0 => Status::Violated,
            status => status,
        }
    }
}
