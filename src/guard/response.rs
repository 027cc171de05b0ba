//! Responds to a finding as the setting `pg_flightcheck.guard` asks.

use super::finding::Finding;
use super::setval::is_watched;
use super::{advance, report};
use crate::pg::settings::Guard;
use crate::settings;
use pgrx::pg_sys::Oid;

/// Does what the setting says about a finding, if the guard watches the table.
pub fn respond(table: Oid, finding: Finding, mode: Guard, is_refusable: bool) {
    let is_watched = || is_watched(table, settings::guards_all());
    match mode {
        Guard::Error if is_refusable => {
            if is_watched() {
                report::refuse(finding.error);
            }
        }
        Guard::Advance => {
            if is_watched() {
                advance::advance_or_warn(table, finding);
            }
        }
        _ => report::warn_of(finding, is_watched),
    }
}
