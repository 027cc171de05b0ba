//! Objects that another session drops while a call waits for their lock: the call has read them
//! from the catalogs, but can no longer find them.

use anyhow::{Result, ensure};
use cluster::{AuditRow, ResyncRow, Server, audit, explain, report, resync};
use postgres::{Client, Error};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

const DATABASE: &str = "dropped";

/// All tables contain id 7, all sequences are at 1.
const SCHEMA: &str = "
    CREATE SCHEMA app;
    CREATE TABLE app.stays (id serial PRIMARY KEY); INSERT INTO app.stays VALUES (7);
    CREATE TABLE app.goes (id serial PRIMARY KEY, v text); INSERT INTO app.goes VALUES (7);
    CREATE SEQUENCE app.shared;
    CREATE TABLE app.first_of_two (id int PRIMARY KEY DEFAULT nextval('app.shared')); INSERT INTO app.first_of_two VALUES (7);
    CREATE TABLE app.second_of_two (id int PRIMARY KEY DEFAULT nextval('app.shared')); INSERT INTO app.second_of_two VALUES (7);
    CREATE SEQUENCE app.named;
    CREATE TABLE app.by_name (id int PRIMARY KEY DEFAULT nextval('app.named'::text)); INSERT INTO app.by_name VALUES (7);
    CREATE TABLE app.parted (id bigserial PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE app.low PARTITION OF app.parted FOR VALUES FROM (1) TO (6); INSERT INTO app.parted VALUES (5);
    CREATE TABLE app.high PARTITION OF app.parted FOR VALUES FROM (6) TO (9); INSERT INTO app.parted VALUES (7);
    CREATE SCHEMA tenant;
    CREATE TABLE tenant.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); INSERT INTO tenant.t OVERRIDING SYSTEM VALUE VALUES (7);
    GRANT USAGE ON SCHEMA app, tenant TO plain; GRANT SELECT ON ALL TABLES IN SCHEMA app, tenant TO plain;
    GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA app, tenant TO plain";

/// The tables that seq_audit has a row for.
const TABLES: [&str; 7] =
    ["app.by_name", "app.first_of_two", "app.goes", "app.parted", "app.second_of_two", "app.stays", "tenant.t"];
/// The sequences that seq_resync has a row for.
const SEQUENCES: [&str; 6] =
    ["app.goes_id_seq", "app.named", "app.parted_id_seq", "app.shared", "app.stays_id_seq", "tenant.t_id_seq"];

/// The statement that drops something; the tables that have no row after it; the sequences that
/// have none.
const DROPS: [(&str, &[&str], &[&str]); 8] = [
    ("DROP TABLE app.goes", &["app.goes"], &["app.goes_id_seq"]),
    ("ALTER TABLE app.goes DROP COLUMN id", &["app.goes"], &["app.goes_id_seq"]),
    ("DROP SEQUENCE app.goes_id_seq CASCADE", &["app.goes"], &["app.goes_id_seq"]),
    ("DROP TABLE app.first_of_two", &["app.first_of_two"], &[]),
    ("DROP TABLE app.second_of_two", &["app.second_of_two"], &[]),
    ("DROP TABLE app.high", &[], &[]),
    ("DROP SCHEMA tenant CASCADE", &["tenant.t"], &["tenant.t_id_seq"]),
    // The column's default still names the sequence.
    ("DROP SEQUENCE app.named", &[], &["app.named"]),
];

fn server() -> Result<(Server, Client)> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute("CREATE ROLE plain LOGIN")?;
    Ok((server, client))
}

/// Runs `call` as `role` while `drop` is uncommitted, and commits `drop` once the call waits.
fn call_during_drop<T: Send + 'static>(
    server: &Server,
    role: &str,
    drop: &str,
    call: impl FnOnce(&mut Client) -> Result<T, Error> + Send + 'static,
) -> Result<T> {
    let mut owner = server.connect(DATABASE)?;
    owner.batch_execute(&format!("BEGIN; {drop}"))?;
    let mut caller = server.connect_as(role, DATABASE)?;
    let pid: i32 = caller.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let running = std::thread::spawn(move || call(&mut caller));
    wait_for_lock(&mut owner, pid, &running)?;
    owner.batch_execute("COMMIT")?;
    let done = running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    done.map_err(|error| anyhow::anyhow!("{drop}: {}", explain(&error)))
}

fn wait_for_lock<T>(observer: &mut Client, pid: i32, running: &JoinHandle<T>) -> Result<()> {
    let began = Instant::now();
    while !observer.query_one("SELECT pg_blocking_pids($1) <> '{}'", &[&pid])?.get::<_, bool>(0) {
        ensure!(!running.is_finished() && began.elapsed() < Duration::from_secs(30), "the call does not wait");
        sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Checks that no text contains a number instead of a name, or an internal error about an OID.
#[track_caller]
pub fn assert_readable<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) {
    for text in texts.into_iter().flatten() {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_internal = ["OID", "could not open", "cache lookup"].iter().any(|sign| text.contains(sign));
        assert!(!is_number && !is_internal, "{text}");
    }
}

/// Returns the tables of these rows, after checking that their texts are readable.
#[track_caller]
fn audited(rows: &[AuditRow]) -> Vec<&str> {
    assert_readable(
        rows.iter().flat_map(|row| [&row.table, &row.sequence, &row.detail, &row.fix].map(Option::as_deref)),
    );
    let mut tables: Vec<_> = rows.iter().filter_map(|row| row.table.as_deref()).collect();
    tables.sort_unstable();
    tables
}

/// Returns the sequences of these rows, after checking that their texts are readable.
#[track_caller]
fn resynced(rows: &[ResyncRow]) -> Vec<&str> {
    assert_readable(rows.iter().flat_map(|row| [&row.table, &row.sequence, &row.detail].map(Option::as_deref)));
    let mut sequences: Vec<_> = rows.iter().filter_map(|row| row.sequence.as_deref()).collect();
    sequences.sort_unstable();
    sequences
}

fn without<'a>(all: &[&'a str], gone: &[&str]) -> Vec<&'a str> {
    all.iter().copied().filter(|name| !gone.contains(name)).collect()
}

fn reset(client: &mut Client) -> Result<()> {
    client.batch_execute("SET client_min_messages = error; DROP SCHEMA IF EXISTS app, tenant CASCADE")?;
    Ok(client.batch_execute(SCHEMA)?)
}

#[test]
fn audit_omits_concurrently_dropped_objects() -> Result<()> {
    let (server, mut client) = server()?;
    for role in ["postgres", "plain"] {
        for (drop, tables, _) in DROPS {
            reset(&mut client)?;
            let rows = call_during_drop(&server, role, drop, |caller| audit(caller, "seq_audit()"))?;
            assert_eq!(audited(&rows), without(&TABLES, tables), "{role}: {drop}");
            for row in &rows {
                let is_named = row.table.as_deref() == Some("app.by_name") && drop.contains("app.named");
                let expected = if is_named { "unknown" } else { "behind" };
                assert_eq!(row.status, expected, "{role}: {drop}: {row:#?}");
            }
        }
    }
    report!("{} kinds of drops while seq_audit waits: no row for a dropped object, the others reported", DROPS.len());
    Ok(())
}

#[test]
fn resync_omits_concurrently_dropped_objects() -> Result<()> {
    let (server, mut client) = server()?;
    for role in ["postgres", "plain"] {
        for call in ["seq_resync()", "seq_resync(fence => true)", "seq_resync(dry_run => true)"] {
            for (drop, _, sequences) in DROPS {
                reset(&mut client)?;
                let rows = call_during_drop(&server, role, drop, move |caller| resync(caller, call))?;
                assert_eq!(resynced(&rows), without(&SEQUENCES, sequences), "{role}: {drop}");
                let expected = if call.contains("dry_run") { "would_advance" } else { "advanced" };
                for row in &rows {
                    assert_eq!((row.outcome.as_str(), &row.detail), (expected, &None), "{role}: {drop}: {row:#?}");
                }
            }
        }
    }
    report!("{} kinds of drops while seq_resync waits: no row for a dropped object, all others advanced", DROPS.len());
    Ok(())
}

#[test]
fn assert_and_flightcheck_omit_concurrently_dropped_objects() -> Result<()> {
    let (server, mut client) = server()?;
    let mut warned = 0;
    for role in ["postgres", "plain"] {
        for (drop, _, sequences) in DROPS {
            reset(&mut client)?;
            resync(&mut client, "seq_resync()")?;
            let checked = call_during_drop(&server, role, drop, |caller| caller.query_one("SELECT seq_assert()", &[]))?;
            let expected = (SEQUENCES.len() - sequences.len()) as i64;
            assert_eq!(checked.get::<_, i64>(0), expected, "{role}: {drop}");
            let warnings = server.log().matches("could not be judged").count();
            warned += usize::from(drop.contains("app.named"));
            assert_eq!(warnings, warned, "{role}: {drop}");

            reset(&mut client)?;
            let findings = "SELECT object, detail, fix FROM flightcheck() WHERE check_name ~ '^sequence|failed'";
            let rows = call_during_drop(&server, role, drop, move |caller| caller.query(findings, &[]))?;
            assert_readable(rows.iter().flat_map(|row| [row.get(0), row.get(1), row.get(2)]));
            assert!(rows.iter().any(|row| row.get::<_, &str>(0).contains("app.stays_id_seq")), "{role}: {drop}");
        }
    }
    report!("{} kinds of drops while seq_assert and flightcheck wait: neither names a dropped object", DROPS.len());
    Ok(())
}

/// While the fence waits for a writer, another table that uses the sequence is dropped.
#[test]
fn fence_advances_past_ids_despite_concurrent_drop() -> Result<()> {
    let (server, mut client) = server()?;
    let cases = [
        ("app.first_of_two", "app.second_of_two", "app.first_of_two", "8, 500"),
        ("app.second_of_two", "app.first_of_two", "app.second_of_two", "8, 500"),
        ("app.parted", "app.low", "app.high", "8"),
    ];
    for (target, dropped, written, ids) in cases {
        reset(&mut client)?;
        let mut writer = server.connect(DATABASE)?;
        writer.batch_execute(&format!("BEGIN; LOCK TABLE {written} IN ROW EXCLUSIVE MODE"))?;
        let mut caller = server.connect(DATABASE)?;
        let pid: i32 = caller.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        let call = format!("seq_resync_table('{target}', fence => true)");
        let running = std::thread::spawn(move || resync(&mut caller, &call));
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type IN ('Lock', 'Extension')";
        let began = Instant::now();
        while client.query_one(waits, &[&pid])?.get::<_, i64>(0) == 0 {
            ensure!(!running.is_finished() && began.elapsed() < Duration::from_secs(30), "the fence does not wait");
            sleep(Duration::from_millis(50));
        }
        client.batch_execute(&format!("DROP TABLE {dropped}"))?;
        writer.batch_execute(&format!("INSERT INTO {written} SELECT unnest(ARRAY[{ids}]); COMMIT"))?;
        let rows = running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let next = ids.rsplit(' ').next().and_then(|id| id.parse::<i64>().ok()).map(|id| id + 1);
        let seen: Vec<_> = rows.iter().map(|row| (row.outcome.as_str(), row.new_next, row.detail.as_deref())).collect();
        assert_eq!(seen, [("advanced", next, None)], "{dropped}: {rows:#?}");
    }
    report!("{} drops while a fence waits: the sequence advances past the ids of the writer", cases.len());
    Ok(())
}
