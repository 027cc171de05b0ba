//! `install-sql LIBRARY CONTROL VERSION MAJOR` prints the SQL that CREATE EXTENSION runs. MAJOR is
//! the version of PostgreSQL that the library is built for.
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
    let [library, control, version, major] = arguments.as_slice() else {
        bail!("usage: install-sql LIBRARY CONTROL VERSION MAJOR");
    };
    print!("{}", check_of_major(major.parse()?));
    print!("{}", install_sql(Path::new(library), Path::new(control), version)?);
    Ok(())
}

/// Returns a statement that fails on another major version. The server itself refuses to load such
/// a library ("incompatible library", or "undefined symbol"), but does not say what to do.
fn check_of_major(major: u32) -> String {
    format!(
        "DO LANGUAGE plpgsql $$
DECLARE
    version CONSTANT pg_catalog.text := pg_catalog.current_setting('server_version');
BEGIN
    IF pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog./) 10000
        OPERATOR(pg_catalog.<>) {major}
    THEN
        RAISE EXCEPTION USING ERRCODE = '55000',
            MESSAGE = 'this pg_flightcheck is built for PostgreSQL {major}',
            DETAIL = pg_catalog.format('The server is PostgreSQL %s.', version),
            HINT = 'Install pg_flightcheck for the server''s version: make install PG_CONFIG=/path/to/its/pg_config';
    END IF;
END $$;
"
    )
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
