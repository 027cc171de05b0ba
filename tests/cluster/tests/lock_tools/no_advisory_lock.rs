//! Tools without an advisory lock: no lock is reported, and their tables are read correctly.

use crate::fixture::Fixture;
use crate::tool::{self, Tool};
use anyhow::Result;
use cluster::report;

/// Migrates. Before that ends, the tool's tables have the state `meanwhile`, or do not exist yet.
fn check_migration(tool: Tool, meanwhile: Option<&str>, version: &str) -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[tool])? else { return Ok(()) };
    let mut process = fixture.start(tool)?;
    fixture.wait_at_gate(&mut process)?;
    let locks = fixture.locks()?;
    assert!(locks.is_empty(), "{locks:#?}");
    match meanwhile {
        Some(state) => assert_eq!(fixture.migration(tool.name)?.status, state),
        None => assert!(fixture.migrations()?.is_empty()),
    }
    fixture.open_gate()?;
    process.succeed()?;
    let row = fixture.migration(tool.name)?;
    assert_eq!((row.status.as_str(), row.version.as_deref()), ("clean", Some(version)), "{row:#?}");
    report!("{} takes no advisory lock and is at {version}", tool.name);
    Ok(())
}

/// Alembic creates its table in the transaction that migrates.
#[test]
fn alembic_takes_no_advisory_lock() -> Result<()> {
    check_migration(tool::ALEMBIC, None, "20260101ship")
}

#[test]
fn django_takes_no_advisory_lock() -> Result<()> {
    check_migration(tool::DJANGO, Some("clean"), "shop.0001_ship")
}

#[test]
fn knex_takes_no_advisory_lock() -> Result<()> {
    check_migration(tool::KNEX, Some("locked"), "20260101000000_ship.cjs")
}

#[test]
fn yoyo_takes_no_advisory_lock() -> Result<()> {
    check_migration(tool::YOYO, Some("locked"), "0001_ship")
}
