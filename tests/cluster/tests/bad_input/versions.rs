//! A library and a catalog that do not belong together.

use anyhow::{Context, Result};
use cluster::{Server, report};
use postgres::Client;
use postgres::error::DbError;

/// A call of each function that reads the database.
const CALLS: [&str; 27] = [
    "SELECT db_row_hash(1)",
    "SELECT * FROM seq_audit()",
    "SELECT * FROM seq_resync(dry_run => true)",
    "SELECT * FROM seq_resync_table('t')",
    "SELECT seq_assert()",
    "SELECT * FROM seq_guard_enable()",
    "CALL seq_guard_enable_all()",
    "SELECT * FROM seq_guard_disable()",
    "CALL seq_guard_disable_all()",
    "SELECT * FROM seq_guard_status()",
    "SELECT * FROM advisory_lock_report()",
    "SELECT * FROM advisory_lock_terminate('7')",
    "SELECT * FROM migration_report()",
    "SELECT * FROM migration_rehearse('SELECT 1')",
    "SELECT * FROM migration_precheck('SELECT 1')",
    "SELECT migration_assert('SELECT 1')",
    "SELECT * FROM migration_statements('SELECT 1')",
    "SELECT * FROM fk_audit()",
    "SELECT * FROM fk_precheck('t', 'id', 't')",
    "SELECT * FROM flightcheck()",
    "SELECT * FROM flightcheck_summary()",
    "SELECT flightcheck_report()",
    "CALL maintenance_begin()",
    "SELECT * FROM maintenance_status()",
    "CALL maintenance_end(force => true)",
    "SELECT db_snapshot()",
    "SELECT db_assert('{\"identity\": {\"database\": \"mixed\"}}')",
];

/// The trigger functions, which must not fail, and a function whose arguments are snapshots.
const WITHOUT_CHECK: [&str; 3] = ["_seq_guard_note", "_seq_guard_on_ddl", "db_compare"];

fn error_of(client: &mut Client, sql: &str) -> Result<DbError> {
    let error = client.batch_execute(sql).err().with_context(|| format!("{sql}: no error"))?;
    error.as_db_error().cloned().with_context(|| format!("{sql}: {error}"))
}

fn set_version(client: &mut Client, version: &str) -> Result<()> {
    Ok(client
        .batch_execute(&format!("UPDATE pg_extension SET extversion = '{version}' WHERE extname = 'pg_flightcheck'"))?)
}

#[test]
fn catalog_of_other_version_is_error() -> Result<()> {
    let server = Server::start(&["pg_flightcheck.guard = advance"])?;
    let mut client = server.database("mixed")?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); SELECT seq_guard_enable()")?;
    let functions = "SELECT DISTINCT proname::text FROM pg_depend d JOIN pg_proc p ON p.oid = objid
         WHERE d.classid = 'pg_proc'::regclass AND deptype = 'e' AND proname <> ALL ($1)
           AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_flightcheck')";
    for row in client.query(functions, &[&WITHOUT_CHECK.as_slice()])? {
        let name: String = row.get(0);
        assert!(CALLS.iter().any(|call| call.contains(&format!(" {name}("))), "{name} is not called");
    }
    let current: String =
        client.query_one("SELECT extversion FROM pg_extension WHERE extname = 'pg_flightcheck'", &[])?.get(0);
    let update = "Run: ALTER EXTENSION pg_flightcheck UPDATE;";
    for (other, hint) in [("0.0.9", update), ("9.10", "Reconnect"), ("99999999999.0", "Reconnect"), ("x", "Reconnect")]
    {
        set_version(&mut client, other)?;
        for call in CALLS {
            let error = error_of(&mut client, call)?;
            assert_eq!(error.code().code(), "55000", "{call}: {error:?}");
            assert!(error.hint().is_some_and(|found| found.starts_with(hint)), "{call}: {error:?}");
            let message = format!("extension \"pg_flightcheck\" has version {other}, but the library has version ");
            assert!(error.message().starts_with(&message), "{call}: {error:?}");
        }
        // Writers are not affected: the guard goes on.
        client.batch_execute("INSERT INTO t SELECT max(id) + 1 FROM (SELECT id FROM t UNION SELECT 0) ids")?;
        client.batch_execute("INSERT INTO t DEFAULT VALUES")?;
    }
    set_version(&mut client, &current)?;
    for call in CALLS {
        client.batch_execute(call).with_context(|| call)?;
    }
    report!("{} calls fail with 55000 and a HINT while the catalog has another version", CALLS.len());
    Ok(())
}

#[test]
fn script_for_other_major_is_error() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.connect("postgres")?;
    let shared: String =
        client.query_one("SELECT setting FROM pg_config WHERE name = 'SHAREDIR'", &[]).context("pg_config")?.get(0);
    let folder = std::path::Path::new(&shared).join("extension");
    let version: String = client
        .query_one("SELECT default_version FROM pg_available_extensions WHERE name = 'pg_flightcheck'", &[])?
        .get(0);
    let script = std::fs::read_to_string(folder.join(format!("pg_flightcheck--{version}.sql")))?;
    let own = format!("OPERATOR(pg_catalog.<>) {}", server.major());
    assert!(script.contains(&own), "the script does not check the version");
    std::fs::write(folder.join("pg_flightcheck--0.0.1.sql"), script.replace(&own, "OPERATOR(pg_catalog.<>) 14"))?;
    let error = error_of(&mut client, "CREATE EXTENSION pg_flightcheck VERSION '0.0.1'")?;
    assert_eq!(error.code().code(), "55000", "{error:?}");
    assert!(error.hint().is_some_and(|hint| hint.contains("make install PG_CONFIG=")), "{error:?}");
    Ok(())
}
