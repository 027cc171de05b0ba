//! Differences that look like the consequence of another one, or like another spelling, and are
//! neither: each has a row.

use crate::difference::{Difference, compare, snapshot};
use anyhow::{Result, anyhow};
use cluster::{Server, explain};

/// Compares the database with itself after `change`.
fn rows(setup: &str, change: &str) -> Result<Vec<String>> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("independent")?;
    client.batch_execute(setup).map_err(|error| anyhow!(explain(&error)))?;
    let source = snapshot(&mut client, "")?;
    client.batch_execute(change).map_err(|error| anyhow!(explain(&error)))?;
    let line = |row: &Difference| {
        let (severity, kind, object) = row.summary();
        format!("{severity} {kind} {object}")
    };
    Ok(compare(&mut client, &source, None)?.iter().map(line).collect())
}

/// A comparison without casts calls all of these equal.
#[test]
fn independent_casts_are_differences() -> Result<()> {
    let setup =
        "CREATE TABLE t (at timestamptz, id int, name text, amount numeric, note text DEFAULT now()::date::text,
            net int GENERATED ALWAYS AS (amount::int) STORED, CONSTRAINT checked CHECK (amount::int >= 5));
        CREATE UNIQUE INDEX per_day ON t (id, ((at AT TIME ZONE 'UTC')::date));
        CREATE INDEX short ON t ((lower(name)::varchar(3)));
        CREATE POLICY large ON t USING (amount::int > 5);
        CREATE DOMAIN d AS numeric CONSTRAINT whole CHECK (value::int > 5);
        CREATE VIEW rounded AS SELECT (amount::numeric(10, 2))::text AS amount FROM t";
    let change = "ALTER TABLE t ALTER note SET DEFAULT now()::text, DROP CONSTRAINT checked, ADD CONSTRAINT checked CHECK (amount >= 5);
        DROP INDEX per_day, short;
        CREATE UNIQUE INDEX per_day ON t (id, (at AT TIME ZONE 'UTC'));
        CREATE INDEX short ON t ((lower(name)));
        DROP POLICY large ON t;
        CREATE POLICY large ON t USING (amount > 5);
        ALTER DOMAIN d DROP CONSTRAINT whole;
        ALTER DOMAIN d ADD CONSTRAINT whole CHECK (value > 5);
        CREATE OR REPLACE VIEW rounded AS SELECT (amount::numeric(10, 4))::text AS amount FROM t";
    let mut expected = [
        "error constraint_changed public.t: checked",
        "error index_changed public.t: per_day",
        "error policy_changed public.t: large",
        "warning column_changed public.t.note",
        "warning index_changed public.t: short",
        "warning object_changed domain public.d",
        "warning view_changed public.rounded",
    ];
    let mut found = rows(setup, change)?;
    found.retain(|row| !row.contains("identity"));
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected);
    Ok(())
}

/// A function is missing, and what used it is different in other ways as well.
#[test]
fn independent_losses_have_rows_of_their_own() -> Result<()> {
    let setup = "CREATE FUNCTION f() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        CREATE TABLE t (id int NOT NULL DEFAULT f(), other int DEFAULT f(), k int);
        CREATE DOMAIN d AS int DEFAULT f() CONSTRAINT positive CHECK (value > 0);
        CREATE DOMAIN e AS int CONSTRAINT above CHECK (value > f());
        CREATE TYPE mood AS ENUM ('sad');
        CREATE TYPE pair AS (a int, b mood);
        CREATE INDEX i ON t (k) WHERE k > f();
        CREATE VIEW v AS SELECT k FROM t WHERE k > f() AND k > 5";
    let change = "DROP FUNCTION f CASCADE;
        DROP TYPE mood CASCADE;
        ALTER TABLE t ALTER id DROP NOT NULL;
        CREATE DOMAIN d AS int;
        CREATE INDEX i ON t (k) WHERE k > 900;
        CREATE VIEW v AS SELECT k FROM t WHERE k > 900";
    let mut found = rows(setup, change)?;
    found.retain(|row| !row.contains("identity"));
    found.sort();
    let mut expected = [
        "error object_missing function public.f()",
        "error object_missing type public.mood",
        "warning column_changed public.t.id",
        "warning index_changed public.t: i",
        "warning object_changed domain public.d",
        "warning view_changed public.v",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    Ok(())
}

/// A schema takes a view of another schema with it.
#[test]
fn independent_schema_counts_its_own_tables() -> Result<()> {
    let server = Server::start(&["autovacuum = off"])?;
    let mut client = server.database("independent")?;
    client.batch_execute("CREATE SCHEMA x; CREATE TABLE x.t (a int); CREATE VIEW public.v AS SELECT * FROM x.t")?;
    let source = snapshot(&mut client, "")?;
    client.batch_execute("DROP SCHEMA x CASCADE")?;
    let found = compare(&mut client, &source, None)?;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].detail(), "no rows in 1 table, and no sequences; with it: view public.v");
    Ok(())
}
