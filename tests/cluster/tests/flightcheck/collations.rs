//! Collations whose version differs from the system's, simulated by updates of the catalogs.

use crate::finding::{Finding, of_check, run_fixes};
use crate::versioned_collation::VersionedCollation;
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;

fn rows(client: &mut Client, arguments: &str) -> Result<Vec<Finding>> {
    of_check(client, arguments, "collation_version")
}

/// Creates a database whose own collation has a version, and a collation with everything that can
/// depend on it.
fn create(server: &Server) -> Result<Option<Client>> {
    let Some(sorting) = VersionedCollation::of(server)? else {
        report!("not tested: this server has no collation with a version");
        return Ok(None);
    };
    let database = format!("CREATE DATABASE sorted TEMPLATE template0 {} ENCODING 'UTF8'", sorting.database);
    server.connect("postgres")?.batch_execute(&database)?;
    let mut client = server.connect("sorted")?;
    client.batch_execute(&CREATE.replace("{collation}", sorting.collation))?;
    Ok(Some(client))
}

const CREATE: &str = "
         CREATE EXTENSION pg_flightcheck; CREATE SCHEMA s; CREATE SCHEMA other;
         CREATE COLLATION s.\"De \"\"x\"\"\" ({collation}); CREATE COLLATION s.unused ({collation});
         CREATE TABLE s.t (a text COLLATE s.\"De \"\"x\"\"\", b text, c text COLLATE \"C\");
         CREATE INDEX i_column ON s.t (a); CREATE INDEX i_default ON s.t (b); CREATE INDEX i_bytes ON s.t (c);
         CREATE INDEX i_expression ON s.t (lower(b COLLATE s.\"De \"\"x\"\"\"));
         CREATE INDEX i_condition ON s.t (c) WHERE b > 'x' COLLATE s.\"De \"\"x\"\"\";
         CREATE TABLE other.root (a text COLLATE s.\"De \"\"x\"\"\" PRIMARY KEY) PARTITION BY RANGE (a);
         CREATE TABLE other.leaf PARTITION OF other.root FOR VALUES FROM ('a') TO ('b')";

const OUTDATE: &str = "UPDATE pg_collation SET collversion = '0.1' WHERE collnamespace = 's'::regnamespace";

#[test]
fn collation_version_differs() -> Result<()> {
    let server = Server::start(&[])?;
    let Some(mut client) = create(&server)? else { return Ok(()) };
    assert!(rows(&mut client, "")?.is_empty());
    client.batch_execute(OUTDATE)?;
    let found = rows(&mut client, "")?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].severity.as_str(), found[0].object.as_str()), ("warning", "collation s.\"De \"\"x\"\"\""));
    assert!(found[0].says("recorded with version 0.1, but the system now provides"), "{found:#?}");
    assert!(
        found[0].says(
            "4 indexes may miss rows and let duplicates in: other.leaf_pkey, s.i_column, s.i_condition and 1 more"
        )
    );
    assert!(found[0].says("1 partitioned table may have rows in the wrong partition: other.root"), "{found:#?}");
    let fix = "DO $fix$BEGIN REINDEX INDEX other.leaf_pkey; REINDEX INDEX s.i_column; REINDEX INDEX s.i_condition; \
               REINDEX INDEX s.i_expression; ALTER COLLATION s.\"De \"\"x\"\"\" REFRESH VERSION; END$fix$;";
    assert_eq!(found[0].fix()?, fix);
    // The fix covers all dependent indexes, whatever schema was asked for, since the version is
    // refreshed only once.
    assert_eq!(rows(&mut client, "'other'")?[0].fix()?, fix);
    assert!(rows(&mut client, "'public'")?.is_empty());
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

#[test]
fn collation_version_of_database_differs() -> Result<()> {
    let server = Server::start(&[])?;
    let Some(mut client) = create(&server)? else { return Ok(()) };
    let outdate = "UPDATE pg_database SET datcollversion = '0.1' WHERE datname = 'sorted'";
    client.batch_execute(outdate)?;
    let found = rows(&mut client, "")?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].object, "database sorted");
    assert!(found[0].fix()?.starts_with("DO $fix$BEGIN REINDEX INDEX s.i_default; "), "{found:#?}");
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());

    client.batch_execute("DO $$ BEGIN FOR n IN 1..20 LOOP EXECUTE 'CREATE INDEX ON s.t (b)'; END LOOP; END $$")?;
    client.batch_execute(outdate)?;
    let found = rows(&mut client, "")?;
    let fix = found[0].fix()?;
    assert!(!fix.contains("i_default") && found[0].says("outside a transaction block"), "{found:#?}");
    let files = "SELECT count(DISTINCT relfilenode) FILTER (WHERE relfilenode <> oid), count(*) FROM pg_class
        WHERE oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 's.t'::regclass AND 100 = ANY (indcollation))";
    client.batch_execute(fix)?;
    let rebuilt = client.query_one(files, &[])?;
    assert_eq!((rebuilt.get::<_, i64>(0), rebuilt.get::<_, i64>(1)), (21, 21));
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

/// Comparisons with it fail, and so would REINDEX.
#[test]
fn collation_unknown_to_system_is_error() -> Result<()> {
    let server = Server::start(&[])?;
    if !VersionedCollation::has_icu(&server)? {
        report!("not tested: libraries other than ICU have a version for any locale");
        return Ok(());
    }
    let mut client = server.database("app")?;
    client.batch_execute(
        "CREATE COLLATION gone (PROVIDER = icu, LOCALE = 'de');
         CREATE TABLE t (a text COLLATE gone); CREATE INDEX i ON t (a); INSERT INTO t VALUES ('a'), ('b')",
    )?;
    assert!(rows(&mut client, "")?.is_empty());
    let column = if server.major() < 17 { "colliculocale" } else { "colllocale" };
    client.batch_execute(&format!("UPDATE pg_collation SET {column} = repeat('x', 300) WHERE collname = 'gone'"))?;
    let mut client = server.connect("app")?;
    let found = rows(&mut client, "")?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].severity.as_str(), &found[0].fix), ("error", &None), "{found:#?}");
    assert!(found[0].says("comparisons that use it fail") && found[0].says("public.i"), "{found:#?}");
    assert!(client.batch_execute("REINDEX INDEX i").is_err());
    Ok(())
}
