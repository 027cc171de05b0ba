//! What is cached about a table for the hints on its duplicate keys is invalidated by changes that
//! affect it, and only by these.

use crate::database::{Database, Mode};
use anyhow::Result;
use cluster::{Server, report};

/// All tables are behind: the sequences are at 1.
const SETUP: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text); INSERT INTO t SELECT generate_series(1, 50);
    CREATE TABLE other (a int);
    CREATE TABLE parent (id serial, k int, note text) PARTITION BY LIST (k);
    CREATE TABLE leaf1 (id int NOT NULL DEFAULT nextval('parent_id_seq'), k int, note text);
    CREATE UNIQUE INDEX leaf1_id ON leaf1 (id); ALTER TABLE parent ATTACH PARTITION leaf1 FOR VALUES IN (1);
    CREATE TABLE leaf2 (LIKE leaf1); CREATE UNIQUE INDEX leaf2_id ON leaf2 (id);
    INSERT INTO leaf1 SELECT i, 1 FROM generate_series(1, 50) i;
    INSERT INTO leaf2 SELECT i, 2 FROM generate_series(1, 50) i";

/// Statements of another session between two inserts.
const UNRELATED: [&str; 4] = [
    "ALTER TABLE other SET (fillfactor = 90)",
    "CREATE TEMP TABLE passing (id serial PRIMARY KEY); DROP TABLE passing",
    "ANALYZE",
    "CREATE TABLE another (id serial PRIMARY KEY)",
];

/// Such statements, and the words that the hint must then contain.
const RELATED: [(&str, [&str; 2]); 4] = [
    ("ALTER TABLE t RENAME CONSTRAINT t_pkey TO t_key", ["public.t_id_seq,", "'public.t'"]),
    ("ALTER SEQUENCE t_id_seq RENAME TO numbers", ["public.numbers,", "'public.t'"]),
    ("ALTER TABLE t RENAME TO things", ["public.numbers,", "'public.things'"]),
    ("ALTER TABLE things SET SCHEMA elsewhere", ["elsewhere.numbers,", "'elsewhere.things'"]),
];

#[test]
fn hint_cache_is_invalidated_by_ddl() -> Result<()> {
    let server = Server::start(&[])?;
    let mut database = Database::new(&server, Mode::Preloaded, SETUP)?;
    hint_changes_with_renaming(&mut database)?;
    hint_covers_attached_partition(&mut database)
}

fn hint_changes_with_renaming(database: &mut Database<'_>) -> Result<()> {
    database.admin.batch_execute("CREATE SCHEMA elsewhere")?;
    let mut session = database.session()?;
    session.silent("SET search_path = public, elsewhere");
    let first = session.duplicate("INSERT INTO t (note) VALUES ('x')");
    assert!(first.as_ref().is_some_and(|hint| hint.contains("public.t_id_seq,")), "{first:?}");
    for sql in UNRELATED {
        database.admin.batch_execute(sql)?;
        assert_eq!(session.duplicate("INSERT INTO t (note) VALUES ('x')"), first, "after {sql}");
    }
    let mut table = "t";
    for (sql, words) in RELATED {
        database.admin.batch_execute(sql)?;
        if sql.ends_with("things") {
            table = "things";
        }
        let hint = session.duplicate(&format!("INSERT INTO {table} (note) VALUES ('x')")).unwrap_or_default();
        assert!(words.iter().all(|word| hint.contains(word)), "after {sql}: {hint:?}");
    }
    report!("hints stay after {} unrelated changes, and change with {} renamings", UNRELATED.len(), RELATED.len());
    Ok(())
}

fn hint_covers_attached_partition(database: &mut Database<'_>) -> Result<()> {
    let mut session = database.session()?;
    let first = session.duplicate("INSERT INTO parent (k) VALUES (1)");
    assert!(first.as_ref().is_some_and(|hint| hint.contains("'public.parent'")), "{first:?}");
    database.admin.batch_execute("ALTER TABLE parent ATTACH PARTITION leaf2 FOR VALUES IN (2)")?;
    assert_eq!(session.duplicate("INSERT INTO parent (k) VALUES (2)"), first, "on the new leaf");
    report!("a partition that is attached after the first duplicate key has a hint as well");
    Ok(())
}
