//! Arguments that are NULL or unknown, and schemas with unusual names.

use crate::difference::{compare, parse, snapshot};
use anyhow::Result;
use cluster::{Server, identifier, literal, state_of};

#[test]
fn snapshot_wrong_argument_raises_its_sqlstate() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("arguments")?;
    for (call, state) in [
        ("db_snapshot('nowhere')", "3F000"),
        ("db_snapshot('')", "3F000"),
        ("db_snapshot('PUBLIC')", "3F000"),
        ("db_snapshot(exact => NULL)", "22004"),
        ("db_snapshot(checksum => NULL)", "22004"),
        ("db_snapshot(NULL, NULL, NULL)", "22004"),
        ("db_compare(NULL)", "22004"),
        ("db_compare(NULL, NULL)", "22004"),
        ("db_compare(NULL, db_snapshot())", "22004"),
    ] {
        assert_eq!(state_of(client.query(&format!("SELECT * FROM {call}"), &[])).code(), state, "{call}");
    }
    for call in ["db_snapshot(NULL)", "db_snapshot('public')", "db_snapshot('public', false, true)"] {
        client.query_one(&format!("SELECT {call}"), &[])?;
    }
    Ok(())
}

#[test]
fn snapshot_of_schema_with_any_name() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("arguments")?;
    for name in ["a.b", "A", "with \"quotes\"", "it's", "é", "back\\slash", " ", "pg catalog"] {
        client.batch_execute(&format!("CREATE SCHEMA {0}; CREATE TABLE {0}.t (id int)", identifier(name)))?;
        let taken = snapshot(&mut client, &literal(name))?;
        let schemas = parse(&taken)?["schemas"].clone();
        assert_eq!(schemas.as_object().map(|schemas| schemas.keys().cloned().collect()), Some(vec![name.to_owned()]));
        client.batch_execute(&format!("DROP TABLE {}.t", identifier(name)))?;
        let found = compare(&mut client, &taken, None)?;
        assert_eq!(found.len(), 1, "{found:#?}");
        let object = format!("{}.t", client.query_one("SELECT quote_ident($1)", &[&name])?.get::<_, String>(0));
        assert_eq!(found[0].summary(), ("error", "table_missing", object.as_str()));
    }
    Ok(())
}
