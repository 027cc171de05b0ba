//! Prechecks that are cancelled, time out, wait for locks, lack resources, or are killed.

use crate::findings::{precheck, worst};
use crate::state::{differences, state};
use anyhow::{Context, Result};
use cluster::{Ending, Server, report, state_of};
use postgres::{Client, NoTls};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

/// Reads 5,000 rows and compares each with all others.
const SLOW: &str = "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)";
const SETUP: &str = "CREATE TABLE t (id serial PRIMARY KEY, r int4range);
    INSERT INTO t (r) SELECT int4range(2 * g, 2 * g + 1) FROM generate_series(1, 5000) g; ANALYZE t";

fn held(client: &mut Client) -> Result<i64> {
    let query = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384";
    Ok(client.query_one(query, &[])?.get(0))
}

#[test]
fn precheck_cancelled_ends_with_57014_and_holds_nothing() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("cancelled")?;
    client.batch_execute(SETUP)?;
    let before = state(&mut client)?;
    let long = "SELECT id FROM t;".repeat(100_000);
    let mut holder = server.connect("cancelled")?;
    for (script, waits) in [(long.as_str(), false), (SLOW, false), ("SELECT * FROM t", true)] {
        if waits {
            holder.batch_execute("BEGIN; LOCK TABLE t")?;
        }
        client.batch_execute("SET statement_timeout = '150ms'")?;
        assert_eq!(state_of(precheck(&mut client, script, "")).code(), "57014", "{script:.60}");
        client.batch_execute("RESET statement_timeout")?;
        client.batch_execute("BEGIN; SAVEPOINT a")?;
        let token = client.cancel_token();
        let canceller = std::thread::spawn(move || {
            sleep(Duration::from_millis(150));
            token.cancel_query(NoTls)
        });
        assert_eq!(state_of(precheck(&mut client, script, "")).code(), "57014", "{script:.60}");
        canceller.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        client.batch_execute("ROLLBACK TO a")?;
        assert_eq!(held(&mut client)?, 0);
        client.batch_execute("COMMIT")?;
        holder.batch_execute("ROLLBACK")?;
        assert_eq!(differences(&state(&mut client)?, &before), [""; 0], "{script:.60}");
    }
    Ok(())
}

#[test]
fn precheck_behind_a_lock_is_unknown_and_says_who_holds_it() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("locked")?;
    client.batch_execute(
        "CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 5 CHECK (a > 0)); INSERT INTO t VALUES (1, 1);
         CREATE INDEX ON t ((a + 1)) WHERE a > 1;
         CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9);
         CREATE TABLE c (t int REFERENCES t); SET lock_timeout = '100ms'",
    )?;
    let mut holder = server.connect("locked")?;
    holder.batch_execute("BEGIN; LOCK TABLE t, p, p1, c IN ACCESS EXCLUSIVE MODE")?;
    let waiting = [
        "ALTER TABLE t ALTER a SET NOT NULL",
        "ALTER TABLE t ADD UNIQUE (a)",
        "ALTER TABLE c ADD CHECK (t > 0)",
        "INSERT INTO t VALUES (2, 2)",
        "INSERT INTO p1 VALUES (1)",
        "UPDATE t SET a = 2",
        "SELECT * FROM t",
        "DROP TABLE c",
        "TRUNCATE p",
        "CREATE INDEX ON t (a)",
    ];
    for statement in waiting {
        let findings = precheck(&mut client, statement, "").with_context(|| statement.to_owned())?;
        let is_held = findings.iter().any(|finding| finding.check == "lock_held");
        assert!(is_held && worst(&findings) != "error", "{statement}: {findings:#?}");
        let reads = !statement.starts_with("DROP") && !statement.starts_with("TRUNCATE");
        assert!(!reads || worst(&findings) == "unknown", "{statement}: {findings:#?}");
    }
    // One limit for all statements together: those that cannot be analyzed are unknown.
    client.batch_execute("SET lock_timeout = '1s'")?;
    let script = "SELECT * FROM t; ALTER TABLE t ALTER a SET NOT NULL; UPDATE t SET a = 2; DELETE FROM c;".repeat(20);
    let began = Instant::now();
    let findings = precheck(&mut client, &script, "")?;
    let unknown = findings.iter().filter(|finding| finding.severity == "unknown").count();
    report!("80 statements behind a lock: {unknown} unknown after {:.1?}", began.elapsed());
    assert!(unknown >= 80 && worst(&findings) == "unknown", "{findings:#?}");
    assert_eq!(held(&mut client)?, 0);
    Ok(())
}

#[test]
fn precheck_short_of_locks_goes_on_and_holds_nothing() -> Result<()> {
    let server = Server::start(&["max_locks_per_transaction = 10", "max_connections = 10"])?;
    let mut client = server.database("short")?;
    for first in (1..=2000).step_by(100) {
        client.batch_execute(&format!(
            "DO $$ BEGIN FOR i IN {first}..{first} + 99 LOOP
                 EXECUTE format('CREATE TABLE t%s (id int, a int)', i); END LOOP; END $$"
        ))?;
    }
    let numbers = || (1..=2000).map(|number| number.to_string());
    let each = |text: &str| numbers().map(|number| text.replace('?', &number)).collect::<Vec<_>>();
    let scripts = [
        each("ALTER TABLE t? ADD UNIQUE (a)").join(";"),
        each("UPDATE t? SET a = 1").join(";"),
        format!("DROP TABLE {}", each("t?").join(", ")),
        format!("LOCK TABLE {}", each("t?").join(", ")),
        each("SELECT a FROM t?").join(" UNION ALL "),
        format!("CREATE VIEW v AS {}", each("SELECT a FROM t?").join(" UNION ALL ")),
    ];
    for script in &scripts {
        client.batch_execute("BEGIN")?;
        let outcome = precheck(&mut client, script, "");
        match outcome {
            Ok(findings) => {
                let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == "error").collect();
                let short = errors.iter().all(|finding| finding.state.as_deref() == Some("53200"));
                assert!(short, "{script:.60}: {errors:.3?}");
                report!("{script:.40}: {} rows, {} errors 53200", findings.len(), errors.len());
                assert_eq!(held(&mut client)?, 0, "{script:.60}");
            }
            Err(error) => assert_eq!(error.code().map(|code| code.code()), Some("53200"), "{script:.60}"),
        }
        client.batch_execute("ROLLBACK")?;
        // Nothing fills the lock table any more.
        client.batch_execute(&format!("BEGIN; {}; ROLLBACK", each("LOCK TABLE t?")[..60].join(";")))?;
    }
    Ok(())
}

#[test]
fn precheck_killed_leaves_nothing() -> Result<()> {
    let mut server = Server::start(&[])?;
    let mut client = server.database("killed")?;
    client.batch_execute(SETUP)?;
    client.batch_execute("CHECKPOINT")?;
    let before = state(&mut client)?;
    let mut watcher = server.connect("postgres")?;
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%migration_precheck(%' AND state = 'active'
        AND pid <> pg_backend_pid()";
    for kills_one in [true, false] {
        scope(|threads| -> Result<()> {
            let call = threads.spawn(|| precheck(&mut client, SLOW, ""));
            let began = Instant::now();
            while watcher.query_one(busy, &[])?.get::<_, i64>(0) == 0 && began.elapsed() < Duration::from_secs(30) {
                sleep(Duration::from_millis(10));
            }
            sleep(Duration::from_millis(100));
            if kills_one {
                watcher
                    .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'killed'")?;
            } else {
                server.end(Ending::Killed)?;
            }
            assert!(call.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).is_err());
            Ok(())
        })?;
        if !kills_one {
            server.resume()?;
        }
        client = server.connect("killed")?;
        assert_eq!(differences(&state(&mut client)?, &before), [""; 0]);
    }
    Ok(())
}
