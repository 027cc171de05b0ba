//! `session_replication_role = replica` left behind as a setting: no foreign key is enforced and no trigger fires in any session that
//! gets it.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns.

use super::finding::{Finding, Severity};
use super::setting::{Current, Place, places};
use super::target::Target;
use crate::fault::Fault;

const SETTING: &str = "session_replication_role";
const VALUE: &str = "replica";

pub fn check(_target: &Target<'_>) -> Result<Vec<Finding>, Fault> {
    let mut findings: Vec<Finding> = places(SETTING, VALUE)?.into_iter().map(of_place).collect();
    findings.extend(Current::look_up(SETTING)?.and_then(|current| of_session(&current)));
    Ok(findings)
}

/// One role's may be meant so: that of a replication tool.
fn of_place(place: Place) -> Finding {
    let severity = if place.is_one_roles { Severity::Warning } else { Severity::Error };
    finding(severity, place.object, "in its sessions", place.reset)
}

/// What this session has from elsewhere than databases and roles, whose settings have rows of their own.
fn of_session(current: &Current) -> Option<Finding> {
    if !current.value.eq_ignore_ascii_case(VALUE) || current.is_of_a_place() {
        return None;
    }
    Some(match current.is_of_the_server() {
        true => {
            let fix = "ALTER SYSTEM RESET session_replication_role;\nSELECT pg_catalog.pg_reload_conf();";
            finding(Severity::Error, "the server's configuration".to_owned(), "in all sessions", Some(fix.to_owned()))
        }
        false => {
            let fix = "SET session_replication_role = origin;";
            finding(Severity::Warning, "this session".to_owned(), "in it", Some(fix.to_owned()))
        }
    })
}

fn finding(severity: Severity, object: String, wherever: &str, fix: Option<String>) -> Finding {
    let detail = format!(
        "session_replication_role is replica: no foreign key is enforced and no ordinary trigger fires {wherever}; fk_audit() counts \
         the rows that break foreign keys by now"
    );
    Finding { severity, check_name: "enforcement_off", object, detail, fix }
}
