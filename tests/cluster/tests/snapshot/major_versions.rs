//! Dump and restore from one major version of PostgreSQL into another.

use crate::difference::{check_equal, compare, snapshot};
use crate::oracle;
use crate::sample_database::{Features, create_roles, create_with};
use anyhow::{Context, Result, ensure};
use cluster::{Server, report};
use std::path::PathBuf;

const CHECKSUMS: &str = "checksum => true";

/// Copies the database through psql and through pg_restore. Uses the older version's pg_dump, since
/// a newer one of another branch may not know the older server's last minor release.
fn upgrade(older: &Server, newer: &Server, database: &str) -> Result<[String; 2]> {
    let (by_psql, by_pg_restore) = (format!("{database}_by_psql"), format!("{database}_by_pg_restore"));
    let file = older.scratch("plain").display().to_string();
    older.client("pg_dump", &["--file", &file, database])?;
    newer.client("createdb", &[&by_psql])?;
    newer.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &by_psql, "-f", &file])?;
    let file = older.scratch("custom").display().to_string();
    older.client("pg_dump", &["--format=custom", "--file", &file, database])?;
    newer.client("createdb", &[&by_pg_restore])?;
    newer.client("pg_restore", &["--exit-on-error", "-d", &by_pg_restore, &file])?;
    Ok([by_psql, by_pg_restore])
}

/// Writes dumps and a snapshot into the folder FLIGHTCHECK_DUMPS_TO, to be restored on a machine
/// with another major version.
#[test]
fn major_versions_write_dumps() -> Result<()> {
    let Some(folder) = std::env::var_os("FLIGHTCHECK_DUMPS_TO").map(PathBuf::from) else {
        report!("FLIGHTCHECK_DUMPS_TO is not set: skipped");
        return Ok(());
    };
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    // Without extensions: the other machine may not have the same.
    let mut client = create_with(&server, "sample_database", &Features::default())?;
    let path = |extension: &str| folder.join(format!("{}.{extension}", server.major())).display().to_string();
    std::fs::write(path("json"), snapshot(&mut client, CHECKSUMS)?)?;
    server.client("pg_dump", &["--file", &path("sql"), "sample_database"])?;
    server.client("pg_dump", &["--format=custom", "--file", &path("custom"), "sample_database"])?;
    report!("dumps of version {} in {}", server.major(), folder.display());
    Ok(())
}

/// Restores what `major_versions_write_dumps` has written into the folder FLIGHTCHECK_DUMPS_FROM.
#[test]
fn major_versions_restored_dumps_have_no_difference() -> Result<()> {
    let Some(folder) = std::env::var_os("FLIGHTCHECK_DUMPS_FROM").map(PathBuf::from) else {
        report!("FLIGHTCHECK_DUMPS_FROM is not set: skipped");
        return Ok(());
    };
    let server = Server::start(&["autovacuum = off"])?;
    create_roles(&server)?;
    let mut majors = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let file = entry?.path();
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let major = file.file_stem().context("a name")?.to_string_lossy().into_owned();
        let source = std::fs::read_to_string(&file)?;
        let (sql, custom) = (file.with_extension("sql"), file.with_extension("custom"));
        let (by_psql, by_pg_restore) = (format!("by_psql_{major}"), format!("by_pg_restore_{major}"));
        server.client("createdb", &[&by_psql])?;
        let sql = sql.display().to_string();
        server.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &by_psql, "-f", &sql])?;
        server.client("createdb", &[&by_pg_restore])?;
        let (database, custom) = (format!("--dbname={by_pg_restore}"), custom.display().to_string());
        server.client("pg_restore", &["--exit-on-error", &database, &custom])?;
        for target in [by_psql, by_pg_restore] {
            check_equal(&compare(&mut server.connect(&target)?, &source, None)?, false)
                .with_context(|| target.clone())?;
        }
        majors.push(major);
    }
    ensure!(!majors.is_empty(), "no dumps in {}", folder.display());
    majors.sort();
    report!("from {} to {}, by psql and pg_restore: no difference", majors.join(" and "), server.major());
    Ok(())
}

#[test]
fn major_versions_dump_restore_has_no_difference() -> Result<()> {
    let settings = ["autovacuum = off", "wal_level = logical"];
    let this = Server::start(&settings)?;
    let Some(other) = Server::start_other(&settings)? else {
        report!("FLIGHTCHECK_OTHER_PG_CONFIG is not set: skipped");
        return Ok(());
    };
    let (older, newer) = if this.major() < other.major() { (this, other) } else { (other, this) };
    for server in [&older, &newer] {
        create_roles(server)?;
        oracle::create_roles(server)?;
    }
    let both = Features::of(&older)?.common(&Features::of(&newer)?);
    let sample = create_with(&older, "sample_database", &both)?;
    let extension = oracle::has_extension(&older)? && oracle::has_extension(&newer)?;
    let everything = oracle::create_with(&older, extension)?;
    for (database, mut client) in [("sample_database", sample), ("everything", everything)] {
        let source = snapshot(&mut client, CHECKSUMS)?;
        for target in upgrade(&older, &newer, database)? {
            let mut client = newer.connect(&target)?;
            let copy = snapshot(&mut client, CHECKSUMS)?;
            check_equal(&compare(&mut client, &source, None)?, false).with_context(|| target.clone())?;
            // The older version reads the newer one's snapshot and reports no difference either.
            check_equal(&compare(&mut older.connect(database)?, &copy, None)?, false)
                .with_context(|| target.clone())?;
        }
    }
    report!("from {} to {}, two databases by psql and pg_restore: no difference", older.major(), newer.major());
    Ok(())
}
