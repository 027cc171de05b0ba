//! Calls with wrong or repeated arguments, or in unexpected places.

use crate::database::{Database, MODES, Mode};
use anyhow::Result;
use cluster::{Server, report, state_of};

const SETUP: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text); CREATE TABLE noindex (id serial);
    CREATE SCHEMA s; CREATE TABLE s.t (id serial PRIMARY KEY)";

#[test]
fn guard_misuse() -> Result<()> {
    let server = Server::start(&[])?;
    for way in MODES {
        let mut database = Database::new(&server, way, SETUP)?;
        guard_off_for_transaction_keeps_deferred_check(&database)?;
        // Here are neither triggers of the guard nor an event trigger that would remove a second
        // one.
        if way == Mode::Preloaded {
            guard_function_rejects_other_triggers(&mut database)?;
            guarded_schema_is_listed_once(&mut database)?;
        }
    }
    report!(
        "its function is rejected in other triggers; off for a transaction forgets nothing; a schema is named once"
    );
    Ok(())
}

fn guard_function_rejects_other_triggers(database: &mut Database<'_>) -> Result<()> {
    let mut session = database.session()?;
    // A BEFORE ROW trigger that returns NULL skips the row.
    for kind in ["BEFORE INSERT ON t FOR EACH ROW", "AFTER INSERT ON t FOR EACH ROW", "BEFORE INSERT ON t"] {
        session.silent(&format!("CREATE TRIGGER mine {kind} EXECUTE FUNCTION _seq_guard_note()"));
        let (_, ending) = session.run("INSERT INTO t (note) VALUES ('x')");
        assert!(ending.is_err(), "{kind}: not rejected");
        assert_eq!(state_of(ending).code(), "39P01", "{kind}");
        session.silent("DROP TRIGGER mine ON t");
    }
    session.silent("INSERT INTO t (note) VALUES ('x')");
    assert_eq!(database.number("SELECT count(*) FROM t")?, 1);
    Ok(())
}

fn guard_off_for_transaction_keeps_deferred_check(database: &Database<'_>) -> Result<()> {
    let mut session = database.session()?;
    session.silent("INSERT INTO noindex VALUES (5)");
    session.silent("BEGIN; SET LOCAL pg_flightcheck.guard = 'off'; SELECT 1; COMMIT");
    session.warned("ALTER TABLE noindex ADD PRIMARY KEY (id)", "public.noindex");
    Ok(())
}

fn guarded_schema_is_listed_once(database: &mut Database<'_>) -> Result<()> {
    database.admin.batch_execute("SELECT seq_guard_enable('s'); SELECT seq_guard_enable('s')")?;
    let naming_it_once =
        "SELECT count(*) FROM pg_event_trigger WHERE obj_description(oid, 'pg_event_trigger') ~ '\\[\"s\"\\]$'";
    assert_eq!(database.number(naming_it_once)?, 1);
    assert_eq!(database.number("SELECT count(*) FROM pg_trigger WHERE tgname ~ 'flightcheck'")?, 1);
    Ok(())
}
