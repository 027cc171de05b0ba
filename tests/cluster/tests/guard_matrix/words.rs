//! What the guard's warnings say, word by word, and to whom.

use crate::case::Mode;
use crate::case::Step::Sql;
use crate::guarded::Guarded;
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
        "Rows are there up to id 1. The sequence hands out 1 next: the next insert fails with a duplicate key.",
    ),
    (
        &[TABLE],
        "INSERT INTO t VALUES (2)",
        "Rows are there up to id 2. The sequence hands out 1 next: \
         after 1 more insert, the next fails with a duplicate key.",
    ),
    (
        &[TABLE],
        "INSERT INTO t VALUES (10), (20)",
        "Rows are there up to id 20. The sequence hands out 1 next: \
         after 9 more inserts, the next fails with a duplicate key.",
    ),
    (
        &["CREATE SEQUENCE s INCREMENT -2", "CREATE TABLE t (id int DEFAULT nextval('s') PRIMARY KEY)"],
        "INSERT INTO t VALUES (-5)",
        "Rows are there down to id -5. The sequence hands out -1 next: \
         after 2 more inserts, the next fails with a duplicate key.",
    ),
    (
        &["CREATE TABLE t (id serial)", "CREATE INDEX ON t (id)"],
        "INSERT INTO t VALUES (1)",
        "Rows are there up to id 1. The sequence hands out 1 next: \
         no unique index contains this column: duplicates go in silently.",
    ),
    // Rows of others are in the way first, and last.
    (
        &[TABLE, "INSERT INTO t VALUES (3), (50)"],
        "INSERT INTO t VALUES (10)",
        "Rows are there up to id 50. The sequence hands out 1 next: \
         after 2 more inserts, the next fails with a duplicate key.",
    ),
    // Who may not select learns nothing but what he has brought, and nothing of a sequence that is not his.
    (&[TABLE, FREE_TO_INSERT, "INSERT INTO t VALUES (3), (50)"], BY_CLERK, "Rows are there up to id 10."),
    (
        &[
            TABLE,
            FREE_TO_INSERT,
            "GRANT USAGE ON SEQUENCE t_id_seq TO clerk",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON t WITH CHECK (true)",
        ],
        BY_CLERK,
        "Rows are there up to id 10. The sequence hands out 1 next: \
         after 9 more inserts, the next fails with a duplicate key.",
    ),
];

#[test]
fn details() -> Result<()> {
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
    report!("{} details word by word; no id of others for who may not select", DETAILS.len());
    Ok(())
}
