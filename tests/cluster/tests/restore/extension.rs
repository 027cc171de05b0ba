//! The extension itself: in any schema, with any search_path, and in a dump.

use anyhow::Result;
use cluster::{Server, audit, identifier, report};
use postgres::Client;

/// PostgreSQL itself rejects quotes, backslashes, dollar signs and comments in an extension's
/// schema.
const SCHEMAS: [&str; 4] = ["public", "tools", "My schéma.v1; %s {}", "select"];

/// Tables that are behind, with names that need every kind of quoting.
const TABLES: [&str; 5] = ["plain", "Upper", "with \"quotes\" and 'apostrophes'", "back\\slash", "a.b"];

fn create_tables(client: &mut Client) -> Result<()> {
    for schema in ["app", "The \"App\"'s"] {
        client.batch_execute(&format!("CREATE SCHEMA {}", identifier(schema)))?;
        for table in TABLES {
            let table = format!("{}.{}", identifier(schema), identifier(table));
            client.batch_execute(&format!(
                "CREATE TABLE {table} (id serial PRIMARY KEY); INSERT INTO {table} VALUES (1), (2)"
            ))?;
        }
    }
    Ok(())
}

#[test]
fn extension_in_any_schema_has_working_fixes() -> Result<()> {
    let server = Server::start(&[])?;
    let mut postgres = server.connect("postgres")?;
    let mut pasted = 0;
    for (number, schema) in SCHEMAS.into_iter().enumerate() {
        let (database, schema) = (format!("schema_{number}"), identifier(schema));
        postgres.batch_execute(&format!("CREATE DATABASE {database}"))?;
        let mut client = server.connect(&database)?;
        client.batch_execute(&format!(
            "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE EXTENSION pg_flightcheck SCHEMA {schema}"
        ))?;
        create_tables(&mut client)?;

        client.batch_execute("SET search_path = ''")?;
        let call = format!("{schema}.seq_audit()");
        let rows = audit(&mut client, &call)?;
        assert_eq!(rows.iter().filter(|row| row.status == "behind").count(), 2 * TABLES.len(), "{rows:#?}");
        for row in &rows {
            let fix = row.fix.as_deref().unwrap_or_else(|| panic!("no fix: {row:?}"));
            client.batch_execute(fix).map_err(|error| anyhow::anyhow!("{fix}: {}", cluster::explain(&error)))?;
            pasted += 1;
        }
        let rows = audit(&mut client, &call)?;
        assert!(rows.iter().all(|row| row.status == "ok"), "{rows:#?}");

        // Its dump restores without an error.
        let file = server.scratch("dump");
        server.client("pg_dump", &[&database, &format!("--file={}", file.display())])?;
        let restored = format!("restored_{number}");
        postgres.batch_execute(&format!("CREATE DATABASE {restored}"))?;
        assert_eq!(server.psql_file(&restored, &file)?, 0, "errors while restoring");
        let mut client = server.connect(&restored)?;
        let rows = audit(&mut client, &call)?;
        assert!(rows.len() == 2 * TABLES.len() && rows.iter().all(|row| row.status == "ok"), "{rows:#?}");
        client.batch_execute("DROP EXTENSION pg_flightcheck")?;
    }
    report!(
        "{} extension schemas: {pasted} fixes run with an empty search_path; dumped, restored, dropped",
        SCHEMAS.len()
    );
    Ok(())
}
