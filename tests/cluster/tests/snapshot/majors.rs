//! From one major version of PostgreSQL to the next by dump and restore.

use crate::difference::{compare, must_be_alike, snapshot};
use crate::rich::{Abilities, create_roles, create_with};
use anyhow::{Context, Result};
use cluster::{Server, report};

const CHECKSUMS: &str = "checksum => true";

/// By the old version's pg_dump, since a new one may not know what the old server's last minor version keeps; through psql and pg_restore.
fn upgrade(older: &Server, newer: &Server) -> Result<[&'static str; 2]> {
    let file = older.scratch("plain").display().to_string();
    older.client("pg_dump", &["--file", &file, "rich"])?;
    newer.client("createdb", &["by_psql"])?;
    newer.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "by_psql", "-f", &file])?;
    let file = older.scratch("custom").display().to_string();
    older.client("pg_dump", &["--format=custom", "--file", &file, "rich"])?;
    newer.client("createdb", &["by_pg_restore"])?;
    newer.client("pg_restore", &["--exit-on-error", "--dbname=by_pg_restore", &file])?;
    Ok(["by_psql", "by_pg_restore"])
}

#[test]
fn an_upgrade_is_no_difference() -> Result<()> {
    let settings = ["autovacuum = off"];
    let this = Server::start(&settings)?;
    let Some(other) = Server::start_other(&settings)? else {
        report!("FLIGHTCHECK_OTHER_PG_CONFIG is not set: skipped");
        return Ok(());
    };
    let (older, newer) = if this.major() < other.major() { (this, other) } else { (other, this) };
    create_roles(&older)?;
    create_roles(&newer)?;
    let both = Abilities::of(&older)?.common(&Abilities::of(&newer)?);
    let source = snapshot(&mut create_with(&older, "rich", &both)?, CHECKSUMS)?;
    for target in upgrade(&older, &newer)? {
        let mut client = newer.connect(target)?;
        let copy = snapshot(&mut client, CHECKSUMS)?;
        must_be_alike(&compare(&mut client, &source, None)?, false).with_context(|| target.to_owned())?;
        // The old version reads what the new one has written, and sees no difference either.
        must_be_alike(&compare(&mut older.connect("rich")?, &copy, None)?, false).with_context(|| target.to_owned())?;
    }
    report!("from {} to {}, by psql and pg_restore: no difference", older.major(), newer.major());
    Ok(())
}
