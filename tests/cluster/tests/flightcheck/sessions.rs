//! The findings do not depend on the session: hostile search_path, isolation level, read-only,
//! standby, without privileges.

use crate::broken_database::{checks, create, essence, expected};
use crate::finding::flightcheck;
use anyhow::Result;
use cluster::{Server, report};
use std::thread::sleep;
use std::time::{Duration, Instant};

const ARGUMENTS: &str = "'s', deep => true";
const SETTINGS: [&str; 1] = ["autovacuum_naptime = '1h'"];

#[test]
fn search_path_does_not_change_findings() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    let expected = flightcheck(&mut client, ARGUMENTS)?;
    client.batch_execute(include_str!("hostile.sql"))?;
    client.batch_execute(
        "CREATE TEMP TABLE parent (trapped int); CREATE TEMP TABLE child (trapped int); CREATE TEMP TABLE large (trapped int);
         CREATE TEMP TABLE pg_class (trapped int); CREATE TEMP TABLE pg_namespace (trapped int); CREATE TEMP TABLE pg_depend (trapped int)",
    )?;
    let traps =
        "SELECT (SELECT count(*) FROM pg_catalog.pg_operator WHERE oprnamespace = 'hostile'::pg_catalog.regnamespace),
        (SELECT count(*) FROM pg_catalog.pg_proc WHERE pronamespace = 'hostile'::pg_catalog.regnamespace)";
    let row = client.query_one(traps, &[])?;
    let (operators, functions): (i64, i64) = (row.get(0), row.get(1));
    assert!(operators > 400 && functions > 1000, "{operators} operators, {functions} functions");
    for path in ["hostile, pg_catalog, s, public", "pg_temp, hostile, pg_catalog", "''", "s", "\"no such schema\""] {
        client.batch_execute(&format!("SET search_path = {path}"))?;
        assert_eq!(essence(&flightcheck(&mut client, ARGUMENTS)?), essence(&expected), "search_path = {path}");
    }
    // Checks the setup: an unqualified statement runs into a trap.
    client.batch_execute("SET search_path = hostile, pg_catalog")?;
    assert!(client.batch_execute("SELECT 1::pg_catalog.int4 + 1::pg_catalog.int4").is_err());
    report!("the same {} findings with {operators} false operators and {functions} false functions", expected.len());
    Ok(())
}

#[test]
fn isolation_level_does_not_change_findings() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    let expected = flightcheck(&mut client, ARGUMENTS)?;
    for begin in [
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE",
        "BEGIN READ ONLY",
    ] {
        client.batch_execute(&format!("{begin}; SELECT FROM s.parent"))?;
        // Concurrent changes are visible nevertheless.
        let mut other = server.connect("broken")?;
        other.batch_execute("ALTER TABLE s.unchecked ADD CONSTRAINT later CHECK (a > 1) NOT VALID")?;
        let found = flightcheck(&mut client, ARGUMENTS)?;
        assert_eq!(found.len(), expected.len() + 1, "{begin}: {found:#?}");
        client.batch_execute("COMMIT")?;
        other.batch_execute("ALTER TABLE s.unchecked DROP CONSTRAINT later")?;
    }
    // So are the changes of this transaction; and the call leaves no locks.
    client.batch_execute("BEGIN; ALTER TABLE s.unchecked ADD CONSTRAINT own CHECK (a > 1) NOT VALID")?;
    let locks = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'";
    let before: i64 = client.query_one(locks, &[])?.get(0);
    assert_eq!(flightcheck(&mut client, ARGUMENTS)?.len(), expected.len() + 1);
    assert_eq!(client.query_one(locks, &[])?.get::<_, i64>(0), before);
    client.batch_execute("ROLLBACK")?;
    Ok(())
}

#[test]
fn standby_has_same_findings() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    client
        .batch_execute("CREATE UNLOGGED TABLE s.fleeting (id serial PRIMARY KEY); INSERT INTO s.fleeting VALUES (1)")?;
    client
        .batch_execute("INSERT INTO s.fleeting SELECT generate_series(2, 5000); ALTER TABLE s.fleeting OWNER TO app")?;
    let found_here = flightcheck(&mut client, ARGUMENTS)?;
    let standby = server.standby()?;
    let mut there = standby.connect("broken")?;
    let kinds = expected(&server)?.len();
    let began = Instant::now();
    while checks(&flightcheck(&mut there, ARGUMENTS)?).len() < kinds && began.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(50));
    }
    let found = flightcheck(&mut there, ARGUMENTS)?;
    // The rows of an unlogged table do not exist on a standby, and whether a migration is still
    // running is not known there.
    let is_other = |finding: &&crate::finding::Finding| {
        !finding.object.contains("fleeting") && !finding.check.starts_with("migration_")
    };
    let of_others = |found: &[crate::finding::Finding]| -> Vec<_> { found.iter().filter(is_other).cloned().collect() };
    assert_eq!(essence(&of_others(&found)), essence(&of_others(&found_here)));
    let unknown: Vec<_> = found.iter().filter(|finding| finding.check == "migration_unknown").collect();
    assert!(unknown.len() == 1 && unknown[0].fix.is_none(), "{unknown:#?}");
    let fleeting: Vec<_> = found.iter().filter(|finding| finding.object.contains("fleeting")).collect();
    // What could not be checked is at least a warning.
    assert!(fleeting.iter().all(|finding| finding.severity == "warning"), "{fleeting:#?}");
    Ok(())
}

/// What the role cannot read is not checked; what is in catalogs is reported to all.
#[test]
fn unprivileged_role_sees_catalog_findings() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    client.batch_execute(
        "CREATE ROLE nobody LOGIN; CREATE ROLE looker LOGIN; GRANT USAGE ON SCHEMA s TO looker; GRANT SELECT ON ALL TABLES IN SCHEMA s TO looker;
         CREATE ROLE monitor LOGIN IN ROLE pg_monitor; CREATE ROLE reader LOGIN IN ROLE pg_read_all_data;
         REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC",
    )?;
    let everything = flightcheck(&mut client, ARGUMENTS)?;
    let of_rows = ["sequence_behind", "foreign_key_violated", "migration_failed"];
    for role in ["nobody", "monitor", "looker", "reader", "app"] {
        let found = flightcheck(&mut server.connect_as(role, "broken")?, ARGUMENTS)?;
        assert!(found.iter().all(|finding| finding.check != "check_failed"), "{role}: {found:#?}");
        let expected = everything.iter().filter(|finding| !of_rows.contains(&finding.check.as_str()));
        for finding in expected {
            let is_reported = found.iter().any(|one| one.check == finding.check && one.object == finding.object);
            assert!(is_reported, "{role} does not see {finding:?}");
        }
        let may_read = !["nobody", "monitor"].contains(&role);
        let seen = of_rows.iter().filter(|check| found.iter().any(|finding| finding.check == **check)).count();
        assert!(may_read || seen == 0, "{role} sees what it cannot read: {found:#?}");
        report!("{role}: {} findings, {seen} of {} that require reading rows", found.len(), of_rows.len());
        // The call must not fail with a role without privileges as the expected owner.
        flightcheck(&mut server.connect_as(role, "broken")?, "expected_owner => 'nobody', deep => true")?;
    }
    Ok(())
}
