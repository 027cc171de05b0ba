//! Other sessions with transactions in progress: a commit neither waits for them nor warns of their
//! ids.

use crate::case::Mode;
use crate::case::Step::Sql;
use crate::guarded_database::{Guard, Guarded};
use anyhow::Result;
use cluster::report;
use std::time::{Duration, Instant};

/// What another session has done in a transaction that is still in progress.
const IN_PROGRESS: [&str; 5] = [
    "INSERT INTO t VALUES (10)",
    "INSERT INTO t SELECT i FROM generate_series(5, 2000) i",
    "UPDATE t SET id = 10 WHERE id = 1",
    "ALTER SEQUENCE t_id_seq MAXVALUE 5000",
    "ALTER SEQUENCE t_id_seq RESTART 1",
];

/// Statements without a warning. None calls nextval(), which would have to wait while the sequence
/// is being altered.
const SILENT: [&str; 2] = ["UPDATE t SET note = 'x' WHERE id = 2", "INSERT INTO t VALUES (-7, 'x')"];

/// Supplies an id: the warning depends on whether the sequence can be read.
const SUPPLYING: &str = "INSERT INTO t VALUES (3000)";

/// Much less than lock_timeout.
const AT_ONCE: Duration = Duration::from_secs(1);

#[test]
fn guard_does_not_wait_for_transactions_in_progress() -> Result<()> {
    for mode in [Mode::Triggers, Mode::Preloaded] {
        let mut guarded = Guarded::start(mode)?;
        for guard in [Guard::Warn, Guard::Error, Guard::Advance] {
            guarded.set(guard)?;
            for other in IN_PROGRESS {
                guarded.make(&[
                    "CREATE TABLE t (id serial PRIMARY KEY, note text)",
                    "INSERT INTO t (note) VALUES ('one'), ('two')",
                    "SELECT setval('t_id_seq', 2)",
                ])?;
                guarded.admin.batch_execute(&format!("BEGIN; {other}"))?;
                let mut session = guarded.session()?;
                session.client.batch_execute("SET lock_timeout = '5s'")?;
                for sql in SILENT.into_iter().chain([SUPPLYING]) {
                    let what = format!("{mode:?}, {guard:?}, {sql} concurrent with {other}");
                    let began = Instant::now();
                    let (said, ending) = session.run(&[Sql(sql)]);
                    assert!(began.elapsed() < AT_ONCE, "{what}: waited");
                    assert!(said.iter().all(|notice| notice.code().code() == "55000"), "{what}: {said:?}");
                    match ending {
                        Ok(()) => {}
                        Err(error) if sql == SUPPLYING && guard == Guard::Error => {
                            assert_eq!(error.code().map(|code| code.code()), Some("55000"), "{what}: {error}");
                        }
                        Err(error) => panic!("{what}: {}", cluster::explain(&error)),
                    }
                    assert!(sql == SUPPLYING || said.is_empty(), "{what}: warned: {said:?}");
                }
                guarded.admin.batch_execute("ROLLBACK")?;
            }
        }
    }
    report!(
        "concurrent with {} kinds of transactions in progress, no commit waits, and none warns of their ids",
        IN_PROGRESS.len()
    );
    Ok(())
}
