//! Schemas and extensions.

use super::extensions::Wanted;
use super::roles;
use crate::error::Error;
use crate::pg::access;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Drop, Object, Role};
use crate::precheck::cascade;
use crate::precheck::dependents::Address;
use crate::precheck::finding::Note;
use crate::precheck::model::Cause;
use crate::precheck::model::Change;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

const EXTENSION: &str = include_str!("../../../sql/queries/precheck_extension.sql");

/// Whether the role owns the schema; adds a finding otherwise.
pub fn owns_schema(run: &mut Run, oid: Oid, name: &str) -> Result<bool, Error> {
    let owner = roles::schema_owner(oid)?;
    let what = format!("schema {}", quote_identifier(name));
    Ok(owner.is_none_or(|owner| roles::acts_as_owner(run, owner, &what, name)))
}

/// CREATE SCHEMA.
pub fn create_schema(run: &mut Run, name: Option<&str>, owner: Option<&Role>, if_not_exists: bool, elements: bool) {
    run.effects.is_definition = true;
    let of_owner = match owner {
        Some(Role::Named(owner)) => owner.clone(),
        _ => run.model.role_name(),
    };
    let name = name.map_or(of_owner, str::to_owned);
    roles::may_create_in_database(run, &name);
    let number = run.number();
    if name.starts_with("pg_") {
        let detail = format!("unacceptable schema name {}: the prefix \"pg_\" is reserved", quote_identifier(&name));
        run.add(Note::error("name_taken", Code::ERRCODE_RESERVED_NAME, detail).on(name));
        return;
    }
    if run.model.schema_exists(&name) {
        if if_not_exists {
            run.add(Note::info("if_not_exists", "the schema exists, so that the statement does nothing").on(name));
        } else {
            let detail = format!("schema {} already exists", quote_identifier(&name));
            run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_SCHEMA, detail).on(name));
        }
        return;
    }
    if let Some(owner) = owner.and_then(|owner| roles::find(run, owner)) {
        roles::may_give(run, owner, None);
    }
    run.model.schemas.insert(name, Change::Created(number));
    if elements {
        run.model.distrust_names(Cause::Statement(number));
    }
}

/// CREATE EXTENSION.
pub fn create_extension(run: &mut Run, wanted: &Wanted<'_>, if_not_exists: bool) -> Result<(), Error> {
    run.effects.is_definition = true;
    let name = wanted.name;
    let number = run.number();
    let found = read(EXTENSION, &[name.into()], |row| {
        Ok((row.get::<bool>(1)?, row.get::<bool>(2)?, row.get::<bool>(3)?, row.get::<bool>(4)?))
    })?;
    let (installed, available, for_superusers, trusted) =
        found.into_iter().next().unwrap_or((false, false, true, false));
    let installed = match run.model.extensions.get(name) {
        Some(Change::Created(_)) => true,
        Some(Change::Dropped(_)) => false,
        None => installed,
    };
    if installed {
        if if_not_exists {
            run.add(
                Note::info("if_not_exists", "the extension exists, so that the statement does nothing")
                    .on(name.to_owned()),
            );
        } else {
            let detail = format!("extension \"{name}\" already exists");
            run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(name.to_owned()));
        }
        return Ok(());
    }
    let role = run.model.role;
    if !available {
        let detail = format!("extension \"{name}\" is not available on this server");
        run.add_name_error(Note::error("extension", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(name.to_owned()));
    } else if for_superusers && !access::is_superuser(role) && !trusted {
        let detail = format!("extension \"{name}\" is not trusted: only a superuser can create it");
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(name.to_owned()));
    } else if for_superusers && !access::is_superuser(role) {
        roles::may_create_in_database(run, name);
    }
    if available {
        super::extensions::check_version(run, wanted)?;
    }
    run.model.extensions.insert(name.to_owned(), Change::Created(number));
    Ok(())
}

pub fn drop_extension(run: &mut Run, object: &Object, drop: &Drop) -> Result<(), Error> {
    let name = object.last().to_owned();
    let number = run.number();
    let found = read(EXTENSION, &[name.clone().into()], |row| Ok((row.optional::<Oid>(5)?, row.optional::<Oid>(6)?)))?;
    let (oid, owner) = found.into_iter().next().unwrap_or((None, None));
    let is_created = matches!(run.model.extensions.get(&name), Some(Change::Created(_)));
    match (oid, owner) {
        (Some(oid), Some(owner)) => {
            if roles::acts_as_owner(run, owner, &format!("extension {name}"), &name) {
                cascade::judge_drop(run, &name, &[Address::extension(oid)], drop.cascade, &[])?;
            }
        }
        _ if is_created => {}
        _ if drop.missing_ok => run
            .add(Note::info("if_exists", "the extension does not exist, so that nothing is dropped").on(name.clone())),
        _ => {
            let detail = format!("extension \"{name}\" does not exist");
            run.add_name_error(Note::error("extension", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(name.clone()));
        }
    }
    run.model.extensions.insert(name, Change::Dropped(number));
    Ok(())
}
