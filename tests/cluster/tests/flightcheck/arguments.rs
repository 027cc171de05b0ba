//! Arguments that are invalid, or only unusual.

use crate::finding::flightcheck;
use anyhow::Result;
use cluster::{Server, state_of};

#[test]
fn invalid_arguments_raise_their_sqlstate() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("arguments")?;
    let long = "x".repeat(63);
    client.batch_execute(&format!("CREATE SCHEMA {long}; CREATE ROLE {long}"))?;
    let beyond = "x".repeat(70);
    let invalid = [
        ("'no such schema'".to_owned(), "3F000"),
        ("''".to_owned(), "3F000"),
        ("'PUBLIC'".to_owned(), "3F000"),
        (format!("'{beyond}'"), "3F000"),
        ("'public', 'no such role'".to_owned(), "42704"),
        ("NULL, ''".to_owned(), "42704"),
        ("expected_owner => 'POSTGRES'".to_owned(), "42704"),
        ("expected_owner => 'public'".to_owned(), "42704"),
        ("deep => NULL".to_owned(), "22004"),
        ("'no such schema', 'no such role', NULL".to_owned(), "22004"),
    ];
    for (arguments, expected) in invalid {
        let result = client.batch_execute(&format!("SELECT FROM flightcheck({arguments})"));
        assert_eq!(state_of(result).code(), expected, "{arguments}");
    }
    // A name is truncated to 63 bytes, as everywhere in SQL; NULL selects the default.
    let valid = [
        "NULL, NULL, false",
        "'public'",
        "'pg_catalog', 'postgres'",
        "'pg_toast', deep => true",
        "'information_schema'",
    ];
    for arguments in
        valid.into_iter().map(str::to_owned).chain([format!("'{long}', '{beyond}'"), format!("'{long}', '{long}'")])
    {
        let found = flightcheck(&mut client, &arguments)?;
        let owners: Vec<_> = found.iter().filter(|finding| finding.check != "wrong_owner").collect();
        assert!(owners.is_empty(), "{arguments}: {found:#?}");
    }
    // This session's temporary tables are ignored.
    client.batch_execute("CREATE TEMP TABLE t (id serial); INSERT INTO t VALUES (1)")?;
    for arguments in ["", "'pg_temp'"] {
        let found = flightcheck(&mut client, arguments)?;
        assert!(found.iter().all(|finding| finding.check.starts_with("sequence")), "{arguments}: {found:#?}");
    }
    Ok(())
}
