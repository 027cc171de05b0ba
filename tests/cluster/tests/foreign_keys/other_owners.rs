//! What a role must not learn or do through fk_precheck: read keys of other owners' tables, or open
//! connections that only a superuser may open. Also catalogs with inconsistent rows.

use crate::judge::audit;
use crate::oracle::EXTENSION;
use anyhow::Result;
use cluster::{Server, report};

const DATABASE: &str = "strangers";

#[test]
fn precheck_unreadable_table_reveals_no_duplicate_keys() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE ROLE mallory LOGIN; CREATE SCHEMA mallory AUTHORIZATION mallory;
         CREATE TABLE secret (pin int); INSERT INTO secret SELECT i % 7 FROM generate_series(1, 20) AS i;
         CREATE TABLE hidden (pin int); INSERT INTO hidden SELECT i % 7 FROM generate_series(1, 20) AS i;
         GRANT SELECT ON hidden TO mallory; ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
         CREATE SCHEMA closed; CREATE TABLE closed.t (pin int); INSERT INTO closed.t VALUES (1), (1);",
    )?;
    let closed: String = client.query_one("SELECT 'closed.t'::regclass::oid::text", &[])?.get(0);
    let mut mallory = server.connect_as("mallory", DATABASE)?;
    mallory.batch_execute("CREATE TABLE mallory.z (a int); INSERT INTO mallory.z VALUES (1)")?;
    let told = |mallory: &mut postgres::Client, parent: &str| -> Result<String> {
        let call = format!(
            "SELECT concat_ws(' ', status, orphans, sample, detail, ddl) FROM public.fk_precheck('mallory.z', '{{a}}', {parent}, '{{pin}}')"
        );
        Ok(mallory.query_one(&call, &[])?.get(0))
    };
    let open = "'public.secret'";
    client.batch_execute("GRANT SELECT ON secret TO mallory")?;
    let allowed = told(&mut mallory, open)?;
    assert!(allowed.contains("7 keys"), "duplicate keys are not reported with SELECT: {allowed}");
    client.batch_execute("REVOKE SELECT ON secret FROM mallory")?;
    for parent in [open, "'public.hidden'", &format!("{closed}::oid::regclass")] {
        let answer = told(&mut mallory, parent)?;
        assert!(!answer.contains("more than once"), "{parent}: {answer}");
    }
    report!("duplicate keys are reported only to roles that may read them");
    Ok(())
}

/// Foreign tables are read as the table's owner, who cannot use a superuser's connection.
#[test]
fn precheck_foreign_partition_is_not_read_as_superuser() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    let there = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgres_fdw')";
    if !client.query_one(there, &[])?.get::<_, bool>(0) {
        report!("no postgres_fdw here");
        return Ok(());
    }
    client.batch_execute(
        "CREATE EXTENSION postgres_fdw; CREATE ROLE mallory LOGIN; CREATE SCHEMA mallory AUTHORIZATION mallory;
         GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO mallory",
    )?;
    let socket: String = client.query_one("SELECT current_setting('unix_socket_directories')", &[])?.get(0);
    let mut mallory = server.connect_as("mallory", DATABASE)?;
    mallory.batch_execute(&format!(
        "CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{socket}', dbname '{DATABASE}');
         CREATE USER MAPPING FOR PUBLIC SERVER loop OPTIONS (user 'postgres');
         CREATE FUNCTION mallory.own() RETURNS int LANGUAGE plpgsql AS 'BEGIN CREATE TABLE public.pwned (); RETURN 1; END';
         CREATE VIEW mallory.bomb AS SELECT mallory.own() AS a;
         CREATE TABLE mallory.p (id int PRIMARY KEY); CREATE TABLE mallory.parted (a int) PARTITION BY LIST (a);
         CREATE FOREIGN TABLE mallory.remote PARTITION OF mallory.parted DEFAULT SERVER loop OPTIONS (schema_name 'mallory', table_name 'bomb')"
    ))?;
    let pwned = "SELECT to_regclass('public.pwned') IS NOT NULL";
    // Proves that the test can fail: a superuser's own query runs the owner's code.
    let _ = client.query("SELECT * FROM mallory.parted", &[])?;
    assert!(client.query_one(pwned, &[])?.get::<_, bool>(0), "the view did not run the owner's function");
    client.batch_execute("DROP TABLE public.pwned")?;
    let mut told = Vec::new();
    for role in ["mallory", "postgres"] {
        let mut asking = server.connect_as(role, DATABASE)?;
        for (child, parent) in [("parted", "p"), ("remote", "p")] {
            let call = format!(
                "SELECT concat_ws(': ', status, detail) FROM public.fk_precheck('mallory.{child}', '{{a}}', 'mallory.{parent}', '{{id}}')"
            );
            told.push(asking.query_one(&call, &[])?.get::<_, String>(0));
            let is_pwned: bool = client.query_one(pwned, &[])?.get(0);
            assert!(!is_pwned, "{role}, {child}: {told:?}");
        }
        asking.query("SELECT * FROM public.flightcheck(deep => true)", &[])?;
        assert!(!client.query_one(pwned, &[])?.get::<_, bool>(0), "flightcheck as {role}");
    }
    report!("{}", told.join(" | "));
    Ok(())
}

#[test]
fn audit_inconsistent_catalog_row_is_unknown() -> Result<()> {
    let server = Server::start(&["allow_system_table_mods = on"])?;
    let mut client = server.database(DATABASE)?;
    for broken in [
        "conpfeqop = '{96,4294967000}'",
        "conkey = '{1,9}'",
        "confkey = '{1,9}'",
        "conpfeqop = NULL",
        "conpfeqop = '{96}'",
    ] {
        client.batch_execute(&format!(
            "CREATE TABLE p (x int, y int, PRIMARY KEY (x, y)); CREATE TABLE c (x int, y int, CONSTRAINT k FOREIGN KEY (x, y) REFERENCES p);
             SET session_replication_role = replica; INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1, 2); RESET session_replication_role;
             UPDATE pg_constraint SET {broken} WHERE conname = 'k'"
        ))?;
        let rows = audit(&mut client, EXTENSION, None)?;
        assert_eq!(rows.len(), 1, "{broken}: {rows:?}");
        assert_eq!((rows[0].status.as_str(), rows[0].orphans), ("unknown", None), "{broken}: {rows:?}");
        assert!(rows[0].detail.is_some(), "{broken}: {rows:?}");
        client.batch_execute(
            "UPDATE pg_constraint SET conpfeqop = '{96,96}', conkey = '{1,2}', confkey = '{1,2}' WHERE conname = 'k'; DROP TABLE c, p",
        )?;
    }
    report!("operators and columns that do not exist: unknown, never ok");
    Ok(())
}
