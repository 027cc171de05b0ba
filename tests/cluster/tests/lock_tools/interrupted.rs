//! Tools whose lock is a row, killed: the row stays, the tool refuses to go on, and the fix lets it.

use crate::tool::{self, Tool};
use crate::world::World;
use anyhow::Result;
use cluster::report;
use rustix::process::Signal;

/// `long_ago` makes the lock look old, where it has a time: there is no fix for one that somebody may have just taken.
fn kill_and_fix(tool: Tool, refusal: &str, long_ago: Option<&str>) -> Result<()> {
    let Some(mut world) = World::with(&[tool])? else { return Ok(()) };
    let mut killed = world.start(tool)?;
    let pid = world.at_gate(&mut killed)?;
    killed.signal(Signal::KILL)?;
    killed.end()?;
    // The server would notice at the end of the statement.
    world.client.execute("SELECT pg_terminate_backend($1, 60000)", &[&pid])?;
    world.client.batch_execute("DROP TABLE IF EXISTS ship")?;
    world.open_gate()?;

    let row = world.migration(tool.name)?;
    assert_eq!(row.state, "locked", "{row:#?}");
    world.start(tool)?.fail_with(refusal)?;
    if let Some(long_ago) = long_ago {
        assert!(row.fix.is_none(), "{row:#?}");
        world.client.batch_execute(long_ago)?;
    }
    let row = world.migration(tool.name)?;
    world.paste(row.fix.as_deref())?;
    let row = world.migration(tool.name)?;
    assert_eq!(row.state, "clean", "{row:#?}");
    world.start(tool)?.succeed()?;
    let row = world.migration(tool.name)?;
    assert!(row.state == "clean" && row.version.is_some(), "{row:#?}");
    report!("{}: killed, locked, and going on after the fix", tool.name);
    Ok(())
}

#[test]
fn knex() -> Result<()> {
    kill_and_fix(tool::KNEX, "Migration table is already locked", None)
}

#[test]
fn yoyo() -> Result<()> {
    kill_and_fix(tool::YOYO, "has locked this database", Some("UPDATE yoyo_lock SET ctime = ctime - interval '1 day'"))
}
