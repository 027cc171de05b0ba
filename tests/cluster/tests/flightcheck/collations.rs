//! Collations of another version than the system's, for real as far as the catalog goes.

use crate::finding::{Finding, of_check, run_fixes};
use anyhow::Result;
use cluster::Server;
use postgres::Client;

fn rows(client: &mut Client, arguments: &str) -> Result<Vec<Finding>> {
    of_check(client, arguments, "collation_version")
}

/// A database whose own collation has a version, and a collation of its own with all that can depend on it.
fn create(server: &Server) -> Result<Client> {
    server.connect("postgres")?.batch_execute(
        "CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C' ENCODING 'UTF8'",
    )?;
    let mut client = server.connect("sorted")?;
    client.batch_execute(
        "CREATE EXTENSION pg_flightcheck; CREATE SCHEMA s; CREATE SCHEMA other;
         CREATE COLLATION s.\"De \"\"x\"\"\" (PROVIDER = icu, LOCALE = 'de'); CREATE COLLATION s.unused (PROVIDER = icu, LOCALE = 'fr');
         CREATE TABLE s.t (a text COLLATE s.\"De \"\"x\"\"\", b text, c text COLLATE \"C\");
         CREATE INDEX i_column ON s.t (a); CREATE INDEX i_default ON s.t (b); CREATE INDEX i_bytes ON s.t (c);
         CREATE INDEX i_expression ON s.t (lower(b COLLATE s.\"De \"\"x\"\"\"));
         CREATE INDEX i_condition ON s.t (c) WHERE b > 'x' COLLATE s.\"De \"\"x\"\"\";
         CREATE TABLE other.root (a text COLLATE s.\"De \"\"x\"\"\" PRIMARY KEY) PARTITION BY RANGE (a);
         CREATE TABLE other.leaf PARTITION OF other.root FOR VALUES FROM ('a') TO ('b')",
    )?;
    Ok(client)
}

const OUTDATE: &str = "UPDATE pg_collation SET collversion = '1.0' WHERE collnamespace = 's'::regnamespace";

#[test]
fn a_collation_of_another_version() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = create(&server)?;
    assert!(rows(&mut client, "")?.is_empty());
    client.batch_execute(OUTDATE)?;
    let found = rows(&mut client, "")?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].severity.as_str(), found[0].object.as_str()), ("warning", "collation s.\"De \"\"x\"\"\""));
    assert!(found[0].says("recorded with version 1.0, and the system now provides"), "{found:#?}");
    assert!(
        found[0].says(
            "4 indexes may miss rows and let duplicates in: other.leaf_pkey, s.i_column, s.i_condition and 1 more"
        )
    );
    assert!(found[0].says("1 partitioned table may have rows in the wrong partition: other.root"), "{found:#?}");
    let fix = "REINDEX INDEX other.leaf_pkey;\nREINDEX INDEX s.i_column;\nREINDEX INDEX s.i_condition;\n\
               REINDEX INDEX s.i_expression;\nALTER COLLATION s.\"De \"\"x\"\"\" REFRESH VERSION;";
    assert_eq!(found[0].fix()?, fix);
    // Whatever the schema asked for: the fix is for all that depends, since the version is refreshed but once.
    assert_eq!(rows(&mut client, "'other'")?[0].fix()?, fix);
    assert!(rows(&mut client, "'public'")?.is_empty());
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

#[test]
fn a_database_of_another_version() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = create(&server)?;
    let outdate = "UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'sorted'";
    client.batch_execute(outdate)?;
    let found = rows(&mut client, "")?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].object, "database sorted");
    assert!(found[0].fix()?.starts_with("REINDEX INDEX s.i_default;\n"), "{found:#?}");
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());

    client.batch_execute("DO $$ BEGIN FOR n IN 1..20 LOOP EXECUTE 'CREATE INDEX ON s.t (b)'; END LOOP; END $$")?;
    client.batch_execute(outdate)?;
    let found = rows(&mut client, "")?;
    assert_eq!(found[0].fix()?, "REINDEX DATABASE sorted;\nALTER DATABASE sorted REFRESH COLLATION VERSION;");
    assert!(found[0].says("one statement at a time"), "{found:#?}");
    for statement in found[0].fix()?.lines() {
        client.batch_execute(statement)?;
    }
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

/// The look-up fails, and that is the finding.
#[test]
fn a_collation_that_the_system_has_no_more() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = create(&server)?;
    client.batch_execute("CREATE TABLE s.gone (a text COLLATE s.unused)")?;
    client.batch_execute("SET allow_system_table_mods = on; UPDATE pg_collation SET collversion = '1', colliculocale = 'no such-locale-x' WHERE collname = 'unused'")
        .or_else(|_| client.batch_execute("UPDATE pg_collation SET collversion = '1', colllocale = 'no such-locale-x' WHERE collname = 'unused'"))?;
    let found = rows(&mut client, "")?;
    assert_eq!(found.len(), 1, "{found:#?}");
    Ok(())
}
