//! Other sessions concurrent with an audit, and the transactions it can run in.

use crate::judge::audit;
use crate::oracle::EXTENSION;
use anyhow::{Result, ensure};
use cluster::{Load, Server, report, sized};
use postgres::{Client, Error, IsolationLevel};
use std::time::{Duration, Instant};

const DATABASE: &str = "sessions";

/// Errors that the other sessions may get while they work on the same names.
const CLASHES: [&str; 12] =
    ["42P01", "42P07", "42710", "42704", "40P01", "3F000", "42P06", "23503", "23505", "55000", "42P17", "42703"];

fn load(server: &Server) -> Result<Load> {
    let mut load = Load::default();
    // At any moment, each child has its parent.
    load.add(server, DATABASE, "writers", 2, |client, random| {
        let id = random.i32(..1_000_000);
        client
            .batch_execute(&format!(
                "BEGIN; INSERT INTO kept_parent VALUES ({id}); INSERT INTO kept_child VALUES ({id}, 'a'); COMMIT;
             BEGIN; DELETE FROM kept_child WHERE parent = {id}; DELETE FROM kept_parent WHERE id = {id}; COMMIT"
            ))
            .inspect_err(|_| client.batch_execute("ROLLBACK").unwrap_or(()))
    })?;
    load.add(server, DATABASE, "tables", 2, |client, random| {
        let name = format!("comes_{}", random.u8(..8));
        client.batch_execute(&format!(
            "DROP TABLE IF EXISTS {name} CASCADE; DROP TABLE IF EXISTS of_{name} CASCADE;
             CREATE TABLE {name} (id int PRIMARY KEY); CREATE TABLE of_{name} (id bigint REFERENCES {name}, other text);
             ALTER TABLE of_{name} RENAME id TO renamed; ALTER TABLE of_{name} ALTER renamed TYPE int;
             ALTER TABLE {name} ALTER id TYPE bigint"
        ))
    })?;
    load.add(server, DATABASE, "constraints", 1, |client, _| {
        client.batch_execute(
            "ALTER TABLE changing DROP CONSTRAINT IF EXISTS k;
             ALTER TABLE changing ADD CONSTRAINT k FOREIGN KEY (parent) REFERENCES stays_parent NOT VALID;
             ALTER TABLE changing VALIDATE CONSTRAINT k; ALTER TABLE changing DISABLE TRIGGER ALL; ALTER TABLE changing ENABLE TRIGGER ALL",
        )
    })?;
    load.add(server, DATABASE, "partitions", 1, |client, random| {
        let part = random.u8(..4);
        client.batch_execute(&format!(
            "CREATE TABLE IF NOT EXISTS leaf_{part} (parent int, part int);
             ALTER TABLE parted ATTACH PARTITION leaf_{part} FOR VALUES IN ({part});
             ALTER TABLE parted DETACH PARTITION leaf_{part}; DROP TABLE leaf_{part}"
        ))
    })?;
    load.add(server, DATABASE, "schemas", 1, |client, random| {
        let schema = format!("schema_{}", random.u8(..3));
        client.batch_execute(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};
             CREATE TABLE {schema}.p (id int PRIMARY KEY); CREATE TABLE {schema}.c (id int REFERENCES {schema}.p)"
        ))
    })?;
    Ok(load)
}

#[test]
fn sessions_concurrent_writers_and_ddl_cause_no_error() -> Result<()> {
    let time = Duration::from_secs(sized("FLIGHTCHECK_FK_SECONDS", 4, 8));
    let server = Server::start(&["max_connections = 40"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE TABLE stays_parent (id int PRIMARY KEY); CREATE TABLE stays (parent int REFERENCES stays_parent);
         CREATE TABLE kept_parent (id int PRIMARY KEY); INSERT INTO kept_parent SELECT generate_series(-9000, -1);
         CREATE TABLE kept_child (parent int REFERENCES kept_parent, part text);
         INSERT INTO kept_child SELECT id, 'b' FROM kept_parent;
         CREATE TABLE changing (parent int); CREATE TABLE parted (parent int REFERENCES stays_parent, part int) PARTITION BY LIST (part);
         SET session_replication_role = replica; INSERT INTO stays VALUES (1), (2), (2), (NULL); RESET session_replication_role;
         SET lock_timeout = '5s'",
    )?;
    let load = load(&server)?;
    let started = Instant::now();
    let (mut audits, mut prechecks, mut most) = (0, 0, 0);
    while started.elapsed() < time {
        let rows = audit(&mut client, EXTENSION, None)?;
        let find =
            |name: &str| rows.iter().find(|row| row.constraint == name).map(|row| (row.status.as_str(), row.orphans));
        assert_eq!(find("stays_parent_fkey"), Some(("violated", Some(3))), "{rows:#?}");
        assert_eq!(find("kept_child_parent_fkey"), Some(("ok", Some(0))), "{rows:#?}");
        most = most.max(rows.len());
        audits += 1;
        let verdict: String = client
            .query_one("SELECT status FROM fk_precheck('kept_child', '{parent}', 'stays_parent', '{id}')", &[])?
            .get(0);
        assert_eq!(verdict, "violated");
        prechecks += 1;
        ensure!(!load.has_lost_one(), "a client has ended early");
    }
    let mut changes = 0;
    for (kind, tally) in load.stop() {
        tally.must_be_clean(kind, &CLASHES);
        changes += tally.done;
    }
    report!(
        "{audits} audits of up to {most} keys and {prechecks} prechecks concurrent with {changes} changes: correct and without errors"
    );
    Ok(())
}

/// The orphans of the only foreign key.
fn orphans(client: &mut impl postgres::GenericClient) -> Result<Option<i64>, Error> {
    Ok(audit(client, EXTENSION, Some("public"))?[0].orphans)
}

fn pair(client: &mut Client) -> Result<(), Error> {
    client.batch_execute(
        "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (parent int REFERENCES parent);
         SET session_replication_role = replica; INSERT INTO child VALUES (1), (2); RESET session_replication_role",
    )
}

#[test]
fn sessions_every_isolation_level_sees_committed_and_own_rows() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    pair(&mut client)?;
    let mut other = server.connect(DATABASE)?;
    other.batch_execute("SET session_replication_role = replica")?;
    let mut expected = 2;
    for isolation in [IsolationLevel::ReadCommitted, IsolationLevel::RepeatableRead, IsolationLevel::Serializable] {
        let mut transaction = client.build_transaction().isolation_level(isolation).read_only(true).start()?;
        transaction.batch_execute("SELECT FROM child")?;
        assert_eq!(orphans(&mut transaction)?, Some(expected));
        other.batch_execute("INSERT INTO child VALUES (3)")?;
        expected += 1;
        assert_eq!(orphans(&mut transaction)?, Some(expected), "{isolation:?}");
        transaction.rollback()?;
    }
    let mut transaction = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start()?;
    transaction.batch_execute("INSERT INTO parent VALUES (3)")?;
    assert_eq!(orphans(&mut transaction)?, Some(2), "the transaction's own rows");
    transaction.batch_execute("TRUNCATE child")?;
    assert_eq!(orphans(&mut transaction)?, Some(0), "the transaction's own truncation");
    transaction.rollback()?;
    // Within a running query and in a STABLE function.
    client.batch_execute(
        "CREATE FUNCTION inside() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT orphans FROM fk_audit(''public'')); END'",
    )?;
    let rows = client.query("SELECT i, inside() FROM generate_series(1, 3) AS i", &[])?;
    assert!(rows.iter().all(|row| row.get::<_, i64>(1) == 5));
    report!(
        "READ COMMITTED, REPEATABLE READ, SERIALIZABLE, READ ONLY: changes committed by others and its own changes are seen"
    );
    Ok(())
}

#[test]
fn sessions_standby_matches_primary() -> Result<()> {
    let primary = Server::start(&["max_wal_senders = 4"])?;
    let mut client = primary.database(DATABASE)?;
    pair(&mut client)?;
    let standby = primary.standby()?;
    let mut on_standby = standby.connect(DATABASE)?;
    let rows = [
        format!("{:?}", audit(&mut client, EXTENSION, None)?),
        format!("{:?}", audit(&mut on_standby, EXTENSION, None)?),
    ];
    assert_eq!(rows[0], rows[1]);
    assert!(rows[0].contains("violated"));
    let precheck = "SELECT status, orphans, detail, ddl FROM fk_precheck('child', '{parent}', 'parent')";
    let verdicts = [&mut client, &mut on_standby].map(|client| {
        client
            .query_one(precheck, &[])
            .map(|row| format!("{:?}", (row.get::<_, String>(0), row.get::<_, Option<i64>>(1))))
    });
    let [there, here] = verdicts;
    assert_eq!(there?, here?);
    report!("fk_audit and fk_precheck on a standby: the same rows as on the primary");
    Ok(())
}
