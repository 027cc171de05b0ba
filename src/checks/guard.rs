//! Finds a guard that was enabled and no longer watches: demoted, disarmed or switched off. Reports
//! nothing if it was never enabled.
//!
//! Locks: AccessShareLock on one table and its indexes at a time, released at once.

use super::finding::{Finding, Severity};
use super::fold::{fix_of_all, is_many, together};
use super::setting_source::{Current, Location, locations, reload};
use super::target::Target;
use crate::error::Error;
use crate::guard::{EventTrigger, Firing, Functions, Guarded, Status, Trigger, status};
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::settings::Guard;
use crate::pg::{extension, schemas};
use crate::report::quoting::literal;
use crate::settings;
use pgrx::pg_sys::Oid;
use std::collections::{HashMap, HashSet};

const SETTING: &str = "pg_flightcheck.guard";

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let functions = Functions::look_up()?;
    let event_triggers = functions.event_triggers()?;
    let triggers = functions.triggers()?;
    if event_triggers.is_empty() && triggers.is_empty() {
        return Ok(Vec::new());
    }
    let mut findings = vec![];
    findings.extend(event_trigger(&event_triggers, &functions));
    findings.extend(locations(SETTING, "off")?.into_iter().map(off_at));
    findings.extend(session()?);
    findings.extend(tables(target, &functions, &triggers, !event_triggers.is_empty())?);
    Ok(findings)
}

fn guard_off(severity: Severity, object: String, detail: &str, fix: Option<String>) -> Finding {
    Finding { severity, check_name: "guard_off", object, detail: detail.to_owned(), fix }
}

/// Returns the finding on the event trigger, which arms new tables and those whose triggers were
/// disabled.
fn event_trigger(triggers: &[EventTrigger], functions: &Functions) -> Option<Finding> {
    match triggers {
        // A role that is not a superuser can arm only the tables that exist.
        [] => Some(guard_off(
            Severity::Info,
            "the guard's event trigger".to_owned(),
            "it does not exist: new tables, and tables whose triggers were disabled, are not armed; a superuser has to run the fix",
            Some(format!("SELECT * FROM {}();", functions.qualified("seq_guard_enable"))),
        )),
        [trigger, ..] if !trigger.is_always => {
            let name = quote_identifier(&trigger.name);
            Some(guard_off(
                Severity::Warning,
                format!("event trigger {name}"),
                "it does not fire in every session: tables created or loaded in the others are not guarded",
                Some(format!("ALTER EVENT TRIGGER {name} ENABLE ALWAYS;")),
            ))
        }
        _ => None,
    }
}

/// Returns the finding on one location: a role's setting may be intended, for restores for
/// instance.
fn off_at(location: Location) -> Finding {
    let severity = if location.is_one_roles { Severity::Info } else { Severity::Warning };
    let detail = format!("pg_flightcheck.guard is off {}; the fix applies to new sessions", location.in_sessions);
    guard_off(severity, location.object, &detail, location.reset)
}

/// Returns the finding on this session's setting, unless it comes from a database or role, whose
/// settings have rows of their own.
fn session() -> Result<Vec<Finding>, Error> {
    if settings::guard() != Guard::Off {
        return Ok(Vec::new());
    }
    let current = Current::look_up(SETTING)?;
    let is_of_the_server = current.as_ref().is_some_and(Current::is_of_the_server);
    let (object, fix) = match current {
        Some(current) if current.is_of_a_location() => return Ok(Vec::new()),
        Some(_) if is_of_the_server => {
            ("the server's configuration", "ALTER SYSTEM SET pg_flightcheck.guard = 'warn';")
        }
        Some(current) if current.is_of_the_session() => ("this session", "RESET pg_flightcheck.guard;"),
        _ => ("this session", "SET pg_flightcheck.guard = 'warn';"),
    };
    let detail = "pg_flightcheck.guard is off";
    let mut findings = vec![guard_off(Severity::Warning, object.to_owned(), detail, Some(fix.to_owned()))];
    if is_of_the_server {
        findings.push(reload(&findings[0]));
    }
    Ok(findings)
}

struct Disarmed {
    table: QualifiedName,
    detail: String,
    fix: String,
}

/// Returns the finding on a table that was left out on purpose, which is reported although nothing
/// is wrong with it.
fn left_out(table: &QualifiedName) -> Finding {
    Finding {
        severity: Severity::Info,
        check_name: "guard_disarmed",
        object: format!("table {}", table.quoted()),
        detail: "the guard does not watch it: it was left out on purpose".to_owned(),
        fix: None,
    }
}

fn tables(
    target: &Target<'_>,
    functions: &Functions,
    triggers: &[Trigger],
    has_event_trigger: bool,
) -> Result<Vec<Finding>, Error> {
    let triggers: HashMap<Oid, &Trigger> = triggers.iter().map(|trigger| (trigger.table, trigger)).collect();
    let guarded = Guarded::look_up(functions)?;
    // Without an event trigger, only a table's own trigger tells that it is to be watched.
    let is_meant = |table: Oid| triggers.contains_key(&table) || (has_event_trigger && guarded.covers(table));
    let mut seen = HashSet::new();
    let (mut disarmed, mut excluded) = (Vec::new(), Vec::new());
    for row in status(functions, target.scope)? {
        let (Some(table), Some(name)) = (row.table, row.name) else { continue };
        if row.status != Status::Disarmed || !is_meant(table) || !seen.insert(table) || is_not_ours(table) {
            continue;
        }
        if triggers.get(&table).is_some_and(|trigger| trigger.is_left_out()) {
            excluded.push(left_out(&name));
            continue;
        }
        let fix = fix(functions, &name, triggers.get(&table).copied());
        let why = row.reason.unwrap_or_default();
        disarmed.push(Disarmed { table: name, detail: format!("the guard does not watch it: {why}"), fix });
    }
    let disarmed: Vec<Finding> = disarmed.into_iter().map(finding).collect();
    let is_folded = |findings: &[Finding]| target.is_folded && is_many(findings.len());
    let mut findings = match is_folded(&disarmed) {
        true => vec![together("tables", &disarmed, fix_of_all(target, &disarmed, None)?)],
        false => disarmed,
    };
    match is_folded(&excluded) {
        true => findings.push(together("tables", &excluded, None)),
        false => findings.append(&mut excluded),
    }
    Ok(findings)
}

fn is_not_ours(table: Oid) -> bool {
    schemas::is_temporary(table) || extension::has_relation(table)
}

fn fix(functions: &Functions, table: &QualifiedName, trigger: Option<&Trigger>) -> String {
    match trigger {
        // seq_guard_enable() does not enable a trigger that was disabled.
        Some(trigger) if trigger.firing == Firing::Off => {
            format!("ALTER TABLE {} ENABLE ALWAYS TRIGGER {};", table.quoted(), quote_identifier(&trigger.name))
        }
        _ => format!("SELECT * FROM {}({});", functions.qualified("seq_guard_enable"), literal(&table.schema)),
    }
}

fn finding(disarmed: Disarmed) -> Finding {
    Finding {
        severity: Severity::Warning,
        check_name: "guard_disarmed",
        object: format!("table {}", disarmed.table.quoted()),
        detail: disarmed.detail,
        fix: Some(disarmed.fix),
    }
}
