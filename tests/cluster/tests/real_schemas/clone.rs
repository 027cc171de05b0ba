//! A copy of a real schema by pg_dump and pg_restore has no differences, whatever it contains.

use crate::schema::Schema;
use anyhow::{Context, Result, ensure};
use cluster::{Server, report};
use postgres::Client;

/// Dumps and restores the database, and compares: as a script, and as an archive; also into another
/// major version, if FLIGHTCHECK_OTHER_PG_CONFIG names a newer one.
pub fn check(server: &Server, other: Option<&Server>, client: &mut Client, schema: &Schema) -> Result<()> {
    let source: String = client.query_one("SELECT db_snapshot(checksum => true)::text", &[])?.get(0);
    let mut clones = vec![(server, true), (server, false)];
    if let Some(other) = other.filter(|other| has_extension(other, schema)) {
        let file = server.scratch(&format!("{}_roles", schema.name)).display().to_string();
        server.client("pg_dumpall", &["--roles-only", "-f", &file])?;
        // Some of the roles exist.
        other.client("psql", &["-Xq", "-d", "postgres", "-f", &file])?;
        clones.push((other, false));
    }
    for (target, is_script) in &clones {
        clone(server, target, schema, *is_script, &source)
            .with_context(|| format!("version {}, script: {is_script}", target.major()))?;
    }
    report!("{}: {} kB of snapshot, {} clones without a difference", schema.name, source.len() / 1024, clones.len());
    Ok(())
}

fn has_extension(server: &Server, schema: &Schema) -> bool {
    let query = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)";
    let has = |name: &str| Ok::<bool, anyhow::Error>(server.connect("postgres")?.query_one(query, &[&name])?.get(0));
    schema.extension.is_none_or(|name| has(name).unwrap_or(false))
}

fn clone(server: &Server, target: &Server, schema: &Schema, is_script: bool, source: &str) -> Result<()> {
    let name = format!("{}_clone", schema.name);
    let file = server.scratch(&name).display().to_string();
    let format = if is_script { "--format=plain" } else { "--format=custom" };
    server.client("pg_dump", &[format, "-f", &file, schema.name])?;
    target.client("createdb", &["--template=template0", &name])?;
    if is_script {
        target.client("psql", &["-Xq", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", &name, "-f", &file])?;
    } else {
        target.client("pg_restore", &["--exit-on-error", "-d", &name, &file])?;
    }
    let query = "SELECT concat_ws(' | ', severity, kind, object, source_value, target_value, detail)
        FROM db_compare($1::text::jsonb) WHERE kind <> 'identity'";
    let rows: Vec<String> = target.connect(&name)?.query(query, &[&source])?.iter().map(|row| row.get(0)).collect();
    ensure!(rows.is_empty(), "{} differences: {:#?}", rows.len(), &rows[..rows.len().min(20)]);
    Ok(target.connect("postgres")?.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))?)
}
