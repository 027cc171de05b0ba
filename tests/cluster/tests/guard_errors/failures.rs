//! Errors of every kind, which together fill every field of an error. The guard must not change
//! any.

use crate::statement::Statement::{self, Copy, Prepared, Sql};

pub const SETUP: &str = r#"
    CREATE TABLE t (id serial PRIMARY KEY, note varchar(5) NOT NULL DEFAULT 'x',
        size int CONSTRAINT positive CHECK (size > 0));
    INSERT INTO t VALUES (100), (101);
    SELECT setval('t_id_seq', 200);
    CREATE TABLE child (id serial PRIMARY KEY, t int CONSTRAINT "Its T" REFERENCES t,
        UNIQUE (t) DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO child VALUES (DEFAULT, 100);
    CREATE TABLE late (id serial PRIMARY KEY, t int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE strict (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
    CREATE TABLE parts (id serial PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE apart (id serial PRIMARY KEY, span int4range, EXCLUDE USING gist (span WITH &&));
    INSERT INTO apart (span) VALUES ('[1,5)');
    CREATE SEQUENCE short MAXVALUE 2;
    CREATE TABLE full_up (id int DEFAULT nextval('short') PRIMARY KEY);
    INSERT INTO full_up VALUES (DEFAULT), (DEFAULT);
    CREATE VIEW counted AS SELECT count(*) AS n FROM t;
    CREATE VIEW big AS SELECT * FROM t WHERE id > 1000 WITH CHECK OPTION;
    CREATE DOMAIN even AS int CONSTRAINT is_even CHECK (VALUE % 2 = 0);
    CREATE TABLE evens (id serial PRIMARY KEY, n even);
    CREATE FUNCTION inner_f(i int) RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO t VALUES (i, 'in', 1 / (i - 7)); RETURN i; END $$;
    CREATE FUNCTION outer_f(i int) RETURNS int LANGUAGE plpgsql AS
        $$ DECLARE r int; BEGIN SELECT inner_f(i) INTO r; RETURN r; END $$;
    CREATE FUNCTION dynamic_f(q text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE q; END $$;
    CREATE FUNCTION sql_f(i int) RETURNS void LANGUAGE sql AS 'INSERT INTO t VALUES (i); INSERT INTO t VALUES (i)';
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE unique_violation USING MESSAGE = 'refused', DETAIL = 'all are', HINT = 'Go away.',
           SCHEMA = 'public', TABLE = 'refusing', CONSTRAINT = 'refusing_pkey', COLUMN = 'id',
           DATATYPE = 'mood'; END $$;
    CREATE TABLE refusing (id serial PRIMARY KEY);
    CREATE TRIGGER refuse BEFORE INSERT ON refusing FOR EACH ROW EXECUTE FUNCTION refuse();
"#;

pub const FAILURES: &[Statement] = &[
    Sql("SELEC 1"),
    Sql("INSERT INTO t (id, note) VALUES (1, 'x'"),
    Sql("INSERT INTO t (id, no_such_column) VALUES (1, 2)"),
    Sql("INSERT INTO no_such_table VALUES (1)"),
    Sql("INSERT INTO t (id) VALUES (1, 2)"),
    Sql("INSERT INTO t SELECT no_such_function(1)"),
    Sql("INSERT INTO t (id, id) VALUES (1, 2)"),
    Sql("UPDATE t SET size = note"),
    Sql("INSERT INTO t VALUES ('one')"),
    Sql("INSERT INTO t VALUES (1, 'too long for it')"),
    Sql("INSERT INTO t VALUES (3000000000)"),
    Sql("INSERT INTO t VALUES (100)"),
    Sql("INSERT INTO t VALUES (1, NULL)"),
    Sql("INSERT INTO t VALUES (1, 'x', -1)"),
    Sql("UPDATE t SET id = 101 WHERE id = 100"),
    Sql("UPDATE t SET size = -1"),
    Sql("DELETE FROM t"),
    Sql("INSERT INTO child (t) VALUES (1)"),
    Sql("BEGIN; INSERT INTO child (t) VALUES (100); COMMIT"),
    Sql("BEGIN; INSERT INTO late (t) VALUES (1); COMMIT"),
    Sql("BEGIN; INSERT INTO late (t) VALUES (1); SET CONSTRAINTS ALL IMMEDIATE"),
    Sql("INSERT INTO strict (id) VALUES (1)"),
    Sql("UPDATE strict SET id = 1"),
    Sql("INSERT INTO parts VALUES (1)"),
    Sql("INSERT INTO apart (span) VALUES ('[2,3)')"),
    Sql("INSERT INTO full_up DEFAULT VALUES"),
    Sql("INSERT INTO counted VALUES (1)"),
    Sql("INSERT INTO big (id) VALUES (1)"),
    Sql("INSERT INTO evens (n) VALUES (3)"),
    Sql("INSERT INTO refusing DEFAULT VALUES"),
    Sql("INSERT INTO t VALUES (1) ON CONFLICT (note) DO NOTHING"),
    Sql("INSERT INTO t VALUES (1), (1) ON CONFLICT (id) DO UPDATE SET note = 'y'"),
    Sql("MERGE INTO t USING (VALUES (100), (100)) s (id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET size = 1"),
    Sql("MERGE INTO t USING (VALUES (1)) s (id) ON false WHEN NOT MATCHED THEN INSERT (id, size) VALUES (100, 1)"),
    Sql("WITH i AS (INSERT INTO t VALUES (1) RETURNING id) SELECT id / 0 FROM i"),
    Sql("SELECT outer_f(7)"),
    Sql("SELECT outer_f(100)"),
    Sql("SELECT dynamic_f('INSERT INTO t (id, oops) VALUES (1, 2)')"),
    Sql("SELECT dynamic_f('INSERT INTO t VALUES (1')"),
    Sql("SELECT sql_f(1)"),
    Sql("DO $$ BEGIN INSERT INTO t VALUES (100); EXCEPTION WHEN unique_violation THEN RAISE; END $$"),
    Sql("DO $$ BEGIN INSERT INTO t VALUES (100); EXCEPTION WHEN unique_violation THEN PERFORM 1 / 0; END $$"),
    Sql("DO $$ BEGIN RAISE 'stop %', 1 USING HINT = 'Look.', DETAIL = 'Nothing.', ERRCODE = 'ZZ001'; END $$"),
    Sql("DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (1); END $$"),
    Sql("BEGIN READ ONLY; INSERT INTO t VALUES (1)"),
    Sql("BEGIN; SET LOCAL ROLE clerk; INSERT INTO t VALUES (1)"),
    Sql("BEGIN; SET LOCAL statement_timeout = 5; INSERT INTO t (note) SELECT pg_sleep(5)::text"),
    Prepared("INSERT INTO t (id, note) VALUES (100, $1)", "x"),
    Prepared("INSERT INTO t (id, note) VALUES (1, $1)", "far too long"),
    Prepared("INSERT INTO t (note, oops) VALUES ($1, 1)", "x"),
    Copy("COPY t FROM STDIN", b"1\tx\t1\nx\ty\t1\n"),
    Copy("COPY t FROM STDIN", b"1\tx\n"),
    Copy("COPY t FROM STDIN", b"1\tx\t1\textra\n"),
    Copy("COPY t (id) FROM STDIN", b"1\n2\n100\n"),
    Copy("COPY t (id, size) FROM STDIN", b"1\t5\n2\t-5\n"),
    Copy("COPY t (id, note) FROM STDIN", b"1\tx\n2\t\\N\n"),
    Copy("COPY t (note) FROM STDIN", b"x\nfar too long\n"),
    Copy("COPY t (id) FROM STDIN (FORMAT csv)", b"1\n\"2\n"),
    Copy("COPY t (id) FROM STDIN (FORMAT binary)", b"not binary"),
    Copy("COPY parts FROM STDIN", b"1\n"),
    Sql("COPY t (oops) FROM STDIN"),
    Sql("COPY t FROM '/no/such/file'"),
    Sql("COPY t (id) FROM PROGRAM 'echo 1; exit 3'"),
    Sql("COPY counted FROM PROGRAM 'echo 1'"),
    Sql("TRUNCATE t"),
    Sql("DROP TABLE t"),
    Sql("ALTER TABLE t ADD PRIMARY KEY (size)"),
    Sql("CREATE UNIQUE INDEX ON t (note)"),
    Sql("COMMIT PREPARED 'none'"),
];

/// Fields that at least one of the errors must have; otherwise the comparison would be void.
pub const PARTS: [&str; 14] = [
    "severity",
    "code",
    "message",
    "detail",
    "context",
    "position",
    "schema",
    "table",
    "column",
    "datatype",
    "constraint",
    "file",
    "line",
    "routine",
];
