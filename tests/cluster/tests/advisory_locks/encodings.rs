//! Statements and names from databases with other encodings appear in the same report, unconverted.

use crate::fixtures::{Session, World};
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;

const DATABASES: [(&str, &str); 3] = [("utf8", "UTF8"), ("latin1", "LATIN1"), ("ascii", "SQL_ASCII")];

fn create(server: &Server) -> Result<()> {
    for (name, encoding) in DATABASES {
        server.connect("postgres")?.batch_execute(&format!(
            "CREATE DATABASE {name} ENCODING {encoding} LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        ))?;
        server.connect(name)?.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    }
    Ok(())
}

/// Returns the parts of a report that need no decoding of another database's encoding.
fn report_in(client: &mut Client) -> Result<Vec<(String, i32, i32)>> {
    // In SQL_ASCII nothing is converted; in LATIN1 any byte is valid.
    client.batch_execute("SET client_encoding = 'SQL_ASCII'")?;
    let query = "SELECT status, pid, octet_length(coalesce(query, '') || coalesce(detail, '') || coalesce(role, ''))
        FROM advisory_lock_report() ORDER BY pid";
    let rows = client.query(query, &[]).map_err(crate::fixtures::with_server_text)?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

#[test]
fn statements_in_other_encodings_are_reported() -> Result<()> {
    let server = Server::start(&["track_activity_query_size = 1024"])?;
    create(&server)?;
    // A role and a database whose names are not UTF-8.
    let mut latin1 = server.connect("latin1")?;
    latin1.batch_execute("CREATE ROLE \"müller\" LOGIN")?;
    latin1.batch_execute("CREATE DATABASE \"café\"")?;
    let mut holders: Vec<Session> = Vec::new();
    for (name, _) in DATABASES {
        let mut holder = Session::of(server.connect(name)?, "holder")?;
        // In the database's encoding, in which é has one byte or two. Long enough to be cut off
        // within a character.
        let letters = "é".repeat(1500);
        holder
            .run(&format!("SET SESSION AUTHORIZATION \"{}\"", if name == "latin1" { "müller" } else { "postgres" }))?;
        holder.run(&format!("SELECT pg_advisory_lock(5) /* {letters} */"))?;
        holders.push(holder);
    }
    let world = World::of(server, "utf8")?;
    // A session that waits, and one that reads application tables, for the verdicts that depend on
    // the statement.
    let waiter = world.wait(world.session_in("latin1", "waiter")?, "SELECT pg_advisory_lock(5) /* é */")?;
    let mut leak = world.session_in("latin1", "leak")?;
    leak.run("CREATE TABLE \"bücher\" (); SELECT pg_advisory_lock(72707369)")?;
    leak.run("SELECT count(*) FROM \"bücher\" /* é */")?;
    for (name, _) in DATABASES {
        let rows = report_in(&mut world.server.connect(name)?)?;
        assert_eq!(rows.len(), holders.len() + 2, "in {name}: {rows:?}");
        for holder in holders.iter().map(|holder| holder.pid).chain([waiter.pid, leak.pid]) {
            assert!(rows.iter().any(|row| row.1 == holder && row.2 > 0), "in {name}: {rows:?}");
        }
        assert!(rows.iter().any(|row| row.1 == leak.pid && row.0 == "pooler_leak"), "in {name}: {rows:?}");
        let mut caller = world.server.connect(name)?;
        caller.batch_execute("SET client_encoding = 'SQL_ASCII'")?;
        caller
            .query("SELECT outcome FROM advisory_lock_terminate('5', '1h')", &[])
            .map_err(crate::fixtures::with_server_text)?;
    }
    report!("statements and names in UTF8, LATIN1 and SQL_ASCII, seen from databases of each: no error");
    Ok(())
}
