//! Index entries without rows, which an import that was undone leaves behind.

use crate::database::{Database, WAYS, Way};
use crate::session::Session;
use anyhow::Result;
use cluster::{Server, report};

const DEAD: i64 = 200_000;

/// Another session's: each look of ours may mark a few of the entries, which then count no more.
const IMPORT: &str = "SET pg_flightcheck.guard = off; BEGIN;
    INSERT INTO t SELECT generate_series(10001, 210000); ROLLBACK; RESET pg_flightcheck.guard";

const INSERTS: i64 = 5;

/// How many index entries the inserts look at, and what follows them.
fn entries_read(database: &mut Database<'_>, session: &mut Session, sql: &str) -> Result<i64> {
    let count = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 't_pkey'";
    session.silent("SELECT pg_stat_force_next_flush()");
    let before = database.number(count)?;
    (0..INSERTS).for_each(|_| session.silent(sql));
    session.silent("SELECT pg_stat_force_next_flush()");
    Ok(database.number(count)? - before)
}

#[test]
fn the_look_is_bounded() -> Result<()> {
    // Vacuum would remove the entries.
    let server = Server::start(&["autovacuum = off"])?;
    let mut reads = Vec::new();
    for way in WAYS {
        let mut database = Database::new(&server, way, "CREATE TABLE t (id serial PRIMARY KEY, note text)")?;
        let mut session = database.session()?;
        session.silent("INSERT INTO t (note) VALUES ('x')");
        database.admin.batch_execute(IMPORT)?;
        let ordinary = entries_read(&mut database, &mut session, "INSERT INTO t (note) VALUES ('x')")?;
        let supplied = entries_read(&mut database, &mut session, "INSERT INTO t (id) VALUES (DEFAULT)")?;
        let explicit = entries_read(&mut database, &mut session, "INSERT INTO t SELECT -nextval('t_id_seq')")?;
        assert!(ordinary < DEAD / 100, "{way:?}: {INSERTS} ordinary inserts read {ordinary} entries");
        assert!(supplied < DEAD / 100, "{way:?}: {INSERTS} inserts of DEFAULT read {supplied} entries");
        assert!(explicit < DEAD / 2, "{way:?}: {INSERTS} inserts of an id read {explicit} entries");
        // A count that stays at zero would show nothing.
        assert!(explicit > 0 && (way == Way::Preloaded || ordinary > 0), "{way:?}: nothing was looked at");
        reads.push(format!("{way:?} {ordinary}, {supplied}, {explicit}"));
    }
    report!("beside {DEAD} dead entries, {INSERTS} inserts (ordinary, DEFAULT, own id) read: {}", reads.join("; "));
    Ok(())
}
