//! Index entries without rows, which an import that was rolled back leaves behind.

use crate::database::{Database, MODES, Mode};
use crate::session::Session;
use anyhow::Result;
use cluster::{Server, report};

const DEAD: i64 = 200_000;

/// Run by another session: each read of this session may mark a few of the entries as dead, which
/// are then no longer counted.
const IMPORT: &str = "SET pg_flightcheck.guard = off; BEGIN;
    INSERT INTO t SELECT generate_series(10001, 210000); ROLLBACK; RESET pg_flightcheck.guard";

const INSERTS: i64 = 5;

/// Returns how many index entries the inserts read.
fn entries_read(database: &mut Database<'_>, session: &mut Session, sql: &str) -> Result<i64> {
    let count = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 't_pkey'";
    session.silent("SELECT pg_stat_force_next_flush()");
    let before = database.number(count)?;
    (0..INSERTS).for_each(|_| session.silent(sql));
    session.silent("SELECT pg_stat_force_next_flush()");
    Ok(database.number(count)? - before)
}

#[test]
fn guard_reads_few_dead_index_entries() -> Result<()> {
    // Vacuum would remove the entries.
    let server = Server::start(&["autovacuum = off"])?;
    let mut reads = Vec::new();
    for way in MODES {
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
        // A count of zero would prove nothing.
        assert!(explicit > 0 && (way == Mode::Preloaded || ordinary > 0), "{way:?}: no entry was read");
        reads.push(format!("{way:?} {ordinary}, {supplied}, {explicit}"));
    }
    report!("with {DEAD} dead entries, {INSERTS} inserts (ordinary, DEFAULT, own id) read: {}", reads.join("; "));
    Ok(())
}
