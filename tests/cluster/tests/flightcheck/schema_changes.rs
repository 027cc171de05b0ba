//! Schema changes that wait for an open transaction, with real sessions: which session blocks,
//! which ones queue, and reports that do not hang.

use crate::finding::{Finding, flightcheck, of_check};
use anyhow::{Context, Result};
use cluster::{Server, report};
use postgres::Client;
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

const CHECK: &str = "schema_change_blocked";
const DATABASE: &str = "blocked";
/// The number of tables that stay locked.
const TABLES: usize = 30;

fn create(server: &Server) -> Result<Client> {
    let mut client = server.database(DATABASE)?;
    client.batch_execute(&format!(
        "CREATE ROLE web LOGIN; GRANT pg_read_all_stats TO web;
         CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE child (id serial PRIMARY KEY, t int REFERENCES t);
         CREATE TABLE other (id serial PRIMARY KEY); INSERT INTO other VALUES (1); GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO web;
         CREATE SCHEMA many;
         DO $$ BEGIN FOR i IN 1..{TABLES} LOOP
             EXECUTE format('CREATE TABLE many.t%s (id serial PRIMARY KEY, other int REFERENCES public.other)', i);
         END LOOP; END $$"
    ))?;
    Ok(client)
}

fn pid(client: &mut Client) -> Result<i32> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[])?.get(0))
}

/// Runs a statement in its own session, and returns once it waits for a lock.
fn waiting(server: &Server, watcher: &mut Client, statement: &'static str) -> Result<(i32, JoinHandle<Result<()>>)> {
    let mut client = server.connect(DATABASE)?;
    let pid = pid(&mut client)?;
    let thread = std::thread::spawn(move || Ok(client.batch_execute(statement)?));
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)";
    while !watcher.query_one(waits, &[&pid])?.get::<_, bool>(0) {
        anyhow::ensure!(!thread.is_finished(), "{statement} has not waited");
        sleep(Duration::from_millis(5));
    }
    Ok((pid, thread))
}

/// Returns the rows, once the change has waited long enough to be reported.
fn blocked(client: &mut Client) -> Result<Vec<Finding>> {
    loop {
        let found = of_check(client, "'public'", CHECK)?;
        if !found.is_empty() {
            return Ok(found);
        }
        sleep(Duration::from_millis(100));
    }
}

/// Sessions whose transaction blocks a change of the table, and whether the fix may end them.
const BLOCKERS: &[(&str, &str, bool)] = &[
    ("an idle reader", "BEGIN; SELECT * FROM t", true),
    ("an idle writer", "BEGIN; INSERT INTO t VALUES (100)", false),
    ("a reader that holds an advisory lock", "BEGIN; SELECT * FROM t; SELECT pg_advisory_lock(72707369)", false),
    ("a reader that has locked a table", "BEGIN; SELECT * FROM t; LOCK TABLE other IN ROW SHARE MODE", false),
];

#[test]
fn schema_change_blocked_names_blocker_and_queue() -> Result<()> {
    let server = Server::start(&["max_prepared_transactions = 2"])?;
    let mut client = create(&server)?;
    client.batch_execute("SET lock_timeout = '200ms'; SET statement_timeout = '60s'")?;
    for (name, statements, is_harmless) in BLOCKERS {
        let mut blocker = server.connect_as("web", DATABASE)?;
        blocker.batch_execute("SET application_name = 'puma'")?;
        blocker.batch_execute(statements)?;
        let blocker_pid = pid(&mut blocker)?;
        let (changer, change) = waiting(&server, &mut client, "ALTER TABLE t ADD IF NOT EXISTS note text")?;
        client.batch_execute("SET pg_flightcheck.orphan_after = '1h'")?;
        let found = blocked(&mut client)?;
        assert_eq!(found.len(), 1, "{name}: {found:#?}");
        assert_eq!((found[0].severity.as_str(), found[0].object.as_str()), ("warning", "table public.t"), "{name}");
        // The session may still be at work.
        assert_eq!(found[0].fix, None, "{name}: {found:#?}");
        for words in [
            &format!("pid {changer} (role postgres"),
            "AccessExclusiveLock to run: ALTER TABLE t ADD",
            &format!("pid {blocker_pid} (role web, puma, idle in transaction for "),
            "blocks it: its transaction has been open for",
        ] {
            assert!(found[0].says(words), "{name}: {words}: {found:#?}");
        }
        let (_, read) = waiting(&server, &mut client, "SELECT * FROM t")?;
        let (_, second) = waiting(&server, &mut client, "CREATE INDEX ON t (id)")?;
        client.batch_execute("SET pg_flightcheck.orphan_after = 0")?;
        let found = blocked(&mut client)?;
        assert_eq!(found.len(), 1, "{name}: {found:#?}");
        assert_eq!(found[0].severity, "error", "{name}");
        assert!(found[0].says("; 2 sessions wait behind it"), "{name}: {found:#?}");
        assert_eq!(found[0].fix.is_some(), *is_harmless, "{name}: {found:#?}");
        if let Some(fix) = &found[0].fix {
            assert!(!fix.contains('\n') && client.query_one(fix.as_str(), &[])?.get::<_, bool>(0), "{fix}");
        } else {
            blocker.batch_execute("COMMIT")?;
        }
        for thread in [change, read, second] {
            thread.join().ok().context("a session has panicked")??;
        }
        assert!(of_check(&mut client, "", CHECK)?.is_empty(), "{name}: the change has completed");
    }
    // A long statement is at work, and a prepared transaction belongs to the role that prepared it.
    let mut long = server.connect_as("web", DATABASE)?;
    let cancel = long.cancel_token();
    let long = std::thread::spawn(move || long.batch_execute("SELECT pg_sleep(600) FROM t"));
    while !client
        .query_one("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')", &[])?
        .get::<_, bool>(0)
    {
        sleep(Duration::from_millis(5));
    }
    let (_, change) = waiting(&server, &mut client, "ALTER TABLE t DROP note")?;
    let found = blocked(&mut client)?;
    assert!(
        found[0].says("(role web, active for ")
            && found[0].says(") blocks it")
            && found[0].says("last ran: SELECT pg_sleep"),
        "{found:#?}"
    );
    assert_eq!(found[0].fix, None);
    cancel.cancel_query(postgres::NoTls)?;
    assert!(long.join().ok().context("a session has panicked")?.is_err());
    change.join().ok().context("a session has panicked")??;
    client.batch_execute("BEGIN; SELECT * FROM t; PREPARE TRANSACTION 'it''s'")?;
    let (_, change) = waiting(&server, &mut client, "ALTER TABLE t ADD note text")?;
    let found = blocked(&mut client)?;
    assert!(found[0].says("prepared transaction 'it''s' blocks it"), "{found:#?}");
    assert_eq!(found[0].fix, None);
    client.batch_execute("ROLLBACK PREPARED 'it''s'")?;
    change.join().ok().context("a session has panicked")??;
    report!("{} blockers, each named; the fix ends it only if no work is lost", BLOCKERS.len() + 2);
    Ok(())
}

#[test]
fn schema_change_does_not_block_reports() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = create(&server)?;
    let mut reader = server.connect(DATABASE)?;
    reader.batch_execute("BEGIN; SELECT * FROM t")?;
    let reader_pid = pid(&mut reader)?;
    let mut holder = server.connect(DATABASE)?;
    holder.batch_execute(&format!(
        "BEGIN; DO $$ BEGIN FOR i IN 1..{TABLES} LOOP EXECUTE format('LOCK TABLE many.t%s', i); END LOOP; END $$"
    ))?;
    let holder_pid = pid(&mut holder)?;
    let (changer, change) = waiting(&server, &mut client, "ALTER TABLE t ADD note text")?;
    let waits = format!("could not obtain lock on public.t: pid {changer} (");
    let behind = format!("waits for AccessExclusiveLock, behind pid {reader_pid} (");
    let holds = format!("could not obtain lock on many.t7: pid {holder_pid} (");
    // Five seconds for each table would be too long.
    client.batch_execute("SET statement_timeout = '45s'")?;
    let query = "SELECT table_name::text, status, detail FROM seq_audit()";
    let rows = client.query(query, &[]).context("seq_audit hangs")?;
    let detail = |table: &str| {
        let row = rows.iter().find(|row| row.get::<_, String>(0) == table).context(table.to_owned())?;
        Ok::<_, anyhow::Error>((row.get::<_, String>(1), row.get::<_, Option<String>>(2).unwrap_or_default()))
    };
    let (status, said) = detail("t")?;
    assert!(status == "unknown" && said.starts_with(&waits) && said.contains(&behind), "{status}: {said}");
    let (status, said) = detail("many.t7")?;
    assert!(
        status == "unknown" && said.starts_with(&holds) && said.contains("holds AccessExclusiveLock"),
        "{status}: {said}"
    );
    assert_eq!((detail("other")?.0, detail("child")?.0), ("behind".to_owned(), "ok".to_owned()));
    assert_eq!(rows.iter().filter(|row| row.get::<_, String>(1) == "unknown").count(), TABLES + 1);

    client.batch_execute("SET lock_timeout = '300ms'; SET statement_timeout = '9s'")?;
    let found = flightcheck(&mut client, "deep => true, fold => false").context("flightcheck hangs")?;
    let about = |check: &str, object: &str| {
        found.iter().any(|finding| finding.check == check && finding.object.contains(object))
    };
    assert!(about(CHECK, "table public.t"), "{found:#?}");
    assert!(about("sequence_unknown", "public.t.id") && about("sequence_behind", "public.other"), "{found:#?}");
    assert!(
        about("foreign_key_unknown", "child_t_fkey") && about("foreign_key_unknown", "t7_other_fkey"),
        "{found:#?}"
    );
    assert!(!about("check_failed", ""), "{found:#?}");
    // What could not be checked is not reported as healthy.
    let unknown = found.iter().filter(|finding| finding.check.ends_with("_unknown"));
    assert!(unknown.clone().all(|finding| finding.severity == "warning"), "{:#?}", unknown.collect::<Vec<_>>());
    for (call, count) in [
        ("SELECT count(*) FROM fk_audit() WHERE detail LIKE 'could not obtain lock on %'", TABLES as i64 + 1),
        (
            "SELECT count(*) FROM jsonb_each(db_snapshot() -> 'schemas') s, jsonb_each(s.value -> 'tables') t
             WHERE t.value ->> 'unread' LIKE '%lock on %'",
            TABLES as i64 + 1,
        ),
    ] {
        assert_eq!(client.query_one(call, &[]).context(call)?.get::<_, i64>(0), count, "{call}");
    }
    // The check waits for a lock that is held only briefly.
    client.batch_execute("RESET lock_timeout; SET statement_timeout = '45s'")?;
    reader.batch_execute("COMMIT")?;
    change.join().ok().context("a session has panicked")??;
    holder.batch_execute("COMMIT")?;
    let mut brief = server.connect(DATABASE)?;
    brief.batch_execute("BEGIN; LOCK TABLE t")?;
    let release = std::thread::spawn(move || {
        sleep(Duration::from_millis(300));
        brief.batch_execute("COMMIT")
    });
    assert_eq!(client.query_one("SELECT count(*) FROM seq_audit() WHERE status = 'unknown'", &[])?.get::<_, i64>(0), 0);
    release.join().ok().context("a session has panicked")??;
    // This transaction's own locks are granted, whichever sessions queue for them.
    client.batch_execute("BEGIN; LOCK TABLE t, child")?;
    let mut watcher = server.connect(DATABASE)?;
    let (_, read) = waiting(&server, &mut watcher, "SELECT * FROM t")?;
    let (_, change) = waiting(&server, &mut watcher, "ALTER TABLE child ADD note text")?;
    assert_eq!(client.query_one("SELECT count(*) FROM seq_audit() WHERE status = 'unknown'", &[])?.get::<_, i64>(0), 0);
    assert_eq!(client.query_one("SELECT count(*) FROM fk_audit() WHERE status <> 'ok'", &[])?.get::<_, i64>(0), 0);
    client.batch_execute("COMMIT")?;
    for thread in [read, change] {
        thread.join().ok().context("a session has panicked")??;
    }
    report!(
        "{} tables locked: seq_audit, flightcheck, fk_audit and db_snapshot report each of them and the others",
        TABLES + 1
    );
    Ok(())
}
