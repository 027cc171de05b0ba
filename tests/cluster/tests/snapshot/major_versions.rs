//! Dump and restore from one major version of PostgreSQL into another.

use crate::difference::{check_equal, compare, snapshot};
use crate::sample_database::{Features, create_roles, create_with};
use anyhow::{Context, Result};
use cluster::{Server, report};

const CHECKSUMS: &str = "checksum => true";

/// Copies the database through psql and through pg_restore. Uses the older version's pg_dump, since
/// a newer one of another branch may not know the older server's last minor release.
fn upgrade(older: &Server, newer: &Server) -> Result<[&'static str; 2]> {
    let file = older.scratch("plain").display().to_string();
    older.client("pg_dump", &["--file", &file, "sample_database"])?;
    newer.client("createdb", &["by_psql"])?;
    newer.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "by_psql", "-f", &file])?;
    let file = older.scratch("custom").display().to_string();
    older.client("pg_dump", &["--format=custom", "--file", &file, "sample_database"])?;
    newer.client("createdb", &["by_pg_restore"])?;
    newer.client("pg_restore", &["--exit-on-error", "--dbname=by_pg_restore", &file])?;
    Ok(["by_psql", "by_pg_restore"])
}

#[test]
fn major_versions_dump_restore_has_no_difference() -> Result<()> {
    let settings = ["autovacuum = off"];
    let this = Server::start(&settings)?;
    let Some(other) = Server::start_other(&settings)? else {
        report!("FLIGHTCHECK_OTHER_PG_CONFIG is not set: skipped");
        return Ok(());
    };
    let (older, newer) = if this.major() < other.major() { (this, other) } else { (other, this) };
    create_roles(&older)?;
    create_roles(&newer)?;
    let both = Features::of(&older)?.common(&Features::of(&newer)?);
    let source = snapshot(&mut create_with(&older, "sample_database", &both)?, CHECKSUMS)?;
    for target in upgrade(&older, &newer)? {
        let mut client = newer.connect(target)?;
        let copy = snapshot(&mut client, CHECKSUMS)?;
        check_equal(&compare(&mut client, &source, None)?, false).with_context(|| target.to_owned())?;
        // The older version reads the newer one's snapshot and reports no difference either.
        check_equal(&compare(&mut older.connect("sample_database")?, &copy, None)?, false)
            .with_context(|| target.to_owned())?;
    }
    report!("from {} to {}, by psql and pg_restore: no difference", older.major(), newer.major());
    Ok(())
}
