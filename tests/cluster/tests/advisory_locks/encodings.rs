//! Statements and names of databases with other encodings are in the same list: nobody converts them.

use crate::cast::{Session, World};
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

/// What can be read of a report without decoding what somebody else has encoded.
fn report_in(client: &mut Client) -> Result<Vec<(String, i32, i32)>> {
    // In SQL_ASCII nothing is converted, in LATIN1 whatever is in the list.
    client.batch_execute("SET client_encoding = 'SQL_ASCII'")?;
    let query = "SELECT verdict, pid, octet_length(coalesce(query, '') || coalesce(detail, '') || coalesce(role, ''))
        FROM advisory_lock_report() ORDER BY pid";
    let rows = client.query(query, &[]).map_err(crate::cast::said)?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

#[test]
fn statements_in_other_encodings() -> Result<()> {
    let server = Server::start(&["track_activity_query_size = 1024"])?;
    create(&server)?;
    // A role and a database whose names are no UTF-8.
    let mut latin1 = server.connect("latin1")?;
    latin1.batch_execute("CREATE ROLE \"müller\" LOGIN")?;
    latin1.batch_execute("CREATE DATABASE \"café\"")?;
    let mut holders: Vec<Session> = Vec::new();
    for (name, _) in DATABASES {
        let mut holder = Session::of(server.connect(name)?, "holder")?;
        // As the database stores it: é is one byte or two. Long enough for the list to cut it within a letter.
        let letters = "é".repeat(1500);
        holder
            .run(&format!("SET SESSION AUTHORIZATION \"{}\"", if name == "latin1" { "müller" } else { "postgres" }))?;
        holder.run(&format!("SELECT pg_advisory_lock(5) /* {letters} */"))?;
        holders.push(holder);
    }
    let world = World::of(server, "utf8")?;
    // One that waits, and one that works on somebody's tables, for what is judged by the statement.
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
        assert!(rows.iter().any(|row| row.1 == leak.pid && row.0 == "pooler leak"), "in {name}: {rows:?}");
        let mut caller = world.server.connect(name)?;
        caller.batch_execute("SET client_encoding = 'SQL_ASCII'")?;
        caller.query("SELECT outcome FROM advisory_lock_terminate('5', '1h')", &[]).map_err(crate::cast::said)?;
    }
    report!("statements and names in UTF8, LATIN1 and SQL_ASCII, seen from databases of each: no error");
    Ok(())
}
