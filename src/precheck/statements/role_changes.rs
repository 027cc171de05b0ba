//! CREATE, ALTER and DROP ROLE, and ALTER DEFAULT PRIVILEGES.

use super::roles;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{CreateRole, DefaultPrivileges, Role};
use crate::pg::{access, role};
use crate::precheck::finding::Note;
use crate::precheck::model::{Cause, Change};
use crate::precheck::run::Run;
use crate::report::wording::counted;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

const DEPENDENTS: &str = include_str!("../../../sql/queries/precheck_role_dependents.sql");

/// CREATE ROLE, USER and GROUP (CreateRole in commands/user.c).
pub fn create(run: &mut Run, create: &CreateRole) {
    run.effects.is_definition = true;
    let name = create.name.clone();
    if !may_create(run, create) {
        return;
    }
    let exists = match run.model.roles.get(&name) {
        Some(Change::Created(_)) => true,
        Some(Change::Dropped(_)) => false,
        None => role::find(&name).is_ok(),
    };
    if name.starts_with("pg_") {
        let detail = format!("role name {} is reserved", quote_identifier(&name));
        run.add(Note::error("name_taken", Code::ERRCODE_RESERVED_NAME, detail).on(name));
        return;
    }
    if exists {
        let detail = format!("role {} already exists", quote_identifier(&name));
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(name));
        return;
    }
    for member in &create.members {
        roles::find(run, member);
    }
    let number = run.number();
    if !create.members.is_empty() {
        run.model.memberships_changed.get_or_insert(Cause::Statement(number));
    }
    run.model.roles.insert(name, Change::Created(number));
}

/// Whether the role may create another one; adds a finding otherwise.
fn may_create(run: &mut Run, create: &CreateRole) -> bool {
    if access::is_superuser(run.model.role) {
        return true;
    }
    let own = quote_identifier(&run.model.role_name());
    if !access::may_create_roles(run.model.role) {
        let detail = format!("role {own} has no CREATEROLE privilege");
        let note = Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail);
        run.add_name_error(note.on(create.name.clone()));
        return false;
    }
    if create.is_powerful || !create.members.is_empty() {
        let detail = format!("whether role {own} may give these attributes or memberships is not checked");
        let note = Note::unknown("privilege", detail).raising(Code::ERRCODE_INSUFFICIENT_PRIVILEGE);
        run.add(note.on(create.name.clone()));
    }
    true
}

/// ALTER ROLE. `None` is ALTER ROLE ALL.
pub fn alter(run: &mut Run, altered: Option<&Role>, setting: Option<&str>) {
    run.effects.is_definition = true;
    let number = run.number();
    run.model.memberships_changed.get_or_insert(Cause::Statement(number));
    if altered.is_some_and(|altered| {
        roles::find(run, altered).is_none() && run.has(crate::precheck::finding::Severity::Error)
    }) {
        return;
    }
    if setting.is_some() || !access::is_superuser(run.model.role) {
        run.add(Note::unknown("unchecked", "ALTER ROLE is not checked"));
    }
}

/// DROP ROLE (DropRole in commands/user.c).
pub fn drop(run: &mut Run, dropped: &[Role], missing_ok: bool) -> Result<(), Error> {
    run.effects.is_definition = true;
    let number = run.number();
    if !access::is_superuser(run.model.role) && !access::may_create_roles(run.model.role) {
        let detail = format!("role {} may not drop roles", quote_identifier(&run.model.role_name()));
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail));
        return Ok(());
    }
    for named in dropped {
        let Role::Named(name) = named else { continue };
        let known = match run.model.roles.get(name) {
            Some(Change::Created(_)) => {
                run.add(
                    Note::unknown("dependents", "what depends on a role of the script's own is not checked")
                        .on(name.clone()),
                );
                run.model.roles.insert(name.clone(), Change::Dropped(number));
                continue;
            }
            Some(Change::Dropped(_)) => None,
            None => role::find(name).ok(),
        };
        match known {
            Some(oid) => one(run, oid, name)?,
            None if missing_ok => {
                run.add(
                    Note::info("if_exists", "the role does not exist, so that nothing is dropped").on(name.clone()),
                );
            }
            None => {
                let detail = format!("role {} does not exist", quote_identifier(name));
                run.add_name_error(
                    Note::error("unknown_role", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(name.clone()),
                );
            }
        }
    }
    Ok(())
}

fn one(run: &mut Run, oid: Oid, name: &str) -> Result<(), Error> {
    let number = run.number();
    if [run.model.role, run.model.session_role, run.model.login_role].contains(&oid) {
        let detail = "the current user and the session's user cannot be dropped";
        run.add_name_error(Note::error("dependents", Code::ERRCODE_OBJECT_IN_USE, detail).on(name.to_owned()));
        return Ok(());
    }
    if !access::is_superuser(run.model.role) {
        run.add(
            Note::unknown("privilege", "whether the role may drop the other one is not checked").on(name.to_owned()),
        );
    }
    let found = read(DEPENDENTS, &[oid.into()], |row| Ok((row.get::<i64>(1)?, row.get::<i64>(2)?)))?;
    let (here, elsewhere) = found.into_iter().next().unwrap_or_default();
    let state = Code::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST;
    if elsewhere > 0 {
        let detail = format!("{} in other databases depend on the role", counted(elsewhere, "object"));
        run.add_name_error(Note::error("dependents", state, detail).on(name.to_owned()));
        return Ok(());
    }
    if here > 0 {
        let detail = format!("{} depend on the role", counted(here, "object"));
        let note = match number > 1 {
            true => Note::unknown("dependents", format!("{detail}, unless the script changes that")).raising(state),
            false => Note::error("dependents", state, detail),
        };
        run.add_name_error(note.on(name.to_owned()));
    }
    run.model.roles.insert(name.to_owned(), Change::Dropped(number));
    Ok(())
}

/// ALTER DEFAULT PRIVILEGES (ExecAlterDefaultPrivilegesStmt in catalog/aclchk.c).
pub fn default_privileges(run: &mut Run, alter: &DefaultPrivileges) {
    run.effects.is_definition = true;
    for grantee in &alter.grantees {
        roles::find(run, grantee);
    }
    let mut owners = Vec::new();
    for owner in &alter.owners {
        let Some(oid) = roles::find(run, owner) else { continue };
        if !access::role_acts_as(run.model.role, oid) {
            let own = quote_identifier(&run.model.role_name());
            let name = role::name(oid).unwrap_or_default();
            let detail = format!("role {own} may not change the default privileges of {}", quote_identifier(&name));
            run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(name));
        }
        owners.push(oid);
    }
    if alter.owners.is_empty() {
        owners.push(run.model.role);
    }
    super::grants::schemas(run, &alter.schemas);
    for schema in &alter.schemas {
        let Some(oid) = run.model.schema_oid(schema) else { continue };
        if owners.iter().any(|owner| !access::role_may_create_in(*owner, oid)) {
            let detail = "whether the role may set default privileges in the schema is not checked";
            let note = Note::unknown("privilege", detail).raising(Code::ERRCODE_INSUFFICIENT_PRIVILEGE);
            run.add(note.on(schema.clone()));
        }
    }
}
