//! The exact text of the guard's warnings, for roles with and without privileges.

use crate::case::Mode;
use crate::case::Step::Sql;
use crate::guarded_database::Guarded;
use anyhow::Result;
use cluster::report;

const TABLE: &str = "CREATE TABLE t (id serial PRIMARY KEY)";
const FREE_TO_INSERT: &str = "GRANT INSERT ON t TO clerk";
const BY_CLERK: &str = "BEGIN; SET LOCAL ROLE clerk; INSERT INTO t VALUES (10); COMMIT";

/// Setup, statement, and the warning's DETAIL.
const DETAILS: [(&[&str], &str, &str); 8] = [
    (
        &[TABLE],
        "INSERT INTO t VALUES (1)",
        "Rows exist up to id 1. The sequence hands out 1 next: the next insert fails with a duplicate key.",
    ),
    (
        &[TABLE],
        "INSERT INTO t VALUES (2)",
        "Rows exist up to id 2. The sequence hands out 1 next: \
         after 1 more insert, the next fails with a duplicate key.",
    ),
    (
        &[TABLE],
        "INSERT INTO t VALUES (10), (20)",
        "Rows exist up to id 20. The sequence hands out 1 next: \
         after 9 more inserts, the next fails with a duplicate key.",
    ),
    (
        &["CREATE SEQUENCE s INCREMENT -2", "CREATE TABLE t (id int DEFAULT nextval('s') PRIMARY KEY)"],
        "INSERT INTO t VALUES (-5)",
        "Rows exist down to id -5. The sequence hands out -1 next: \
         after 2 more inserts, the next fails with a duplicate key.",
    ),
    (
        &["CREATE TABLE t (id serial)", "CREATE INDEX ON t (id)"],
        "INSERT INTO t VALUES (1)",
        "Rows exist up to id 1. The sequence hands out 1 next: \
         no unique index contains this column: duplicates are stored silently.",
    ),
    // Other rows collide first, and have the furthest id.
    (
        &[TABLE, "INSERT INTO t VALUES (3), (50)"],
        "INSERT INTO t VALUES (10)",
        "Rows exist up to id 50. The sequence hands out 1 next: \
         after 2 more inserts, the next fails with a duplicate key.",
    ),
    // A role that cannot read the table sees only its own ids, and nothing about a sequence without
    // privileges on it.
    (&[TABLE, FREE_TO_INSERT, "INSERT INTO t VALUES (3), (50)"], BY_CLERK, "Rows exist up to id 10."),
    (
        &[
            TABLE,
            FREE_TO_INSERT,
            "GRANT USAGE ON SEQUENCE t_id_seq TO clerk",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON t WITH CHECK (true)",
        ],
        BY_CLERK,
        "Rows exist up to id 10. The sequence hands out 1 next: \
         after 9 more inserts, the next fails with a duplicate key.",
    ),
];

#[test]
fn guard_warning_details_are_exact() -> Result<()> {
    let mut wrong = Vec::new();
    for mode in [Mode::Triggers, Mode::Preloaded] {
        let mut guarded = Guarded::start(mode)?;
        for (setup, sql, expected) in DETAILS {
            guarded.make(setup)?;
            let (said, ending) = guarded.session()?.run(&[Sql(sql)]);
            ending?;
            let details: Vec<_> = said.iter().map(|notice| notice.detail().unwrap_or_default()).collect();
            if details != [expected] {
                wrong.push(format!("{mode:?}, {sql}: {details:?} instead of {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report!("{} exact details; no ids of other rows for a role without SELECT", DETAILS.len());
    Ok(())
}
