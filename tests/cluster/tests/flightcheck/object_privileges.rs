//! Schemas, views and functions that a role needs and may not use, and views that were never
//! filled.

use crate::finding::Finding;
use crate::fixtures::Scene;
use anyhow::{Result, bail};
use cluster::state_of;

/// Runs a statement as the role, and returns the SQLSTATE of its error, if any.
fn run_as(scene: &mut Scene, role: &str, sql: &str) -> Result<Option<String>> {
    let mut client = scene.another_session()?;
    client.batch_execute(&format!("SET ROLE {role}"))?;
    Ok(client.batch_execute(sql).err().map(|error| state_of::<()>(Err(error)).code().to_owned()))
}

fn summary(finding: &Finding) -> (&str, &str, &str) {
    (&finding.severity, &finding.check, &finding.object)
}

#[test]
fn schema_forbidden_to_roles_with_privileges_in_it() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE case_app LOGIN; CREATE ROLE case_group; CREATE ROLE case_member LOGIN IN ROLE case_group; CREATE ROLE case_idle;
         CREATE SCHEMA closed; CREATE TABLE closed.t (id int PRIMARY KEY, n int); CREATE VIEW closed.v AS SELECT 1 AS one;
         CREATE SEQUENCE closed.s; CREATE FUNCTION closed.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE open (id int PRIMARY KEY, n bigint DEFAULT nextval('closed.s'), m int DEFAULT closed.f());
         CREATE VIEW shown AS SELECT n FROM closed.t",
    )?;
    scene.assert_no_findings()?;
    // Defaults use functions and sequences, and views use tables, without their schema.
    scene.run(
        "GRANT INSERT ON open TO case_app; GRANT USAGE ON SEQUENCE closed.s TO case_app;
         GRANT EXECUTE ON FUNCTION closed.f() TO case_app",
    )?;
    assert_eq!(run_as(&mut scene, "case_app", "INSERT INTO open (id) VALUES (1)")?, None);
    scene.run("GRANT SELECT ON closed.t TO case_app; ALTER VIEW shown OWNER TO case_app")?;
    assert_eq!(run_as(&mut scene, "case_app", "SELECT FROM shown")?, None);
    scene.assert_no_findings()?;
    scene.run("ALTER VIEW shown OWNER TO postgres; REVOKE SELECT ON closed.t FROM case_app")?;
    // No session can become this role.
    scene.run("GRANT SELECT ON closed.v TO case_idle")?;
    scene.assert_no_findings()?;
    scene.run("GRANT SELECT ON closed.t TO case_app, case_group")?;
    let query = "SELECT FROM closed.t";
    assert_eq!(run_as(&mut scene, "case_app", query)?.as_deref(), Some("42501"));
    assert_eq!(run_as(&mut scene, "case_member", query)?.as_deref(), Some("42501"));
    let row = scene.only()?;
    assert_eq!(summary(&row), ("warning", "schema_forbidden", "schema closed"));
    assert!(row.says("case_app and case_group own") && row.says("42501"), "{row:?}");
    assert!(row.says("if they should use it: GRANT USAGE ON SCHEMA closed TO case_app, case_group;"), "{row:?}");
    // A member that may use the schema by another role makes the group's privileges useful.
    scene.run("GRANT USAGE ON SCHEMA closed TO case_member")?;
    let row = scene.only()?;
    let grant = "GRANT USAGE ON SCHEMA closed TO case_app;";
    assert!(row.says(grant) && row.fix().is_err(), "{row:?}");
    scene.run(grant)?;
    assert_eq!(run_as(&mut scene, "case_app", query)?, None);
    scene.assert_no_findings()
}

#[test]
fn view_forbidden_to_its_owner() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE case_owner LOGIN; CREATE TABLE base (id int PRIMARY KEY, secret text);
         CREATE VIEW shown AS SELECT id FROM base; CREATE MATERIALIZED VIEW stored AS SELECT id FROM base;
         CREATE VIEW by_invoker WITH (security_invoker) AS SELECT secret FROM base;
         CREATE FUNCTION of_base() RETURNS SETOF base LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM base';
         CREATE VIEW by_function AS SELECT b.secret FROM of_base() b; ALTER VIEW by_function OWNER TO case_owner",
    )?;
    // It depends on a column of the table, and does not read the table with its own privileges.
    assert_eq!(run_as(&mut scene, "case_owner", "SELECT FROM by_function")?, None);
    scene.assert_no_findings()?;
    scene.run("ALTER VIEW shown OWNER TO case_owner; ALTER VIEW by_invoker OWNER TO case_owner; GRANT SELECT ON shown TO PUBLIC")?;
    assert_eq!(run_as(&mut scene, "case_owner", "SELECT FROM shown")?.as_deref(), Some("42501"));
    let found = scene.findings("view_forbidden")?;
    let [row] = found.as_slice() else { bail!("not one row: {found:#?}") };
    assert_eq!(summary(row), ("error", "view_forbidden", "view public.shown"));
    assert!(
        row.says("its owner case_owner lacks SELECT on public.base") && row.says("GRANT SELECT ON TABLE public.base"),
        "{row:?}"
    );
    assert!(row.fix().is_err(), "{row:?}");
    // A view that locks rows also needs UPDATE.
    scene.run(
        "CREATE TABLE locked (id int PRIMARY KEY); CREATE VIEW locking AS SELECT id FROM locked FOR UPDATE;
         GRANT SELECT ON locked TO case_owner; ALTER VIEW locking OWNER TO case_owner",
    )?;
    assert_eq!(run_as(&mut scene, "case_owner", "SELECT FROM locking")?.as_deref(), Some("42501"));
    let found = scene.findings("view_forbidden")?;
    let row = found.iter().find(|row| row.object == "view public.locking");
    assert!(row.is_some_and(|row| row.says("lacks UPDATE on public.locked")), "{found:#?}");
    scene.run("GRANT UPDATE ON locked TO case_owner")?;
    assert_eq!(run_as(&mut scene, "case_owner", "SELECT FROM locking")?, None);
    // The columns that it reads are enough.
    scene.run("GRANT SELECT (id) ON base TO case_owner")?;
    assert_eq!(run_as(&mut scene, "case_owner", "SELECT FROM shown")?, None);
    let found = scene.findings("view_forbidden")?;
    assert!(found.is_empty(), "{found:#?}");
    Ok(())
}

#[test]
fn view_unpopulated_is_refreshed() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run("CREATE MATERIALIZED VIEW stored AS SELECT 1 AS one WITH NO DATA")?;
    assert_eq!(run_as(&mut scene, "postgres", "SELECT FROM stored")?.as_deref(), Some("55000"));
    let row = scene.only()?;
    assert_eq!(summary(&row), ("warning", "view_unpopulated", "materialized view public.stored"));
    scene.paste(&row)?;
    assert_eq!(run_as(&mut scene, "postgres", "SELECT FROM stored")?, None);
    scene.assert_no_findings()?;
    // One that reads another one, through a view, has to wait for it.
    scene.run(
        "CREATE MATERIALIZED VIEW z AS SELECT 1 AS one WITH NO DATA; CREATE VIEW between AS SELECT * FROM z;
         CREATE MATERIALIZED VIEW a AS SELECT * FROM between WITH NO DATA",
    )?;
    assert_eq!(run_as(&mut scene, "postgres", "REFRESH MATERIALIZED VIEW a")?.as_deref(), Some("55000"));
    for step in 0..2 {
        let found = scene.findings("view_unpopulated")?;
        assert_eq!(found.len(), 2 - step, "{found:#?}");
        scene.assert_portable_finds("view_unpopulated", &found)?;
        let fixes: Vec<_> = found.iter().filter(|row| row.fix.is_some()).collect();
        let [first] = fixes.as_slice() else { bail!("not one fix: {found:#?}") };
        assert!(
            step == 1 || found.iter().any(|row| row.says("its query reads public.z, which has to be refreshed first")),
            "{found:#?}"
        );
        scene.run(first.fix()?)?;
    }
    scene.assert_no_findings()
}

#[test]
fn function_forbidden_in_default_and_policy() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE case_app LOGIN; CREATE FUNCTION made() RETURNS text LANGUAGE sql AS 'SELECT ''x''';
         CREATE FUNCTION seen(int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE TABLE t (id int PRIMARY KEY, code text DEFAULT made()); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON t USING (seen(id)); GRANT SELECT, INSERT ON t TO case_app;
         CREATE FUNCTION for_update(int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE POLICY changed ON t FOR UPDATE USING (for_update(id)); REVOKE EXECUTE ON FUNCTION for_update FROM PUBLIC",
    )?;
    // It may not update, so that it does not need the function.
    scene.assert_no_findings()?;
    for (function, statement) in [("made()", "INSERT INTO t (id) VALUES (1)"), ("seen(integer)", "SELECT FROM t")] {
        scene.run(&format!("REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC"))?;
        assert_eq!(run_as(&mut scene, "case_app", statement)?.as_deref(), Some("42501"));
        let row = scene.only()?;
        assert_eq!(summary(&row), ("warning", "function_forbidden", format!("function public.{function}").as_str()));
        let grant = format!("GRANT EXECUTE ON FUNCTION public.{function} TO case_app;");
        assert!(row.says(&grant) && row.fix().is_err(), "{row:?}");
        scene.run(&grant)?;
        assert_eq!(run_as(&mut scene, "case_app", statement)?, None);
        scene.assert_no_findings()?;
    }
    Ok(())
}

/// Each way in which a table or view calls a function: the server refuses the statement of a role
/// that may not execute it.
#[test]
fn function_forbidden_wherever_a_table_calls_it() -> Result<()> {
    for (how, setup, statement) in [
        (
            "a CHECK constraint",
            "CREATE TABLE t (a int, b text CHECK (chk(b))); GRANT INSERT (a) ON t TO case_app",
            "INSERT INTO t (a) VALUES (1)",
        ),
        (
            "a default",
            "CREATE TABLE t (a int, b bool DEFAULT chk('x')); GRANT INSERT (a) ON t TO case_app",
            "INSERT INTO t (a) VALUES (1)",
        ),
        (
            "a generated column",
            "CREATE TABLE t (a text, b bool GENERATED ALWAYS AS (chk(a)) STORED); INSERT INTO t VALUES ('x'); GRANT UPDATE (a) ON t TO case_app",
            "UPDATE t SET a = 'y'",
        ),
        (
            "a domain",
            "CREATE DOMAIN d AS text CHECK (chk(VALUE)); CREATE TABLE t (a int, b d); GRANT INSERT (a) ON t TO case_app",
            "INSERT INTO t (a) VALUES (1)",
        ),
        (
            "the default of a domain",
            "CREATE DOMAIN d AS bool DEFAULT chk('x'); CREATE TABLE t (a int, b d); GRANT INSERT (a) ON t TO case_app",
            "INSERT INTO t (a) VALUES (1)",
        ),
        (
            "the condition of a trigger",
            "CREATE TABLE t (a text); CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW WHEN (chk(NEW.a)) EXECUTE FUNCTION suppress_redundant_updates_trigger(); GRANT INSERT ON t TO case_app",
            "INSERT INTO t VALUES ('x')",
        ),
        (
            "an index",
            "CREATE TABLE t (a text); CREATE INDEX ON t (chk(a)); GRANT INSERT ON t TO case_app",
            "INSERT INTO t VALUES ('x')",
        ),
        (
            "a partition key",
            "CREATE TABLE t (a text) PARTITION BY LIST (chk(a)); CREATE TABLE t_rest PARTITION OF t DEFAULT; GRANT INSERT ON t TO case_app",
            "INSERT INTO t VALUES ('x')",
        ),
        (
            "a query",
            "CREATE TABLE base (a text); INSERT INTO base VALUES ('x'); CREATE VIEW t AS SELECT chk(a) FROM base; GRANT SELECT ON t TO case_app",
            "SELECT * FROM t",
        ),
        (
            "a rule",
            "CREATE TABLE t (a text); CREATE RULE r AS ON INSERT TO t DO ALSO SELECT chk(NEW.a); GRANT INSERT ON t TO case_app",
            "INSERT INTO t VALUES ('x')",
        ),
    ] {
        let mut scene = Scene::new(&[])?;
        scene.run("CREATE ROLE case_app LOGIN; CREATE FUNCTION chk(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'")?;
        scene.run(setup)?;
        assert!(scene.findings("function_forbidden")?.is_empty(), "{how}");
        scene.run("REVOKE EXECUTE ON FUNCTION chk FROM PUBLIC")?;
        assert_eq!(run_as(&mut scene, "case_app", statement)?.as_deref(), Some("42501"), "{how}");
        let found = scene.findings("function_forbidden")?;
        let [row] = found.as_slice() else { bail!("{how}: not one row: {found:#?}") };
        assert!(row.says(&format!("case_app may use public.t, where {how} calls it, but may not")), "{row:?}");
        // The same query answers for all of them.
        if how == "a query" {
            scene.assert_portable_finds("function_forbidden", &found)?;
        }
        scene.run("GRANT EXECUTE ON FUNCTION chk TO case_app")?;
        if how != "the condition of a trigger" {
            assert_eq!(run_as(&mut scene, "case_app", statement)?, None, "{how}");
        }
        assert!(scene.findings("function_forbidden")?.is_empty(), "{how}");
    }
    Ok(())
}

/// The role reaches the partitions through their parent.
#[test]
fn schema_of_partitions_only_is_not_needed() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "CREATE ROLE case_app LOGIN; CREATE SCHEMA app AUTHORIZATION case_app; CREATE SCHEMA parts;
         CREATE TABLE app.m (id int PRIMARY KEY) PARTITION BY RANGE (id);
         CREATE TABLE parts.m1 PARTITION OF app.m FOR VALUES FROM (1) TO (10) PARTITION BY RANGE (id);
         CREATE TABLE parts.m2 PARTITION OF parts.m1 DEFAULT;
         ALTER TABLE app.m OWNER TO case_app; ALTER TABLE parts.m1 OWNER TO case_app; ALTER TABLE parts.m2 OWNER TO case_app",
    )?;
    assert_eq!(run_as(&mut scene, "case_app", "INSERT INTO app.m VALUES (1)")?, None);
    assert!(scene.findings("schema_forbidden")?.is_empty());
    // Without the parent's schema, the role reaches neither.
    scene.run("ALTER SCHEMA app OWNER TO postgres; REVOKE ALL ON SCHEMA app FROM case_app")?;
    let found = scene.findings("schema_forbidden")?;
    assert_eq!(found.len(), 2, "{found:#?}");
    scene.assert_portable_finds("schema_forbidden", &found)
}

#[test]
fn function_broken_names_what_does_not_exist() -> Result<()> {
    let mut scene = Scene::new(&[])?;
    scene.run(
        "SET check_function_bodies = off; CREATE SCHEMA other; CREATE TABLE other.found (id int PRIMARY KEY, n int);
         CREATE FUNCTION by_callers_path(a int) RETURNS int LANGUAGE sql AS 'SELECT n FROM found WHERE id = a';
         CREATE FUNCTION several() RETURNS int LANGUAGE sql AS 'CREATE TEMP TABLE made (n int); SELECT n FROM made';
         CREATE FUNCTION of_temporary() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM made_by_caller';
         CREATE FUNCTION any_type(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
         CREATE PROCEDURE writes(INOUT a int) LANGUAGE sql AS 'UPDATE other.found SET n = a RETURNING n'",
    )?;
    scene.assert_no_findings()?;
    for (function, body, says) in [
        ("lost()", "LANGUAGE sql AS 'SELECT n FROM other.gone'", "42P01"),
        ("lost()", "LANGUAGE sql AS 'SELECT n FROM gone.t'", "42P01"),
        ("lost()", "LANGUAGE sql AS 'SELECT gone.f()'", "3F000"),
        ("lost()", "LANGUAGE sql SET search_path = other AS 'SELECT m FROM found'", "42703"),
        ("lost()", "LANGUAGE sql SET search_path = other AS 'SELECT missing(n) FROM found'", "42883"),
    ] {
        scene.run(&format!("CREATE OR REPLACE FUNCTION {function} RETURNS int {body}"))?;
        let row = scene.only()?;
        assert_eq!(summary(&row), ("warning", "function_broken", "function public.lost()"));
        assert!(row.says(says) && row.says("does not exist"), "{row:?}");
        let mut client = scene.another_session()?;
        let error = client.query("SELECT lost()", &[]).map(|_| ());
        assert_eq!(state_of(error).code(), says);
    }
    scene.run(
        "CREATE OR REPLACE FUNCTION lost() RETURNS int LANGUAGE sql SET search_path = other AS 'SELECT n FROM found'",
    )?;
    scene.assert_no_findings()?;
    // What could not be judged is said.
    let mut other = scene.another_session()?;
    other.batch_execute("BEGIN; LOCK TABLE other.found")?;
    scene.run("SET lock_timeout = '10ms'")?;
    let unknown = scene.findings("function_unknown")?;
    assert!(unknown.iter().any(|row| row.object == "function public.lost()" && row.says("lock")), "{unknown:#?}");
    other.batch_execute("ROLLBACK")?;
    scene.assert_no_findings()
}
