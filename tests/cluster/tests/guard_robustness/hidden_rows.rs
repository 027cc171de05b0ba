//! A deferred warning comes later, when rows of other users may exist.

use crate::database::{Database, MODES};
use anyhow::Result;
use cluster::{Server, report};

const SETUP: &str = "CREATE TABLE noindex (id serial, note text); CREATE TABLE open (a int);
    GRANT INSERT ON noindex TO clerk, reader; GRANT SELECT ON noindex TO reader; GRANT ALL ON open TO PUBLIC";

/// Another user's row, and the index without which the id could not be checked.
const BY_THE_OWNER: &str = "SET pg_flightcheck.guard = off; INSERT INTO noindex VALUES (99999);
    ALTER TABLE noindex ADD PRIMARY KEY (id)";

#[test]
fn deferred_warning_hides_ids_without_privilege() -> Result<()> {
    let server = Server::start(&[])?;
    server.connect("postgres")?.batch_execute("CREATE ROLE clerk; CREATE ROLE reader")?;
    for way in MODES {
        let mut database = Database::new(&server, way, SETUP)?;
        let [mut clerk, mut reader] = [database.session()?, database.session()?];
        for (session, role, id) in [(&mut clerk, "clerk", 5), (&mut reader, "reader", 6)] {
            session.silent(&format!("SET SESSION AUTHORIZATION {role}"));
            session.silent(&format!("INSERT INTO noindex VALUES ({id})"));
        }
        database.admin.batch_execute(BY_THE_OWNER)?;
        let later = "INSERT INTO open VALUES (1)";
        let shown = format!("{:?}", reader.warned(later, "public.noindex"));
        assert!(shown.contains("99999"), "{way:?}: {shown}");
        let hidden = format!("{:?}", clerk.warned(later, "public.noindex"));
        assert!(!hidden.contains("99999"), "{way:?}: {hidden}");
        clerk.silent(later);
    }
    report!("a deferred warning shows other rows' ids only to a role that may read the table");
    Ok(())
}
