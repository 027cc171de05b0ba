//! `install-sql LIBRARY CONTROL VERSION` prints the SQL that CREATE EXTENSION runs.
//!
//! It is the part of `cargo pgrx schema` that the project needs, with the same library. Building
//! all of cargo-pgrx takes minutes, building this takes seconds.

use eyre::{Result, WrapErr, bail, eyre};
use object::{Object, ObjectSection};
use pgrx_sql_entity_graph::section::{decode_entities, is_schema_section_name};
use pgrx_sql_entity_graph::{ControlFile, PgrxSql, SqlGraphEntity};
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, control, version] = arguments.as_slice() else {
        bail!("usage: install-sql LIBRARY CONTROL VERSION");
    };
    print!("{}", install_sql(Path::new(library), Path::new(control), version)?);
    Ok(())
}

fn install_sql(library: &Path, control: &Path, version: &str) -> Result<String> {
    let bytes = std::fs::read(library).wrap_err_with(|| format!("reading {}", library.display()))?;
    let object = object::File::parse(&*bytes)?;
    let section = object
        .sections()
        .find(|section| section.name().is_ok_and(is_schema_section_name))
        .ok_or_else(|| eyre!("{} has no pgrx schema section", library.display()))?;

    let root = ControlFile::from_path_with_cargo_version(control, version)
        .map_err(|error| eyre!("{}: {error}", control.display()))?;
    let entities = std::iter::once(SqlGraphEntity::ExtensionRoot(root)).chain(decode_entities(section.data()?)?);

    // The control file names the library without a version, so the script says 'MODULE_PATHNAME'.
    let versioned_library = false;
    PgrxSql::build(entities, "pg_flightcheck".to_owned(), versioned_library)?.to_sql()
}
