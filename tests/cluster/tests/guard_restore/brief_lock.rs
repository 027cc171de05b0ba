//! Another job of the restore that holds a lock on the table for a moment, as one does that sets
//! the table's sequence.

use crate::fixtures::{Mode, Target, texts};
use anyhow::{Result, bail};
use cluster::report;
use std::thread::{sleep, spawn};
use std::time::Duration;

const TRIES: usize = 5;

pub fn restore_leaves_one_trigger_despite_brief_lock() -> Result<()> {
    let server = Mode::Armed.start()?;
    Target::Enabled.create(&server, "target")?;
    let mut restore = server.connect("target")?;
    // As pg_dump's scripts begin.
    restore.batch_execute("SET check_function_bodies = false; SELECT set_config('search_path', '', false)")?;
    let mut triggers = Vec::new();
    for table in (1..=TRIES).map(|number| format!("public.t{number}")) {
        restore.batch_execute(&format!("CREATE TABLE {table} (id integer); CREATE SEQUENCE {table}_seq"))?;
        restore.batch_execute(&format!("ALTER TABLE {table} ALTER id SET DEFAULT nextval('{table}_seq')"))?;
        let mut other = server.connect("target")?;
        other.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN ACCESS SHARE MODE"))?;
        let other = spawn(move || {
            sleep(Duration::from_millis(20));
            other.batch_execute("COMMIT")
        });
        restore.batch_execute(&format!(
            "CREATE TRIGGER pg_flightcheck_guard AFTER INSERT OR UPDATE ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION public._seq_guard_note()"
        ))?;
        other.join().map_err(|_| anyhow::anyhow!("the other session's thread panicked"))??;
        let query = format!("SELECT tgname::text FROM pg_trigger WHERE tgrelid = '{table}'::regclass ORDER BY 1");
        triggers = texts(&mut restore, &query)?;
        if triggers == ["pg_flightcheck_guard"] {
            report!("a lock held for 20 ms does not leave a second trigger");
            return Ok(());
        }
    }
    bail!("in each of {TRIES} tries a second trigger was left: {triggers:?}")
}
