//! The memory that a value takes is freed before the next one is read.

use crate::checksum;
use anyhow::Result;
use cluster::{Sampler, Server, own_memory, report};
use std::time::Duration;

const COLUMNS: u32 = 60;

#[test]
fn memory_of_row_with_large_values_is_bounded() -> Result<()> {
    let server = Server::start(&["autovacuum = off", "shared_buffers = '64MB'"])?;
    let mut client = server.database("large")?;
    let columns: Vec<String> = (1..=COLUMNS).map(|number| format!("c{number}")).collect();
    let value = "repeat('wide load', 1000000)";
    let values: Vec<&str> = columns.iter().map(|_| value).collect();
    // Half of them are formatted by their output function.
    let types: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, name)| format!("{name} {}", if index % 2 == 0 { "text" } else { "text[]" }))
        .collect();
    let values: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(index, value)| if index % 2 == 0 { (*value).to_owned() } else { format!("ARRAY[{value}]") })
        .collect();
    client.batch_execute(&format!("CREATE TABLE t ({})", types.join(", ")))?;
    client.batch_execute(&format!("INSERT INTO t SELECT {} FROM generate_series(1, 3)", values.join(", ")))?;

    let mut client = server.connect("large")?;
    let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    checksum(&mut client, "1", "t")?;
    let before = own_memory(pid)?;
    let sampler = Sampler::start(&server, "large", pid, Duration::ZERO)?;
    checksum(&mut client, &columns.join(", "), "t")?;
    let grown = sampler.peak() - before;
    let (samples, _) = sampler.stop()?;
    let after = own_memory(pid)? - before;
    assert!(samples > 20, "not enough samples: {samples}");
    // A value of 9 MB, its copy as an array, and its text in a buffer that grows by doubling.
    assert!(grown < 120_000, "{grown} kB for {COLUMNS} values of 9 MB");
    assert!(after < 20_000, "{after} kB are kept");
    report!("3 rows of {COLUMNS} values of 9 MB: {grown} kB at most, {after} kB afterwards");
    Ok(())
}

#[test]
fn memory_of_million_rows_is_bounded() -> Result<()> {
    let server = Server::start(&["autovacuum = off", "max_parallel_workers_per_gather = 0"])?;
    let mut client = server.database("many")?;
    client.batch_execute(
        "CREATE TABLE t AS SELECT i AS id, repeat('compressed ', 300) AS wide, ARRAY[i, -i] AS tags FROM generate_series(1, 1000000) i;
         CREATE TABLE few AS SELECT * FROM t LIMIT 1000",
    )?;
    let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    checksum(&mut client, "id, tags, wide", "few")?;
    let before = own_memory(pid)?;
    let sampler = Sampler::start(&server, "many", pid, Duration::ZERO)?;
    checksum(&mut client, "id, tags, wide", "t")?;
    let grown = sampler.peak() - before;
    assert!(sampler.stop()?.0 > 50, "not enough samples");
    assert!(grown < 4_000, "{grown} kB more for a million rows than for a thousand");
    report!("a million rows with compressed values: {grown} kB more than for a thousand");
    Ok(())
}
