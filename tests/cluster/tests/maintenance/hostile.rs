//! Hostile names, search paths and encodings; standbys.

use crate::fixture::{error_of, start};
use anyhow::{Result, ensure};
use cluster::{Server, identifier, literal};

#[test]
fn hostile_names_and_reasons_are_data() -> Result<()> {
    let server = Server::start(&[])?;
    let name = "Shop\"; DROP TABLE t; --\n'x' ü";
    let mut postgres = server.connect("postgres")?;
    postgres.batch_execute(&format!("CREATE DATABASE {}", identifier(name)))?;
    let mut client = server.connect(name)?;
    client.batch_execute(
        "CREATE EXTENSION pg_flightcheck; CREATE TABLE t ();
         CREATE TEMP TABLE pg_db_role_setting (setdatabase oid, setrole oid, setconfig text[]);
         CREATE TEMP TABLE pg_stat_activity (pid int);
         CREATE SCHEMA evil;
         CREATE FUNCTION evil.eq(oid, oid) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''evil''; END';
         CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.eq);
         CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''evil''; END';
         SET search_path = pg_temp, evil, pg_catalog, public;
         SET standard_conforming_strings = on",
    )?;
    for reason in ["'; DROP TABLE t; --", "\\u0000 \\ \" \u{1} \n ü 😀", ""] {
        client.batch_execute(&format!("CALL maintenance_begin({})", literal(reason)))?;
        let row = client.query_one("SELECT state, object, detail FROM maintenance_status() WHERE state = 'on'", &[])?;
        ensure!(row.get::<_, String>(1) == format!("database {}", identifier(name)));
        // The reason is shown as a literal that reads back as it was.
        let shown: String = row.get(2);
        let text = shown.strip_prefix("reason: ").unwrap_or_default();
        let back: String = postgres.query_one(&format!("SELECT {text}"), &[])?.get(0);
        ensure!(back == reason, "{reason:?} was shown as {shown}");
        client.batch_execute("CALL maintenance_end()")?;
    }
    client.batch_execute("SELECT FROM public.t")?;
    Ok(())
}

#[test]
fn reason_in_another_encoding_reads_back() -> Result<()> {
    let server = Server::start(&[])?;
    let mut postgres = server.connect("postgres")?;
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = encoding.to_lowercase();
        postgres.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING {encoding}"))?;
        let mut client = server.connect(&name)?;
        client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
        client.batch_execute("CALL maintenance_begin('Übung')")?;
    }
    // The record has the same bytes in every encoding.
    let records = "SELECT count(*), bool_and(setconfig::text ~ '^[ -~]+$') FROM pg_db_role_setting WHERE setrole = 0";
    let row = postgres.query_one(records, &[])?;
    ensure!(row.get::<_, i64>(0) == 2 && row.get::<_, bool>(1));
    for name in ["latin1", "sql_ascii"] {
        let mut client = server.connect(name)?;
        let row = client.query_one("SELECT detail FROM maintenance_status() LIMIT 1", &[])?;
        ensure!(row.get::<_, String>(0) == "reason: 'Übung'", "{name}: {row:?}");
        client.batch_execute("CALL maintenance_end()")?;
    }
    Ok(())
}

#[test]
fn standby_reports_and_refuses() -> Result<()> {
    let (server, mut client) = start(&[])?;
    client.batch_execute("CALL maintenance_begin('on the primary')")?;
    let standby = server.standby()?;
    let mut reader = standby.connect(crate::fixture::DATABASE)?;
    let row = reader.query_one("SELECT state, detail FROM maintenance_status() LIMIT 1", &[])?;
    ensure!(row.get::<_, String>(0) == "on" && row.get::<_, String>(1) == "reason: 'on the primary'");
    for call in ["CALL maintenance_begin()", "CALL maintenance_end()", "CALL maintenance_end(force => true)"] {
        ensure!(error_of(&mut reader, call)?.code().code() == "25006", "{call}");
    }
    // A promoted standby is the same database, and ends it.
    standby.promote()?;
    reader.batch_execute("CALL maintenance_end()")?;
    Ok(())
}
