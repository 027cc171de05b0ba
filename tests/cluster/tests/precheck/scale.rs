//! What a precheck costs, next to the best queries by hand.

use crate::findings::{precheck, worst};
use anyhow::Result;
use cluster::{Server, own_memory, report, sized};
use postgres::Client;
use std::time::Instant;

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// Returns the shortest of three runs, in milliseconds.
fn best(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let began = Instant::now();
        work()?;
        best = best.min(milliseconds(began));
    }
    Ok(best)
}

#[test]
fn precheck_of_many_statements_is_linear() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("scale")?;
    for first in (1..=1000).step_by(250) {
        client.batch_execute(&format!(
            "DO $$ BEGIN FOR i IN {first}..{first} + 249 LOOP
                 EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, a int, b text, parent int REFERENCES t%s)', i, greatest(i - 1, 1));
             END LOOP; END $$"
        ))?;
    }
    let kinds = [
        "ALTER TABLE t? ADD COLUMN n_# int DEFAULT 5",
        "UPDATE t? SET a = a + 1 WHERE id = #",
        "CREATE TABLE made_# (id int PRIMARY KEY, t int REFERENCES t?)",
        "ALTER TABLE t? ALTER COLUMN a SET NOT NULL",
        "CREATE INDEX made_ix_# ON t? (b)",
        "INSERT INTO t? (a, b) VALUES (#, 'x')",
        "SELECT * FROM t? JOIN t1 USING (id) WHERE t?.a = #",
        "COMMENT ON TABLE t? IS 'number #'",
    ];
    let script = |count: usize, tables: usize| -> String {
        let one = |number: usize| {
            let table = (number * 7 % tables + 1).to_string();
            kinds[number % kinds.len()].replace('?', &table).replace('#', &number.to_string())
        };
        (0..count).map(one).collect::<Vec<_>>().join(";\n")
    };
    let fifty = script(50, 1000);
    let first = Instant::now();
    precheck(&mut client, &fifty, "")?;
    let first = milliseconds(first);
    let again = best(|| Ok(precheck(&mut client, &fifty, "").map(drop)?))?;
    report!("50 statements, 1,000 tables: {again:.0} ms, {first:.0} ms in a new session");
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let mut costs = Vec::new();
    let most: usize = sized("FLIGHTCHECK_PRECHECK_STATEMENTS", 6_000, 20_000);
    for count in [most / 8, most / 4, most] {
        let text = script(count, 1000);
        let began = Instant::now();
        let findings = precheck(&mut client, &text, "")?;
        costs.push(milliseconds(began) / count as f64);
        let memory = own_memory(pid)? / 1024;
        report!(
            "{count} statements: {:.0} ms, {} rows, the backend has {memory} MB",
            milliseconds(began),
            findings.len()
        );
    }
    assert!(costs[2] < 4.0 * costs[0], "milliseconds for each statement: {costs:?}");
    let simple = "SELECT 1;".repeat(20_000);
    let began = Instant::now();
    assert_eq!(worst(&precheck(&mut client, &simple, "")?), "fine");
    report!("20,000 times SELECT 1: {:.0} ms", milliseconds(began));
    Ok(())
}

const ROWS: &str = "
    CREATE TABLE parent (id int PRIMARY KEY);
    INSERT INTO parent SELECT generate_series(1, 20000);
    CREATE TABLE big (id int PRIMARY KEY, parent int, code text, amount numeric, n text, day date);
    INSERT INTO big SELECT g, g % 20000 + 1, md5(g::text), g * 1.5, g::text, date '2020-01-01' + g % 700
        FROM generate_series(1, {rows}) g;
    CREATE TABLE parted (LIKE big) PARTITION BY RANGE (day);
    CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
    INSERT INTO parted SELECT * FROM big;
    VACUUM (FREEZE, ANALYZE)";

/// A statement, and the query by hand that answers what it depends on.
const CHECKS: [(&str, &str); 9] = [
    (
        "ALTER TABLE big ADD FOREIGN KEY (parent) REFERENCES parent",
        "SELECT count(*) FROM big b WHERE parent IS NOT NULL AND NOT EXISTS (SELECT FROM parent p WHERE p.id = b.parent)",
    ),
    (
        "ALTER TABLE big ADD UNIQUE (code)",
        // Whether each value fits into an index is a question of its own.
        "SELECT count(*) FROM (SELECT code FROM big WHERE code IS NOT NULL GROUP BY code HAVING count(*) > 1) d;
         SELECT max(pg_column_size(code)) FROM big",
    ),
    (
        "CREATE UNIQUE INDEX ON big (parent, id)",
        "SELECT count(*) FROM (SELECT FROM big GROUP BY parent, id HAVING count(*) > 1) d",
    ),
    ("ALTER TABLE big ALTER COLUMN amount SET NOT NULL", "SELECT count(*) FROM big WHERE amount IS NULL"),
    ("ALTER TABLE big ADD CHECK (amount > 0)", "SELECT count(*) FROM big WHERE NOT (amount > 0)"),
    ("ALTER TABLE big ALTER COLUMN n TYPE int USING n::int", "SELECT count(n::int) FROM big"),
    ("ALTER TABLE big ALTER COLUMN code TYPE varchar(40)", "SELECT count(*) FROM big WHERE char_length(code) > 40"),
    (
        "CREATE TABLE part PARTITION OF parted FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')",
        "SELECT count(*) FROM parted_rest WHERE day >= '2030-01-01' AND day < '2031-01-01'",
    ),
    ("ALTER TABLE big ADD COLUMN twice int GENERATED ALWAYS AS (id * 2) STORED", "SELECT count(id * 2) FROM big"),
];

#[test]
fn precheck_row_checks_report_their_cost_beside_queries_by_hand() -> Result<()> {
    let rows = sized("FLIGHTCHECK_PRECHECK_ROWS", 100_000, 500_000);
    let server = Server::start(&["autovacuum = off", "shared_buffers = '256MB'"])?;
    let mut client = server.database("rows")?;
    for statement in ROWS.replace("{rows}", &rows.to_string()).split(";\n") {
        client.batch_execute(statement)?;
    }
    let ask = |client: &mut Client, statement: &str| -> Result<()> {
        let findings = precheck(client, statement, "")?;
        assert!(worst(&findings) == "fine", "{statement}: {findings:?}");
        Ok(())
    };
    for (statement, query) in CHECKS {
        let by_hand = best(|| Ok(client.batch_execute(query)?))?;
        let checked = best(|| ask(&mut client, statement))?;
        report!("{rows} rows: {checked:.0} ms, by hand {by_hand:.0} ms ({:.2}): {statement:.60}", checked / by_hand);
    }
    Ok(())
}
