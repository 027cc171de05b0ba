//! Concurrent DDL, locks of other sessions, and damaged files. What cannot be checked is omitted or
//! reported, and does not stop the other checks.

use crate::broken_database::{checks, create, essence};
use crate::finding::{Finding, flightcheck};
use anyhow::Result;
use cluster::{Ending, Load, Server, churn, end_churn, report, sized};
use std::time::{Duration, Instant};

const ARGUMENTS: &str = "'s', deep => true";

#[test]
fn concurrent_ddl_causes_no_error() -> Result<()> {
    let time = Duration::from_secs(sized("FLIGHTCHECK_DDL_SECONDS", 4, 12));
    let server = Server::start(&["max_connections = 40", "autovacuum_naptime = '1s'"])?;
    let mut client = create(&server, "ddl")?;
    client.batch_execute("CREATE TABLE parted (id bigserial PRIMARY KEY, note text) PARTITION BY RANGE (id)")?;
    let mut load = Load::default();
    churn(&mut load, &server, "ddl")?;
    load.add(&server, "ddl", "foreign keys", 1, |client, random| {
        let table = format!("comes_{}", random.u8(..20));
        client.batch_execute(&format!(
            "ALTER TABLE {table} ADD FOREIGN KEY (a) REFERENCES s.parent NOT VALID; ALTER TABLE {table} DISABLE TRIGGER ALL"
        ))
    })?;
    load.add(&server, "ddl", "indexes", 1, |client, random| {
        let index = format!("index_{}", random.u8(..5));
        client.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS s.{index}"))?;
        client.batch_execute(&format!("CREATE INDEX CONCURRENTLY {index} ON s.large (note)"))
    })?;
    let started = Instant::now();
    let (mut calls, mut rows) = (0, 0);
    while started.elapsed() < time {
        for arguments in ["deep => true, fold => false", "expected_owner => 'app', fold => false", "'s', fold => false"]
        {
            let found = flightcheck(&mut client, arguments)?;
            let failed: Vec<_> = found.iter().filter(|finding| finding.check == "check_failed").collect();
            assert!(failed.is_empty(), "{failed:#?}");
            assert!(
                found.iter().any(|finding| finding.check == "sequence_behind" && finding.object.contains("s.parent"))
            );
            (calls, rows) = (calls + 1, rows + found.len());
        }
    }
    let changes = end_churn(load);
    report!(
        "{calls} flight checks, concurrent with {changes} drops and creations: no error, no check failed, {rows} rows"
    );
    Ok(())
}

fn without(found: &[Finding], tables: &[&str]) -> Vec<Finding> {
    found.iter().filter(|finding| !tables.iter().any(|table| finding.object.contains(table))).cloned().collect()
}

#[test]
fn locked_tables_do_not_stop_other_checks() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut client = create(&server, "locked")?;
    let expected = flightcheck(&mut client, ARGUMENTS)?;
    let mut other = server.connect("locked")?;
    other.batch_execute("BEGIN; LOCK TABLE s.child, s.large, s._sqlx_migrations, s.keyless")?;
    client.batch_execute("SET lock_timeout = '300ms'; SET statement_timeout = '20s'")?;
    let found = flightcheck(&mut client, ARGUMENTS)?;
    let locked = ["s.child", "s.large", "s._sqlx_migrations", "s.keyless"];
    assert_eq!(essence(&without(&found, &locked)), essence(&without(&expected, &locked)));
    assert!(found.iter().all(|finding| finding.check != "check_failed"), "{found:#?}");
    // What is checked in catalogs only is reported for locked tables as well.
    for check in ["trigger_disabled", "index_invalid", "primary_key_missing"] {
        assert!(checks(&found).contains(&check), "{check}: {found:#?}");
    }
    Ok(())
}

#[test]
fn damaged_files_do_not_stop_other_checks() -> Result<()> {
    let mut server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut client = create(&server, "torn")?;
    let expected = flightcheck(&mut client, ARGUMENTS)?;
    let mut path = |relation: &str| -> Result<String> {
        Ok(client.query_one(&format!("SELECT pg_relation_filepath('{relation}')"), &[])?.get(0))
    };
    let files = [path("s.keyless_id_seq")?, path("s.parent_pkey")?, path("s._sqlx_migrations")?, path("s.child")?];
    drop(client);
    server.end(Ending::Fast)?;
    for file in &files {
        server.overwrite(file, 0, &[0x5a; 100])?;
    }
    server.resume()?;
    let mut client = server.connect("torn")?;
    let found = flightcheck(&mut client, ARGUMENTS)?;
    let torn = ["s.keyless", "s.parent", "s._sqlx_migrations", "s.child", "s.borrower"];
    assert_eq!(essence(&without(&found, &torn)), essence(&without(&expected, &torn)), "{found:#?}");
    let about: Vec<_> = found
        .iter()
        .filter(|finding| finding.check == "check_failed" || torn.iter().any(|table| finding.object.contains(table)))
        .collect();
    for finding in about {
        report!("{} {} {}: {}", finding.severity, finding.check, finding.object, finding.detail);
    }
    Ok(())
}
