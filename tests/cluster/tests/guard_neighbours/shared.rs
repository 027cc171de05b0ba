//! A sequence that feeds several tables.

use crate::database::{Database, WAYS};
use anyhow::Result;
use cluster::{Server, report};

/// The sequence has to stay where a smallint can follow.
const SETUP: &str = "CREATE SEQUENCE shared;
    CREATE TABLE wide (id bigint DEFAULT nextval('shared') PRIMARY KEY);
    CREATE TABLE narrow (id smallint DEFAULT nextval('shared') PRIMARY KEY)";

#[test]
fn advance_leaves_room_for_the_others() -> Result<()> {
    let server = Server::start(&[])?;
    for way in WAYS {
        let mut database = Database::new(&server, way, SETUP)?;
        let mut session = database.session()?;
        session.silent("SET pg_flightcheck.guard = advance");
        // Ids that the sequence could be moved past, one after the other.
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
