//! Long audits: they can be cancelled, report their progress, and use parallel workers.

use crate::judge::audit;
use crate::oracle::EXTENSION;
use anyhow::{Result, ensure};
use cluster::{Server, report, state_of};
use postgres::{Client, NoTls};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

const DATABASE: &str = "running";

/// Tables big enough that joining them takes a while.
fn big_pair(client: &mut Client) -> Result<()> {
    client.batch_execute(
        "CREATE TABLE parent (id int PRIMARY KEY, note text);
         INSERT INTO parent SELECT i, 'parent' FROM generate_series(1, 300000) AS i;
         CREATE TABLE child (id int, parent int, note text);
         INSERT INTO child SELECT i, i % 300000 + 1, 'child' FROM generate_series(1, 900000) AS i;
         INSERT INTO child SELECT 0, 0, 'orphan' FROM generate_series(1, 7);
         ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent NOT VALID;
         ANALYZE",
    )?;
    Ok(())
}

/// A key that is slow to compare, in three tables.
const SLOW: &str = "
    CREATE FUNCTION slow_compare(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT AS $$
        BEGIN PERFORM pg_sleep(0.002); RETURN sign($1 - $2)::int; END $$;
    CREATE FUNCTION slow_equal(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT public.slow_compare($1, $2) = 0';
    CREATE FUNCTION slow_less(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT public.slow_compare($1, $2) < 0';
    CREATE FUNCTION slow_more(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT public.slow_compare($1, $2) > 0';
    CREATE OPERATOR === (FUNCTION = slow_equal, LEFTARG = int, RIGHTARG = int, COMMUTATOR = ===);
    CREATE OPERATOR <<< (FUNCTION = slow_less, LEFTARG = int, RIGHTARG = int);
    CREATE OPERATOR >>> (FUNCTION = slow_more, LEFTARG = int, RIGHTARG = int);
    CREATE OPERATOR CLASS slow FOR TYPE int USING btree AS
        OPERATOR 1 <<<, OPERATOR 3 ===, OPERATOR 5 >>>, FUNCTION 1 slow_compare(int, int);
    DO $$ BEGIN
        FOR i IN 1..3 LOOP
            EXECUTE format('CREATE TABLE slow_parent%s (id int)', i);
            EXECUTE format('INSERT INTO slow_parent%s SELECT generate_series(1, 40)', i);
            EXECUTE format('CREATE UNIQUE INDEX ON slow_parent%s (id slow)', i);
            EXECUTE format('CREATE TABLE slow_child%s (id int)', i);
            EXECUTE format('INSERT INTO slow_child%s SELECT 41 FROM generate_series(1, 30)', i);
            EXECUTE format('ALTER TABLE slow_child%s ADD FOREIGN KEY (id) REFERENCES slow_parent%1$s (id) NOT VALID', i);
        END LOOP;
    END $$;";

#[test]
fn long_audit_cancel_ends_at_once() -> Result<()> {
    let server = Server::start(&["shared_buffers = '256MB'"])?;
    let mut client = server.database(DATABASE)?;
    big_pair(&mut client)?;
    client.batch_execute(SLOW)?;
    let mut slowest = Duration::ZERO;
    for (schema, after) in [(None, 40), (None, 120), (None, 500), (None, 900)] {
        let token = client.cancel_token();
        let canceller = std::thread::spawn(move || {
            sleep(Duration::from_millis(after));
            let asked = Instant::now();
            token.cancel_query(NoTls).map(|()| asked)
        });
        let outcome = audit(&mut client, EXTENSION, schema);
        let ended = Instant::now();
        let asked = canceller.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        assert_eq!(state_of(outcome).code(), "57014");
        slowest = slowest.max(ended.duration_since(asked));
        let held = client
            .query_one("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384", &[])?;
        assert_eq!(held.get::<_, i64>(0), 0, "locks left after a cancelled audit");
    }
    client.batch_execute("SET statement_timeout = '200ms'")?;
    let started = Instant::now();
    assert_eq!(state_of(audit(&mut client, EXTENSION, None)).code(), "57014");
    slowest = slowest.max(started.elapsed().saturating_sub(Duration::from_millis(200)));
    assert!(slowest < Duration::from_secs(1), "a cancel took {slowest:?}");
    // A timeout while waiting for a lock says nothing about the rows; the other keys are still
    // audited.
    client
        .batch_execute("SET statement_timeout = 0; SET lock_timeout = '100ms'; DROP TABLE slow_child2, slow_child3")?;
    let mut other = server.connect(DATABASE)?;
    other.batch_execute("BEGIN; LOCK TABLE parent")?;
    let rows = audit(&mut client, EXTENSION, None)?;
    let statuses: Vec<_> = rows.iter().map(|row| (row.status.as_str(), row.orphans)).collect();
    assert_eq!(statuses, [("not_validated", Some(30)), ("unknown", None)], "{rows:#?}");
    assert!(rows[1].detail.as_deref().is_some_and(|detail| detail.contains("lock")), "{rows:#?}");
    client.batch_execute("SET lock_timeout = 0")?;
    let started = Instant::now();
    let rows = audit(&mut client, EXTENSION, None)?;
    assert_eq!(rows[1].status, "unknown", "{rows:#?}");
    assert!(started.elapsed() < Duration::from_secs(15), "waited {:?} for a lock", started.elapsed());
    report!(
        "4 cancels and a statement_timeout: 57014 after {slowest:.0?} at most; a locked table: unknown, the others audited"
    );
    Ok(())
}

#[test]
fn long_audit_reports_progress() -> Result<()> {
    let server = Server::start(&[])?;
    server.database(DATABASE)?.batch_execute(&SLOW.replace("pg_sleep(0.002)", "pg_sleep(0.009)"))?;
    let (mut client, notices) = server.connect_noting(DATABASE)?;
    let rows = audit(&mut client, EXTENSION, None)?;
    assert_eq!(rows.len(), 3);
    let said: Vec<String> = notices.take().iter().map(|notice| notice.message().to_owned()).collect();
    assert!(said.iter().any(|said| said.contains(" of 3 foreign keys")), "{said:?}");
    report!("{}", said.join("; "));
    Ok(())
}

/// The maximum number of parallel workers of a backend while it runs `query`.
fn workers(server: &Server, client: &mut Client, query: &str) -> Result<i64> {
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let mut watcher = server.connect(DATABASE)?;
    let stop = Arc::new(AtomicBool::new(false));
    let thread = std::thread::spawn({
        let stop = stop.clone();
        move || -> Result<i64> {
            let query = watcher.prepare("SELECT count(*) FROM pg_stat_activity WHERE leader_pid = $1 AND pid <> $1")?;
            let mut most = 0;
            while !stop.load(Ordering::Relaxed) {
                most = most.max(watcher.query_one(&query, &[&pid])?.get(0));
            }
            Ok(most)
        }
    });
    // A worker may end too quickly to be seen in one run.
    let ran: Result<(), postgres::Error> = (0..4).try_for_each(|_| client.query(query, &[]).map(|_| ()));
    stop.store(true, Ordering::Relaxed);
    let most = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    ran?;
    Ok(most)
}

#[test]
fn long_audit_uses_parallel_workers() -> Result<()> {
    let server = Server::start(&["shared_buffers = '256MB'", "max_parallel_workers_per_gather = 2"])?;
    let mut client = server.database(DATABASE)?;
    big_pair(&mut client)?;
    let by_hand = "SELECT count(*) FROM child c WHERE parent IS NOT NULL AND NOT EXISTS (SELECT FROM parent p WHERE p.id = c.parent)";
    let by_hand = workers(&server, &mut client, by_hand)?;
    let audits = workers(&server, &mut client, "SELECT status FROM fk_audit('public')")?;
    let prechecks = workers(&server, &mut client, "SELECT status FROM fk_precheck('child', '{parent}', 'parent')")?;
    assert!(by_hand > 0, "the handwritten query has no workers");
    assert_eq!(
        (audits, prechecks),
        (by_hand, by_hand),
        "workers of fk_audit and fk_precheck instead of the handwritten query's"
    );
    client.batch_execute("SET max_parallel_workers_per_gather = 0")?;
    ensure!(
        workers(&server, &mut client, "SELECT status FROM fk_audit('public')")? == 0,
        "workers in spite of the setting"
    );
    report!("fk_audit and fk_precheck use {audits} parallel workers, as the handwritten query does");
    Ok(())
}
