//! The checksum does not depend on the order of rows and columns, on a table's history, or on the
//! number of processes that read it.

use crate::{checksum, text};
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;

const COLUMNS: &str = "at, id, name, note, price";
const NAIVE: &str = "md5(string_agg(t::text, ''))";

fn naive(client: &mut Client, table: &str) -> Result<String> {
    Ok(text(client, &format!("SELECT {NAIVE} FROM {table} t"))?)
}

#[test]
fn checksum_ignores_order_and_history() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("permuted")?;
    client.batch_execute(
        "CREATE TABLE source (id int, name text, at timestamptz, price numeric(10,2), note text);
         INSERT INTO source SELECT i, 'name ' || i, '2026-01-01 00:00+00'::timestamptz + i * interval '1 s',
             i / 100.0, CASE WHEN i % 7 > 0 THEN repeat(md5(i::text), i % 200) END FROM generate_series(1, 5000) i",
    )?;
    let expected = checksum(&mut client, COLUMNS, "source")?;
    let copies = [
        ("rows", "CREATE TABLE rows AS SELECT * FROM source ORDER BY md5(id::text)"),
        ("columns", "CREATE TABLE columns AS SELECT note, price, at, id, name FROM source"),
        (
            "dropped",
            "CREATE TABLE dropped (gone int, LIKE source); ALTER TABLE dropped DROP gone; INSERT INTO dropped SELECT * FROM source",
        ),
        (
            "added",
            "CREATE TABLE added AS SELECT id, name, at, price FROM source; ALTER TABLE added ADD note text;
             UPDATE added SET note = s.note FROM source s WHERE s.id = added.id; CREATE INDEX i ON added (price); CLUSTER added USING i",
        ),
        (
            "toasted",
            "CREATE TABLE toasted (LIKE source); ALTER TABLE toasted ALTER note SET STORAGE EXTERNAL, ALTER name SET STORAGE PLAIN,
                 SET (toast_tuple_target = 128); INSERT INTO toasted SELECT * FROM source ORDER BY id DESC",
        ),
        ("typed", "CREATE TABLE typed (id bigint, name varchar(100), at timestamptz, price numeric, note text); INSERT INTO typed SELECT * FROM source"),
        ("parts", "CREATE TABLE parts (LIKE source) PARTITION BY HASH (id); CREATE TABLE p0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
             CREATE TABLE p1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO parts SELECT * FROM source"),
    ];
    let mut naive_differs = 0;
    for (table, make) in copies {
        client.batch_execute(make)?;
        assert_eq!(checksum(&mut client, COLUMNS, table)?, expected, "{make}");
        naive_differs += usize::from(naive(&mut client, table)? != naive(&mut client, "source")?);
    }
    assert!(naive_differs >= 4, "the naive checksum passes as well");
    report!("{} copies with the same checksum; {NAIVE} differs for {naive_differs} of them", copies.len());
    Ok(())
}

#[test]
fn checksum_is_equal_with_parallel_workers() -> Result<()> {
    let server =
        Server::start(&["autovacuum = off", "max_parallel_workers_per_gather = 3", "max_worker_processes = 8"])?;
    let mut client = server.database("parallel")?;
    client.batch_execute(
        "CREATE TABLE t AS SELECT i AS id, 'name ' || i AS name, ARRAY[i, i + 1] AS tags, i / 7.0 AS price FROM generate_series(1, 300000) i;
         ALTER TABLE t SET (parallel_workers = 3); ANALYZE t; SET max_parallel_workers_per_gather = 0",
    )?;
    let serial = checksum(&mut client, "id, name, price, tags", "t")?;
    client.batch_execute("SET max_parallel_workers_per_gather = 3")?;
    assert_eq!(checksum(&mut client, "id, name, price, tags", "t")?, serial);
    let plan =
        client.query("EXPLAIN (ANALYZE) SELECT count(*), sum(db_row_hash(id, name, price, tags)) FROM t", &[])?;
    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    assert!(plan.iter().any(|line| line.contains("Workers Launched: 3")), "{plan:#?}");
    Ok(())
}
