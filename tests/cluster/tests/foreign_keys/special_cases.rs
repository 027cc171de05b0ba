//! Cases that the random generator does not create: periods, temporary tables, keys of a partition
//! and of its parent table, unusual arguments.

use crate::judge::{AuditRow, audit};
use crate::oracle::EXTENSION;
use anyhow::Result;
use cluster::{Server, report, state_of};

const DATABASE: &str = "special";

fn status<'a>(rows: &'a [AuditRow], constraint: &str) -> (&'a str, Option<i64>) {
    let row = rows.iter().find(|row| row.constraint == constraint);
    row.map_or(("none", None), |row| (row.status.as_str(), row.orphans))
}

#[test]
fn special_period_key_is_unknown() -> Result<()> {
    let server = Server::start(&[])?;
    if server.major() < 18 {
        report!("no temporal keys before 18");
        return Ok(());
    }
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE TABLE rooms (id int4range, at daterange, PRIMARY KEY (id, at WITHOUT OVERLAPS));
         CREATE TABLE stays (room int4range, at daterange, CONSTRAINT k FOREIGN KEY (room, PERIOD at) REFERENCES rooms (id, PERIOD at));
         SET session_replication_role = replica; INSERT INTO stays VALUES ('[1,2)', '[2024-01-01,2025-01-01)'); RESET session_replication_role",
    )?;
    let rows = audit(&mut client, EXTENSION, None)?;
    assert_eq!(status(&rows, "k"), ("unknown", None), "{rows:?}");
    assert!(rows[0].detail.as_deref().is_some_and(|detail| detail.contains("PERIOD")), "{rows:?}");
    // A plain key over the same columns is a different one: it needs a unique key, and the existing
    // key is not unique.
    let verdict: String =
        client.query_one("SELECT status FROM fk_precheck('stays', '{room,at}', 'rooms', '{id,at}')", &[])?.get(0);
    assert_eq!(verdict, "impossible");
    report!("a PERIOD key is unknown, with the reason; a plain key over its columns is impossible");
    Ok(())
}

#[test]
fn special_temporary_tables_are_audited_in_their_own_session_only() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE TEMP TABLE p (id int PRIMARY KEY); CREATE TEMP TABLE c (id int CONSTRAINT own REFERENCES p);
         SET session_replication_role = replica; INSERT INTO c VALUES (1); RESET session_replication_role",
    )?;
    assert_eq!(status(&audit(&mut client, EXTENSION, None)?, "own"), ("violated", Some(1)));
    assert_eq!(status(&audit(&mut server.connect(DATABASE)?, EXTENSION, None)?, "own"), ("none", None));
    report!("own temporary tables: audited; those of other sessions: left out");
    Ok(())
}

#[test]
fn special_partition_has_its_own_and_inherited_keys() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY);
         CREATE TABLE whole (id int, part int) PARTITION BY LIST (part);
         CREATE TABLE first PARTITION OF whole FOR VALUES IN (1); CREATE TABLE second PARTITION OF whole FOR VALUES IN (2);
         CREATE TABLE later (id int CONSTRAINT before REFERENCES p, part int);
         ALTER TABLE whole ADD CONSTRAINT of_whole FOREIGN KEY (id) REFERENCES p;
         ALTER TABLE first ADD CONSTRAINT of_first FOREIGN KEY (id) REFERENCES other;
         ALTER TABLE whole ATTACH PARTITION later FOR VALUES IN (3);
         SET session_replication_role = replica; INSERT INTO whole VALUES (1, 1), (1, 2), (2, 2), (3, 3); RESET session_replication_role",
    )?;
    let rows = audit(&mut client, EXTENSION, Some("public"))?;
    // The attached partition's equivalent key has become part of the parent table's key.
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert_eq!(status(&rows, "of_whole"), ("violated", Some(4)));
    assert_eq!(status(&rows, "of_first"), ("violated", Some(1)));
    client.batch_execute(
        "ALTER TABLE whole DETACH PARTITION later; ALTER TABLE second DISABLE TRIGGER ALL; TRUNCATE whole",
    )?;
    let rows = audit(&mut client, EXTENSION, Some("public"))?;
    assert_eq!(status(&rows, "before"), ("violated", Some(1)), "{rows:#?}");
    assert_eq!(status(&rows, "of_whole"), ("triggers_off", Some(0)), "{rows:#?}");
    let said =
        rows.iter().find(|row| row.constraint == "of_whole").and_then(|row| row.detail.clone()).unwrap_or_default();
    assert!(said.contains("second"), "{said}");
    report!("a partition's inherited key is counted with the parent table's, its own key separately");
    Ok(())
}

#[test]
fn special_unknown_schema_fails() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    for schema in ["nothing", "", "Public"] {
        assert_eq!(state_of(audit(&mut client, EXTENSION, Some(schema))).code(), "3F000", "{schema}");
    }
    assert!(audit(&mut client, EXTENSION, Some("public"))?.is_empty());
    assert!(audit(&mut client, EXTENSION, None)?.is_empty());
    report!("no such schema: 3F000; no foreign key: no row");
    Ok(())
}
