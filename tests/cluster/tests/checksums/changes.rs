//! Random changes of a table's rows: each changes the checksum, and undoing it restores the
//! checksum.

use crate::{checksum, text};
use anyhow::Result;
use cluster::{Server, report, setting, sized};
use fastrand::Rng;
use postgres::Client;
use std::collections::BTreeMap;

const COLUMNS: &str = "a, b, long, n, raw, t, wide";
const ROWS: u32 = 500;

/// Hashes each column separately, so it cannot tell which values belong to one row.
const NAIVE: &str =
    "SELECT concat(sum(hashint8(a)), ' ', sum(hashint8(b)), ' ', sum(hashtext(t)), ' ', sum(hash_numeric(n)), ' ',
    sum(hashtext(raw::text)), ' ', sum(hashtext(wide)), ' ', sum(hashtext(long::text))) FROM t";

fn create(client: &mut Client) -> Result<()> {
    client.batch_execute(&format!(
        "CREATE TABLE t (id int PRIMARY KEY, a bigint, b bigint, t text, n numeric, raw bytea, wide text, long timestamptz);
         INSERT INTO t SELECT i, i % 50, i % 20, 'name ' || i % 30, i % 40 + 0.5, decode(md5(i::text), 'hex'),
             repeat(md5(i::text), 20), '2026-01-01 00:00+00'::timestamptz + i * interval '1 h' FROM generate_series(1, {ROWS}) i"
    ))?;
    Ok(())
}

/// Returns a kind of change and a statement that changes the values of one row or two.
fn change(random: &mut Rng) -> (&'static str, String) {
    let (id, other) = (random.u32(1..=ROWS), random.u32(1..=ROWS));
    let column = ["a", "b", "t", "n", "raw", "wide", "long"][random.usize(..7)];
    match random.u8(..8) {
        0 => ("a bit of a number", format!("UPDATE t SET a = a # (1::bigint << {}) WHERE id = {id}", random.u8(..63))),
        1 => ("a bit of a bytea", {
            let bit = random.u8(..128);
            format!("UPDATE t SET raw = set_bit(raw, {bit}, 1 - get_bit(raw, {bit})) WHERE id = {id}")
        }),
        2 => ("a character", {
            let position = random.u16(1..=640);
            format!("UPDATE t SET wide = overlay(wide placing 'X' from {position}) WHERE id = {id}")
        }),
        3 => ("NULL", format!("UPDATE t SET {column} = NULL WHERE id = {id}")),
        4 => (
            "values of two rows swapped",
            format!(
                "UPDATE t SET {column} = o.{column} FROM t o WHERE t.id IN ({id}, {other}) AND o.id = {id} + {other} - t.id"
            ),
        ),
        5 => ("values of two columns swapped", format!("UPDATE t SET a = b, b = a WHERE id = {id}")),
        6 => ("a row duplicated over another", {
            let all = "a, b, t, n, raw, wide, long";
            format!("UPDATE t SET ({all}) = (SELECT {all} FROM t o WHERE o.id = {other}) WHERE id = {id}")
        }),
        _ => ("numeric scale", format!("UPDATE t SET n = n::numeric(10,2) WHERE id = {id}")),
    }
}

#[test]
fn checksum_detects_each_change() -> Result<()> {
    let seed: u64 = setting("FLIGHTCHECK_CHECKSUM_SEED", 1);
    let changes: u32 = sized("FLIGHTCHECK_CHECKSUM_CHANGES", 200, 600);
    let mut random = Rng::with_seed(seed);
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("changed")?;
    create(&mut client)?;
    client.batch_execute("CREATE TABLE before AS TABLE t")?;
    let (checksum_before, naive_before) = (checksum(&mut client, COLUMNS, "t")?, text(&mut client, NAIVE)?);
    let rows = |sql: &str| format!("SELECT count(*)::text FROM ({sql}) d");
    // The text compares a row exactly: IS DISTINCT FROM considers 1.5 and 1.50 equal.
    let differences = rows(&format!(
        "(SELECT ROW({COLUMNS})::text FROM t EXCEPT ALL SELECT ROW({COLUMNS})::text FROM before) LIMIT 1"
    ));
    let (mut seen, mut naive_missed) = (BTreeMap::<&str, u32>::new(), 0);
    for _ in 0..changes {
        let (kind, sql) = change(&mut random);
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&sql)?;
        let value = |query: &str, transaction: &mut postgres::Transaction| -> Result<String> {
            Ok(transaction.query_one(query, &[])?.get(0))
        };
        let changed = value(&differences, &mut transaction)? != "0";
        let after = value(&format!("SELECT sum(db_row_hash({COLUMNS}))::text FROM t"), &mut transaction)?;
        assert_eq!(after != checksum_before, changed, "{sql} (seed {seed})");
        naive_missed += u32::from(changed && value(NAIVE, &mut transaction)? == naive_before);
        *seen.entry(kind).or_default() += u32::from(changed);
        transaction.rollback()?;
    }
    assert_eq!(checksum(&mut client, COLUMNS, "t")?, checksum_before);
    assert!(seen.len() == 8 && seen.values().all(|count| *count > 0), "{seen:?}");
    assert!(naive_missed > 0, "the naive checksum sees every change as well");
    report!("seed {seed}: all of {changes} changes were seen ({seen:?}); checksums by column missed {naive_missed}");
    Ok(())
}
