//! Fences and index builds that wait for their snapshot.

use crate::fixtures::{DATABASE, Running, fence, invalid_indexes, run};
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;

/// A writer inserts into `a`, and an index is built on `t`. A deadlock would be detected quickly.
const SCHEMA: &str = "
    CREATE TABLE a (id serial PRIMARY KEY); INSERT INTO a VALUES (1);
    CREATE TABLE t (id serial PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'x')";

fn server() -> Result<(Server, Client)> {
    let server = Server::start(&["deadlock_timeout = '50ms'"])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(SCHEMA)?;
    Ok((server, client))
}

const BUILDS: [&str; 2] = ["CREATE INDEX CONCURRENTLY t_x ON t (x)", "REINDEX INDEX CONCURRENTLY t_pkey"];

/// The build waits for the fence's snapshot, and the fence then reaches the table that the build
/// has locked.
#[test]
fn fence_does_not_wait_for_index_build() -> Result<()> {
    for build_sql in BUILDS {
        let (server, mut observer) = server()?;
        let mut writer = server.connect(DATABASE)?;
        writer.batch_execute("BEGIN; INSERT INTO a VALUES (500)")?;
        let fence = fence(&server, "seq_resync(fence => true)")?;
        fence.wait_until_waiting(&mut observer)?;
        let build = run(&server, build_sql)?;
        build.wait_until_waiting(&mut observer)?;
        writer.batch_execute("COMMIT")?;
        let rows = fence.end()?;
        assert!(rows.len() == 2 && rows.iter().all(|row| row.detail.is_none()), "{build_sql}: {rows:#?}");
        build.end()?;
        assert_eq!(invalid_indexes(&mut observer)?, [""; 0], "{build_sql}");
        assert!(!server.log().contains("deadlock detected"), "{}", server.log());
    }
    report!("{} builds that wait for a fence's snapshot: the fence continues, and then the builds do", BUILDS.len());
    Ok(())
}

/// The writer that the fence waits for starts to wait for the build, which waits for the fence's
/// snapshot.
#[test]
fn fence_gives_up_on_writer_that_waits_for_its_snapshot() -> Result<()> {
    for build_sql in BUILDS {
        let (server, mut observer) = server()?;
        let mut writer = server.connect(DATABASE)?;
        writer.batch_execute("BEGIN; INSERT INTO a VALUES (500)")?;
        let fence = fence(&server, "seq_resync_table('a', fence => true)")?;
        fence.wait_until_waiting(&mut observer)?;
        let build = run(&server, build_sql)?;
        build.wait_until_waiting(&mut observer)?;
        let writer = Running::start_in(writer, |writer| {
            writer.batch_execute("LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE; INSERT INTO a VALUES (600); COMMIT")
        })?;
        let pid = writer.pid;
        let rows = fence.end()?;
        build.end()?;
        writer.end()?;
        let detail = rows[0].detail.as_deref().unwrap_or_default();
        assert_eq!((rows[0].outcome.as_str(), rows[0].new_next), ("advanced", Some(501)), "{rows:#?}");
        assert!(detail.starts_with(&format!("not fenced: process {pid} ")), "{detail}");
        assert_eq!(invalid_indexes(&mut observer)?, [""; 0], "{build_sql}");
        assert!(!server.log().contains("deadlock detected"), "{}", server.log());
        let rows = cluster::resync(&mut observer, "seq_resync_table('a', fence => true)")?;
        assert_eq!((rows[0].outcome.as_str(), rows[0].new_next), ("advanced", Some(601)), "{rows:#?}");
    }
    report!("a writer that waits for a build that waits for the fence: the fence gives up, the others complete");
    Ok(())
}

/// Two transactions have written to each other's table and then call for a fence.
#[test]
fn fences_waiting_for_each_other_give_up() -> Result<()> {
    let (server, mut observer) = server()?;
    let (mut one, mut other) = (server.connect(DATABASE)?, server.connect(DATABASE)?);
    one.batch_execute("BEGIN; INSERT INTO a VALUES (500)")?;
    other.batch_execute("BEGIN; INSERT INTO t VALUES (500)")?;
    let call = |table: &'static str| {
        move |client: &mut Client| {
            let rows = cluster::resync(client, &format!("seq_resync_table('{table}', fence => true)"))?;
            client.batch_execute("COMMIT")?;
            Ok(rows)
        }
    };
    let (one, other) = (Running::start_in(one, call("t"))?, Running::start_in(other, call("a"))?);
    let rows = [one.end()?, other.end()?].concat();
    let unfenced = |detail: &str| detail.starts_with("not fenced: process");
    assert!(rows.iter().any(|row| row.detail.as_deref().is_some_and(unfenced)), "{rows:#?}");
    assert!(!server.log().contains("deadlock detected"), "{}", server.log());
    assert_eq!(invalid_indexes(&mut observer)?, [""; 0]);
    report!("two fences that wait for each other's transaction: at least one gives up, without a deadlock");
    Ok(())
}

/// The fence's own transaction holds the lock that the writer waits for.
#[test]
fn fence_gives_up_on_writer_that_waits_for_its_transaction() -> Result<()> {
    let (server, mut observer) = server()?;
    let mut fencing = server.connect(DATABASE)?;
    fencing.batch_execute("BEGIN; UPDATE t SET x = 'y'")?;
    let mut writer = server.connect(DATABASE)?;
    writer.batch_execute("BEGIN; INSERT INTO a VALUES (500)")?;
    let writer = Running::start_in(writer, |writer| writer.batch_execute("UPDATE t SET x = 'z'; COMMIT"))?;
    writer.wait_until_waiting(&mut observer)?;
    let rows = cluster::resync(&mut fencing, "seq_resync_table('a', fence => true)")?;
    fencing.batch_execute("COMMIT")?;
    writer.end()?;
    let detail = rows[0].detail.as_deref().unwrap_or_default();
    assert!(detail.starts_with("not fenced: process"), "{rows:#?}");
    assert!(!server.log().contains("deadlock detected"), "{}", server.log());
    report!("a fence does not wait for a writer that waits for a row of its own transaction");
    Ok(())
}
