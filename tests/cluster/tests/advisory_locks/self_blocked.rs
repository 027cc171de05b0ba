//! Flyway holds its lock in a transaction on one connection and migrates on another: CREATE INDEX
//! CONCURRENTLY waits for the end of that transaction, and Flyway waits for the index.

use crate::fixtures::{Session, World, row_of};
use anyhow::Result;
use cluster::report;

const KEY: &str = "77433833903597";

/// Uses the extended protocol as drivers do: a portal stays open after its last row, and keeps its
/// snapshot.
fn lock(session: &mut Session) -> Result<()> {
    for statement in
        ["BEGIN", "SELECT pg_try_advisory_xact_lock(77433833903597)", "SELECT count(*) FROM flyway_schema_history"]
    {
        session.client.query(statement, &[])?;
    }
    Ok(())
}

#[test]
fn self_blocked_tool_is_reported_and_not_ended() -> Result<()> {
    let mut world = World::new("app", &["pg_flightcheck.orphan_after = 0"])?;
    world.paste(
        "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL,
             type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL,
             installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, success bool NOT NULL);
         CREATE TABLE orders (id int, email text)",
    )?;
    let mut holder = world.session("PostgreSQL JDBC Driver")?;
    lock(&mut holder)?;
    let stranger = world.session_of_own_role("other role")?;
    let stranger = world.wait(stranger, "CREATE INDEX CONCURRENTLY ON orders (id)")?;
    let row = world.row(KEY, holder.pid)?;
    assert_eq!((row.status.as_str(), row.blocks()), ("idle_holder", &[stranger.pid][..]), "another's index: {row:?}");
    let words = format!(
        "waiting for other locks of its session: pid {} (role \"other role's own\", other role, active for ",
        stranger.pid
    );
    assert!(row.detail().contains(&words), "{row:?}: not {words}");
    drop(stranger.cancel()?);
    world.paste("DROP TABLE orders; CREATE TABLE orders (id int, email text)")?;

    let worker = world.session("PostgreSQL JDBC Driver")?;
    let worker = world.wait(worker, "CREATE INDEX CONCURRENTLY orders_email_idx ON orders (email)")?;
    let next = world.wait(world.session("next deploy")?, "SELECT pg_advisory_xact_lock(77433833903597)")?;
    let rows = world.report()?;
    let row = row_of(&rows, KEY, holder.pid);
    let mut waiting = [worker.pid, next.pid];
    waiting.sort_unstable();
    assert_eq!((row.status.as_str(), &row.fix, row.blocks()), ("self_blocked", &None, &waiting[..]), "{row:?}");
    assert_eq!(rows[0].pid, Some(holder.pid), "the worst is first: {rows:#?}");
    let index = " is at work: CREATE INDEX CONCURRENTLY orders_email_idx ON orders (email)";
    let setting = "Flyway: set flyway.postgresql.transactional.lock=false";
    let (first, second) =
        (format!("pid {} (role postgres, ", holder.pid), format!("pid {} (role postgres, ", worker.pid));
    for words in [&first, &second, index, setting] {
        assert!(row.detail().contains(words), "{row:?}: not {words}");
    }
    let ended = world.terminate(&format!("{KEY}, '0', dry_run => false"))?;
    assert!(ended.len() == 1 && ended[0].outcome == "skipped" && world.is_there(holder.pid)?, "{ended:?}");
    assert!(ended[0].detail().starts_with("self-blocked: ") && ended[0].detail().contains(index), "{ended:?}");
    let said: (String, String) = {
        let row = world.reporter.query_one("SELECT status, detail FROM migration_report()", &[])?;
        (row.get(0), row.get(1))
    };
    assert!(said.0 == "locked" && said.1.contains("self-blocked: ") && said.1.contains(setting), "{said:?}");
    let finding = world.reporter.query_one(
        "SELECT severity || ' ' || detail FROM flightcheck() WHERE check_name = 'advisory_lock_self_blocked'",
        &[],
    )?;
    let finding: &str = finding.get(0);
    assert!(finding.starts_with("warning self-blocked: ") && finding.contains(setting), "{finding}");

    // To resolve it, the statement is cancelled, and the tool gives up.
    worker.cancel()?;
    holder.run("ROLLBACK")?;
    next.done()?;
    report!("a tool that waits for itself is named with both sessions and its setting, and left alone");
    Ok(())
}
