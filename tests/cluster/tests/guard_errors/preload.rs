//! What seq_guard_enable() and seq_guard_status() say of sessions that will not have the library as
//! they begin, and what becomes of the statement in it.

use crate::attempt::Attempt::Sql;
use crate::place::Place;
use crate::{ARMED, EXTENSION};
use anyhow::{Context, Result, ensure};
use cluster::Server;
use postgres::Client;

const INSERT: crate::attempt::Attempt = Sql("INSERT INTO t DEFAULT VALUES");
const WITHOUT: &str = "SELECT detail FROM flightcheck.seq_guard_status() WHERE detail LIKE '%librar%'";

/// What is said about sessions without the library, as a fresh session sees it.
fn missing(place: &Place) -> Result<Vec<String>> {
    let rows = place.session()?.query(WITHOUT, &[])?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Runs the statement in the only row there is, as an administrator would paste it, and returns it.
fn follow(place: &Place) -> Result<String> {
    let rows = missing(place)?;
    let [row] = rows.as_slice() else { anyhow::bail!("not one row: {rows:?}") };
    let (_, statement) = row.split_once("; run ").with_context(|| row.clone())?;
    place.session()?.batch_execute(statement)?;
    Ok(statement.to_owned())
}

fn has_hint(session: &mut Client) -> bool {
    INSERT.fail(session).hint.is_some_and(|hint| hint.contains("seq_resync_table"))
}

fn armed<'s>(server: &'s Server, name: &str) -> Result<Place<'s>> {
    let mut place = Place::new(server, name, EXTENSION)?;
    place.make(&["CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t VALUES (1), (2), (3), (4)"])?;
    ensure!(missing(&place)?.is_empty(), "a guard that is off needs no library");
    place.admin.batch_execute(ARMED)?;
    Ok(place)
}

#[test]
fn preload_row_has_the_statement_that_makes_errors_explain_themselves() -> Result<()> {
    let server = Server::start(&[])?;
    let name = "My \"app\"'s";
    let place = armed(&server, name)?;
    assert!(!has_hint(&mut place.session()?), "without the library");
    // seq_guard_enable() says the same as seq_guard_status(), and nobody is to take it for a table
    // that is not watched.
    let enabled = place.session()?.query(
        "SELECT detail FROM flightcheck.seq_guard_enable() WHERE state = 'armed' AND table_name IS NULL AND detail LIKE '%librar%'",
        &[],
    )?;
    assert_eq!(missing(&place)?, enabled.iter().map(|row| row.get(0)).collect::<Vec<String>>());
    let findings =
        place.session()?.query("SELECT object FROM flightcheck.flightcheck() WHERE check_name LIKE 'guard%'", &[])?;
    assert!(findings.is_empty(), "{findings:?}");

    let statement = follow(&place)?;
    assert_eq!(statement, "ALTER DATABASE \"My \"\"app\"\"'s\" SET session_preload_libraries = 'pg_flightcheck';");
    assert!(has_hint(&mut place.session()?), "with the library");
    assert_eq!(missing(&place)?, Vec::<String>::new());
    Ok(())
}

/// Both are loaded then: a list in one literal would be the name of one library, and nobody could
/// connect.
#[test]
fn preload_row_keeps_what_is_loaded_already() -> Result<()> {
    let server = Server::start(&["session_preload_libraries = '$libdir/plpgsql'"])?;
    let loads_both = |place: &Place, statement: &str| -> Result<()> {
        let mut session = place.session()?;
        session.batch_execute("SHOW plpgsql.variable_conflict")?;
        ensure!(has_hint(&mut session) && missing(place)?.is_empty(), "{statement}");
        Ok(())
    };
    let place = armed(&server, "of_server")?;
    let statement = follow(&place)?;
    assert!(statement.ends_with("= '$libdir/plpgsql', 'pg_flightcheck';"), "{statement}");
    loads_both(&place, &statement)?;

    let mut place = armed(&server, "of_database")?;
    place.admin.batch_execute("ALTER DATABASE of_database SET session_preload_libraries = 'plpgsql'")?;
    let statement = follow(&place)?;
    assert!(statement.ends_with("= 'plpgsql', 'pg_flightcheck';"), "{statement}");
    loads_both(&place, &statement)?;
    // A role's own list comes first.
    place.admin.batch_execute(
        "CREATE ROLE \"Ro'le\"; ALTER ROLE \"Ro'le\" SET session_preload_libraries = 'pg_flightcheck';
         ALTER ROLE \"Ro'le\" IN DATABASE of_database SET session_preload_libraries = 'plpgsql'",
    )?;
    let statement = follow(&place)?;
    assert_eq!(
        statement,
        "ALTER ROLE \"Ro'le\" IN DATABASE of_database SET session_preload_libraries = 'plpgsql', 'pg_flightcheck';"
    );
    loads_both(&place, &statement)?;
    Ok(())
}

/// What other libraries are loaded is for those to know who may see the setting.
#[test]
fn preload_row_does_not_show_what_the_role_may_not_see() -> Result<()> {
    let server = Server::start(&["session_preload_libraries = 'plpgsql'"])?;
    let mut place = armed(&server, "hidden")?;
    place.admin.batch_execute("CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA flightcheck TO clerk")?;
    let as_clerk = |place: &Place| -> Result<Vec<String>> {
        let mut session = place.session()?;
        session.batch_execute("SET ROLE clerk")?;
        Ok(session.query(WITHOUT, &[])?.iter().map(|row| row.get(0)).collect())
    };
    let said = as_clerk(&place)?;
    assert!(said.len() == 1 && !said[0].contains("plpgsql") && said[0].contains("cannot be read"), "{said:?}");
    place.admin.batch_execute("ALTER SYSTEM SET session_preload_libraries = 'plpgsql', 'pg_flightcheck'")?;
    place.admin.batch_execute("SELECT pg_reload_conf()")?;
    while !missing(&place)?.is_empty() {}
    assert_eq!(as_clerk(&place)?, Vec::<String>::new(), "it is loaded");
    Ok(())
}
