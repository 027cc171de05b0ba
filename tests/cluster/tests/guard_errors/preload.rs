//! What seq_guard_enable() and seq_guard_status() report about sessions that start without the
//! library, and the effect of the statement they suggest.

use crate::database::Database;
use crate::statement::Statement::Sql;
use crate::{ARMED, EXTENSION};
use anyhow::{Context, Result, ensure};
use cluster::Server;
use postgres::Client;

const INSERT: crate::statement::Statement = Sql("INSERT INTO t DEFAULT VALUES");
const WITHOUT: &str = "SELECT detail FROM flightcheck.seq_guard_status() WHERE detail LIKE '%librar%'";

/// Returns what is reported about sessions without the library, as a new session sees it.
fn missing(place: &Database) -> Result<Vec<String>> {
    let rows = place.session()?.query(WITHOUT, &[])?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Runs the statement of the only row, as an administrator would paste it, and returns it.
fn follow(place: &Database) -> Result<String> {
    let rows = missing(place)?;
    let [row] = rows.as_slice() else { anyhow::bail!("not exactly one row: {rows:?}") };
    let (_, statement) = row.split_once("; run ").with_context(|| row.clone())?;
    place.session()?.batch_execute(statement)?;
    Ok(statement.to_owned())
}

fn has_hint(session: &mut Client) -> bool {
    INSERT.fail(session).hint.is_some_and(|hint| hint.contains("seq_resync_table"))
}

fn armed<'s>(server: &'s Server, name: &str) -> Result<Database<'s>> {
    let mut place = Database::new(server, name, EXTENSION)?;
    place.make(&["CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t VALUES (1), (2), (3), (4)"])?;
    ensure!(missing(&place)?.is_empty(), "a guard that is off needs no library");
    place.admin.batch_execute(ARMED)?;
    Ok(place)
}

#[test]
fn preload_row_statement_enables_hints() -> Result<()> {
    let server = Server::start(&[])?;
    let name = "My \"app\"'s";
    let place = armed(&server, name)?;
    assert!(!has_hint(&mut place.session()?), "without the library");
    // seq_guard_enable() reports the same as seq_guard_status(), and the row must not look like
    // that of an unwatched table.
    let enabled = place.session()?.query(
        "SELECT detail FROM flightcheck.seq_guard_enable() WHERE outcome = 'armed' AND table_name IS NULL AND detail LIKE '%librar%'",
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

/// Both libraries are loaded then: a list in one literal would be the name of a single library, and
/// no session could connect.
#[test]
fn preload_row_statement_keeps_other_libraries() -> Result<()> {
    let server = Server::start(&["session_preload_libraries = '$libdir/plpgsql'"])?;
    let loads_both = |place: &Database, statement: &str| -> Result<()> {
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
    // A role's own list takes precedence.
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
    // An empty list has no other libraries.
    place.admin.batch_execute("ALTER ROLE \"Ro'le\" IN DATABASE of_database SET session_preload_libraries = ''")?;
    let rows = missing(&place)?;
    ensure!(
        rows.len() == 1 && rows[0].starts_with("new sessions of role \"Ro'le\" do not preload the library"),
        "{rows:?}"
    );
    ensure!(
        follow(&place)?.ends_with("SET session_preload_libraries = 'pg_flightcheck';") && missing(&place)?.is_empty()
    );
    Ok(())
}

/// Only a role that may see the setting sees the names of the other libraries.
#[test]
fn preload_row_hides_libraries_without_privilege() -> Result<()> {
    let server = Server::start(&["session_preload_libraries = 'plpgsql'"])?;
    let mut place = armed(&server, "hidden")?;
    place.admin.batch_execute("CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA flightcheck TO clerk")?;
    let as_clerk = |place: &Database| -> Result<Vec<String>> {
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
