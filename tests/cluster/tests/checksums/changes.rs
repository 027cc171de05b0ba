//! Random changes of a table's rows: each is seen, and undone it is not.

use crate::{checksum, text};
use anyhow::Result;
use cluster::{Server, report, setting, sized};
use fastrand::Rng;
use postgres::Client;
use std::collections::BTreeMap;

const COLUMNS: &str = "a, b, long, n, raw, t, wide";
const ROWS: u32 = 500;

/// A checksum of each column by itself, which does not know which values belong together.
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

/// A change of one row's values, or of two, that changes the table for sure.
fn change(random: &mut Rng) -> (&'static str, String) {
    let (id, other) = (random.u32(1..=ROWS), random.u32(1..=ROWS));
    let column = ["a", "b", "t", "n", "raw", "wide", "long"][random.usize(..7)];
    match random.u8(..8) {
        0 => ("a bit of a number", format!("UPDATE t SET a = a # (1::bigint << {}) WHERE id = {id}", random.u8(..63))),
        1 => ("a bit of a bytea", {
            let bit = random.u8(..128);
            format!("UPDATE t SET raw = set_bit(raw, {bit}, 1 - get_bit(raw, {bit})) WHERE id = {id}")
        }),
        2 => ("a letter", {
            let place = random.u16(1..=640);
            format!("UPDATE t SET wide = overlay(wide placing 'X' from {place}) WHERE id = {id}")
        }),
        3 => ("NULL", format!("UPDATE t SET {column} = NULL WHERE id = {id}")),
        4 => (
            "values of two rows swapped",
            format!(
                "UPDATE t SET {column} = o.{column} FROM t o WHERE t.id IN ({id}, {other}) AND o.id = {id} + {other} - t.id"
            ),
        ),
        5 => ("values of two columns swapped", format!("UPDATE t SET a = b, b = a WHERE id = {id}")),
        6 => ("a row twice, another not at all", {
            let all = "a, b, t, n, raw, wide, long";
            format!("UPDATE t SET ({all}) = (SELECT {all} FROM t o WHERE o.id = {other}) WHERE id = {id}")
        }),
        _ => ("places after the point", format!("UPDATE t SET n = n::numeric(10,2) WHERE id = {id}")),
    }
}

#[test]
fn each_change_is_seen() -> Result<()> {
    let seed: u64 = setting("FLIGHTCHECK_CHECKSUM_SEED", 1);
    let changes: u32 = sized("FLIGHTCHECK_CHECKSUM_CHANGES", 200, 600);
    let mut random = Rng::with_seed(seed);
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("changed")?;
    create(&mut client)?;
    client.batch_execute("CREATE TABLE before AS TABLE t")?;
    let (checksum_before, naive_before) = (checksum(&mut client, COLUMNS, "t")?, text(&mut client, NAIVE)?);
    let rows = |sql: &str| format!("SELECT count(*)::text FROM ({sql}) d");
    // By its text a row is compared exactly: IS DISTINCT FROM takes 1.5 for 1.50.
    let differences = rows(&format!(
        "(SELECT ROW({COLUMNS})::text FROM t EXCEPT ALL SELECT ROW({COLUMNS})::text FROM before) LIMIT 1"
    ));
    let (mut seen, mut naive_missed) = (BTreeMap::<&str, u32>::new(), 0);
    for _ in 0..changes {
        let (kind, sql) = change(&mut random);
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&sql)?;
        let same = |query: &str, transaction: &mut postgres::Transaction| -> Result<String> {
            Ok(transaction.query_one(query, &[])?.get(0))
        };
        let changed = same(&differences, &mut transaction)? != "0";
        let after = same(&format!("SELECT sum(db_row_hash({COLUMNS}))::text FROM t"), &mut transaction)?;
        assert_eq!(after != checksum_before, changed, "{sql} (seed {seed})");
        naive_missed += u32::from(changed && same(NAIVE, &mut transaction)? == naive_before);
        *seen.entry(kind).or_default() += u32::from(changed);
        transaction.rollback()?;
    }
    assert_eq!(checksum(&mut client, COLUMNS, "t")?, checksum_before);
    assert!(seen.len() == 8 && seen.values().all(|count| *count > 0), "{seen:?}");
    assert!(naive_missed > 0, "checksums of each column by itself see all of it, too");
    report!("seed {seed}: of {changes} changes all were seen ({seen:?}); checksums by column missed {naive_missed}");
    Ok(())
}
