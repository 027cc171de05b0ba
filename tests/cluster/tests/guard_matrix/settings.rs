//! The effects of the values of pg_flightcheck.guard other than their warnings.

use crate::case::Step::{Copy, Sql};
use crate::case::{Case, Mode, ONE_ROW, Step};
use crate::guarded_database::{Guard, Guarded};
use crate::session::Complaint;
use anyhow::Result;
use cluster::{explain, report, state_of};

pub const CASES: &[Case] = &[
    Case::new(
        "off for a transaction",
        &[Sql("BEGIN; SET LOCAL pg_flightcheck.guard = 'off'; INSERT INTO t VALUES (10); COMMIT")],
    ),
    Case::new(
        "off for a transaction, then on again",
        &[
            Sql("BEGIN; SET LOCAL pg_flightcheck.guard = 'off'; INSERT INTO t VALUES (10); COMMIT"),
            Sql("INSERT INTO t VALUES (20)"),
        ],
    )
    .warns(),
];

const MODES: [Mode; 2] = [Mode::Triggers, Mode::Preloaded];

/// Transactions on table `t`, which contains id 1, that the guard does not let commit.
const REFUSED: [&[Step]; 9] = [
    &[Sql("INSERT INTO t VALUES (10)")],
    &[Sql("BEGIN"), Sql("INSERT INTO t (note) VALUES ('x')"), Sql("INSERT INTO t VALUES (10)"), Sql("COMMIT")],
    &[Sql("BEGIN; INSERT INTO t VALUES (10); PREPARE TRANSACTION 'two'")],
    &[Sql("BEGIN"), Copy("COPY t FROM STDIN", b"10\tx\n"), Sql("COMMIT")],
    &[Sql("DO $$ BEGIN INSERT INTO t VALUES (10); COMMIT; END $$")],
    &[Sql("UPDATE t SET id = 10")],
    &[Sql("BEGIN; SAVEPOINT s; INSERT INTO t VALUES (10); RELEASE s; COMMIT")],
    &[Sql("BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO t VALUES (10); COMMIT")],
    &[Sql("BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO t VALUES (10); COMMIT")],
];

const CONTENT: &str =
    "SELECT string_agg(t::text, ' ' ORDER BY id) || (SELECT count(*) FROM pg_prepared_xacts) FROM public.t";

#[test]
fn guard_error_rolls_back_transaction() -> Result<()> {
    for mode in MODES {
        let mut guarded = Guarded::start(mode)?;
        guarded.make(ONE_ROW)?;
        guarded.set(Guard::Error)?;
        let mut session = guarded.session()?;
        let before: String = guarded.admin.query_one(CONTENT, &[])?.get(0);
        for steps in REFUSED {
            let (said, ending) = session.run(steps);
            let error = ending.expect_err("the guard let it commit");
            let complaint =
                Complaint::read_error(&error).unwrap_or_else(|wrong| panic!("{mode:?}, {steps:?}: {wrong}"));
            assert_eq!((complaint.table.as_str(), complaint.sequence.as_str()), ("public.t", "public.t_id_seq"));
            assert!(said.is_empty(), "{mode:?}, {steps:?}: warned as well: {said:?}");
            let after: String = guarded.admin.query_one(CONTENT, &[])?.get(0);
            assert_eq!(after, before, "{mode:?}, {steps:?}");
        }
        // A valid transaction commits in the same session, and afterwards the sequence is not
        // behind.
        let valid = "BEGIN; INSERT INTO t VALUES (10); SELECT setval('t_id_seq', 10); COMMIT";
        for sql in ["INSERT INTO t (note) VALUES ('x')", valid, "INSERT INTO t DEFAULT VALUES"] {
            session.client.batch_execute(sql).map_err(|error| anyhow::anyhow!("{sql}: {}", explain(&error)))?;
        }
        report!("{mode:?}: error rejects {} kinds of transactions, and valid ones commit", REFUSED.len());
    }
    Ok(())
}

/// Statements on one table, and the next value of its sequence after each.
const STATEMENTS: [(&str, i64); 9] = [
    ("INSERT INTO t VALUES (10)", 11),
    ("INSERT INTO t VALUES (12), (20), (DEFAULT)", 21),
    ("INSERT INTO t VALUES (15)", 21),
    ("INSERT INTO t DEFAULT VALUES", 22),
    ("BEGIN; INSERT INTO t VALUES (30); ROLLBACK", 22),
    ("SELECT setval('t_id_seq', 100)", 101),
    ("INSERT INTO t VALUES (50)", 101),
    ("INSERT INTO t SELECT i FROM generate_series(101, 150) i", 151),
    ("BEGIN; INSERT INTO t VALUES (160); DELETE FROM t WHERE id = 160; COMMIT", 151),
];

#[test]
fn guard_advance_never_moves_back() -> Result<()> {
    for mode in MODES {
        let mut guarded = Guarded::start(mode)?;
        guarded.make(&["CREATE TABLE t (id serial PRIMARY KEY)", "GRANT ALL ON t TO clerk"])?;
        guarded.set(Guard::Advance)?;
        let mut session = guarded.session()?;
        let mut lowest = 1;
        for (sql, expected) in STATEMENTS {
            let (said, ending) = session.run(&[Sql(sql)]);
            ending?;
            assert!(said.is_empty(), "{mode:?}, {sql}: {said:?}");
            let next: i64 =
                guarded.admin.query_one("SELECT last_value + is_called::int FROM public.t_id_seq", &[])?.get(0);
            // A statement that fires the trigger advances the sequence at its end, whatever follows
            // in the transaction.
            let may_be_ahead = mode == Mode::Triggers && sql.starts_with("BEGIN");
            assert!(next == expected || (may_be_ahead && next > expected), "{mode:?}, {sql}: {next}, not {expected}");
            assert!(next >= lowest, "{mode:?}, {sql}: back from {lowest} to {next}");
            lowest = next;
            if may_be_ahead {
                guarded.admin.batch_execute(&format!("SELECT setval('public.t_id_seq', {expected}, false)"))?;
                lowest = expected;
            }
        }
        // The sequence is advanced as its owner: the role clerk has no privileges on it.
        session.client.batch_execute("SET ROLE clerk")?;
        let (said, ending) = session.run(&[Sql("INSERT INTO t VALUES (200)")]);
        ending?;
        session.client.batch_execute("RESET ROLE; INSERT INTO t DEFAULT VALUES")?;
        let id: i32 = session.client.query_one("SELECT max(id) FROM t", &[])?.get(0);
        assert!(said.is_empty() && id == 201, "{mode:?}: {id}, {said:?}");

        // guard_log makes the guard report it.
        session.client.batch_execute("SET pg_flightcheck.guard_log = 'notice'")?;
        let (said, ending) = session.run(&[Sql("INSERT INTO t VALUES (210)")]);
        ending?;
        assert_eq!(said.len(), 1, "{mode:?}: {said:?}");
        assert_eq!(
            (said[0].severity(), said[0].message()),
            ("NOTICE", "advanced sequence public.t_id_seq from 202 to 211, past the ids in table public.t"),
            "{mode:?}"
        );

        // The sequence is not advanced past an outlier; the guard warns of it instead.
        let (said, ending) = session.run(&[Sql("INSERT INTO t VALUES (2147483000)")]);
        ending?;
        assert_eq!(said.len(), 1, "{mode:?}: {said:?}");
        assert_eq!((said[0].severity(), said[0].code().code()), ("WARNING", "55000"), "{mode:?}: {said:?}");
        session.client.batch_execute("INSERT INTO t DEFAULT VALUES")?;
        report!(
            "{mode:?}: advance moves past ids, even for a role without privileges on the sequence, and never goes back"
        );
    }
    Ok(())
}

#[test]
fn guard_off_requires_privilege() -> Result<()> {
    for mode in MODES {
        let mut guarded = Guarded::start(mode)?;
        guarded.make(&["CREATE TABLE t (id serial PRIMARY KEY)", "GRANT ALL ON t TO clerk"])?;
        let mut session = guarded.session()?;
        session.client.batch_execute("SET ROLE clerk")?;
        let attempt = session.client.batch_execute("SET pg_flightcheck.guard = 'off'");
        match mode {
            Mode::Preloaded => assert_eq!(state_of(attempt).code(), "42501"),
            // The library is not loaded yet, so any value is accepted. It is rejected when the
            // trigger loads the library.
            Mode::Triggers => attempt?,
        }
        let (said, ending) = session.run(&[Sql("INSERT INTO t VALUES (10)")]);
        ending?;
        let complaints = said.iter().filter(|notice| Complaint::read(notice, "WARNING").is_ok()).count();
        assert_eq!(complaints, 1, "{mode:?}: {said:?}");
        for value in ["'off'", "'advance'", "DEFAULT"] {
            let attempt = session.client.batch_execute(&format!("SET pg_flightcheck.guard = {value}"));
            assert_eq!(state_of(attempt).code(), "42501", "{mode:?}, {value}");
        }
        session
            .client
            .batch_execute("RESET ROLE; GRANT SET ON PARAMETER pg_flightcheck.guard TO clerk; SET ROLE clerk")?;
        let (said, ending) = session.run(&[Sql("SET pg_flightcheck.guard = 'off'"), Sql("INSERT INTO t VALUES (20)")]);
        ending?;
        assert!(said.is_empty(), "{mode:?}: {said:?}");
    }
    report!("an ordinary role cannot turn the guard off, before or after the library is loaded, without the privilege");
    Ok(())
}
