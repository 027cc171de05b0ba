//! Tables without statistics, and with outdated statistics.

use crate::finding::{Finding, flightcheck, flush_counters, run_fixes};
use anyhow::Result;
use cluster::{Ending, Server};
use postgres::Client;

/// Prevents autovacuum from running ANALYZE.
const SETTINGS: [&str; 1] = ["autovacuum_naptime = '1h'"];

const ROWS: &str = "SELECT i, i::text AS t FROM generate_series(1, 10000) i";

fn seen(findings: &[Finding]) -> Vec<(&str, &str, &str)> {
    findings
        .iter()
        .map(|finding| (finding.severity.as_str(), finding.check.as_str(), finding.object.as_str()))
        .collect()
}

fn rows(client: &mut Client, arguments: &str) -> Result<Vec<Finding>> {
    let all = flightcheck(client, arguments)?;
    Ok(all
        .into_iter()
        .filter(|finding| finding.check.contains("analyzed") || finding.check.contains("statistics"))
        .collect())
}

#[test]
fn never_analyzed_tables_are_reported() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("app")?;
    client.batch_execute(&format!(
        "CREATE TABLE never AS {ROWS}; CREATE INDEX ON never (i);
         CREATE MATERIALIZED VIEW \"Never \"\"m\"\"\" AS TABLE never;
         CREATE UNLOGGED TABLE off WITH (autovacuum_enabled = off) AS TABLE never;
         CREATE TABLE root (i int, t text) PARTITION BY RANGE (i);
         CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (100000);
         INSERT INTO root TABLE never"
    ))?;
    // These need no statistics.
    client.batch_execute(
        "CREATE TABLE small AS SELECT i FROM generate_series(1, 100) i; CREATE TABLE nothing (i int); CREATE TEMP TABLE own AS TABLE never;
         CREATE TABLE emptied AS TABLE never; DELETE FROM emptied; ANALYZE emptied;
         CREATE TABLE untargeted AS TABLE never; ALTER TABLE untargeted ALTER i SET STATISTICS 0, ALTER t SET STATISTICS 0;
         CREATE TABLE no_columns (); INSERT INTO no_columns SELECT FROM never",
    )?;
    let found = rows(&mut client, "")?;
    let expected = [
        ("warning", "never_analyzed", "table public.\"Never \"\"m\"\"\""),
        ("warning", "never_analyzed", "table public.leaf"),
        ("warning", "never_analyzed", "table public.never"),
        ("warning", "never_analyzed", "table public.off"),
    ];
    assert_eq!(seen(&found), expected, "{found:#?}");
    assert!(
        found[3].says("autovacuum is off for it") && found[2].says("autovacuum has not processed it yet"),
        "{found:#?}"
    );
    run_fixes(&mut client, &found)?;
    // Autovacuum would do the same.
    let found = rows(&mut client, "'public'")?;
    assert_eq!(seen(&found), [("info", "never_analyzed", "table public.root")], "{found:#?}");
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

#[test]
fn never_analyzed_many_tables_are_one_row() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("app")?;
    client.batch_execute(&format!(
        "CREATE SCHEMA s; DO $$ BEGIN FOR n IN 1..20 LOOP EXECUTE format('CREATE TABLE s.t%s AS {ROWS}', n); END LOOP; END $$"
    ))?;
    assert_eq!(rows(&mut client, "")?.len(), 20);
    client.batch_execute(&format!("CREATE TABLE s.one_more AS {ROWS}"))?;
    let found = rows(&mut client, "")?;
    assert_eq!(seen(&found), [("warning", "never_analyzed", "21 tables of this database")]);
    assert_eq!(seen(&rows(&mut client, "'s'")?), [("warning", "never_analyzed", "21 tables of schema s")]);
    assert!(rows(&mut client, "'public'")?.is_empty());
    assert_eq!(found[0].fix()?, "ANALYZE;");
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

#[test]
fn stale_statistics_are_reported() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("app")?;
    client.batch_execute(&format!(
        "CREATE TABLE t AS {ROWS}; CREATE TABLE strict AS {ROWS}; CREATE TABLE lax AS {ROWS}"
    ))?;
    client.batch_execute(
        "ALTER TABLE strict SET (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100);
         ALTER TABLE lax SET (autovacuum_analyze_scale_factor = 0.5)",
    )?;
    flush_counters(&mut client)?;
    client.batch_execute("ANALYZE")?;
    assert!(rows(&mut client, "")?.is_empty());
    // Four and six times as many changes as autovacuum waits for.
    let change = |share: f64| {
        let (t, strict, lax) = ((1050.0 * share) as i64, (100.0 * share) as i64, (5050.0 * share) as i64);
        format!(
            "UPDATE t SET t = t WHERE i <= {t}; UPDATE strict SET t = t WHERE i <= {strict};
             UPDATE lax SET t = t; UPDATE lax SET t = t; UPDATE lax SET t = t WHERE i <= {lax} - 20000"
        )
    };
    client.batch_execute(&change(4.0))?;
    flush_counters(&mut client)?;
    assert!(rows(&mut client, "")?.is_empty());
    client.batch_execute(&change(2.0))?;
    flush_counters(&mut client)?;
    let found = rows(&mut client, "")?;
    let stale = |table| ("warning", "stale_statistics", table);
    assert_eq!(
        seen(&found),
        [stale("table public.lax"), stale("table public.strict"), stale("table public.t")],
        "{found:#?}"
    );
    assert!(found[1].says("600 rows changed since the last ANALYZE"), "{found:#?}");
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

/// Loads a table in two parts, the second of which is counted only after the ANALYZE that saw it.
/// Returns `false` if it was too slow for that.
fn load_and_analyze(client: &mut Client, counted_before: i64) -> Result<bool> {
    client.batch_execute("DROP TABLE IF EXISTS t; CREATE TABLE t (i int, t text)")?;
    client.batch_execute(&format!("INSERT INTO t {ROWS} WHERE i <= {counted_before}"))?;
    flush_counters(client)?;
    client.batch_execute(&format!("INSERT INTO t {ROWS} WHERE i > {counted_before}"))?;
    client.batch_execute("ANALYZE t")?;
    flush_counters(client)?;
    let changes = "SELECT pg_stat_get_mod_since_analyze('t'::regclass)";
    Ok(client.query_one(changes, &[])?.get::<_, i64>(0) == 10_000 - counted_before)
}

/// Rows that are loaded and analyzed within a second are counted after the ANALYZE; they do not
/// make the statistics outdated.
#[test]
fn statistics_of_fresh_load_are_not_stale() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("app")?;
    for counted_before in [0, 1000] {
        let mut attempts = 0;
        while !load_and_analyze(&mut client, counted_before)? {
            attempts += 1;
            assert!(attempts < 20, "the server counts the changes earlier");
        }
        let found = rows(&mut client, "")?;
        assert!(found.is_empty(), "{counted_before}: {found:#?}");
        // Later changes count.
        client.batch_execute("UPDATE t SET t = t; UPDATE t SET t = t")?;
        flush_counters(&mut client)?;
        assert_eq!(seen(&rows(&mut client, "")?), [("warning", "stale_statistics", "table public.t")]);
    }
    Ok(())
}

/// A crash resets the counters, and a standby has none: only the size of the file is left.
#[test]
fn stale_statistics_without_counters() -> Result<()> {
    let mut server = Server::start(&SETTINGS)?;
    let mut client = server.database("app")?;
    client.batch_execute(&format!(
        "CREATE TABLE t AS {ROWS}; CREATE TABLE same AS {ROWS}; CREATE TABLE never AS {ROWS}"
    ))?;
    client.batch_execute("CREATE UNLOGGED TABLE fleeting AS TABLE t; ANALYZE t, same, fleeting")?;
    client.batch_execute("INSERT INTO t SELECT * FROM same; INSERT INTO t SELECT * FROM same; CHECKPOINT")?;
    drop(client);
    server.end(Ending::Immediate)?;
    server.resume()?;
    let mut client = server.connect("app")?;
    let expected =
        [("warning", "stale_statistics", "table public.t"), ("warning", "never_analyzed", "table public.never")];
    let mut found = rows(&mut client, "")?;
    found.sort_by(|one, other| other.check.cmp(&one.check));
    assert_eq!(seen(&found), expected, "{found:#?}");
    assert!(found[0].says("the counters were reset or this is a standby"), "{found:#?}");

    let standby = server.standby()?;
    let mut there = standby.connect("app")?;
    let mut found_there = rows(&mut there, "")?;
    found_there.sort_by(|one, other| other.check.cmp(&one.check));
    assert_eq!(seen(&found_there), expected, "{found_there:#?}");
    run_fixes(&mut client, &found)?;
    assert!(rows(&mut client, "")?.is_empty());
    Ok(())
}

/// Whether there are statistics is visible to all, and the check does not wait for a locked table.
#[test]
fn statistics_need_no_privileges_and_no_lock() -> Result<()> {
    let server = Server::start(&SETTINGS)?;
    let mut client = server.database("app")?;
    client.batch_execute(&format!(
        "CREATE ROLE nobody LOGIN; CREATE TABLE never AS {ROWS}; CREATE TABLE t AS {ROWS}; ANALYZE t"
    ))?;
    let mut nobody = server.connect_as("nobody", "app")?;
    assert_eq!(seen(&rows(&mut nobody, "")?), [("warning", "never_analyzed", "table public.never")]);
    client.batch_execute("BEGIN; LOCK TABLE never")?;
    nobody.batch_execute("SET statement_timeout = '5s'")?;
    assert!(rows(&mut nobody, "")?.is_empty());
    client.batch_execute("ROLLBACK")?;
    assert_eq!(rows(&mut nobody, "")?.len(), 1);
    Ok(())
}
