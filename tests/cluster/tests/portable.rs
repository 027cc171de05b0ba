//! The portable edition: how it is installed, upgraded and removed, what it needs, and that it runs
//! nothing of other roles.

use anyhow::Result;
use cluster::{PORTABLE, Server, form, install_portable, report, state_of};
use postgres::Client;
use postgres::error::SqlState;

fn count(client: &mut Client, query: &str) -> Result<i64> {
    Ok(client.query_one(query, &[])?.get(0))
}

/// A role like the administrator that managed services give out: not a superuser, owner of the
/// database.
fn as_database_owner(server: &Server) -> Result<Client> {
    let mut superuser = server.connect("postgres")?;
    superuser.batch_execute("CREATE ROLE boss LOGIN CREATEROLE CREATEDB; CREATE ROLE app LOGIN")?;
    superuser.batch_execute("CREATE DATABASE managed OWNER boss")?;
    server.connect_as("boss", "managed")
}

const TABLES: &str = "CREATE SCHEMA shop;
    CREATE TABLE shop.orders (id serial PRIMARY KEY); INSERT INTO shop.orders SELECT generate_series(1, 50);
    CREATE TABLE shop.far (id bigserial PRIMARY KEY); INSERT INTO shop.far VALUES (5000000);";

const FUNCTIONS: &str = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'flightcheck'::regnamespace";

#[test]
fn database_owner_installs_uses_and_removes_it() -> Result<()> {
    let server = Server::start(&[])?;
    let mut boss = as_database_owner(&server)?;
    install_portable(&mut boss)?;
    boss.batch_execute(TABLES)?;
    let statuses = boss.query("SELECT status, inserts_left FROM flightcheck.seq_audit()", &[])?;
    assert_eq!(statuses.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["behind", "behind"]);
    let rows = boss.query("SELECT outcome, new_next FROM flightcheck.seq_resync() ORDER BY new_next", &[])?;
    let moved: Vec<(&str, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(moved, [("advanced", 51), ("advanced", 5_000_001)]);
    assert_eq!(count(&mut boss, "SELECT flightcheck.seq_assert()")?, 2);
    for (table, id) in [("orders", 51_i64), ("far", 5_000_001)] {
        assert_eq!(count(&mut boss, &format!("INSERT INTO shop.{table} DEFAULT VALUES RETURNING id::bigint"))?, id);
    }

    // What an older version had, and what the user has granted and added.
    boss.batch_execute(
        "CREATE FUNCTION flightcheck.fc_old() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION flightcheck.seq_audit(schema text, deep boolean) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION flightcheck.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
         DROP FUNCTION flightcheck.seq_assert;
         CREATE FUNCTION flightcheck.seq_assert(schema text DEFAULT NULL, within bigint DEFAULT NULL, strict boolean DEFAULT false)
             RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
         GRANT EXECUTE ON FUNCTION flightcheck.seq_audit(text) TO app;
         CREATE VIEW behind AS SELECT * FROM flightcheck.seq_audit() WHERE status = 'behind'",
    )?;
    install_portable(&mut boss)?;
    let left = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'flightcheck'::regnamespace AND (proname = 'fc_old' OR pronargs = 2 AND proname = 'seq_audit')";
    assert_eq!(count(&mut boss, left)?, 0, "functions of an older version are left");
    assert_eq!(count(&mut boss, "SELECT flightcheck.seq_assert()")?, 2, "a function with another result is replaced");
    let kept = "SELECT (has_function_privilege('app', 'flightcheck.seq_audit(text)', 'EXECUTE') AND proacl IS NOT NULL)::int::bigint
                FROM pg_proc WHERE oid = 'flightcheck.seq_audit(text)'::regprocedure";
    assert_eq!(count(&mut boss, kept)?, 1, "a grant is lost");
    assert_eq!(count(&mut boss, "SELECT count(*) FROM behind")?, 0);

    let uninstall = form("pg_flightcheck-uninstall")?.concat();
    assert_eq!(state_of(boss.batch_execute(&uninstall)), SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "the view");
    boss.batch_execute("DROP VIEW behind")?;
    assert_eq!(state_of(boss.batch_execute(&uninstall)), SqlState::DEPENDENT_OBJECTS_STILL_EXIST, "the function");
    boss.batch_execute("DROP FUNCTION flightcheck.mine")?;
    boss.batch_execute(&uninstall)?;
    assert_eq!(state_of(boss.batch_execute(&uninstall)), SqlState::INVALID_SCHEMA_NAME);
    assert_eq!(count(&mut boss, "SELECT count(*) FROM pg_namespace WHERE nspname = 'flightcheck'")?, 0);
    report!("installed, upgraded and removed by a database owner");
    Ok(())
}

#[test]
fn installation_takes_effect_as_a_whole_or_not_at_all() -> Result<()> {
    let server = Server::start(&[])?;
    let mut boss = as_database_owner(&server)?;
    boss.batch_execute("CREATE SCHEMA flightcheck")?;
    assert_eq!(
        state_of(install_portable(&mut boss).map_err(|error| error.downcast().unwrap())),
        SqlState::DUPLICATE_SCHEMA
    );
    assert_eq!(count(&mut boss, FUNCTIONS)?, 0);
    boss.batch_execute("COMMENT ON SCHEMA flightcheck IS 'pg_flightcheck, portable edition'")?;
    server
        .connect("managed")?
        .batch_execute("ALTER SCHEMA flightcheck OWNER TO app; GRANT CREATE ON SCHEMA flightcheck TO boss")?;
    assert_eq!(
        state_of(install_portable(&mut boss).map_err(|error| error.downcast().unwrap())),
        SqlState::INSUFFICIENT_PRIVILEGE,
        "the schema's owner could replace the functions"
    );
    assert_eq!(count(&mut boss, FUNCTIONS)?, 0);
    server.connect("managed")?.batch_execute("DROP SCHEMA flightcheck")?;

    // Within a transaction, under a search_path that hides pg_catalog's operators.
    boss.batch_execute(
        "CREATE SCHEMA trap; CREATE FUNCTION trap.never(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''trapped''; END';
         CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.never);
         CREATE OPERATOR trap.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.never);
         CREATE OPERATOR trap.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.never);
         CREATE TEMPORARY TABLE pg_class (oid oid); CREATE TEMPORARY TABLE pg_proc (oid oid);
         SET search_path = trap, pg_temp, pg_catalog; SET pg_flightcheck.schema = 'My Ops'",
    )?;
    let mut transaction = boss.transaction()?;
    install_portable(&mut transaction)?;
    transaction.batch_execute(TABLES)?;
    let path: String = transaction.query_one("SHOW search_path", &[])?.get(0);
    assert_eq!(path, "trap, pg_temp, pg_catalog");
    let fix: String = transaction.query_one("SELECT fix FROM \"My Ops\".seq_audit() ORDER BY 1 LIMIT 1", &[])?.get(0);
    assert_eq!(fix, "SELECT * FROM \"My Ops\".seq_resync_table('shop.far');");
    transaction.batch_execute(&fix)?;
    transaction.rollback()?;
    boss.batch_execute("SET pg_flightcheck.schema = 'it''s'")?;
    assert_eq!(
        state_of(install_portable(&mut boss).map_err(|error| error.downcast().unwrap())),
        SqlState::INVALID_NAME
    );
    Ok(())
}

#[test]
fn once_form_installs_nothing() -> Result<()> {
    let server = Server::start(&[])?;
    let mut boss = as_database_owner(&server)?;
    boss.batch_execute(TABLES)?;
    for text in form("pg_flightcheck-once")? {
        boss.batch_execute(&text)?;
    }
    assert_eq!(count(&mut boss, "SELECT count(*) FROM pg_temp.seq_audit('shop') WHERE status = 'behind'")?, 2);
    assert_eq!(count(&mut boss, "SELECT count(*) FROM pg_temp.seq_resync('shop') WHERE outcome = 'advanced'")?, 2);
    assert_eq!(count(&mut boss, "SELECT pg_temp.seq_assert('shop')")?, 2);
    drop(boss);
    let mut other = server.connect_as("boss", "managed")?;
    assert_eq!(count(&mut other, "SELECT count(*) FROM pg_namespace WHERE nspname = 'flightcheck'")?, 0);
    Ok(())
}

/// A function that notes, for as long as the session lasts, that a role other than the owner of the
/// tables has run it. A subtransaction that is rolled back does not undo this.
const TRAP: &str = "CREATE FUNCTION public.trap(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN IF current_user <> ''app'' THEN PERFORM pg_advisory_lock(4711); END IF; RETURN $1; END';";

/// Tables of a hostile owner, each with one way to run code when a query over it is planned.
const HOSTILE: [(&str, &str); 5] = [
    ("indexed", "CREATE INDEX ON public.indexed ((id + trap(1)))"),
    ("partial", "CREATE INDEX ON public.partial (id) WHERE id > trap(1)"),
    (
        "statistics",
        "CREATE STATISTICS public.s ON (id + trap(1)), note FROM public.statistics; ANALYZE public.statistics",
    ),
    ("checked", "ALTER TABLE public.checked ADD CHECK (id > trap(1) - 9)"),
    (
        "leaf",
        "CREATE TABLE public.root (id bigint DEFAULT nextval('public.leaf_id_seq'), note int) PARTITION BY RANGE (id);
              ALTER TABLE public.root ATTACH PARTITION public.leaf FOR VALUES FROM (0) TO (1000);
              CREATE INDEX ON public.leaf ((id + trap(2)))",
    ),
];

fn is_trapped(client: &mut Client) -> Result<bool> {
    Ok(count(client, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711")? > 0)
}

#[test]
fn superuser_runs_nothing_of_a_tables_owner() -> Result<()> {
    let server = Server::start(&[])?;
    let mut owner = {
        drop(as_database_owner(&server)?);
        server.connect("managed")?.batch_execute("GRANT ALL ON SCHEMA public TO app")?;
        server.connect_as("app", "managed")?
    };
    owner.batch_execute(TRAP)?;
    for (table, way) in HOSTILE {
        owner.batch_execute(&format!("CREATE TABLE public.{table} (id bigserial NOT NULL, note int)"))?;
        owner.batch_execute(&format!("INSERT INTO public.{table} SELECT g, g FROM generate_series(1, 20) g; {way}"))?;
    }
    owner.batch_execute("CREATE TABLE public.plain (id bigserial PRIMARY KEY); INSERT INTO public.plain VALUES (7)")?;
    install_portable(&mut server.connect("managed")?)?;

    let mut superuser = server.connect("managed")?;
    superuser.batch_execute("SET constraint_exclusion = on")?;
    for call in ["seq_audit()", "seq_resync(dry_run => true)", "seq_resync()", "seq_resync(fence => true)"] {
        superuser.batch_execute(&format!("SELECT * FROM {PORTABLE}.{call}"))?;
        assert!(!is_trapped(&mut superuser)?, "{call} ran the owner's code");
    }
    let unread =
        "SELECT count(*) FROM flightcheck.seq_audit() WHERE status = 'unknown' AND detail LIKE '%SET ROLE app;'";
    assert_eq!(count(&mut superuser, unread)?, 4, "all but the checked and the plain table");
    let plain = "SELECT count(*) FROM flightcheck.seq_audit() WHERE status = 'ok' AND table_name IN ('plain'::regclass, 'checked'::regclass)";
    assert_eq!(count(&mut superuser, plain)?, 2);
    // In a snapshot of the past, it is not known what the owner has changed.
    superuser.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ")?;
    let strict =
        "SELECT count(*) FROM flightcheck.seq_audit() WHERE table_name = 'plain'::regclass AND status = 'unknown'";
    assert_eq!(count(&mut superuser, strict)?, 1);
    superuser.batch_execute("ROLLBACK")?;

    // The owner itself gets verdicts, and the trap works.
    let judged = "SELECT count(*) FROM flightcheck.seq_audit() WHERE status = 'unknown'";
    server.connect("managed")?.batch_execute("GRANT USAGE ON SCHEMA flightcheck TO app")?;
    assert_eq!(count(&mut owner, judged)?, 0);
    for (table, _) in HOSTILE {
        let mut naive = server.connect("managed")?;
        naive.batch_execute("SET constraint_exclusion = on")?;
        naive.batch_execute(&format!("SELECT max(id) FROM public.{table} WHERE id > 3"))?;
        assert!(is_trapped(&mut naive)?, "max(id) over {table} does not run the owner's code");
    }
    report!("{} ways to run code as the caller closed", HOSTILE.len());
    Ok(())
}

#[test]
fn table_swapped_for_a_view_is_not_read() -> Result<()> {
    let server = Server::start(&[])?;
    drop(as_database_owner(&server)?);
    let mut superuser = server.connect("managed")?;
    superuser.batch_execute("GRANT ALL ON SCHEMA public TO app")?;
    install_portable(&mut superuser)?;
    let mut owner = server.connect_as("app", "managed")?;
    owner.batch_execute(TRAP)?;
    owner.batch_execute("CREATE TABLE public.t (id bigserial PRIMARY KEY); INSERT INTO public.t VALUES (7)")?;
    let table: u32 = owner.query_one("SELECT 't'::regclass::oid", &[])?.get(0);
    // What the audit would have written before the swap.
    let read = format!(
        "SELECT a, message FROM flightcheck.fc_read(ARRAY['SELECT (SELECT t.id FROM ONLY public.t t WHERE t.id IS NOT NULL LIMIT 1)'], \
         ARRAY[{table}::oid], ARRAY[NULL::oid], ARRAY[1], 1000000)"
    );
    let before = superuser.query_one(&read, &[])?;
    assert_eq!(before.get::<_, Option<i64>>(0), Some(7));
    owner.batch_execute(
        "ALTER TABLE t RENAME TO moved; CREATE VIEW t AS SELECT (id + trap(1))::bigint AS id FROM moved",
    )?;
    let after = superuser.query_one(&read, &[])?;
    assert_eq!(after.get::<_, Option<i64>>(0), None);
    assert_eq!(after.get::<_, Option<&str>>(1), Some("the table was changed while it was read"));
    assert!(!is_trapped(&mut superuser)?);
    Ok(())
}

#[test]
fn audit_of_many_tables_holds_few_locks() -> Result<()> {
    let server = Server::start(&["max_locks_per_transaction = 10", "max_connections = 10"])?;
    let mut client = server.database("many")?;
    install_portable(&mut client)?;
    for first in (0..1_500).step_by(100) {
        let tables = (first..first + 100).map(|table| format!("CREATE TABLE t{table} (id serial PRIMARY KEY);"));
        client.batch_execute(&tables.collect::<String>())?;
    }
    for call in ["seq_audit()", "seq_resync(dry_run => true)"] {
        let unclear = format!("SELECT count(*) FROM {PORTABLE}.{call} r WHERE to_jsonb(r) ->> 'detail' IS NOT NULL");
        assert_eq!(count(&mut client, &unclear)?, 0, "{call} ran out of locks");
    }
    // A plain loop does.
    let naive = "DO $$ DECLARE r record; x bigint; BEGIN FOR r IN SELECT oid::regclass AS t FROM pg_class WHERE relname ~ '^t[0-9]+$'
                 LOOP EXECUTE format('SELECT max(id) FROM %s', r.t) INTO x; END LOOP; END $$";
    assert_eq!(state_of(client.batch_execute(naive)), SqlState::OUT_OF_MEMORY);
    Ok(())
}
