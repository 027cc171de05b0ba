//! SET, and statements that control the transaction.

use super::roles;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Modes, Role};
use crate::pg::{access, role, settings};
use crate::precheck::finding::{Note, Severity};
use crate::precheck::limits::Limits;
use crate::precheck::model::Cause;
use crate::precheck::model::path;
use crate::precheck::run::{Outer, Run};
use crate::report::wording;
use pgrx::PgSqlErrorCode as Code;

const SETTING: &str = include_str!("../../../sql/queries/precheck_setting.sql");

/// Adds an error for a command that cannot run in a transaction block.
pub fn refuse_in_transaction(run: &mut Run, command: &str) {
    if !run.in_transaction {
        return;
    }
    let detail = format!("{command} cannot run inside a transaction block");
    let wrapped = if run.is_wrapped { ": run it without one, in a file of its own" } else { "" };
    run.add(Note::error("transaction", Code::ERRCODE_ACTIVE_SQL_TRANSACTION, format!("{detail}{wrapped}")));
}

pub fn set(
    run: &mut Run,
    name: &str,
    values: Option<&[String]>,
    is_local: bool,
    modes: Option<Modes>,
) -> Result<(), Error> {
    let name = name.to_lowercase();
    if let Some(modes) = modes {
        super::read_only::set(run, &name, modes);
        if name == "transaction snapshot" {
            run.add(Note::unknown("transaction", "whether the snapshot exists is not checked"));
        }
        return Ok(());
    }
    if is_local && !run.in_transaction {
        run.add(Note::warning("setting", "SET LOCAL has no effect outside a transaction block").on(name));
        return Ok(());
    }
    note_local(run, &name, is_local);
    match name.as_str() {
        "search_path" => set_search_path(run, values),
        "role" => set_role(run, values),
        "session_authorization" => set_session_authorization(run, values),
        "lock_timeout" | "statement_timeout" => {
            // A value that is not a time is an error below.
            let time = values.and_then(|values| values.first()).map(|value| settings::milliseconds(value).unwrap_or(0));
            run.limits.set(&name, time, is_local, run.in_transaction);
        }
        "check_function_bodies" => {
            run.checks_bodies = match values {
                Some(values) => !values.iter().any(|value| is_off(value)),
                None => settings::checks_function_bodies(),
            };
        }
        "datestyle" => run.sets_date_style = true,
        "transaction_read_only" | "default_transaction_read_only" => {
            let is_on = values.is_some_and(|values| !values.iter().any(|value| is_off(value)));
            let is_current = name == "transaction_read_only";
            if is_current || !is_local {
                run.read_only.set(is_current, is_on, run.in_transaction);
            }
        }
        "timezone" => run.time_zone = values.map(|values| values.join(" ")),
        "session_replication_role" => {
            let turns_off = values.is_some_and(|values| values.first().is_some_and(|value| value == "replica"));
            if turns_off {
                let detail = "triggers and foreign keys do not act on rows that later statements write";
                run.add(Note::warning("triggers_off", detail).on(name.clone()));
                run.model.distrust_rows(Cause::Statement(run.number()));
            }
        }
        _ => {}
    }
    let (path, roles) = (run.model.path.clone(), (run.model.session_role, run.model.role));
    if let Some(outer) = run.outer.as_mut().filter(|_| !is_local) {
        match name.as_str() {
            "search_path" => outer.path = path,
            "role" | "session_authorization" => outer.roles = roles,
            _ => {}
        }
    }
    check_setting(run, &name)?;
    if let Some([value]) = values {
        check_value(run, &name, value);
    }
    Ok(())
}

/// Remembers to which search_path and role the end of the transaction returns.
fn note_local(run: &mut Run, name: &str, is_local: bool) {
    if is_local && run.outer.is_none() && ["search_path", "role", "session_authorization"].contains(&name) {
        let model = &run.model;
        run.outer = Some(Outer { path: model.path.clone(), roles: (model.session_role, model.role) });
    }
}

/// Adds an error for a value that the setting does not take.
fn check_value(run: &mut Run, name: &str, value: &str) {
    // What these take depends on the transaction, or is checked elsewhere.
    let is_other = ["role", "session_authorization", "search_path", "temp_buffers"].contains(&name)
        || name.starts_with("transaction_")
        || name.contains('.');
    if is_other || run.has(Severity::Error) {
        return;
    }
    if let Some(error) = settings::refusal(name, value) {
        let note = Note::error("setting", error.sqlstate, wording::error(&error)).on(name.to_owned());
        run.add_name_error(note);
    }
}

/// Adds an error for a setting that does not exist, or that the role may not change.
fn check_setting(run: &mut Run, name: &str) -> Result<(), Error> {
    // The role is checked by set_role, and the transaction's settings have no context of their own.
    if ["role", "session_authorization", "search_path"].contains(&name) || !run.checked_settings.insert(name.to_owned())
    {
        return Ok(());
    }
    let arguments = [name.into(), run.model.role.into()];
    let found = read(SETTING, &arguments, |row| Ok((row.get::<bool>(1)?, row.optional_text(2)?, row.get::<bool>(3)?)))?;
    let Some((exists, context, is_granted)) = found.into_iter().next() else { return Ok(()) };
    let is_allowed = is_granted || access::is_superuser(run.model.role);
    match context.as_deref() {
        None if exists || name.contains('.') => {}
        None => {
            let detail = format!("unrecognized configuration parameter \"{name}\"");
            run.add(Note::error("setting", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(name.to_owned()));
        }
        Some("superuser") if !is_allowed => {
            let detail = format!("role {} may not set parameter \"{name}\"", quote_identifier(&run.model.role_name()));
            run.add_name_error(
                Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(name.to_owned()),
            );
        }
        Some("user" | "superuser") => {}
        Some(_) => {
            let detail = format!("parameter \"{name}\" cannot be changed in a session");
            run.add(Note::error("setting", Code::ERRCODE_CANT_CHANGE_RUNTIME_PARAM, detail).on(name.to_owned()));
        }
    }
    Ok(())
}

fn is_off(value: &str) -> bool {
    ["off", "false", "no", "0"].contains(&value.to_lowercase().as_str())
}

/// Begins with the settings of a new session of the role, where it has any.
pub fn begin_session(run: &mut Run, settings: Vec<(String, String)>) -> Result<(), Error> {
    run.role_settings = settings.into_iter().collect();
    let mut initial = Limits::of_session();
    for (name, value) in run.role_settings.clone() {
        let time = settings::milliseconds(&value);
        match name.as_str() {
            "search_path" => set_search_path(run, None),
            "lock_timeout" => initial.waits_briefly = time != Some(0),
            "statement_timeout" => initial.statement = time.unwrap_or_default(),
            "check_function_bodies" => run.checks_bodies = !is_off(&value),
            "timezone" => run.time_zone = Some(value),
            "datestyle" => run.sets_date_style = true,
            "role" => {
                let role = role::find(&value).ok().filter(|role| access::role_can_become(run.model.role, *role));
                run.model.role = role.unwrap_or(run.model.role);
            }
            _ => {}
        }
    }
    run.limits = Limits::new(initial);
    Ok(())
}

/// RESET ALL
pub fn reset_all(run: &mut Run) {
    set_search_path(run, None);
    run.read_only.set(false, false, run.in_transaction);
    run.checks_bodies = settings::checks_function_bodies();
    for name in ["lock_timeout", "statement_timeout"] {
        run.limits.set(name, None, false, run.in_transaction);
    }
}

/// DISCARD ALL
pub fn discard_all(run: &mut Run) {
    refuse_in_transaction(run, "DISCARD ALL");
    (run.model.session_role, run.model.role) = (run.model.login_role, run.model.login_role);
    reset_all(run);
}

fn set_search_path(run: &mut Run, values: Option<&[String]>) {
    run.model.path.is_changed = true;
    run.model.path.names = match values {
        Some(values) => Some(values.to_vec()),
        None => {
            let own = run.role_settings.get("search_path").cloned();
            own.or_else(settings::reset_search_path).and_then(|text| path::split(&text))
        }
    };
}

fn set_role(run: &mut Run, values: Option<&[String]>) {
    let wanted = values.and_then(|values| values.first());
    let Some(name) = wanted.filter(|name| *name != "none") else {
        run.model.role = run.model.session_role;
        return;
    };
    // For SET, the role is a value of a setting.
    let invalid = Code::ERRCODE_INVALID_PARAMETER_VALUE;
    let Some(oid) = roles::find_or_refuse(run, &Role::Named(name.clone()), invalid) else { return };
    if !access::role_can_become(run.model.session_role, oid) && !access::is_superuser(run.model.session_role) {
        let detail = format!("permission denied to set role {}", quote_identifier(name));
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(name.clone()));
        return;
    }
    run.model.role = oid;
}

/// SET SESSION AUTHORIZATION: the role to which RESET ROLE returns.
fn set_session_authorization(run: &mut Run, values: Option<&[String]>) {
    let login = run.model.login_role;
    let wanted = values.and_then(|values| values.first());
    let oid = match wanted.filter(|name| *name != "default") {
        None => login,
        Some(name) => {
            let invalid = Code::ERRCODE_INVALID_PARAMETER_VALUE;
            let Some(oid) = roles::find_or_refuse(run, &Role::Named(name.clone()), invalid) else { return };
            if oid != login && !access::is_superuser(login) {
                let detail = format!("permission denied to set session authorization {}", quote_identifier(name));
                let note = Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail);
                run.add_name_error(note.on(name.clone()));
                return;
            }
            oid
        }
    };
    (run.model.session_role, run.model.role) = (oid, oid);
}
