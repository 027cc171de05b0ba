//! The damage that a failed restore does to hundreds of tables is reported in a few rows, with as
//! many fixes.

use crate::finding::{Finding, flightcheck, troubles};
use crate::psql_output::WAYS;
use anyhow::{Result, ensure};
use cluster::{Server, report, sized};
use postgres::Client;

const ARGUMENTS: &str = "'s', expected_owner => 'app', deep => true";

/// Characters per line, and lines per screen.
const SCREEN: (usize, usize) = (160, 50);

fn create(client: &mut Client, tables: i64) -> Result<()> {
    client.batch_execute(
        "CREATE ROLE app; CREATE SCHEMA s AUTHORIZATION app; CREATE TABLE s.t0 (id serial PRIMARY KEY, other int, n int);
         CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; ALTER FUNCTION s.f() OWNER TO app;
         INSERT INTO s.t0 (n) SELECT generate_series(1, 1000); ALTER TABLE s.t0 OWNER TO app",
    )?;
    // A separate message, so that the block may commit.
    client.batch_execute(&format!(
        "DO $$ BEGIN FOR i IN 1..{tables} LOOP
            EXECUTE format('CREATE TABLE s.t%s (id serial PRIMARY KEY, other int REFERENCES s.t0, n int CHECK (n > 0))', i);
            EXECUTE format('CREATE TRIGGER f BEFORE INSERT ON s.t%s FOR EACH ROW EXECUTE FUNCTION s.f()', i);
            EXECUTE format('INSERT INTO s.t%s (other, n) SELECT i, i FROM generate_series(1, 1000) i', i);
            EXECUTE format('ALTER TABLE s.t%s OWNER TO app', i);
            IF i % 50 = 0 THEN COMMIT; END IF;
         END LOOP; END $$"
    ))?;
    client.batch_execute("ANALYZE")?;
    Ok(())
}

/// Applies the damage of a restore in which everything fails.
fn damage(client: &mut Client, tables: i64) -> Result<()> {
    client.batch_execute(&format!(
        "DO $$ BEGIN FOR i IN 1..{tables} LOOP
            EXECUTE format('ALTER TABLE s.t%s DISABLE TRIGGER ALL', i);
            EXECUTE format('ALTER TABLE s.t%s OWNER TO postgres', i);
            PERFORM setval(format('s.t%s_id_seq', i), 1);
            IF i % 50 = 0 THEN COMMIT; END IF;
         END LOOP; END $$"
    ))?;
    client.batch_execute(
        "UPDATE pg_constraint SET convalidated = false WHERE contype IN ('c', 'f') AND connamespace = 's'::regnamespace;
         DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 's'::regnamespace)",
    )?;
    Ok(())
}

/// Returns how many lines these rows take.
fn lines(found: &[Finding]) -> usize {
    let row =
        |row: &Finding| [&row.severity, &row.check, &row.object, &row.detail].map(|text| text.chars().count() + 3);
    found.iter().map(|finding| row(finding).iter().sum::<usize>().div_ceil(SCREEN.0)).sum()
}

#[test]
fn fold_reports_many_findings_as_one_row() -> Result<()> {
    let tables: i64 = sized("FLIGHTCHECK_FOLD_TABLES", 150, 1_000);
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("many")?;
    create(&mut client, tables)?;
    ensure!(flightcheck(&mut client, ARGUMENTS)?.is_empty());
    damage(&mut client, tables)?;
    let found = flightcheck(&mut client, ARGUMENTS)?;
    ensure!(lines(&found) <= 2 * SCREEN.1, "{} lines: {found:#?}", lines(&found));
    let row = |check: &str, object: String| {
        let row = found.iter().find(|row| row.check == check && row.object == object);
        row.unwrap_or_else(|| panic!("no {check} of {object}: {found:#?}"))
    };
    let owners = row("wrong_owner", format!("{tables} tables"));
    assert!(
        owners.says("table s.t1, table s.t10, table s.t100 and") && owners.says("owned by postgres, not by app"),
        "{owners:?}"
    );
    row("sequence_behind", format!("{tables} sequences"));
    row("foreign_key_triggers_off", format!("{tables} foreign keys"));
    row("trigger_disabled", format!("{tables} triggers"));
    row("constraint_not_valid", format!("{tables} constraints"));
    let all = flightcheck(&mut client, &format!("{ARGUMENTS}, fold => false"))?;
    assert!(all.len() as i64 >= 5 * tables, "{} rows", all.len());

    let script = server.scratch("fixes.sql");
    std::fs::write(&script, format!("SELECT fix FROM flightcheck({ARGUMENTS}) \\gexec\n"))?;
    // Foreign keys are validated once their triggers fire again.
    for _ in 0..2 {
        ensure!(server.psql_file("many", &script)? == 0, "{}", server.log());
    }
    let left = flightcheck(&mut client, ARGUMENTS)?;
    ensure!(left.is_empty(), "{left:#?}");
    report!(
        "{} findings on {tables} tables: {} rows, {} lines, repaired by their fixes",
        all.len(),
        found.len(),
        lines(&found)
    );
    Ok(())
}

/// If one statement of the fix fails, the fix continues and reports it.
#[test]
fn fold_fix_continues_after_error() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("many")?;
    for number in 1..=12 {
        client.batch_execute(&format!(
            "CREATE TABLE t{number} (id serial PRIMARY KEY, n int); INSERT INTO t{number} (n) VALUES ({});
             ALTER TABLE t{number} ADD CHECK (n > 0) NOT VALID",
            number - 5
        ))?;
    }
    let found = troubles(&mut client, "")?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].object, "12 constraints");
    let script = server.scratch("fix.sql");
    std::fs::write(&script, found[0].fix()?)?;
    assert_eq!(server.psql_file("many", &script)?, 1, "{}", server.log());
    let left = troubles(&mut client, "")?;
    assert_eq!(left.len(), 5, "{left:#?}");
    // Up to ten findings are listed separately, and so are those whose fix cannot run in a loop.
    let mut transaction = client.transaction()?;
    assert!(transaction.batch_execute(found[0].fix()?).is_err(), "a transaction block keeps all locks");
    Ok(())
}

/// Where a combined fix would lock one table after the other for a rewrite, or cannot run in a
/// block, there is none.
#[test]
fn fold_has_no_fix_for_rewrites() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("many")?;
    client.batch_execute("CREATE TABLE many (id smallint PRIMARY KEY, n int)")?;
    for number in 1..=11 {
        client.batch_execute(&format!(
            "CREATE TABLE t{number} (id smallserial PRIMARY KEY); SELECT setval('t{number}_id_seq', 32000);
             CREATE INDEX broken{number} ON many (n)"
        ))?;
    }
    client.batch_execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text LIKE 'broken%'")?;
    let found = troubles(&mut client, "")?;
    let seen: Vec<_> = found.iter().map(|row| (row.check.as_str(), row.object.as_str(), &row.fix)).collect();
    let expected = [("sequence_near_limit", "11 sequences", &None), ("index_invalid", "11 indexes", &None)];
    assert_eq!(seen, expected, "{found:#?}");
    assert!(found.iter().all(|row| row.says("flightcheck(fold => false) has the fix of each")), "{found:#?}");
    let ends = "DROP INDEX CONCURRENTLY public.broken1;";
    assert!(found[1].detail.ends_with(ends) && !found[1].says(";;"), "{found:#?}");
    let all = troubles(&mut client, "fold => false")?;
    assert!(all.len() == 22 && all.iter().all(|row| row.fix.is_some()), "{all:#?}");
    Ok(())
}

/// A name may contain the characters that would end the statement.
#[test]
fn fold_fix_quotes_schema_name() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("many")?;
    client.batch_execute("CREATE SCHEMA \"a$fix$'\n\"")?;
    for number in 1..=11 {
        client.batch_execute(&format!("CREATE TABLE \"a$fix$'\n\".t{number} (id int PRIMARY KEY)"))?;
    }
    for way in WAYS {
        for number in 1..=11 {
            client.batch_execute(&format!(
                "ALTER TABLE \"a$fix$'\n\".t{number} ADD CONSTRAINT {way:?} CHECK (id > 0) NOT VALID"
            ))?;
        }
        let found = flightcheck(&mut client, "E'a$fix$''\\n'")?;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(way.run(&server, "many", found[0].fix()?)?, 0, "{found:#?}\n{}", server.log());
        let left = flightcheck(&mut client, "")?;
        assert!(left.is_empty(), "{left:#?}");
    }
    Ok(())
}
