//! Other sessions that create, alter, drop and lock what is being audited.

use crate::concurrent_drop::assert_readable;
use anyhow::Result;
use cluster::{Load, ResyncRow, Server, audit, explain, report, resync, sized};
use postgres::Client;
use std::time::{Duration, Instant};

const DATABASE: &str = "ddl";

/// The SQLSTATEs that the other sessions may get, as they work on the same names.
const CLASHES: [&str; 7] = ["42P01", "42P07", "42710", "40P01", "3F000", "42P06", "23505"];

#[test]
fn concurrent_ddl_causes_no_error() -> Result<()> {
    let time = Duration::from_secs(sized("FLIGHTCHECK_DDL_SECONDS", 4, 12));
    let server = Server::start(&["max_connections = 40"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE SCHEMA kept; CREATE TABLE kept.stays (id serial PRIMARY KEY); INSERT INTO kept.stays VALUES (1);
         CREATE TABLE parted (id bigserial PRIMARY KEY, note text) PARTITION BY RANGE (id);",
    )?;
    let mut load = Load::default();
    load.add(&server, DATABASE, "tables", 3, |client, random| {
        let table = format!("comes_{}", random.u8(..20));
        client.batch_execute(&format!(
            "DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (id serial PRIMARY KEY); INSERT INTO {table} VALUES (1)"
        ))
    })?;
    load.add(&server, DATABASE, "sequences", 1, |client, random| {
        let name = format!("shared_{}", random.u8(..5));
        client.batch_execute(&format!(
            "DROP SEQUENCE IF EXISTS {name} CASCADE; CREATE SEQUENCE {name};
             DROP TABLE IF EXISTS of_{name}; CREATE TABLE of_{name} (id int DEFAULT nextval('{name}'), v text);
             INSERT INTO of_{name} VALUES (3); ALTER SEQUENCE {name} RESTART; ALTER TABLE of_{name} ALTER id TYPE bigint"
        ))
    })?;
    load.add(&server, DATABASE, "partitions", 1, |client, random| {
        let (leaf, from) = (format!("leaf_{}", random.u8(..5)), 1000 * random.u32(..5));
        client.batch_execute(&format!(
            "DROP TABLE IF EXISTS {leaf};
             CREATE TABLE {leaf} PARTITION OF parted FOR VALUES FROM ({from}) TO ({from} + 1000);
             INSERT INTO parted VALUES ({from});
             ALTER TABLE parted DETACH PARTITION {leaf}"
        ))
    })?;
    load.add(&server, DATABASE, "schemas", 1, |client, random| {
        let schema = format!("schema_{}", random.u8(..3));
        client.batch_execute(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};
             CREATE TABLE {schema}.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"
        ))
    })?;
    // The range of a new partition may overlap another one's.
    let clashes = [CLASHES.as_slice(), &["42P17", "55000"]].concat();

    // A fence waits for the other sessions' transactions, and they do not wait for it.
    load.add(&server, DATABASE, "fences", 1, |client, _| {
        resync(client, "seq_resync('public', fence => true)").map(|rows| assert_details_readable(&rows))
    })?;

    let started = Instant::now();
    let (mut audits, mut rows_seen) = (0, 0);
    while started.elapsed() < time {
        let rows = audit(&mut client, "seq_audit()")?;
        assert_readable(rows.iter().flat_map(|row| [row.detail.as_deref(), row.fix.as_deref()]));
        let stays = rows.iter().find(|row| row.table.as_deref() == Some("kept.stays"));
        assert_eq!(stays.map(|row| row.status.as_str()), Some("behind"), "{rows:#?}");
        assert_details_readable(&resync(&mut client, "seq_resync(dry_run => true)")?);
        assert_details_readable(&resync(&mut client, "seq_resync('public')")?);
        assert_dropped_objects_not_reported(&mut client)?;
        client.batch_execute("SELECT seq_resync('kept'), setval('kept.stays_id_seq', 1, false)")?;
        (audits, rows_seen) = (audits + 1, rows_seen + rows.len());
    }
    let mut changes = 0;
    for (kind, tally) in load.stop() {
        tally.must_be_clean(kind, if kind == "fences" { &[] } else { &clashes });
        changes += tally.done;
    }
    report!(
        "{audits} audits and twice as many resyncs, concurrent with {changes} drops and creations: no error, {rows_seen} rows"
    );
    Ok(())
}

/// A number instead of a name would mean that the table was dropped after it was examined and
/// before its row was returned.
fn assert_details_readable(rows: &[ResyncRow]) {
    assert_readable(rows.iter().map(|row| row.detail.as_deref()));
}

/// Calls seq_assert and flightcheck's checks of sequences, while other sessions leave some behind.
fn assert_dropped_objects_not_reported(client: &mut Client) -> Result<()> {
    if let Err(error) = client.execute("SELECT seq_assert()", &[]) {
        assert_eq!(error.code().map(|code| code.code()), Some("55000"), "{}", explain(&error));
        assert_readable(error.as_db_error().map(|error| error.detail()));
    }
    let findings =
        "SELECT object, detail, fix FROM flightcheck() WHERE check_name LIKE 'sequence%' OR object = 'check sequences'";
    let rows = client.query(findings, &[])?;
    assert_readable(rows.iter().flat_map(|row| [row.get(0), row.get(1), row.get(2)]));
    Ok(())
}

#[test]
fn table_locked_by_other_session_is_unknown() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE TABLE free (id serial PRIMARY KEY); INSERT INTO free VALUES (1);
         CREATE TABLE locked (id serial PRIMARY KEY); INSERT INTO locked VALUES (1);
         CREATE TABLE dropping (id serial PRIMARY KEY); INSERT INTO dropping VALUES (1);
         CREATE TABLE parted (id serial PRIMARY KEY) PARTITION BY HASH (id);
         CREATE TABLE leaf PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO parted VALUES (1);
         SET lock_timeout = '200ms'",
    )?;
    let mut other = server.connect(DATABASE)?;
    other.batch_execute("BEGIN; LOCK TABLE locked; LOCK TABLE leaf; DROP TABLE dropping")?;

    let rows = audit(&mut client, "seq_audit()")?;
    for row in &rows {
        let expected = if row.table.as_deref() == Some("free") { "behind" } else { "unknown" };
        assert_eq!(row.status, expected, "{row:?}");
    }
    let tables: Vec<_> = rows.iter().filter_map(|row| row.table.as_deref()).collect();
    for table in ["free", "locked", "dropping", "parted"] {
        assert!(tables.contains(&table), "{table} is not among {tables:?}");
    }
    let rows = resync(&mut client, "seq_resync()")?;
    for row in &rows {
        let expected = if row.sequence.as_deref() == Some("free_id_seq") { "advanced" } else { "skipped" };
        assert_eq!(row.outcome, expected, "{row:?}");
    }
    assert_eq!(rows.len(), 4, "{rows:#?}");
    client.batch_execute("INSERT INTO free DEFAULT VALUES")?;
    let held = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation <> 'pg_locks'::regclass";
    assert_eq!(client.query_one(held, &[])?.get::<_, i64>(0), 0, "locks left after the calls");

    other.batch_execute("ROLLBACK")?;
    let rows = resync(&mut client, "seq_resync()")?;
    assert_eq!(rows.iter().filter(|row| row.outcome == "advanced").count(), 3, "{rows:#?}");
    report!(
        "a table, a leaf and a table being dropped, locked by another session: unknown and skipped after lock_timeout, the others unaffected"
    );
    Ok(())
}
