//! A role may be dropped while it is connected.

use crate::database::{Database, MODES};
use anyhow::Result;
use cluster::{Server, report};

/// Every message of the guard and the audit might need the current user's name.
const SETUP: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text);
    GRANT SELECT, INSERT ON t TO PUBLIC; GRANT USAGE ON SEQUENCE t_id_seq TO PUBLIC";

#[test]
fn guard_works_for_dropped_role() -> Result<()> {
    let server = Server::start(&[])?;
    for way in MODES {
        let mut database = Database::new(&server, way, SETUP)?;
        let mut session = database.session()?;
        database.admin.batch_execute("CREATE ROLE bob")?;
        session.silent("SET SESSION AUTHORIZATION bob");
        database.admin.batch_execute("DROP ROLE bob")?;

        session.warned("INSERT INTO t (id) VALUES (1), (2)", "public.t");
        database.assert_up();
        let hint = session.duplicate("INSERT INTO t (note) VALUES ('x')");
        assert!(hint.is_some_and(|hint| hint.contains("public.t_id_seq")), "{way:?}");
        database.assert_up();
        // Only the server matters here: the audit itself may fail.
        let _ = session.run("SELECT * FROM seq_audit()");
        database.assert_up();
        let _ = session.run("SELECT * FROM seq_guard_status()");
        database.assert_up();
        session.warned("INSERT INTO t (id) VALUES (100)", "public.t");
        assert_eq!(database.number("SELECT count(*) FROM t")?, 3, "{way:?}");
        drop(session);
        database.assert_up();
    }
    report!("a dropped role's session is warned, gets its hint, audits, and the server stays up");
    Ok(())
}
