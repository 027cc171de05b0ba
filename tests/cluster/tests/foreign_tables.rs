//! Foreign tables are read on their server, as their owner. Requires postgres_fdw, which not every
//! PostgreSQL installation has.

use anyhow::Result;
use cluster::{Server, audit, report, resync};
use postgres::Client;

fn audited(client: &mut Client, column: &str) -> Result<(String, Option<i64>, String)> {
    let rows = audit(client, "seq_audit()")?;
    let row = rows
        .iter()
        .find(|row| row.column.as_deref() == Some(column))
        .unwrap_or_else(|| panic!("no row for {column}: {rows:#?}"));
    Ok((row.status.clone(), row.max_id, row.detail.clone().unwrap_or_default()))
}

#[test]
fn foreign_tables_are_read_as_owner() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    let has_fdw = "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'";
    if client.query_one(has_fdw, &[])?.get::<_, i64>(0) == 0 {
        report!("postgres_fdw is not installed: nothing tested");
        return Ok(());
    }
    client.batch_execute(
        "CREATE EXTENSION postgres_fdw;
         CREATE TABLE far (small int, exact numeric);
         INSERT INTO far SELECT g, g FROM generate_series(1, 500) g;
         INSERT INTO far VALUES (NULL, 700.5);
         CREATE TABLE far_leaf (leaf int, k int);
         INSERT INTO far_leaf VALUES (77, 1);
         CREATE SEQUENCE s INCREMENT 3;
         DO $$ BEGIN EXECUTE format('CREATE SERVER me FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
             current_setting('unix_socket_directories'), current_setting('port'), current_database()); END $$;
         CREATE USER MAPPING FOR postgres SERVER me;
         CREATE FOREIGN TABLE near (small int DEFAULT nextval('s'), exact numeric DEFAULT nextval('s'))
             SERVER me OPTIONS (table_name 'far');
         CREATE TABLE root (leaf serial, k int) PARTITION BY LIST (k);
         CREATE FOREIGN TABLE leaf PARTITION OF root FOR VALUES IN (1) SERVER me OPTIONS (table_name 'far_leaf');",
    )?;
    let (status, _, detail) = audited(&mut client, "small")?;
    assert_eq!(status, "unknown");
    assert!(detail.contains("ANALYZE public.near;"), "{detail}");

    client.batch_execute("ANALYZE near; ANALYZE leaf")?;
    for column in ["small", "exact"] {
        let (status, max_id, _) = audited(&mut client, column)?;
        assert_eq!((status.as_str(), max_id), ("behind", Some(500)), "{column}");
    }
    let (status, max_id, _) = audited(&mut client, "leaf")?;
    assert_eq!((status.as_str(), max_id), ("behind", Some(77)), "through the partitioned root");
    let moved = resync(&mut client, "seq_resync_table('near')")?;
    assert_eq!((moved[0].outcome.as_str(), moved[0].new_next), ("advanced", Some(502)), "in phase with 1, 4, 7, …");
    assert_eq!(audited(&mut client, "small")?.0, "ok");

    // As the table's owner: an owner without a user mapping cannot read it, and afterwards the
    // caller's role is restored.
    client.batch_execute("CREATE ROLE poor; ALTER TABLE near OWNER TO poor")?;
    let (status, _, detail) = audited(&mut client, "small")?;
    assert_eq!(status, "unknown");
    assert!(detail.contains("user mapping not found for ") && detail.contains("\"poor\""), "{detail}");
    let user: String = client.query_one("SELECT current_user::text", &[])?.get(0);
    assert_eq!(user, "postgres");
    report!("read on their server, as leaves as well, and only as their owner; unknown before ANALYZE");
    Ok(())
}
