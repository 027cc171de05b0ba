//! Finds `session_replication_role = replica` left behind as a setting: in sessions that get it, no
//! foreign key is enforced and no ordinary trigger fires.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::setting_source::{Current, Location, locations, reload};
use super::target::Target;
use crate::error::Error;

const SETTING: &str = "session_replication_role";
const VALUE: &str = "replica";

pub fn check(_target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings: Vec<Finding> = locations(SETTING, VALUE)?.into_iter().map(of_location).collect();
    findings.extend(Current::look_up(SETTING)?.map(|current| of_session(&current)).unwrap_or_default());
    Ok(findings)
}

/// Returns the finding on one location: a role's setting may be intended, for a replication tool.
fn of_location(location: Location) -> Finding {
    let severity = if location.is_one_roles { Severity::Warning } else { Severity::Error };
    finding(severity, location.object, location.in_sessions, location.reset)
}

/// Returns the finding on this session's setting, unless it comes from a database or role, whose
/// settings have rows of their own.
fn of_session(current: &Current) -> Vec<Finding> {
    if !current.value.eq_ignore_ascii_case(VALUE) || current.is_of_a_location() {
        return Vec::new();
    }
    if !current.is_of_the_server() {
        let fix = "SET session_replication_role = 'origin';";
        return vec![finding(Severity::Warning, "this session".to_owned(), "in it", Some(fix.to_owned()))];
    }
    // RESET would restore the value of postgresql.conf.
    let fix = "ALTER SYSTEM SET session_replication_role = 'origin';";
    let finding =
        finding(Severity::Error, "the server's configuration".to_owned(), "in any session", Some(fix.to_owned()));
    let reload = reload(&finding);
    vec![finding, reload]
}

fn finding(severity: Severity, object: String, sessions: &str, fix: Option<String>) -> Finding {
    let detail = format!(
        "session_replication_role is replica: no foreign key is enforced and no ordinary trigger fires {sessions}; \
         fk_audit() counts the rows that violate foreign keys"
    );
    Finding { severity, check_name: "enforcement_off", object, detail, fix }
}
