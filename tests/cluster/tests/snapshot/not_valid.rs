//! NOT NULL constraints that are NOT VALID, which exist since version 18: the column counts as NOT
//! NULL, although older rows may be null.

use crate::difference::{compare, snapshot};
use anyhow::Result;
use cluster::{Server, report};

#[test]
fn not_null_not_valid_differs_from_valid() -> Result<()> {
    let server = Server::start(&[])?;
    if server.major() < 18 {
        report!("NOT NULL is always valid before version 18: skipped");
        return Ok(());
    }
    let mut client = server.database("source")?;
    client.batch_execute(
        "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, NULL);
         ALTER TABLE t ADD CONSTRAINT a_is_set NOT NULL a NOT VALID",
    )?;
    let source = snapshot(&mut client, "")?;
    assert!(compare(&mut client, &source, None)?.is_empty());
    client.batch_execute("UPDATE t SET a = 1; ALTER TABLE t VALIDATE CONSTRAINT a_is_set; UPDATE t SET a = 2")?;
    let found = compare(&mut client, &source, None)?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].kind.as_str(), found[0].object.as_str()), ("column_changed", "public.t.a"), "{found:#?}");
    assert_eq!(found[0].source.as_deref(), Some("NOT NULL NOT VALID"), "{found:#?}");
    assert_eq!(found[0].target.as_deref(), Some("NOT NULL"), "{found:#?}");
    // A dump carries it over.
    client.batch_execute(
        "CREATE TABLE u (a int); INSERT INTO u VALUES (NULL); ALTER TABLE u ADD CONSTRAINT u_a NOT NULL a NOT VALID",
    )?;
    drop(client);
    let file = server.scratch("plain").display().to_string();
    server.client("pg_dump", &["--file", &file, "source"])?;
    server.client("createdb", &["target"])?;
    server.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "target", "-f", &file])?;
    let source = snapshot(&mut server.connect("source")?, "")?;
    let found = compare(&mut server.connect("target")?, &source, None)?;
    assert!(found.iter().all(|row| row.kind == "identity"), "{found:#?}");
    report!("NOT NULL that is NOT VALID differs from a valid one; a dump and restore keeps it");
    Ok(())
}
