//! A copy of a real schema by pg_dump and pg_restore has no differences, whatever it contains.

use crate::schema::Schema;
use anyhow::{Result, ensure};
use cluster::{Server, report};
use postgres::Client;

/// Dumps and restores the database, and compares: as a script, and as an archive.
pub fn check(server: &Server, client: &mut Client, schema: &Schema) -> Result<()> {
    let source: String = client.query_one("SELECT db_snapshot(checksum => true)::text", &[])?.get(0);
    let target = format!("{}_clone", schema.name);
    let file = server.scratch(&target).display().to_string();
    for is_script in [true, false] {
        let format = if is_script { "--format=plain" } else { "--format=custom" };
        server.client("pg_dump", &[format, "-f", &file, schema.name])?;
        server.client("createdb", &["--template=template0", &target])?;
        if is_script {
            server.client("psql", &["-Xq", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", &target, "-f", &file])?;
        } else {
            server.client("pg_restore", &["--exit-on-error", "-d", &target, &file])?;
        }
        let mut clone = server.connect(&target)?;
        let query = "SELECT concat_ws(' | ', severity, kind, object, source_value, target_value, detail)
            FROM db_compare($1::text::jsonb) WHERE kind <> 'identity'";
        let rows: Vec<String> = clone.query(query, &[&source])?.iter().map(|row| row.get(0)).collect();
        ensure!(rows.is_empty(), "{format}: {} differences: {:#?}", rows.len(), &rows[..rows.len().min(20)]);
        drop(clone);
        server.connect("postgres")?.batch_execute(&format!("DROP DATABASE {target} WITH (FORCE)"))?;
    }
    report!("{}: {} kB of snapshot, two clones without a difference", schema.name, source.len() / 1024);
    Ok(())
}
