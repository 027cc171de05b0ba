//! A sequence that feeds several tables.

use crate::database::{Database, MODES};
use anyhow::Result;
use cluster::{Server, report};

/// The sequence must stay within the range of smallint.
const SETUP: &str = "CREATE SEQUENCE shared;
    CREATE TABLE wide (id bigint DEFAULT nextval('shared') PRIMARY KEY);
    CREATE TABLE narrow (id smallint DEFAULT nextval('shared') PRIMARY KEY)";

#[test]
fn advance_keeps_shared_sequence_in_range() -> Result<()> {
    let server = Server::start(&[])?;
    for way in MODES {
        let mut database = Database::new(&server, way, SETUP)?;
        let mut session = database.session()?;
        session.silent("SET pg_flightcheck.guard = advance");
        // Ids that the sequence could be advanced past, one after the other.
        session.silent("INSERT INTO wide SELECT generate_series(1, 20000, 500)");
        let moved = database.number("SELECT last_value FROM shared")?;
        assert!((19501..20000).contains(&moved), "{way:?}: the sequence is at {moved}");
        let (said, ending) = session.run("INSERT INTO wide SELECT generate_series(20001, 100000, 500)");
        ending?;
        assert_eq!(said.len(), 1, "{way:?}: {said:?}");
        assert!(said[0].detail().is_some_and(|detail| detail.contains("Not advanced")), "{way:?}: {said:?}");
        session.silent("INSERT INTO narrow DEFAULT VALUES");
        assert_eq!(database.number("SELECT max(id)::bigint FROM narrow")?, moved + 1, "{way:?}");
    }
    report!("advance does not move a shared sequence beyond what its narrowest column holds");
    Ok(())
}
