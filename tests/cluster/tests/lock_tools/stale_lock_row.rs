//! Tools whose lock is a row: after a kill the row stays, the tool refuses to run, and the fix
//! releases it.

use crate::fixture::Fixture;
use crate::tool::{self, Tool};
use anyhow::Result;
use cluster::report;
use rustix::process::Signal;

/// `make_old` backdates a lock that carries a time: a lock that may just have been taken has no
/// fix.
fn kill_and_fix(tool: Tool, refusal: &str, make_old: Option<&str>) -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[tool])? else { return Ok(()) };
    let mut killed = fixture.start(tool)?;
    let pid = fixture.wait_at_gate(&mut killed)?;
    killed.signal(Signal::KILL)?;
    killed.end()?;
    // The server would notice only at the end of the statement.
    fixture.client.execute("SELECT pg_terminate_backend($1, 60000)", &[&pid])?;
    fixture.client.batch_execute("DROP TABLE IF EXISTS ship")?;
    fixture.open_gate()?;

    let row = fixture.migration(tool.name)?;
    assert_eq!(row.status, "locked", "{row:#?}");
    fixture.start(tool)?.fail_with(refusal)?;
    if let Some(make_old) = make_old {
        assert!(row.fix.is_none(), "{row:#?}");
        fixture.client.batch_execute(make_old)?;
    }
    let row = fixture.migration(tool.name)?;
    fixture.paste(row.fix.as_deref())?;
    let row = fixture.migration(tool.name)?;
    assert_eq!(row.status, "clean", "{row:#?}");
    fixture.start(tool)?.succeed()?;
    let row = fixture.migration(tool.name)?;
    assert!(row.status == "clean" && row.version.is_some(), "{row:#?}");
    report!("{}: killed, locked, and working again after the fix", tool.name);
    Ok(())
}

#[test]
fn stale_lock_row_of_knex_is_fixed() -> Result<()> {
    kill_and_fix(tool::KNEX, "Migration table is already locked", None)
}

#[test]
fn stale_lock_row_of_yoyo_is_fixed() -> Result<()> {
    kill_and_fix(tool::YOYO, "has locked this database", Some("UPDATE yoyo_lock SET ctime = ctime - interval '1 day'"))
}
