//! A client whose encoding lacks characters of a table's name: a warning that cannot be sent is
//! written to the log, and does not abort the transaction. (The driver cannot be sent the name
//! either, so functions and views use the table.)

use crate::database::{Database, MODES, Mode};
use anyhow::Result;
use cluster::{Server, report};

const SETUP: &str = "CREATE TABLE 表 (id serial PRIMARY KEY, note text); CREATE VIEW shown AS SELECT * FROM 表;
    CREATE FUNCTION f(id int) RETURNS void LANGUAGE sql AS 'INSERT INTO 表 VALUES (id)';
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TABLE 紙 (id int PRIMARY KEY);
    CREATE TRIGGER pg_flightcheck_guard AFTER INSERT ON 紙 FOR EACH STATEMENT EXECUTE FUNCTION nothing();
    CREATE FUNCTION ddl() RETURNS void LANGUAGE plpgsql AS 'BEGIN ALTER TABLE 紙 ADD COLUMN more serial; END'";

const INSERTS: [(&str, i64); 4] = [
    ("INSERT INTO shown VALUES (5)", 1),
    ("SELECT f(60)", 2),
    ("BEGIN; SELECT f(700); SAVEPOINT s; SELECT f(800); COMMIT", 4),
    ("DO $$ BEGIN PERFORM f(9000); COMMIT; PERFORM f(90000); END $$", 6),
];

#[test]
fn warning_not_sendable_in_client_encoding_is_logged() -> Result<()> {
    let server = Server::start(&[])?;
    for way in MODES {
        let mut database = Database::new(&server, way, SETUP)?;
        let mut session = database.session()?;
        session.silent("SET client_encoding = LATIN1");
        let warnings = |server: &Server| {
            server
                .log()
                .matches("WARNING:  sequence public.\"表_id_seq\" will hand out ids that table public.\"表\"")
                .count()
        };
        for (sql, rows) in INSERTS {
            let before = warnings(&server);
            session.silent(sql);
            assert_eq!(database.number("SELECT count(*) FROM 表")?, rows, "{way:?}, {sql}");
            assert!(warnings(&server) > before, "{way:?}, {sql}: no warning in the log");
            session.silent("SELECT 1");
        }
        if way == Mode::Armed {
            session.silent("SELECT ddl()");
            assert!(server.log().contains("could not arm the guard on table public.\"紙\""), "{}", server.log());
            let made = "SELECT count(*) FROM pg_attribute WHERE attrelid = '紙'::regclass AND attname = 'more'";
            assert_eq!(database.number(made)?, 1, "the column does not exist");
            // The event trigger still works.
            session.silent("CREATE TABLE later (id serial PRIMARY KEY)");
            let armed = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'later'::regclass";
            assert_eq!(database.number(armed)?, 1, "a later table is not armed");
        }
        // An error is still an error, and the session continues.
        session.silent("SET pg_flightcheck.guard = error");
        session.run("SELECT f(20)").1.expect_err("the guard let it commit");
        assert_eq!(database.number("SELECT count(*) FROM 表")?, 6, "{way:?}");
        session.silent("SET client_encoding = UTF8");
        session.refused("SELECT f(20)", "public.\"表\"");
        session.silent("SET pg_flightcheck.guard = warn");
        session.warned("SELECT f(2000000)", "public.\"表\"");
        database.assert_up();
    }
    report!(
        "a client that cannot be sent a warning keeps its transactions and its session, and the log has the warnings"
    );
    Ok(())
}
