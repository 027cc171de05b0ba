//! Objects outside the scope of a snapshot are not compared, and the report says so.

use crate::difference::{Difference, compare, snapshot};
use anyhow::Result;
use cluster::Server;
use postgres::Client;

const SETUP: &str = "
    CREATE SCHEMA app; CREATE SCHEMA other;
    CREATE TABLE app.t (id int PRIMARY KEY); INSERT INTO app.t VALUES (1), (2);
    CREATE TABLE other.t (id int PRIMARY KEY); INSERT INTO other.t VALUES (1), (2); ANALYZE";

fn summaries(found: &[Difference]) -> Vec<(&str, &str)> {
    found.iter().map(|row| (row.severity.as_str(), row.kind.as_str())).collect()
}

fn create(server: &Server) -> Result<Client> {
    let mut client = server.database("scope")?;
    client.batch_execute(SETUP)?;
    Ok(client)
}

#[test]
fn compare_uses_the_scope_of_the_snapshot() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = create(&server)?;
    let mut taken = Vec::new();
    for arguments in ["'app'", "'app', false", "'app', checksum => true", "", "exact => false", "checksum => true"] {
        let source = snapshot(&mut client, arguments)?;
        assert!(compare(&mut client, &source, None)?.is_empty(), "{arguments}");
        taken.push((arguments, source));
    }
    client.batch_execute("TRUNCATE other.t; UPDATE app.t SET id = 1.5 * id + 1 WHERE id = 1")?;
    for (arguments, source) in &taken {
        let found = compare(&mut client, source, None)?;
        let expected: &[_] = match *arguments {
            "'app', false" => &[],
            "'app'" => &[("error", "key_range")],
            "'app', checksum => true" => &[("error", "checksum")],
            "" => &[("error", "rows_emptied"), ("error", "key_range")],
            "exact => false" => &[("error", "rows_emptied")],
            _ => &[("error", "rows_emptied"), ("error", "checksum")],
        };
        assert_eq!(summaries(&found), expected, "{arguments}: {found:#?}");
    }
    client.batch_execute("DROP SCHEMA app CASCADE")?;
    for (arguments, source) in &taken[..3] {
        assert_eq!(summaries(&compare(&mut client, source, None)?), [("error", "schema_missing")], "{arguments}");
    }
    Ok(())
}

#[test]
fn compare_of_different_scopes_compares_their_intersection() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = create(&server)?;
    let part = snapshot(&mut client, "'app'")?;
    let other_part = snapshot(&mut client, "'other'")?;
    let whole = snapshot(&mut client, "")?;
    let estimated = snapshot(&mut client, "exact => false")?;
    let with_checksums = snapshot(&mut client, "checksum => true")?;
    for (one, other) in
        [(&part, &whole), (&whole, &part), (&whole, &estimated), (&estimated, &whole), (&whole, &with_checksums)]
    {
        let found = compare(&mut client, one, Some(other))?;
        assert_eq!(summaries(&found), [("info", "scope")], "{found:#?}");
        assert!(!found[0].detail().is_empty());
    }
    // Nothing was compared, which must not look like a success.
    let found = compare(&mut client, &part, Some(&other_part))?;
    assert_eq!(summaries(&found), [("warning", "scope")], "{found:#?}");
    client.batch_execute("TRUNCATE other.t; DELETE FROM app.t WHERE id = 2")?;
    let now = snapshot(&mut client, "")?;
    let found = compare(&mut client, &part, Some(&now))?;
    assert_eq!(summaries(&found), [("error", "rows_fewer"), ("info", "scope")], "{found:#?}");
    Ok(())
}
