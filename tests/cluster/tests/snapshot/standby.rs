//! A standby has its primary's rows and its identity, and reports that it is in recovery.

use crate::difference::{check_equal, compare, parse, snapshot};
use anyhow::{Result, ensure};
use cluster::{Server, report};
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn wait_for_replay(primary: &mut Client, standby: &mut Client) -> Result<()> {
    let written: String = primary.query_one("SELECT pg_current_wal_lsn()::text", &[])?.get(0);
    let began = Instant::now();
    let query = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    while !standby.query_one(&query, &[])?.get::<_, bool>(0) {
        ensure!(began.elapsed() < Duration::from_secs(60), "the standby does not replay");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
fn standby_snapshot_has_primarys_identity() -> Result<()> {
    let primary = Server::start(&["autovacuum = off", "hot_standby_feedback = on"])?;
    let mut client = primary.database("app")?;
    client.batch_execute(
        "CREATE TABLE t (id serial PRIMARY KEY, note text); INSERT INTO t (note) SELECT 'x' FROM generate_series(1, 1000);
         CREATE UNLOGGED TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1); CREATE TABLE late (id int)",
    )?;
    let standby = primary.standby()?;
    let mut on_standby = standby.connect("app")?;
    client.batch_execute("INSERT INTO late VALUES (1); CHECKPOINT")?;
    wait_for_replay(&mut client, &mut on_standby)?;
    let source = snapshot(&mut client, "checksum => true")?;
    assert_eq!(parse(&source)?["identity"]["in_recovery"], false);

    let copy = snapshot(&mut on_standby, "checksum => true")?;
    let identity = &parse(&copy)?["identity"];
    assert_eq!((&identity["in_recovery"], &identity["timeline"]), (&true.into(), &1.into()));
    assert_eq!(identity["system_identifier"], parse(&source)?["identity"]["system_identifier"]);
    // A standby cannot read unlogged tables, and a sequence may be ahead by the values that are
    // logged in advance.
    assert!(parse(&copy)?["schemas"]["public"]["tables"]["u"]["unread"].is_string(), "{copy}");
    let found = compare(&mut on_standby, &source, None)?;
    let seen: Vec<_> =
        found.iter().map(|difference| (difference.severity.as_str(), difference.kind.as_str())).collect();
    ensure!(seen.contains(&("info", "identity")), "{found:#?}");
    let others: Vec<_> = found.iter().filter(|difference| difference.kind != "identity").collect();
    for other in &others {
        ensure!(["rows_unknown", "sequence_ahead"].contains(&other.kind.as_str()), "{found:#?}");
    }

    standby.promote()?;
    let mut on_standby = standby.connect("app")?;
    let promoted = snapshot(&mut on_standby, "checksum => true")?;
    let identity = &parse(&promoted)?["identity"];
    assert_eq!((&identity["in_recovery"], &identity["timeline"]), (&false.into(), &2.into()));
    let found = compare(&mut client, &source, Some(&promoted))?;
    let identity = &found.iter().find(|difference| difference.kind == "identity");
    ensure!(identity.is_some_and(|identity| identity.severity == "info"), "{found:#?}");
    // Promotion empties unlogged tables, which is reported.
    ensure!(found.iter().any(|difference| difference.summary() == ("error", "rows_emptied", "public.u")), "{found:#?}");
    check_equal(&compare(&mut on_standby, &promoted, None)?, true)?;
    for difference in &found {
        report!("promoted: {} {} {}: {}", difference.severity, difference.kind, difference.object, difference.detail());
    }
    Ok(())
}

#[test]
fn snapshot_after_restart_has_no_difference() -> Result<()> {
    let mut server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("app")?;
    client
        .batch_execute("CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t SELECT FROM generate_series(1, 100)")?;
    let source = snapshot(&mut client, "checksum => true")?;
    drop(client);
    server.end(cluster::Ending::Fast)?;
    server.resume()?;
    check_equal(&compare(&mut server.connect("app")?, &source, None)?, true)
}
