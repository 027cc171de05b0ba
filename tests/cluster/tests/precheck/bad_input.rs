//! Arguments that are wrong, and scripts that are hardly scripts: an error of the call only for the
//! arguments, rows for all else, and a session that goes on.

use crate::findings::{precheck, worst};
use anyhow::{Context, Result};
use cluster::{Server, literal, report, sized, state_of};
use postgres::Client;

const DATABASE: &str = "bad_input";

fn count(client: &mut Client, call: &str) -> Result<i64, postgres::Error> {
    Ok(client.query_one(&format!("SELECT count(*) FROM {call}"), &[])?.get(0))
}

#[test]
fn precheck_wrong_arguments_raise_their_sqlstate() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE ROLE plain LOGIN; CREATE ROLE other")?;
    let calls = [
        ("migration_precheck(NULL)", "22004"),
        ("migration_precheck(NULL, 'nobody', 'x')", "22004"),
        ("migration_precheck('SELECT 1', mode => 'x')", "22023"),
        ("migration_precheck('SELECT 1', mode => '')", "22023"),
        ("migration_precheck('SELECT 1', mode => 'Transaction')", "22023"),
        ("migration_precheck('SELECT 1', 'nobody')", "42704"),
        ("migration_precheck('SELECT 1', '')", "42704"),
        ("migration_precheck('SELECT 1', repeat('x', 100)::name)", "42704"),
    ];
    for (call, expected) in calls {
        assert_eq!(state_of(count(&mut client, call)).code(), expected, "{call}");
    }
    let mut plain = server.connect_as("plain", DATABASE)?;
    for role in ["other", "postgres", "pg_read_all_data"] {
        let call = format!("migration_precheck('SELECT 1', '{role}')");
        assert_eq!(state_of(count(&mut plain, &call)).code(), "42501", "{role}");
    }
    assert_eq!(count(&mut plain, "migration_precheck('SELECT 1', 'plain')")?, 1);
    Ok(())
}

/// Scripts, with what is said of them.
fn scripts() -> Vec<(&'static str, String, &'static str)> {
    let many = |text: &str| text.repeat(20_000);
    let large = "x".repeat(10_000_000);
    let rows = sized("FLIGHTCHECK_PRECHECK_VALUES", 200_000, 2_000_000);
    vec![
        ("empty", String::new(), "fine"),
        ("spaces", " \t\r\n\u{c}".to_owned(), "fine"),
        ("comments", "-- a\n/* b /* c */ */ -- d".to_owned(), "fine"),
        ("semicolons", many(";"), "fine"),
        ("open quote", "SELECT 1; SELECT 'a".to_owned(), "error"),
        ("open identifier", "SELECT \"a".to_owned(), "error"),
        ("open dollar quote", "SELECT $a$ b $$ c".to_owned(), "error"),
        ("open escape", "SELECT E'\\".to_owned(), "error"),
        ("open comment", "SELECT 1 /* a /* b */".to_owned(), "error"),
        ("bad escape", "SELECT U&'\\zzzz'".to_owned(), "error"),
        ("empty identifier", "SELECT \"\"".to_owned(), "error"),
        ("open body", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;".to_owned(), "error"),
        ("binary", (1..128_u8).map(char::from).collect(), "error"),
        ("control characters", "SELECT \u{1}; SELECT \u{7f}".to_owned(), "error"),
        ("not a character", "SELECT '\u{ffff}', \"\u{202e}\" FROM \u{feff}".to_owned(), "error"),
        ("only psql", "\\set a b\n\\i c\n\\q\n".to_owned(), "unknown"),
        ("open data", "COPY t FROM STDIN;\n1\n2\n".to_owned(), "fine"),
        ("no data", "COPY t FROM STDIN;\n\\.\n\\.\n".to_owned(), "unknown"),
        ("parentheses", format!("SELECT {}1{}", many("("), many(")")), "error"),
        ("open parentheses", many("("), "error"),
        ("nested CASE", format!("SELECT {}1{}", many("CASE WHEN true THEN "), many(" END")), "error"),
        ("nested arrays", format!("SELECT {}1{}", many("ARRAY["), many("]")), "error"),
        ("nested queries", format!("SELECT {}1{}", many("(SELECT "), many(")")), "error"),
        ("long OR", format!("DELETE FROM t WHERE a = 1{}", many(" OR a = 2")), "fine"),
        ("nested NOT", format!("SELECT {}true", many("NOT ")), "error"),
        ("statements", many("SELECT 1;"), "fine"),
        ("bad statements", "SELEC 1;".repeat(2_000), "error"),
        ("savepoints", format!("BEGIN;{}COMMIT", "SAVEPOINT a;".repeat(2_000)), "fine"),
        ("commands of psql", many("\\echo\n"), "fine"),
        ("variables", "SELECT :a, :'b', :\"c\";".repeat(500), "unknown"),
        ("long identifier", format!("SELECT {}", &large[..1_000_000]), "error"),
        ("10 MB in one constant", format!("SELECT '{large}'"), "fine"),
        ("10 MB in one comment", format!("/* {large} */ SELECT 1"), "fine"),
        ("10 MB of words", "x ".repeat(5_000_000), "error"),
        ("many rows", format!("INSERT INTO t VALUES (1){}", ", (2)".repeat(rows)), "unknown"),
    ]
}

#[test]
fn precheck_of_hardly_scripts_returns_rows() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE TABLE t (a int)")?;
    let mut wrong = Vec::new();
    for (name, script, expected) in scripts() {
        match precheck(&mut client, &script, "") {
            Ok(findings) if worst(&findings) == expected => {}
            Ok(findings) => wrong.push(format!("{name}: {:.500}", format!("{findings:?}"))),
            Err(error) => wrong.push(format!("{name}: {}", cluster::explain(&error))),
        }
        // The session goes on.
        client.batch_execute("SELECT 1").with_context(|| format!("{name} ended the session"))?;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn precheck_in_other_encodings_keeps_bytes_as_they_are() -> Result<()> {
    let server = Server::start(&[])?;
    for (encoding, bytes) in [("SQL_ASCII", "\\xfffe80"), ("LATIN1", "\\xfffe80"), ("EUC_JP", "\\xb4c1")] {
        let mut postgres = server.connect("postgres")?;
        let name = format!("in_{}", encoding.to_lowercase());
        postgres.batch_execute(&format!("CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0"))?;
        let mut client = server.connect(&name)?;
        client.batch_execute(&format!("CREATE EXTENSION pg_flightcheck; SET client_encoding = '{encoding}'"))?;
        // The script, with a table and a column of this name.
        let script = format!("convert_from('{bytes}'::bytea, '{encoding}')");
        client.batch_execute(&format!(
            "DO $$ BEGIN EXECUTE format('CREATE TABLE %1$I (%1$I int NOT NULL)', {script}); END $$"
        ))?;
        let text = format!(
            "SELECT string_agg(concat_ws(' ', severity, check_name, object = {script} OR object = format('%I', {script})), ', ' ORDER BY statement)
             FROM migration_precheck(format('INSERT INTO %1$I VALUES (NULL); SELECT 1 AS %1$I; SELECT * FROM \"no %1$s\"; SELECT ''%1$s', {script}))
             WHERE severity = 'error'"
        );
        let said: String = client.query_one(&text, &[]).with_context(|| encoding.to_owned())?.get(0);
        assert!(said.starts_with("error not_null_rows"), "{encoding}: {said}");
        assert!(said.contains("error unknown_table") && said.contains("error syntax"), "{encoding}: {said}");
    }
    // A character that the database does not have is refused by the server before the call.
    let mut client = server.connect("in_latin1")?;
    assert_eq!(state_of(client.batch_execute(&format!("SELECT migration_precheck({})", literal("€")))).code(), "22P05");
    Ok(())
}

#[test]
fn precheck_of_writes_within_queries_over_changed_table_is_unknown() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE TABLE t (a int)")?;
    for statement in ["EXPLAIN UPDATE t SET b = 1", "WITH d AS (DELETE FROM t RETURNING b) SELECT * FROM d"] {
        let findings = precheck(&mut client, &format!("ALTER TABLE t ADD COLUMN b int; {statement}"), "")?;
        assert_eq!(worst(&findings), "unknown", "{findings:#?}");
        let wrong = precheck(&mut client, statement, "")?;
        assert!(wrong.iter().any(|finding| finding.check == "unknown_column"), "{wrong:#?}");
    }
    let plain = "EXPLAIN SELECT * FROM t; BEGIN; DECLARE c CURSOR FOR SELECT a FROM t; ALTER TABLE t ADD COLUMN b int; \
                 EXPLAIN SELECT b FROM t; DECLARE d CURSOR FOR SELECT b FROM t";
    assert_eq!(worst(&precheck(&mut client, plain, "")?), "fine");
    Ok(())
}

#[test]
fn precheck_on_standby_and_read_only_returns_rows() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY, a int); INSERT INTO t (a) VALUES (1), (1), (NULL)")?;
    let script = "ALTER TABLE t ADD UNIQUE (a); ALTER TABLE t ALTER a SET NOT NULL; UPDATE t SET b = 1; CREATE TABLE t (); \
                  INSERT INTO t VALUES (1, 1)";
    let expected = precheck(&mut client, script, "")?;
    let errors = expected.iter().filter(|finding| finding.severity == "error").count();
    assert_eq!(errors, 6, "{expected:#?}");
    // Inside a transaction that only reads, and without a transaction id.
    client.batch_execute("BEGIN READ ONLY")?;
    assert_eq!(precheck(&mut client, script, "")?, expected);
    let is_idle: bool = client.query_one("SELECT pg_current_xact_id_if_assigned() IS NULL", &[])?.get(0);
    assert!(is_idle, "a transaction id was assigned");
    client.batch_execute("COMMIT; BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE")?;
    assert_eq!(precheck(&mut client, script, "")?, expected);
    client.batch_execute("COMMIT")?;
    // Inside a query that reads the table.
    let inside =
        format!("SELECT count(*) FROM t, LATERAL migration_precheck({}) p WHERE p.severity = 'error'", literal(script));
    assert_eq!(client.query_one(&inside, &[])?.get::<_, i64>(0), 18);
    // In a function, a cursor, and a subtransaction of the caller's.
    client.batch_execute(&format!(
        "DO $$ BEGIN BEGIN PERFORM migration_precheck({0}); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; END $$;
         BEGIN; DECLARE c CURSOR FOR SELECT * FROM migration_precheck({0}); FETCH 1 FROM c; MOVE ALL IN c; COMMIT",
        literal(script)
    ))?;
    let standby = server.standby()?;
    let mut on_standby = standby.connect(DATABASE)?;
    assert_eq!(precheck(&mut on_standby, script, "")?, expected);
    report!("{errors} errors on the primary, in read-only transactions, within a query, and on a standby");
    Ok(())
}
