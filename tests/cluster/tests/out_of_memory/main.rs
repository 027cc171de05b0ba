//! A session that runs out of memory gets SQLSTATE 53200, and the server does not crash.
//!
//! A limit on the address space makes malloc fail as vm.overcommit_memory = 2 or a container's
//! limit does. Each function runs under several limits, so that one of them is reached in the
//! middle of its work.

use anyhow::{Context, Result, ensure};
use cluster::{Server, sized};
use postgres::Client;
use postgres::error::SqlState;
use std::time::{Duration, Instant};

const DATABASE: &str = "out_of_memory";
const MB: u64 = 1 << 20;

/// How much more memory than it already uses a session may allocate, in MB.
const LIMITS: [u64; 14] = [5, 6, 7, 8, 10, 13, 17, 22, 30, 45, 60, 90, 130, 200];

/// Statements that a role without privileges runs.
const UNPRIVILEGED: [&str; 21] = [
    "SELECT db_assert((SELECT source FROM snapshots))",
    "SELECT db_assert((SELECT hostile FROM snapshots))",
    "SELECT count(*) FROM db_compare((SELECT source FROM snapshots), (SELECT target FROM snapshots))",
    "SELECT count(*) FROM db_compare((SELECT hostile FROM snapshots), (SELECT hostile FROM snapshots))",
    "SELECT count(*) FROM db_compare((SELECT source FROM snapshots))",
    "SELECT length(db_snapshot()::text)",
    "SELECT count(*) FROM seq_audit()",
    "SELECT seq_assert()",
    "SELECT count(*) FROM fk_audit()",
    "SELECT count(*) FROM flightcheck()",
    "SELECT length(flightcheck_report(source => (SELECT source FROM snapshots)))",
    "SELECT length(flightcheck_report(script => repeat('SELECT 1;', 20000)))",
    "SELECT count(*) FROM migration_report()",
    "SELECT count(*) FROM migration_rehearse(repeat('SELECT 1;', 200000), allow_others => true)",
    "SELECT count(*) FROM migration_precheck(repeat('SELECT 1;', 200000))",
    "SELECT count(*) FROM advisory_lock_report()",
    "SELECT count(*) FROM seq_guard_status()",
    "SELECT count(*) FROM seq_audit(repeat('x', 30000000))",
    "SELECT db_snapshot(repeat('x', 30000000))",
    "SELECT count(*) FROM advisory_lock_terminate(repeat('x', 30000000))",
    "SELECT count(*) FROM fk_precheck('t1', array_fill('id'::name, ARRAY[200000]), 't2')",
];

/// Statements that a superuser runs.
const SUPERUSER: [&str; 8] = [
    "SELECT length(db_snapshot(exact => true, checksum => true)::text)",
    "SELECT count(*) FROM seq_audit()",
    "SELECT count(*) FROM fk_audit()",
    "SELECT count(*) FROM flightcheck(deep => true)",
    "SELECT count(*) FROM migration_precheck((SELECT string_agg(format('ALTER TABLE t%s ADD CHECK (id > 0)', g), ';') FROM generate_series(1, 300) g))",
    "SELECT count(*) FROM seq_resync()",
    "BEGIN; SELECT count(*) FROM seq_guard_enable(); ROLLBACK",
    "SELECT count(*) FROM seq_guard_disable()",
];

#[test]
fn out_of_memory_raises_53200() -> Result<()> {
    let server = Server::start(&["max_locks_per_transaction = 1000", "statement_timeout = '120s'"])?;
    let mut witness = server.database(DATABASE)?;
    prepare(&mut witness)?;
    let compare = "SELECT count(*) FROM db_compare((SELECT source FROM snapshots), (SELECT target FROM snapshots))";
    let missing: i64 = witness.query_one(compare, &[])?.get(0);
    ensure!(missing == 40_000, "without a limit: {missing} differences");
    let step = LIMITS.len() / sized("FLIGHTCHECK_MEMORY_LIMITS", 3, LIMITS.len());
    let limits: Vec<u64> = LIMITS.into_iter().skip(step / 2).step_by(step.max(1)).collect();
    let mut short = 0;
    for (role, statements) in [("postgres", &SUPERUSER[..]), ("unprivileged", &UNPRIVILEGED[..])] {
        for (statement, limit) in statements.iter().flat_map(|one| limits.iter().map(move |limit| (one, limit))) {
            let began = Instant::now();
            let state = attempt(&server, role, statement, limit * MB)?;
            let what = format!("+{limit} MB, {role}: {statement}: {state:?} after {:?}", began.elapsed());
            println!("{what}");
            short += usize::from(state == Some(SqlState::OUT_OF_MEMORY));
            let expected = [None, Some(SqlState::OUT_OF_MEMORY), Some(SqlState::PROGRAM_LIMIT_EXCEEDED)];
            // The snapshots are of another database, and the role has no privileges.
            let refused = [
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                SqlState::INVALID_PARAMETER_VALUE,
                SqlState::INSUFFICIENT_PRIVILEGE,
            ];
            ensure!(expected.contains(&state) || state.is_some_and(|state| refused.contains(&state)), "{what}");
            witness.batch_execute("SELECT 1").with_context(|| format!("the server crashed. {what}"))?;
        }
    }
    ensure!(short > 0, "no statement ran out of memory");
    Ok(())
}

/// Creates tables with sequences and foreign keys, snapshots of 20,000 tables, and one snapshot
/// that is small as text and large in memory.
fn prepare(client: &mut Client) -> Result<()> {
    let tables = sized("FLIGHTCHECK_MEMORY_TABLES", 300, 2_000);
    client.batch_execute(&format!(
        "CREATE ROLE unprivileged LOGIN;
         DO $$ BEGIN FOR i IN 1..{tables} LOOP
             EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, parent int REFERENCES t%s)', i, greatest(i - 1, 1));
             EXECUTE format('INSERT INTO t%s VALUES (7, NULL)', i);
         END LOOP; END $$;
         CREATE SCHEMA one; CREATE TABLE one.t (id int);
         CREATE TABLE snapshots AS
             WITH taken AS (SELECT db_snapshot('one', exact => false) AS s),
             contents AS (SELECT s, jsonb_build_object('schemas', 1, 'tables', 20000, 'columns', 20000, 'sequences', 0, 'objects', 0,
                 'constraints', 0, 'indexes', 0, 'triggers', 0, 'policies', 0, 'rules', 0, 'fields', 0) AS c FROM taken)
             SELECT (SELECT jsonb_set(jsonb_set(s, '{{schemas,one,tables}}', (SELECT jsonb_object_agg(prefix || g, s #> '{{schemas,one,tables,t}}')
                 FROM generate_series(1, 20000) g)), '{{contents}}', c)) AS made, prefix
             FROM contents, (VALUES ('t'), ('u')) prefixes (prefix);
         ALTER TABLE snapshots ADD source jsonb, ADD target jsonb, ADD hostile jsonb;
         UPDATE snapshots SET source = made, target = (SELECT made FROM snapshots WHERE prefix = 'u'),
             hostile = jsonb_set(db_snapshot('one', exact => false), '{{schemas,one,tables,t,primary_key}}',
                 to_jsonb(array_fill(''::text, ARRAY[4000000]))) WHERE prefix = 't';
         DELETE FROM snapshots WHERE prefix = 'u';
         GRANT SELECT ON snapshots TO unprivileged",
    ))?;
    Ok(())
}

/// Runs the statement in a session whose address space can grow by at most `limit` bytes. Returns
/// the SQLSTATE of its error, if any.
fn attempt(server: &Server, role: &str, statement: &str, limit: u64) -> Result<Option<SqlState>> {
    let mut client = server.connect_as(role, DATABASE)?;
    // Loads the library and allocates what a session keeps.
    client.batch_execute("SELECT count(*) FROM seq_audit('one')")?;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let size = std::fs::read_to_string(format!("/proc/{pid}/statm"))?;
    let pages: u64 = size.split_whitespace().next().context("statm")?.parse()?;
    server.limit_memory(pid, pages * rustix::param::page_size() as u64 + limit)?;
    let began = Instant::now();
    let result = client.batch_execute(statement);
    ensure!(began.elapsed() < Duration::from_secs(110), "{statement} took {:?}", began.elapsed());
    match result {
        Ok(()) => Ok(None),
        Err(error) => Ok(Some(error.code().with_context(|| format!("{statement}: {error}"))?.clone())),
    }
}
