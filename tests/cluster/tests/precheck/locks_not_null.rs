//! NOT NULL constraints that are not valid, which version 18 has.

use anyhow::Result;
use cluster::Server;
use postgres::Client;

/// Returns the SQLSTATEs of the errors of a statement.
fn errors(client: &mut Client, statement: &str) -> Result<Vec<String>> {
    let query = "SELECT sqlstate FROM migration_precheck($1) WHERE severity = 'error'";
    Ok(client.query(query, &[&statement])?.iter().map(|row| row.get(0)).collect())
}

#[test]
fn precheck_of_not_null_that_is_not_valid_asks_the_rows() -> Result<()> {
    let server = Server::start(&[])?;
    if server.major() < 18 {
        return Ok(());
    }
    let mut client = server.database("nulls")?;
    client.batch_execute(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (NULL);
         ALTER TABLE t ADD CONSTRAINT nn NOT NULL a NOT VALID",
    )?;
    for statement in ["ALTER TABLE t VALIDATE CONSTRAINT nn", "ALTER TABLE t ALTER COLUMN a SET NOT NULL"] {
        assert_eq!(errors(&mut client, statement)?, ["23502"], "{statement}");
    }
    assert_eq!(errors(&mut client, "INSERT INTO t VALUES (NULL)")?, ["23502"]);
    client.batch_execute("DELETE FROM t WHERE a IS NULL")?;
    assert_eq!(errors(&mut client, "ALTER TABLE t VALIDATE CONSTRAINT nn")?, [""; 0]);
    Ok(())
}
