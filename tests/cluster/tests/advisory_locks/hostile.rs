//! Names that look like SQL, and a search_path that finds another user's objects first.

use crate::fixtures::{World, row_of};
use anyhow::{Context, Result};
use cluster::{identifier, literal, report};

const NAMES: [&str; 7] = [
    "plain",
    "Has \"double\" and 'single' quotes",
    r"back\slash \' and \\",
    "Ünïcode — 🦀",
    "'; DROP ROLE victim; --",
    "$$ % {} \t\n end",
    "0123456789012345678901234567890123456789012345678901234567890",
];

/// Returns the names. Since 19, those of roles and databases cannot have line breaks.
fn names(world: &World) -> Vec<String> {
    let allowed = |name: &str| if world.server.major() < 19 { name.to_owned() } else { name.replace('\n', "") };
    NAMES.into_iter().map(allowed).collect()
}

#[test]
fn special_names_and_search_path_are_safe() -> Result<()> {
    let world = World::new("app", &["max_prepared_transactions = 10"])?;
    world.run_cases(&[
        special_names_are_reported_and_fixed,
        suggested_grant_quotes_role_name,
        dropped_role_is_reported_as_null,
        temporary_table_is_not_evidence,
        search_path_impostors_are_not_called,
    ])
}

fn special_names_are_reported_and_fixed(world: &mut World) -> Result<()> {
    world.paste("CREATE ROLE victim; SET pg_flightcheck.orphan_after = 0")?;
    for name in names(world) {
        let name = name.as_str();
        let (role, database) = (identifier(name), identifier(&format!("{name}!")));
        world.server.connect("postgres")?.batch_execute(&format!("CREATE ROLE {role} LOGIN"))?;
        world.server.connect("postgres")?.batch_execute(&format!("CREATE DATABASE {database}"))?;
        world.paste(&format!("GRANT pg_read_all_stats TO {role}"))?;
        let client = world.server.connect_as(name, &format!("{name}!"))?;
        let holder = crate::fixtures::Session::of(client, name)?.with("SELECT pg_advisory_lock(5)")?;
        let waiter = world.wait(world.session_in(&format!("{name}!"), name)?, "SELECT pg_advisory_lock(5)")?;
        let gid = name;
        let mut preparing = world.session(name)?.with("BEGIN; SELECT pg_advisory_xact_lock(6)")?;
        preparing.run(&format!("PREPARE TRANSACTION {}", literal(gid)))?;
        let held_up = world.wait(world.session(name)?, "SELECT pg_advisory_lock(6)")?;

        // The role calls the function too; its own name is in the GRANT that the detail suggests.
        for reporter in ["postgres", name] {
            let mut client = world.server.connect_as(reporter, "app")?;
            let rows = cluster::lock_report(&mut client).map_err(crate::fixtures::with_server_text)?;
            let row = row_of(&rows, "5", holder.pid);
            assert_eq!(row.role.as_deref(), Some(name), "{row:?}");
            assert_eq!(row.database.as_deref(), Some(format!("{name}!").as_str()), "{row:?}");
            // The server itself replaces characters that are not ASCII.
            let shown = world.number(&format!(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND application_name = {}",
                holder.pid,
                literal(row.application_name.as_deref().unwrap_or_default())
            ))?;
            assert_eq!(shown, 1, "{row:?}");
        }
        let rows = world.report()?;
        let fix = row_of(&rows, "5", holder.pid).fix.context("no fix")?;
        world.paste(&fix)?;
        waiter.done()?;
        let prepared = rows.iter().find(|row| row.pid.is_none()).context("no prepared transaction")?;
        world.paste(&prepared.fix.clone().context("no fix")?)?;
        held_up.done()?;
        assert_eq!(world.number("SELECT count(*) FROM pg_prepared_xacts")?, 0);
    }
    assert_eq!(world.number("SELECT count(*) FROM pg_roles WHERE rolname = 'victim'")?, 1);
    report!("{} names of roles, databases, applications and prepared transactions", NAMES.len());
    Ok(())
}

/// A role that may not see the details is told which GRANT to run, and that GRANT works.
fn suggested_grant_quotes_role_name(world: &mut World) -> Result<()> {
    let _holder = world.session("")?.with("SELECT pg_advisory_lock(5)")?;
    for name in names(world) {
        let role = identifier(&name);
        world.paste(&format!("REVOKE pg_read_all_stats FROM {role}"))?;
        let mut client = world.server.connect_as(&name, "app")?;
        let mut detail = || -> Result<String> {
            let rows = cluster::lock_report(&mut client).map_err(crate::fixtures::with_server_text)?;
            Ok(rows[0].detail().to_owned())
        };
        let said = detail()?;
        let from = said.find("GRANT").with_context(|| said.clone())?;
        let to = said.rfind("; ").with_context(|| said.clone())?;
        world.paste(&said[from..to])?;
        assert!(!detail()?.contains("GRANT"), "{said}");
    }
    Ok(())
}

/// A role may be dropped while it is connected, including the calling role.
fn dropped_role_is_reported_as_null(world: &mut World) -> Result<()> {
    world.paste(
        "CREATE ROLE gone LOGIN; CREATE ROLE asking LOGIN; CREATE ROLE signaller LOGIN IN ROLE pg_signal_backend",
    )?;
    let holder = world.session_as("gone", "holder")?.with("SELECT pg_advisory_lock(72707369)")?;
    let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(72707369)")?;
    let mut asking = world.server.connect_as("asking", "app")?;
    world.paste("DROP ROLE gone; DROP ROLE asking; SET pg_flightcheck.orphan_after = 0")?;
    let row = world.row("72707369", holder.pid)?;
    assert_eq!((row.status.as_str(), row.role.as_deref()), ("orphan", None), "{row:?}");
    let rows = cluster::lock_report(&mut asking).map_err(crate::fixtures::with_server_text)?;
    let row = row_of(&rows, "72707369", holder.pid);
    assert_eq!((row.status.as_str(), row.blocks()), ("blocking", &[waiter.pid][..]), "{row:?}");
    // A role that cannot be looked up may have been a superuser.
    let mut signaller = world.server.connect_as("signaller", "app")?;
    for client in [&mut asking, &mut signaller] {
        let rows =
            cluster::lock_terminate(client, "'72707369', '0', false").map_err(crate::fixtures::with_server_text)?;
        assert_eq!((rows.len(), rows[0].outcome.as_str()), (1, "skipped"), "{rows:?}");
    }
    assert!(world.is_there(holder.pid)?);
    let rows = world.terminate("'72707369', '0', false")?;
    assert_eq!(rows[0].outcome, "terminated", "{rows:?}");
    waiter.done()?;
    Ok(())
}

/// The objects that the queries use, in a schema that precedes pg_catalog.
const IMPOSTORS: &str = "
    CREATE TABLE evil.calls (what text);
    CREATE FUNCTION evil.caught(what text) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO evil.calls VALUES (what); RAISE EXCEPTION 'caught: %', what; END $$;
    CREATE VIEW evil.pg_locks AS SELECT 'advisory' AS locktype, evil.caught('pg_locks') AS granted;
    CREATE VIEW evil.pg_stat_activity AS SELECT evil.caught('pg_stat_activity') AS pid;
    CREATE VIEW evil.pg_prepared_xacts AS SELECT evil.caught('pg_prepared_xacts') AS gid;
    CREATE TABLE evil.pg_class (); CREATE TABLE evil.pg_namespace (); CREATE TABLE evil.pg_roles ();
    CREATE TABLE evil.pg_database (); CREATE TABLE evil.pg_extension ();
    CREATE DOMAIN evil.text AS pg_catalog.int4; CREATE DOMAIN evil.name AS pg_catalog.int4;
    CREATE DOMAIN evil.int4 AS pg_catalog.text; CREATE DOMAIN evil.int8 AS pg_catalog.text;
    CREATE FUNCTION evil.equal(pg_catalog.text, pg_catalog.text) RETURNS boolean LANGUAGE sql AS
        $$ SELECT evil.caught('=') $$;
    CREATE OPERATOR evil.= (LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text, FUNCTION = evil.equal);
    CREATE FUNCTION evil.same(pg_catalog.oid, pg_catalog.oid) RETURNS boolean LANGUAGE sql AS
        $$ SELECT evil.caught('= of oid') $$;
    CREATE OPERATOR evil.= (LEFTARG = pg_catalog.oid, RIGHTARG = pg_catalog.oid, FUNCTION = evil.same);
    CREATE FUNCTION evil.minus(timestamptz, timestamptz) RETURNS interval LANGUAGE sql AS
        $$ SELECT interval '1 s' FROM evil.caught('-') $$;
    CREATE OPERATOR evil.- (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = evil.minus);
    CREATE FUNCTION evil.pg_blocking_pids(pg_catalog.int4) RETURNS pg_catalog.int4[] LANGUAGE sql AS
        $$ SELECT ARRAY[1] FROM evil.caught('pg_blocking_pids') $$;
    CREATE FUNCTION evil.pg_terminate_backend(pg_catalog.int4, bigint) RETURNS boolean LANGUAGE sql AS
        $$ SELECT evil.caught('pg_terminate_backend') $$;
    CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
        $$ SELECT now() FROM evil.caught('clock_timestamp') $$;
    CREATE FUNCTION evil.left(pg_catalog.text, pg_catalog.int4) RETURNS pg_catalog.text LANGUAGE sql AS
        $$ SELECT 'x'::pg_catalog.text FROM evil.caught('left') $$;
    CREATE FUNCTION evil.unnest(anyarray) RETURNS SETOF anyelement LANGUAGE sql AS
        $$ SELECT pg_catalog.unnest($1) FROM evil.caught('unnest') $$;
    CREATE FUNCTION evil.pg_has_role(pg_catalog.oid, pg_catalog.oid, pg_catalog.text) RETURNS boolean LANGUAGE sql AS
        $$ SELECT evil.caught('pg_has_role') $$;
    CREATE FUNCTION evil.advisory_lock_terminate(pg_catalog.text, min_idle interval, dry_run boolean) RETURNS boolean
        LANGUAGE sql AS $$ SELECT evil.caught('advisory_lock_terminate') $$";

fn search_path_impostors_are_not_called(world: &mut World) -> Result<()> {
    world.paste("CREATE SCHEMA evil")?;
    world.paste(IMPOSTORS)?;
    world.paste(
        "CREATE TEMP TABLE pg_locks (pid int, granted boolean); CREATE TEMP VIEW pg_stat_activity AS SELECT 1 AS pid;
         CREATE TEMP TABLE pg_roles (oid oid); CREATE TEMP TABLE flyway_schema_history (installed_rank int);
         CREATE FUNCTION pg_temp.pg_blocking_pids(int) RETURNS int[] LANGUAGE sql AS 'SELECT ARRAY[1]';
         SET search_path = pg_temp, evil, pg_catalog, public; SET pg_flightcheck.orphan_after = 0",
    )?;
    // Checks the setup: an unqualified call runs the impostor.
    let careless = world.reporter.simple_query("SELECT granted FROM evil.pg_locks");
    assert!(careless.is_err_and(|error| cluster::explain(&error).contains("caught: pg_locks")));
    let wrong: i64 = world.reporter.query_one("SELECT count(*) FROM pg_stat_activity", &[])?.get(0);
    assert_eq!(wrong, 1);

    let mut preparing = world.session("preparing")?.with("BEGIN; SELECT pg_advisory_xact_lock(6)")?;
    preparing.run("PREPARE TRANSACTION 'p'")?;
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock(77433833903597)")?;
    let reader =
        world.session_of_own_role("reader")?.with("CREATE TABLE t (id int)")?.with("INSERT INTO t VALUES (1)")?;
    let reader = reader.with("BEGIN")?.with("SELECT FROM t FOR UPDATE")?;
    let blocked = world.session_of_own_role("blocked")?.with("SELECT pg_advisory_lock(8)")?;
    let blocked = world.wait(blocked, "DELETE FROM t")?;
    let waiter = world.wait(world.session("waiter")?, "SELECT pg_advisory_lock(77433833903597)")?;
    let behind = world.wait(world.session("behind")?, "SELECT pg_advisory_lock(8)")?;
    let columns = "SELECT status, lock_key, pid, blocks, fix, detail FROM public.advisory_lock_report()";
    let rows = world.reporter.query(columns, &[]).map_err(crate::fixtures::with_server_text)?;
    let of = |pid: i32, granted: &str| {
        let row = rows.iter().find(|row| row.get::<_, Option<i32>>(2) == Some(pid) && row.get::<_, &str>(0) == granted);
        row.unwrap_or_else(|| panic!("no {granted} row of {pid}: {rows:#?}"))
    };
    assert_eq!(of(holder.pid, "orphan").get::<_, Option<Vec<i32>>>(3), Some(vec![waiter.pid]));
    assert_eq!(of(blocked.pid, "blocking").get::<_, Option<Vec<i32>>>(3), Some(vec![behind.pid]));
    let chain: &str = of(behind.pid, "waiting").get(5);
    assert!(
        chain.contains(&format!("pid {} (role \"reader's own\", reader, idle in transaction", reader.pid)),
        "{chain}"
    );
    let fix: &str = of(holder.pid, "orphan").get(4);
    world.paste(fix)?;
    waiter.done()?;
    for sql in ["ROLLBACK PREPARED 'p'", "SET search_path = pg_catalog"] {
        world.paste(sql)?;
    }
    assert_eq!(world.reporter.query_one("SELECT pg_catalog.count(*) FROM evil.calls", &[])?.get::<_, i64>(0), 0);
    Ok(())
}

/// A table in the session's own temporary schema is not evidence of the holder of a lock.
fn temporary_table_is_not_evidence(world: &mut World) -> Result<()> {
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock(12345)")?;
    let before = world.row("12345", holder.pid)?;
    world.paste("CREATE TEMP TABLE changelog (id int, type int, version text, checksum text, success boolean)")?;
    let after = world.row("12345", holder.pid)?;
    assert_eq!((before.tool, before.evidence), (after.tool, after.evidence));
    Ok(())
}
