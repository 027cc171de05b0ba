//! `flightcheck_summary()`: the findings of `flightcheck()`, summed up for monitoring.

use crate::broken_database::create;
use crate::finding::flightcheck;
use anyhow::{Context, Result, ensure};
use cluster::{Server, report};
use postgres::Client;
use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

const SETTINGS: [&str; 1] = ["autovacuum_naptime = '1h'"];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    severity: String,
    check: String,
    /// Errors, warnings and infos.
    counts: Option<[i64; 3]>,
    object: Option<String>,
    detail: Option<String>,
}

fn summary(client: &mut Client, arguments: &str) -> Result<Vec<Row>> {
    let query = format!(
        "SELECT severity, check_name, errors, warnings, infos, object, detail FROM public.flightcheck_summary({arguments})"
    );
    let row = |row: &postgres::Row| {
        let counts = row.get::<_, Option<i64>>(2).zip(row.get::<_, Option<i64>>(3)).zip(row.get::<_, Option<i64>>(4));
        Row {
            severity: row.get(0),
            check: row.get(1),
            counts: counts.map(|((errors, warnings), infos)| [errors, warnings, infos]),
            object: row.get(5),
            detail: row.get(6),
        }
    };
    Ok(client.query(&query, &[])?.iter().map(row).collect())
}

fn row<'a>(rows: &'a [Row], check: &str) -> Result<&'a Row> {
    rows.iter().find(|row| row.check == check).with_context(|| format!("no row {check}: {rows:#?}"))
}

fn names(rows: &[Row]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.check.as_str()).collect()
}

fn is_left_out(row: &Row) -> bool {
    row.severity == "left_out" && row.counts.is_none() && row.detail.as_deref().is_some_and(|why| !why.is_empty())
}

fn is_ok(row: &Row) -> bool {
    row.severity == "ok" && row.counts == Some([0; 3]) && row.object.is_none() && row.detail.is_none()
}

#[test]
fn summary_of_healthy_database_has_every_check() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("fresh")?;
    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY, parent int REFERENCES t)")?;
    let rows = summary(&mut client, "")?;
    ensure!(rows.iter().all(|row| is_ok(row) || is_left_out(row)), "{rows:#?}");
    ensure!(is_ok(row(&rows, "sequence_behind")?) && is_left_out(row(&rows, "wrong_owner")?), "{rows:#?}");
    let complete = summary(&mut client, "complete => true")?;
    let left_out: Vec<&str> = complete.iter().filter(|row| is_left_out(row)).map(|row| row.check.as_str()).collect();
    assert_eq!(left_out, ["foreign_key_violated", "foreign_key_default", "foreign_key_unknown"]);
    ensure!(complete.iter().all(|row| is_ok(row) || is_left_out(row)), "{complete:#?}");
    assert_eq!(names(&rows), names(&complete));
    assert_eq!(names(&rows).len(), rows.len(), "a check has two rows: {rows:#?}");
    Ok(())
}

/// Compares each row of the complete summary with the findings that it sums up.
fn assert_sums_up_findings(client: &mut Client) -> Result<usize> {
    let findings = flightcheck(client, "fold => false")?;
    let rows = summary(client, "complete => true")?;
    for row in &rows {
        let of_check: Vec<_> = findings.iter().filter(|finding| finding.check == row.check).collect();
        let count = |severity: &str| {
            let objects = of_check.iter().filter(|finding| finding.severity == severity).map(|finding| &finding.object);
            objects.collect::<BTreeSet<_>>().len() as i64
        };
        if row.counts.is_none() {
            ensure!(of_check.is_empty(), "{row:#?} leaves out {of_check:#?}");
            continue;
        }
        assert_eq!(row.counts, Some(["error", "warning", "info"].map(count)), "{row:#?}");
        if row.check == "wrong_owner" && findings.iter().any(|finding| finding.check == "owner_unclear") {
            assert_eq!(row.detail.as_deref(), Some("1 could not be judged: see owner_unclear"));
            continue;
        }
        // The rows of flightcheck are sorted by severity.
        let worst = of_check.first();
        assert_eq!(row.severity, worst.map_or("ok", |finding| finding.severity.as_str()), "{row:#?}");
        assert_eq!(row.object.as_ref(), worst.map(|finding| &finding.object));
        assert_eq!(row.detail.as_ref(), worst.map(|finding| &finding.detail));
    }
    let known = names(&rows);
    let unknown: Vec<_> = findings.iter().filter(|finding| !known.contains(finding.check.as_str())).collect();
    ensure!(unknown.is_empty(), "findings without a row: {unknown:#?}");
    // The rows of the cheap checks are the same without the others.
    for row in summary(client, "")?.iter().filter(|row| !is_left_out(row)) {
        ensure!(rows.contains(row), "{row:#?} differs from {rows:#?}");
    }
    Ok(findings.len())
}

#[test]
fn summary_of_broken_database_counts_its_findings() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    // Many findings of one kind, which flightcheck would fold into one row.
    client.batch_execute(
        "DO $$ BEGIN FOR i IN 1..30 LOOP
             EXECUTE format('CREATE TABLE s.late_%s (id serial PRIMARY KEY); INSERT INTO s.late_%1$s VALUES (1)', i);
         END LOOP; END $$",
    )?;
    let findings = assert_sums_up_findings(&mut client)?;
    let rows = summary(&mut client, "")?;
    let behind = row(&rows, "sequence_behind")?;
    ensure!(behind.counts.is_some_and(|[errors, ..]| errors > 30), "{behind:#?}");
    ensure!(rows.is_sorted_by_key(|row| {
        ["error", "warning", "unknown", "info", "ok", "left_out"].iter().position(|known| *known == row.severity)
    }));
    report!("{findings} findings in {} rows", rows.len());
    Ok(())
}

#[test]
fn summary_without_privileges_is_unknown_and_never_ok() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    client.batch_execute(
        "CREATE ROLE nobody LOGIN; CREATE ROLE monitoring LOGIN; GRANT pg_monitor, pg_read_all_data TO monitoring",
    )?;
    let mut holder = server.connect("broken")?;
    holder.batch_execute("SELECT pg_advisory_lock(72707369)")?;
    let everything = summary(&mut client, "complete => true")?;
    assert_eq!(summary(&mut server.connect_as("monitoring", "broken")?, "complete => true")?, everything);
    let rows = summary(&mut server.connect_as("nobody", "broken")?, "complete => true")?;
    // What hides findings here: the rows of tables, the positions of sequences, and sessions.
    for check in ["migration_failed", "sequence_behind", "sequence_exhausted", "advisory_lock_orphan"] {
        let row = row(&rows, check)?;
        assert_eq!(row.severity, "unknown", "{row:#?}");
        ensure!(row.detail.as_deref().is_some_and(|why| why.contains("could not be read")), "{row:#?}");
    }
    // Everything else is in catalogs.
    for row in rows.iter().filter(|row| row.severity != "unknown" && row.check != "unreadable") {
        ensure!(everything.contains(row), "{row:#?} differs from {everything:#?}");
    }
    let unreadable = row(&rows, "unreadable")?;
    assert_eq!(unreadable.counts, Some([0, 1, 0]), "{unreadable:#?}");
    ensure!(unreadable.detail.as_deref().is_some_and(|detail| detail.contains("1 advisory lock")), "{unreadable:#?}");
    // The fix of flightcheck gives the role what it lacks.
    let found = flightcheck(&mut server.connect_as("nobody", "broken")?, "")?;
    let fix = found.iter().find(|finding| finding.check == "unreadable").context("no row")?.fix()?.to_owned();
    client.batch_execute(&fix)?;
    assert_eq!(summary(&mut server.connect_as("nobody", "broken")?, "complete => true")?, everything);
    // A hidden session whose lock is all that is not known.
    client.batch_execute("CREATE ROLE reader LOGIN IN ROLE pg_read_all_data")?;
    let found = flightcheck(&mut server.connect_as("reader", "broken")?, "")?;
    let fix = found.iter().find(|finding| finding.check == "unreadable").context("no row")?.fix()?;
    assert_eq!(fix, "GRANT pg_read_all_stats TO reader;");
    drop(holder);
    Ok(())
}

/// A check fails because another session locks a catalog that only this check reads.
#[test]
fn summary_of_failed_check_is_unknown() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("locked")?;
    client.batch_execute("CREATE TABLE t (id int PRIMARY KEY)")?;
    let mut other = server.connect("locked")?;
    other.batch_execute("BEGIN; LOCK TABLE pg_catalog.pg_event_trigger IN ACCESS EXCLUSIVE MODE")?;
    client.batch_execute("SET lock_timeout = '50ms'")?;
    let rows = summary(&mut client, "")?;
    for check in ["trigger_disabled", "trigger_replica_only", "rule_disabled", "rule_replica_only"] {
        let row = row(&rows, check)?;
        ensure!(row.severity == "unknown" && row.counts.is_none() && row.detail.is_some(), "{row:#?}");
    }
    let failed = row(&rows, "check_failed")?;
    assert_eq!((failed.severity.as_str(), failed.counts), ("error", Some([1, 0, 0])), "{failed:#?}");
    assert_eq!(failed.object.as_deref(), Some("check triggers"));
    ensure!(is_ok(row(&rows, "sequence_behind")?), "{rows:#?}");
    other.batch_execute("COMMIT")?;
    ensure!(is_ok(row(&summary(&mut client, "")?, "trigger_disabled")?));
    Ok(())
}

/// The columns that do not depend on the server's role: check, severity, counts and object.
type Essence = (String, String, Option<[i64; 3]>, Option<String>);

fn essence(rows: &[Row]) -> Vec<Essence> {
    let columns = |row: &Row| (row.check.clone(), row.severity.clone(), row.counts, row.object.clone());
    let mut rows: Vec<_> = rows.iter().map(columns).collect();
    rows.sort();
    rows
}

#[test]
fn summary_on_standby_equals_that_of_primary() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    let here = summary(&mut client, "complete => true")?;
    let standby = server.standby()?;
    let mut there = standby.connect("broken")?;
    // On a standby, whether an invalid index lets duplicates in is not known, nor whether a
    // migration is still running.
    let is_other = |check: &str| check == "index_invalid" || check.starts_with("migration_");
    let but_others =
        |rows: &[Row]| -> Vec<_> { essence(rows).into_iter().filter(|(check, ..)| !is_other(check)).collect() };
    let began = Instant::now();
    while but_others(&summary(&mut there, "complete => true")?) != but_others(&here)
        && began.elapsed() < Duration::from_secs(20)
    {
        sleep(Duration::from_millis(50));
    }
    let rows = summary(&mut there, "complete => true")?;
    assert_eq!(but_others(&rows), but_others(&here));
    assert_ne!(row(&rows, "index_invalid")?.severity, "ok");
    assert_eq!(
        (row(&here, "migration_failed")?.severity.as_str(), row(&rows, "migration_failed")?.severity.as_str()),
        ("error", "unknown")
    );
    Ok(())
}

#[test]
fn scale_of_summary_is_reported() -> Result<()> {
    let tables = 1_000;
    let server = Server::start(&["autovacuum = off", "max_locks_per_transaction = 1024"])?;
    let mut client = server.database("many")?;
    create_tables(&mut client, tables)?;
    let mut times = |arguments: &str| -> Result<(f64, f64)> {
        let mut times = Vec::new();
        for _ in 0..15 {
            let began = Instant::now();
            let rows = summary(&mut client, arguments)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            ensure!(rows.iter().all(|row| is_ok(row) || is_left_out(row)), "{rows:#?}");
        }
        times.sort_by(f64::total_cmp);
        Ok((times[0], times[times.len() / 2]))
    };
    let ((fastest, median), (complete, _)) = (times("")?, times("complete => true")?);
    report!(
        "{tables} tables: {fastest:.0} ms at best, {median:.0} ms in the median; complete: {complete:.0} ms at best"
    );
    Ok(())
}

fn create_tables(client: &mut Client, tables: u32) -> Result<(), postgres::Error> {
    client.batch_execute("CREATE SCHEMA s; CREATE TABLE s.t0 (id serial PRIMARY KEY, other int)")?;
    client.batch_execute(&format!(
        "DO $$ BEGIN FOR i IN 1..{tables} LOOP
             EXECUTE format('CREATE TABLE s.t%s (id serial PRIMARY KEY, other int REFERENCES s.t%s);
                 CREATE INDEX ON s.t%1$s (other); INSERT INTO s.t%1$s DEFAULT VALUES', i, i - 1);
         END LOOP; END $$"
    ))?;
    client.batch_execute("VACUUM ANALYZE")
}

/// A table that is locked hides what is wrong with it.
#[test]
fn summary_of_locked_tables_is_unknown() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("busy")?;
    client.batch_execute(
        "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t VALUES (1);
         CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
         INSERT INTO schema_migrations VALUES (7, true); SET lock_timeout = '50ms'",
    )?;
    let names = ["sequence_behind", "sequence_exhausted", "migration_failed"];
    let severities = |client: &mut Client| -> Result<Vec<String>> {
        let rows = summary(client, "")?;
        names.iter().map(|name| Ok(row(&rows, name)?.severity.clone())).collect()
    };
    assert_eq!(severities(&mut client)?, ["error", "ok", "error"]);
    let mut other = server.connect("busy")?;
    other.batch_execute("BEGIN; LOCK TABLE t, schema_migrations IN ACCESS EXCLUSIVE MODE")?;
    assert_eq!(severities(&mut client)?, ["unknown"; 3]);
    let rows = summary(&mut client, "")?;
    for (check, detail) in [
        ("sequence_behind", "1 could not be judged: see sequence_unknown"),
        ("migration_failed", "1 could not be judged: see migration_unknown"),
    ] {
        assert_eq!(row(&rows, check)?.detail.as_deref(), Some(detail));
    }
    let locked = row(&rows, "migration_unknown")?;
    ensure!(locked.counts == Some([0, 1, 0]), "{locked:#?}");
    ensure!(locked.detail.as_deref().is_some_and(|detail| detail.contains("not read: pid ")), "{locked:#?}");
    other.batch_execute("COMMIT")?;
    assert_eq!(severities(&mut client)?, ["error", "ok", "error"]);
    Ok(())
}

/// The session's settings for literals change neither the findings nor what the client is told.
#[test]
fn summary_with_old_literals_is_the_same() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = create(&server, "broken")?;
    let here = summary(&mut client, "complete => true")?;
    let (mut old, notices) = server.connect_noting("broken")?;
    // The trigger fills a column that has lost its default.
    let filled =
        "SET search_path = public; CREATE TABLE w (code serial PRIMARY KEY); ALTER TABLE w ALTER code DROP DEFAULT;
        CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN NEW := jsonb_populate_record(NEW, TG_ARGV[0]::jsonb); RETURN NEW; END';
        CREATE TRIGGER fill BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION fill('{\"code\": 1}')";
    old.batch_execute(filled)?;
    assert_eq!(summary(&mut old, "complete => true")?, here);
    old.batch_execute("SET standard_conforming_strings = off; SET escape_string_warning = on")?;
    notices.take();
    assert_eq!(summary(&mut old, "complete => true")?, here);
    let page: String = old.query_one("SELECT flightcheck_report(source => db_snapshot())", &[])?.get(0);
    ensure!(page.contains("</html>"));
    let told = notices.take();
    ensure!(told.is_empty(), "{told:#?}");
    Ok(())
}
