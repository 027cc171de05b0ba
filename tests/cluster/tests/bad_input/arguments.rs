//! Invalid arguments: each call fails with its SQLSTATE, whatever else is in the database.

use anyhow::Result;
use cluster::{Server, report, state_of};

const SCHEMA: &str = "
    CREATE TABLE t (id serial PRIMARY KEY);
    CREATE VIEW v AS SELECT * FROM t;
    CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
    CREATE TYPE composite AS (a int);
    CREATE SCHEMA empty;";

/// A call and the SQLSTATE that it fails with.
const CALLS: [(&str, &str); 25] = [
    ("seq_audit('no such schema')", "3F000"),
    ("seq_audit('')", "3F000"),
    ("seq_audit('EMPTY')", "3F000"),
    ("seq_resync('no such schema')", "3F000"),
    ("seq_resync('no such schema', dry_run => true)", "3F000"),
    ("seq_assert('no such schema')", "3F000"),
    ("seq_resync(margin => -1)", "22023"),
    ("seq_resync(dry_run => true, margin => -9223372036854775808)", "22023"),
    ("seq_resync_table('t', margin => -1)", "22023"),
    ("seq_assert(within => -1)", "22023"),
    ("seq_resync(dry_run => NULL)", "22004"),
    ("seq_resync(margin => NULL)", "22004"),
    ("seq_resync(fence => NULL)", "22004"),
    ("seq_resync_table(NULL)", "22004"),
    ("seq_resync_table('t', dry_run => NULL)", "22004"),
    ("seq_resync_table('t', margin => NULL)", "22004"),
    ("seq_resync_table('t', fence => NULL)", "22004"),
    ("seq_resync_table('t_pkey')", "42809"),
    ("seq_resync_table('t_id_seq')", "42809"),
    ("seq_resync_table('v')", "42809"),
    ("seq_resync_table('m')", "42809"),
    ("seq_resync_table('composite')", "42809"),
    ("seq_resync_table('no_such_table')", "42P01"),
    ("seq_resync_table(4294967295::oid::regclass)", "42P01"),
    ("seq_resync_table(0::oid::regclass)", "42P01"),
];

/// Unusual calls that are valid.
const VALID: [&str; 6] = [
    "seq_audit(NULL)",
    "seq_audit('empty')",
    "seq_resync('empty')",
    "seq_resync(NULL, margin => 9223372036854775807)",
    "seq_assert(NULL, NULL)",
    "seq_assert('empty', 0)",
];

#[test]
fn invalid_arguments_raise_their_sqlstate() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("arguments")?;
    client.batch_execute(SCHEMA)?;
    let mut wrong = Vec::new();
    for (call, expected) in CALLS {
        let result = client.batch_execute(&format!("SELECT * FROM {call}"));
        let state = result.err().and_then(|error| error.code().cloned());
        if state.as_ref().map(|state| state.code()) != Some(expected) {
            wrong.push(format!("{call}: {state:?} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for call in VALID {
        client.batch_execute(&format!("SELECT * FROM {call}"))?;
    }

    // A sequence that is behind, by less and by more than what is tolerated.
    client.batch_execute("SELECT setval('t_id_seq', 1, false); INSERT INTO t VALUES (11)")?;
    let assert = |within: &str| format!("SELECT seq_assert(within => {within})");
    assert_eq!(state_of(client.batch_execute("SELECT seq_assert()")).code(), "55000");
    assert_eq!(state_of(client.batch_execute(&assert("10"))).code(), "55000");
    client.batch_execute(&assert("9"))?;
    report!("{} invalid calls, each with its SQLSTATE; {} unusual ones that are valid", CALLS.len() + 2, VALID.len());
    Ok(())
}
