//! INSERT, UPDATE and MERGE in every form, with and without ids.

use crate::case::Step::{Prepared, Sql};
use crate::case::{BEHIND, Case, ONE_ROW};

const NOTES_ARE_UNIQUE: &[&str] =
    &["CREATE TABLE t (id serial PRIMARY KEY, note text UNIQUE)", "INSERT INTO t VALUES (10, 'x')"];

/// Many more rows whose ids the sequence has yet to generate than are worth checking one by one.
const FAR_BEHIND: &[&str] =
    &["CREATE TABLE t (id serial PRIMARY KEY, note text)", "INSERT INTO t SELECT i FROM generate_series(20, 5000) i"];

pub const SUPPLIED: &[Case] = &[
    Case::new("insert values", &[Sql("INSERT INTO t (id) VALUES (10)")]).warns(),
    Case::new("insert without a column list", &[Sql("INSERT INTO t VALUES (10, 'x')")]).warns(),
    Case::new("insert the next value itself", &[Sql("INSERT INTO t VALUES (1, 'x')")]).warns(),
    Case::new("insert, returning", &[Sql("INSERT INTO t VALUES (10) RETURNING *")]).warns(),
    Case::new("insert select", &[Sql("INSERT INTO t SELECT i FROM generate_series(10, 12) i")]).warns(),
    Case::new("insert select from itself", &[Sql("INSERT INTO t SELECT id + 5 FROM t")]).on(ONE_ROW).warns(),
    Case::new("rows with DEFAULT and with an id", &[Sql("INSERT INTO t VALUES (DEFAULT), (10), (DEFAULT)")]).warns(),
    Case::new(
        "default, then an id, in one transaction",
        &[Sql("INSERT INTO t DEFAULT VALUES; INSERT INTO t VALUES (10)")],
    )
    .warns(),
    Case::new("many rows", &[Sql("INSERT INTO t SELECT i FROM generate_series(10, 5000) i")]).warns(),
    Case::new("id from a subselect", &[Sql("INSERT INTO t (note, id) SELECT 'x', (SELECT max(id) + 9 FROM t)")])
        .on(ONE_ROW)
        .warns(),
    Case::new("writable CTE", &[Sql("WITH i AS (INSERT INTO t VALUES (10) RETURNING id) SELECT * FROM i")]).warns(),
    Case::new(
        "CTE that moves rows",
        &[Sql("WITH d AS (DELETE FROM t RETURNING *) INSERT INTO t SELECT id + 9, note FROM d")],
    )
    .on(ONE_ROW)
    .warns(),
    Case::new("nextval of another sequence", &[Sql("INSERT INTO t VALUES (nextval('other'))")])
        .on(&["CREATE TABLE t (id serial PRIMARY KEY)", "CREATE SEQUENCE other START 10"])
        .warns(),
    Case::new("beyond nextval", &[Sql("INSERT INTO t VALUES (nextval('t_id_seq') + 5)")]).warns(),
    Case::new("prepared", &[Prepared("INSERT INTO t VALUES ($1)", &[10])]).warns(),
    Case::new(
        "prepared, many times",
        &[Prepared("INSERT INTO t (id, note) VALUES ($1, 'x')", &[3, 4, 5, 6, 7, 8, 9, 10])],
    )
    .warns(),
    Case::new(
        "PREPARE with a generic plan",
        &[
            Sql("PREPARE p (int) AS INSERT INTO t VALUES ($1)"),
            Sql("SET plan_cache_mode = force_generic_plan"),
            Sql("EXECUTE p (10)"),
            Sql("EXECUTE p (20)"),
            Sql("RESET plan_cache_mode"),
            Sql("DEALLOCATE p"),
        ],
    )
    .warns(),
    Case::new(
        "merge that inserts an id",
        &[Sql(
            "MERGE INTO t USING (VALUES (10)) s (id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
        )],
    )
    .warns(),
    Case::new(
        "merge that updates the id",
        &[Sql("MERGE INTO t USING (VALUES (1)) s (id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET id = 10")],
    )
    .on(ONE_ROW)
    .warns(),
    Case::new("update of the id", &[Sql("UPDATE t SET id = 10")]).on(ONE_ROW).warns(),
    Case::new("update of several columns", &[Sql("UPDATE t SET (note, id) = (SELECT 'x', 10)")]).on(ONE_ROW).warns(),
    Case::new("insert, then update of another column", &[Sql("INSERT INTO t VALUES (10); UPDATE t SET note = 'x'")])
        .warns(),
    Case::new("default, then update of the id", &[Sql("INSERT INTO t DEFAULT VALUES; UPDATE t SET id = 10")]).warns(),
];

pub const ON_CONFLICT: &[Case] = &[
    Case::new("do nothing: inserted", &[Sql("INSERT INTO t VALUES (10) ON CONFLICT DO NOTHING")]).warns(),
    Case::new("do nothing: nothing inserted", &[Sql("INSERT INTO t VALUES (10) ON CONFLICT DO NOTHING")]).on(BEHIND),
    Case::new("do nothing: one of two inserted", &[Sql("INSERT INTO t VALUES (10), (20) ON CONFLICT (id) DO NOTHING")])
        .on(BEHIND)
        .warns(),
    Case::new(
        "do update, with an id: inserted",
        &[Sql("INSERT INTO t VALUES (10, 'x') ON CONFLICT (id) DO UPDATE SET note = 'y'")],
    )
    .warns(),
    Case::new(
        "do update, with an id: updated",
        &[Sql("INSERT INTO t VALUES (10, 'x') ON CONFLICT (id) DO UPDATE SET note = 'y'")],
    )
    .on(BEHIND),
    Case::new(
        "do update of all columns: updated",
        &[Sql("INSERT INTO t VALUES (10, 'x') ON CONFLICT (id) DO UPDATE SET id = excluded.id, note = excluded.note")],
    )
    .on(BEHIND),
    Case::new(
        "do update, with an id: updated twice, and locked",
        &[Sql(
            "BEGIN; SELECT FROM t FOR UPDATE; INSERT INTO t VALUES (10) ON CONFLICT (id) DO UPDATE SET note = 'y'; \
               SAVEPOINT s; INSERT INTO t VALUES (10) ON CONFLICT (id) DO UPDATE SET note = 'z'; COMMIT",
        )],
    )
    .on(BEHIND),
    Case::new(
        "do update, with an id: updated, of an indexed column",
        &[Sql("INSERT INTO t VALUES (10, 'x') ON CONFLICT (id) DO UPDATE SET note = 'y'")],
    )
    .on(NOTES_ARE_UNIQUE),
    Case::new(
        "do update, with ids: one of two inserted",
        &[Sql("INSERT INTO t VALUES (10, 'x'), (12, 'x') ON CONFLICT (id) DO UPDATE SET note = 'y'")],
    )
    .on(BEHIND)
    .warns(),
    Case::new(
        "do update, with an id: inserted, then updated",
        &[Sql("INSERT INTO t VALUES (10) ON CONFLICT (id) DO UPDATE SET note = 'y'; \
               INSERT INTO t VALUES (10) ON CONFLICT (id) DO UPDATE SET note = 'z'")],
    )
    .warns(),
    Case::new("update of the id to what it is", &[Sql("UPDATE t SET id = id, note = 'y'")]).on(BEHIND),
    Case::new(
        "merge that updates",
        &[Sql("MERGE INTO t USING (VALUES (10)) s (id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = 'y' \
               WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)")],
    )
    .on(BEHIND),
    Case::new(
        "do update, without an id: inserted",
        &[Sql("INSERT INTO t (note) VALUES ('y') ON CONFLICT (note) DO UPDATE SET note = 'z'")],
    )
    .on(NOTES_ARE_UNIQUE),
    Case::new(
        "do update, without an id: updated a row from elsewhere",
        &[Sql("INSERT INTO t (note) VALUES ('x') ON CONFLICT (note) DO UPDATE SET note = 'z'")],
    )
    .on(NOTES_ARE_UNIQUE),
    Case::new(
        "do update of the id",
        &[Sql("INSERT INTO t (note) VALUES ('x') ON CONFLICT (note) DO UPDATE SET id = 20")],
    )
    .on(NOTES_ARE_UNIQUE)
    .warns(),
];

pub const ORDINARY: &[Case] = &[
    Case::new("insert", &[Sql("INSERT INTO t (note) VALUES ('x')")]),
    Case::new("rows", &[Sql("INSERT INTO t (note) VALUES ('x'), ('y')"), Sql("INSERT INTO t VALUES (DEFAULT, 'z')")]),
    Case::new("insert select", &[Sql("INSERT INTO t (note) SELECT i FROM generate_series(1, 100) i")]),
    Case::new("default values", &[Sql("INSERT INTO t DEFAULT VALUES")]),
    Case::new("nextval by hand", &[Sql("INSERT INTO t VALUES (nextval('t_id_seq'))")]),
    Case::new("prepared", &[Prepared("INSERT INTO t (note) VALUES ($1::int4)", &[1, 2, 3, 4, 5, 6, 7])]),
    Case::new(
        "on a table that is behind",
        &[
            Sql("INSERT INTO t (note) VALUES ('x')"),
            Sql("INSERT INTO t (note) VALUES ('x'), ('y')"),
            Sql("INSERT INTO t (note) SELECT i FROM generate_series(1, 3) i"),
            Sql("INSERT INTO t VALUES (DEFAULT, 'z')"),
        ],
    )
    .on(BEHIND),
    Case::new(
        "insert and update on a table that is behind",
        &[Sql("INSERT INTO t (note) VALUES ('x'); UPDATE t SET note = 'y'")],
    )
    .on(BEHIND),
    Case::new(
        "on a table that is far behind",
        &[
            Sql("INSERT INTO t (note) VALUES ('x')"),
            Sql("INSERT INTO t VALUES (DEFAULT, 'y'), (DEFAULT, 'z')"),
            Sql("INSERT INTO t VALUES (nextval('t_id_seq'), 'z')"),
            Sql("INSERT INTO t VALUES (-7, 'in nobody''s way')"),
            Sql("INSERT INTO t (note) VALUES ('x'); UPDATE t SET note = 'y' WHERE id < 10"),
            Sql("INSERT INTO t VALUES (DEFAULT, 'x'); UPDATE t SET note = 'y'"),
        ],
    )
    .on(FAR_BEHIND),
    Case::new(
        "after one that has been warned of",
        &[Sql("INSERT INTO t VALUES (10)"), Sql("INSERT INTO t DEFAULT VALUES"), Sql("UPDATE t SET note = 'y'")],
    )
    .warns(),
    Case::new("an id that the sequence has passed", &[Sql("INSERT INTO t VALUES (5)")])
        .on(&["CREATE TABLE t (id serial PRIMARY KEY)", "SELECT setval('t_id_seq', 100)"]),
    Case::new("update of another column", &[Sql("UPDATE t SET note = 'x'")]).on(BEHIND),
    Case::new("update of the id, of no row", &[Sql("UPDATE t SET id = 20 WHERE id = 7")]).on(BEHIND),
    Case::new("insert select of no row", &[Sql("INSERT INTO t SELECT 20 WHERE false")]).on(BEHIND),
    Case::new("delete", &[Sql("DELETE FROM t WHERE id = 10")]).on(BEHIND),
    Case::new(
        "merge that inserts a default",
        &[Sql(
            "MERGE INTO t USING (VALUES (7)) s (id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (note) VALUES ('x')",
        )],
    ),
    Case::new(
        "merge that updates another column",
        &[Sql("MERGE INTO t USING (VALUES (10)) s (id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = 'x'")],
    )
    .on(BEHIND),
    Case::new(
        "merge that does nothing",
        &[Sql(
            "MERGE INTO t USING (VALUES (10)) s (id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
        )],
    )
    .on(BEHIND),
];
