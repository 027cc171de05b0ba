//! Which role sees what of another role's lock, and which role may end which session: exactly by
//! the server's own rules.

use crate::fixtures::{Session, World, row_of, with_server_text};
use anyhow::{Context, Result};
use cluster::{LockRow, lock_report, lock_terminate, report};
use postgres::Client;

const ROLES: &str = "CREATE ROLE worker LOGIN; CREATE ROLE stranger LOGIN;
    CREATE ROLE nobody LOGIN;
    CREATE ROLE member LOGIN IN ROLE worker;
    CREATE ROLE noinherit LOGIN NOINHERIT IN ROLE worker;
    CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
    CREATE ROLE reader LOGIN IN ROLE pg_read_all_stats;
    CREATE ROLE signaller LOGIN IN ROLE pg_signal_backend;
    CREATE ROLE noinherit_signaller LOGIN NOINHERIT IN ROLE pg_signal_backend;
    CREATE ROLE createrole LOGIN CREATEROLE;
    CREATE ROLE boss LOGIN SUPERUSER";

const CALLERS: [&str; 10] = [
    "worker",
    "nobody",
    "member",
    "noinherit",
    "monitor",
    "reader",
    "signaller",
    "noinherit_signaller",
    "createrole",
    "boss",
];
const HOLDERS: [&str; 3] = ["worker", "stranger", "postgres"];
const KEY: &str = "72707369";
const LOCK: &str = "SELECT pg_advisory_lock(72707369)";

/// A lock that one role holds, another awaits, and a third inspects.
struct Scene {
    holder: Session,
    /// A second session of the same role, with which the server's own rule is tested.
    twin: Session,
}

impl Scene {
    fn new(world: &World, role: &str) -> Result<Self> {
        let holder = world.session_as(role, "holder")?.with(LOCK)?;
        let twin = world.session_as(role, "twin")?.with("SELECT 'idle as well'")?;
        Ok(Self { holder, twin })
    }
}

/// Whether the server lets a role see the activity of a session.
fn sees(caller: &mut Client, pid: i32) -> Result<bool> {
    let query = format!("SELECT state IS NOT NULL FROM pg_stat_activity WHERE pid = {pid}");
    Ok(caller.query_one(&query, &[])?.get(0))
}

#[track_caller]
fn assert_complete(row: &LockRow, what: &str) {
    assert!(row.state.is_some() && row.since.is_some() && row.query.is_some(), "{what}: {row:?}");
    assert!(!row.detail().contains("GRANT"), "{what}: {row:?}");
}

/// Returns the grant that the detail suggests, after checking that hidden columns are NULL.
#[track_caller]
fn grant_of(row: &LockRow, what: &str) -> String {
    assert!(row.state.is_none() && row.query.is_none() && row.client_addr.is_none(), "{what}: {row:?}");
    assert!(row.granted != row.since.is_some(), "only pg_locks.waitstart is public: {what}: {row:?}");
    let grant = row.detail().split("; ").find(|part| part.starts_with("GRANT "));
    grant.unwrap_or_else(|| panic!("no grant: {what}: {row:?}")).to_owned()
}

#[test]
fn privileges_match_server_rules() -> Result<()> {
    let mut world = World::new("app", &[])?;
    world.paste(ROLES)?;
    world.run_cases(&[
        details_are_hidden_without_privilege,
        terminate_requires_privilege_of_pg_terminate_backend,
        terminate_checks_each_holders_role,
    ])
}

fn details_are_hidden_without_privilege(world: &mut World) -> Result<()> {
    let (mut hidden, mut shown) = (0, 0);
    for holder in HOLDERS {
        let scene = Scene::new(world, holder)?;
        let waiter = world.wait(world.session_as("stranger", "waiter")?, LOCK)?;
        for role in CALLERS {
            let what = format!("{holder}'s lock as seen by {role}");
            let mut caller = world.server.connect_as(role, "app")?;
            caller.batch_execute("SET pg_flightcheck.orphan_after = 0")?;
            for (pid, is_holder) in [(scene.holder.pid, true), (waiter.pid, false)] {
                let row = row_of(&lock_report(&mut caller).map_err(with_server_text)?, KEY, pid);
                assert_eq!((row.tool.as_deref(), row.granted), (Some("Prisma Migrate"), is_holder), "{what}: {row:?}");
                assert_eq!(row.role.as_deref(), Some(if is_holder { holder } else { "stranger" }), "{what}: {row:?}");
                assert_eq!(row.database.as_deref(), Some("app"), "{what}: {row:?}");
                let queue =
                    if is_holder { (None, Some(vec![waiter.pid])) } else { (Some(vec![scene.holder.pid]), None) };
                assert_eq!((row.waits_for.clone(), row.blocks.clone()), queue, "{what}: {row:?}");
                if sees(&mut caller, pid)? {
                    assert_complete(&row, &what);
                    assert_eq!(row.status, if is_holder { "orphan" } else { "waiting" }, "{what}: {row:?}");
                    shown += 1;
                    continue;
                }
                // A session whose activity is hidden is never called an orphan.
                assert_eq!(row.status, if is_holder { "blocking" } else { "waiting" }, "{what}: {row:?}");
                assert_eq!(row.fix, None, "{what}: {row:?}");
                let grant = grant_of(&row, &what);
                world.paste(&grant)?;
                if role.starts_with("noinherit") {
                    caller.batch_execute("SET ROLE pg_read_all_stats")?;
                }
                assert_complete(&row_of(&lock_report(&mut caller).map_err(with_server_text)?, KEY, pid), &what);
                caller.batch_execute("RESET ROLE")?;
                world.paste(&format!("REVOKE pg_read_all_stats FROM {role}"))?;
                hidden += 1;
            }
        }
        waiter.cancel()?;
    }
    assert!(hidden >= 20 && shown >= 20, "{hidden} hidden, {shown} shown");
    report!(
        "{} roles × {} holders: {hidden} rows hidden, each with the grant that shows it, {shown} shown",
        CALLERS.len(),
        HOLDERS.len()
    );
    Ok(())
}

fn terminate_requires_privilege_of_pg_terminate_backend(world: &mut World) -> Result<()> {
    let (mut ended, mut refused) = (0, 0);
    for holder in HOLDERS {
        for role in CALLERS {
            let what = format!("{holder}'s session, ended by {role}");
            let mut caller = world.server.connect_as(role, "app")?;
            let scene = Scene::new(world, holder)?;
            let dry = lock_terminate(&mut caller, &format!("'{KEY}', '0'")).map_err(with_server_text)?;
            let real = lock_terminate(&mut caller, &format!("'{KEY}', '0', false")).map_err(with_server_text)?;
            let twin = caller.query_one("SELECT pg_terminate_backend($1, 5000)", &[&scene.twin.pid]);
            let is_allowed = match twin {
                Ok(row) => row.get(0),
                Err(error) => {
                    assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{what}: {error}");
                    false
                }
            };
            for (rows, outcome) in [(&dry, "would_terminate"), (&real, "terminated")] {
                assert_eq!((rows.len(), rows[0].pid), (1, Some(scene.holder.pid)), "{what}: {rows:?}");
                assert_eq!(rows[0].outcome, if is_allowed { outcome } else { "skipped" }, "{what}: {rows:?}");
                // Only a role that may end a session sees how long it has been idle.
                assert_eq!(rows[0].idle_for.is_some(), is_allowed, "{what}: {rows:?}");
                assert!(is_allowed || rows[0].detail().starts_with("permission denied: "), "{what}: {rows:?}");
            }
            assert_eq!(world.is_there(scene.holder.pid)?, !is_allowed, "{what}");
            *(if is_allowed { &mut ended } else { &mut refused }) += 1;
            drop(scene);
            world.until("SELECT 1 - count(*) FROM pg_locks WHERE locktype = 'advisory'").context(what)?;
        }
    }
    assert!(ended >= 6 && refused >= 12, "{ended} ended, {refused} refused");
    report!(
        "{} roles × {} holders: {ended} ended, {refused} refused, as pg_terminate_backend does",
        CALLERS.len(),
        HOLDERS.len()
    );
    Ok(())
}

/// A role may end its own sessions without further privileges, even if other roles hold the lock as
/// well.
fn terminate_checks_each_holders_role(world: &mut World) -> Result<()> {
    let share = "SELECT pg_advisory_lock_shared(7)";
    let own = world.session_as("worker", "own")?.with(share)?;
    let others = [world.session_as("stranger", "other")?.with(share)?, world.session("super")?.with(share)?];
    let mut caller = world.server.connect_as("worker", "app")?;
    let rows = lock_terminate(&mut caller, "'7', '0', false").map_err(with_server_text)?;
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let is_own = row.pid == Some(own.pid);
        assert_eq!(row.outcome, if is_own { "terminated" } else { "skipped" }, "{rows:#?}");
    }
    for other in &others {
        assert!(world.is_there(other.pid)?);
    }
    let again = world.session_as("stranger", "again")?.with(share)?;
    world.paste(
        "CREATE FUNCTION unstick() RETURNS SETOF text SECURITY DEFINER LANGUAGE sql AS
            $$ SELECT concat_ws('|', outcome, application_name) FROM public.advisory_lock_terminate('7', '0', false) $$;
         ALTER FUNCTION unstick() OWNER TO signaller",
    )?;
    let rows = world.server.connect_as("nobody", "app")?.query("SELECT unstick()", &[])?;
    let outcomes: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(outcomes.contains(&"terminated|again".to_owned()), "{outcomes:?}");
    assert!(outcomes.contains(&"skipped|super".to_owned()) && !world.is_there(again.pid)?, "{outcomes:?}");
    let theirs = world.session_as("worker", "theirs")?.with(share)?;
    let mut acting = world.server.connect_as("noinherit", "app")?;
    acting.batch_execute("SET ROLE worker")?;
    let rows = lock_terminate(&mut acting, "'7', '0', false").map_err(with_server_text)?;
    assert!(rows.iter().any(|row| row.pid == Some(theirs.pid) && row.outcome == "terminated"), "{rows:#?}");
    Ok(())
}
