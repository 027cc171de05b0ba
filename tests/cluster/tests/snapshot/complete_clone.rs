//! What pg_dump carries in unusual places, or restores differently from how it was made: a complete
//! clone has no difference, and each part that is changed in it is one row.

use crate::difference::{Difference, compare, snapshot};
use anyhow::{Result, anyhow};
use cluster::{Server, explain, report};

const SETUP: &str = include_str!("complete_clone.sql");

/// A statement that changes the clone, and severity, kind and object of the row that reports it,
/// and a text that its values or its detail must contain.
const CHANGES: [(&str, [&str; 3], &str); 20] = [
    ("GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC", ["warning", "privilege_extra", "PUBLIC"], "on language plpgsql"),
    ("GRANT EXECUTE ON FUNCTION pg_sleep(float8) TO PUBLIC", ["warning", "privilege_extra", "PUBLIC"], "pg_sleep"),
    ("GRANT USAGE ON TYPE money TO PUBLIC", ["warning", "privilege_extra", "PUBLIC"], "money"),
    ("REVOKE SELECT (rolpassword) ON pg_authid FROM reader", ["error", "privilege_missing", "reader"], "rolpassword"),
    (
        "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM reader",
        ["error", "privilege_missing", "reader"],
        "pg_read_file",
    ),
    ("GRANT EXECUTE ON FUNCTION db_assert TO PUBLIC", ["warning", "privilege_extra", "PUBLIC"], "db_assert"),
    ("REVOKE EXECUTE ON FUNCTION db_assert FROM reader", ["error", "privilege_missing", "reader"], "db_assert"),
    (
        "ALTER DATABASE complete CONNECTION LIMIT -1",
        ["warning", "object_changed", "properties of the database"],
        "no CONNECTION LIMIT",
    ),
    (
        "DROP TABLE app.holes; CREATE TABLE app.holes (a int, b int)",
        ["warning", "table_changed", "app.holes"],
        "INSERT and COPY without a list of columns",
    ),
    (
        "ALTER TABLE app.child DROP own_b; ALTER TABLE app.child ADD own_b int",
        ["warning", "table_changed", "app.child"],
        "columns in the order own_a, own_b",
    ),
    (
        "ALTER TABLE app.both NO INHERIT app.parent; ALTER TABLE app.both INHERIT app.parent",
        ["warning", "table_changed", "app.\"both\""],
        "inherits app.other_parent and app.parent",
    ),
    ("ALTER TABLE app.log_1 ENABLE TRIGGER touch", ["warning", "trigger_changed", "app.log_1: touch"], "it now fires"),
    (
        "ALTER INDEX app.log_1_note_idx SET (fillfactor = 80)",
        ["warning", "index_changed", "app.log_1: log_1_note_idx"],
        "fillfactor=50",
    ),
    (
        "ALTER INDEX app.log_2_note_idx SET (fillfactor = 80)",
        ["warning", "index_changed", "app.log_2: log_2_note_idx"],
        "no storage parameters",
    ),
    ("COMMENT ON INDEX app.log_2_pkey IS NULL", ["info", "comment_changed", "app.log_2"], "of index log_2_pkey"),
    (
        "CREATE OR REPLACE AGGREGATE app.sized (int) (SFUNC = int4pl, STYPE = int, SSPACE = 100, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int)",
        ["warning", "object_changed", "aggregate app.sized(integer)"],
        "MSSPACE 50",
    ),
    (
        "DROP AGGREGATE app.finished (int); CREATE AGGREGATE app.finished (int) (SFUNC = int4pl, STYPE = int, FINALFUNC = app.last, FINALFUNC_EXTRA,
             MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MFINALFUNC = app.last, MFINALFUNC_EXTRA, MFINALFUNC_MODIFY = READ_WRITE)",
        ["warning", "object_changed", "aggregate app.finished(integer)"],
        "FINALFUNC_MODIFY s",
    ),
    (
        "DROP AGGREGATE app.hypothetical (VARIADIC \"any\" ORDER BY VARIADIC \"any\"); CREATE AGGREGATE app.hypothetical (VARIADIC \"any\" ORDER BY VARIADIC \"any\")
             (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA)",
        ["warning", "object_changed", "aggregate app.hypothetical(\"any\")"],
        "HYPOTHETICAL",
    ),
    (
        "ALTER SUBSCRIPTION plain SET (streaming = on)",
        ["warning", "object_changed", "subscription plain"],
        "STREAMING",
    ),
    (
        "ALTER SUBSCRIPTION plain SET (disable_on_error = on)",
        ["warning", "object_changed", "subscription plain"],
        "DISABLE_ON_ERROR",
    ),
];

/// Returns the rows other than those that are expected of each clone.
fn unexpected(found: Vec<Difference>) -> Vec<Difference> {
    found.into_iter().filter(|row| row.kind != "identity" && row.object != "subscription news").collect()
}

#[test]
fn complete_clone_has_no_difference_and_each_change_is_one_row() -> Result<()> {
    const SETTINGS: [&str; 3] = ["autovacuum = off", "wal_level = logical", "max_logical_replication_workers = 0"];
    let (server, another) = (Server::start(&SETTINGS)?, Server::start_distinct(&SETTINGS)?);
    for server in [&server, &another] {
        server.connect("postgres")?.batch_execute("CREATE ROLE owner; CREATE ROLE reader")?;
    }
    let mut client = server.database("complete")?;
    for statement in SETUP.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        client.batch_execute(statement).map_err(|error| anyhow!("{statement}: {}", explain(&error)))?;
    }
    let source = snapshot(&mut client, "checksum => true")?;
    let dump = server.scratch("complete.sql").display().to_string();
    server.client("pg_dump", &["--create", "--file", &dump, "complete"])?;
    another.client("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "--dbname=postgres", "-f", &dump])?;
    let mut clone = another.connect("complete")?;
    let found = compare(&mut clone, &source, None)?;
    let disabled = found.iter().find(|row| row.object == "subscription news");
    let summary = disabled.map(Difference::summary);
    assert_eq!(summary, Some(("info", "object_changed", "subscription news")), "{found:#?}");
    let detail = disabled.map(Difference::detail).unwrap_or_default();
    assert!(detail.contains("run ALTER SUBSCRIPTION news ENABLE"), "{detail}");
    assert!(disabled.is_some_and(|row| row.fix.is_none()), "{found:#?}");
    let others = unexpected(found);
    assert!(others.is_empty(), "{others:#?}");

    let mut failures = Vec::new();
    for (statement, expected, says) in CHANGES {
        let mut transaction = clone.transaction()?;
        transaction.batch_execute(statement).map_err(|error| anyhow!("{statement}: {}", explain(&error)))?;
        let found = unexpected(compare(&mut transaction, &source, None)?);
        transaction.rollback()?;
        let is_right = matches!(&found[..], [only] if <[&str; 3]>::from(only.summary()) == expected
            && format!("{:?} {:?} {}", only.source, only.target, only.detail()).contains(says));
        if !is_right {
            failures.push(format!("{statement}\n  expected {expected:?} with {says:?}, got {found:#?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), CHANGES.len(), failures.join("\n"));
    report!("{} changes of a complete clone, one row each", CHANGES.len());
    Ok(())
}
