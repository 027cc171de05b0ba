//! Guarded databases in real dumps and restores.

mod brief_lock;
mod complete;
mod disabled;
mod excluded_tables;
mod fixtures;
mod missing_extension;
mod programs;
mod sequences_behind;

use anyhow::Result;
use fixtures::Mode;

#[test]
fn complete_restore_causes_no_warning_with_triggers() -> Result<()> {
    complete::check_complete_restores(Mode::Armed)
}

#[test]
fn complete_restore_causes_no_warning_preloaded() -> Result<()> {
    complete::check_complete_restores(Mode::Preloaded)
}

#[test]
fn restore_keeps_guarded_schemas() -> Result<()> {
    complete::check_guarded_schemas()
}

#[test]
fn restore_without_sequences_warns_with_triggers() -> Result<()> {
    sequences_behind::check_restores_without_sequences(Mode::Armed)
}

#[test]
fn restore_without_sequences_warns_preloaded() -> Result<()> {
    sequences_behind::check_restores_without_sequences(Mode::Preloaded)
}

#[test]
fn restore_without_extension_keeps_rows() -> Result<()> {
    missing_extension::restore_without_extension_keeps_rows()
}

#[test]
fn drop_and_disable_remove_guard() -> Result<()> {
    disabled::check_removal()
}

#[test]
fn load_with_disabled_triggers_is_checked() -> Result<()> {
    disabled::check_loads_with_disabled_triggers()
}

#[test]
fn excluded_tables_stay_excluded_after_restore() -> Result<()> {
    excluded_tables::excluded_tables_stay_excluded_after_restore()
}

#[test]
fn restore_leaves_one_trigger_despite_brief_lock() -> Result<()> {
    brief_lock::restore_leaves_one_trigger_despite_brief_lock()
}
