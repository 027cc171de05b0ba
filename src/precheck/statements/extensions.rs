//! Versions of extensions.

use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::precheck::finding::Note;
use crate::precheck::model::Change;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

const VERSION: &str = include_str!("../../../sql/queries/precheck_extension_version.sql");
const UPDATE: &str = include_str!("../../../sql/queries/precheck_extension_update.sql");

/// What CREATE EXTENSION asks for.
pub struct Wanted<'a> {
    pub name: &'a str,
    pub version: Option<&'a str>,
    pub schema: Option<&'a str>,
    pub cascade: bool,
}

/// Adds an error for a version that is not available, for an extension that it requires, and for a
/// schema that it cannot be in.
pub fn check_version(run: &mut Run, wanted: &Wanted<'_>) -> Result<(), Error> {
    let name = wanted.name;
    let arguments = [name.into(), wanted.version.into()];
    let found = read(VERSION, &arguments, |row| Ok((row.texts(1)?, row.optional_text(2)?)))?;
    let Some((required, fixed)) = found.into_iter().next() else {
        if let Some(version) = wanted.version {
            let detail =
                format!("extension \"{name}\" has no installation script nor update path for version \"{version}\"");
            run.add_name_error(
                Note::error("extension", Code::ERRCODE_INVALID_PARAMETER_VALUE, detail).on(name.to_owned()),
            );
        }
        return Ok(());
    };
    if let Some(schema) = wanted.schema {
        if !run.model.schema_exists(schema) {
            let detail = format!("schema \"{schema}\" does not exist");
            run.add_name_error(
                Note::error("unknown_schema", Code::ERRCODE_INVALID_SCHEMA_NAME, detail).on(schema.to_owned()),
            );
        } else if let Some(fixed) = fixed.filter(|fixed| fixed != schema) {
            let detail = format!("extension \"{name}\" must be installed in schema \"{fixed}\"");
            run.add(Note::error("extension", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(name.to_owned()));
        }
    }
    let is_created = |name: &String| matches!(run.model.extensions.get(name), Some(Change::Created(_)));
    let missing = required.into_iter().find(|name| !is_created(name));
    if let Some(missing) = missing.filter(|_| !wanted.cascade) {
        let detail = format!("required extension \"{missing}\" is not installed");
        let safer = [format!("CREATE EXTENSION {} CASCADE;", quote_identifier(name))];
        let note = Note::error("extension", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(name.to_owned());
        run.add_name_error(note.safer(safer));
    }
    Ok(())
}

/// ALTER EXTENSION … UPDATE.
pub fn update(run: &mut Run, name: &str, version: Option<&str>) -> Result<(), Error> {
    run.effects.is_definition = true;
    let number = run.number();
    if let Some(Change::Created(_)) = run.model.extensions.get(name) {
        run.unchecked("which version the extension has");
        return Ok(());
    }
    let found = read(UPDATE, &[name.into(), version.into()], |row| {
        Ok((row.text(1)?, row.optional_text(2)?, row.get::<bool>(3)?, row.get::<Oid>(4)?))
    })?;
    let Some((old, new, has_path, owner)) = found.into_iter().next() else {
        let detail = format!("extension \"{name}\" does not exist");
        run.add_name_error(Note::error("extension", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(name.to_owned()));
        return Ok(());
    };
    if !super::roles::acts_as_owner(run, owner, &format!("extension {}", quote_identifier(name)), name) {
        return Ok(());
    }
    match new {
        None => run.unchecked("the extension, whose files are missing,"),
        Some(new) if new == old => {
            run.add(Note::info("extension", format!("version \"{old}\" is already installed")).on(name.to_owned()));
        }
        Some(new) if !has_path => {
            let detail = format!("extension \"{name}\" has no update path from version \"{old}\" to version \"{new}\"");
            run.add_name_error(
                Note::error("extension", Code::ERRCODE_INVALID_PARAMETER_VALUE, detail).on(name.to_owned()),
            );
        }
        Some(new) => {
            let detail = format!("the script that updates from version \"{old}\" to \"{new}\" is not read");
            run.add(Note::unknown("extension", detail).on(name.to_owned()));
            run.model.extensions.insert(name.to_owned(), Change::Created(number));
        }
    }
    Ok(())
}
