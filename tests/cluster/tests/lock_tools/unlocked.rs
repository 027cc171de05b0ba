//! Tools without an advisory lock: none is reported, and their tables are read right.

use crate::tool::{self, Tool};
use crate::world::World;
use anyhow::Result;
use cluster::report;

/// Migrates; meanwhile the tool's tables say `meanwhile`, if anything yet.
fn migrate(tool: Tool, meanwhile: Option<&str>, version: &str) -> Result<()> {
    let Some(mut world) = World::with(&[tool])? else { return Ok(()) };
    let mut run = world.start(tool)?;
    world.at_gate(&mut run)?;
    let locks = world.locks()?;
    assert!(locks.is_empty(), "{locks:#?}");
    match meanwhile {
        Some(state) => assert_eq!(world.migration(tool.name)?.state, state),
        None => assert!(world.migrations()?.is_empty()),
    }
    world.open_gate()?;
    run.succeed()?;
    let row = world.migration(tool.name)?;
    assert_eq!((row.state.as_str(), row.version.as_deref()), ("clean", Some(version)), "{row:#?}");
    report!("{} takes no advisory lock, and is at {version}", tool.name);
    Ok(())
}

/// Alembic makes its table in the transaction that migrates.
#[test]
fn alembic() -> Result<()> {
    migrate(tool::ALEMBIC, None, "20260101ship")
}

#[test]
fn django() -> Result<()> {
    migrate(tool::DJANGO, Some("clean"), "shop.0001_ship")
}

#[test]
fn knex() -> Result<()> {
    migrate(tool::KNEX, Some("locked"), "20260101000000_ship.cjs")
}

#[test]
fn yoyo() -> Result<()> {
    migrate(tool::YOYO, Some("locked"), "0001_ship")
}
