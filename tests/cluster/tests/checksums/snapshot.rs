//! The checksum in a snapshot is a sum that any user can compute, in any session.

use crate::{CANONICAL, checksum};
use anyhow::Result;
use cluster::Server;
use postgres::Client;

fn of_snapshot(client: &mut Client, table: &str) -> Result<String> {
    let query = "SELECT db_snapshot('public', checksum => true) #>> ARRAY['schemas', 'public', 'tables', $1, 'checksum', 'value']";
    Ok(client.query_one(query, &[&table])?.get(0))
}

/// Computes the sum modulo 2^64, in hexadecimal.
fn by_hand(client: &mut Client, columns: &str, table: &str) -> Result<String> {
    let sum: i128 = checksum(client, columns, table)?.parse()?;
    Ok(format!("{:016x}", sum as u64))
}

#[test]
fn snapshot_checksum_is_sum_of_row_hashes() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("summed")?;
    let names: Vec<String> = (1..=250).map(|number| format!("c{number}")).collect();
    client.batch_execute(&format!("CREATE TABLE wide ({} int)", names.join(" int, ")))?;
    client.batch_execute(
        "INSERT INTO wide (c1, c99, c100, c250) SELECT i, 2 * i, -i, i % 7 FROM generate_series(1, 100) i",
    )?;
    client.batch_execute(
        "CREATE TABLE mixed (\"B\" timestamptz[], \"a b\" float8[], c money[], z text); CREATE TABLE bare (); CREATE TABLE empty (a int);
         INSERT INTO bare DEFAULT VALUES; INSERT INTO mixed VALUES (ARRAY[timestamptz '2026-11-22 10:00+02'], '{0.1}', '{1.5}', 'é'), (NULL, NULL, NULL, NULL)",
    )?;
    let mut sorted = names;
    sorted.sort();
    let groups: Vec<String> = sorted.chunks(100).map(|group| format!("db_row_hash({})", group.join(", "))).collect();
    let tables = [("wide", groups.join(", ")), ("mixed", "\"B\", \"a b\", c, z".to_owned()), ("empty", "a".to_owned())];
    client.batch_execute(CANONICAL)?;
    let mut other = server.connect("summed")?;
    other.batch_execute(
        "SET DateStyle = German; SET TimeZone = 'Asia/Kathmandu'; SET extra_float_digits = -10; SET search_path = pg_temp, public",
    )?;
    for (table, columns) in tables {
        let expected = by_hand(&mut client, &columns, table)?;
        assert_eq!(of_snapshot(&mut client, table)?, expected, "{table}");
        assert_eq!(of_snapshot(&mut other, table)?, expected, "{table}, other settings");
    }
    // Without a column, rows are only counted.
    assert_eq!(of_snapshot(&mut client, "bare")?, format!("{:016x}", 0));
    Ok(())
}
