//! Guarded databases in real dumps and restores.

mod bad;
mod good;
mod guarded;
mod left_out;
mod missing;
mod off;
mod programs;

use anyhow::Result;
use guarded::Way;

#[test]
fn restores_that_end_well_are_silent_with_triggers() -> Result<()> {
    good::restores_end_well(Way::Armed)
}

#[test]
fn restores_that_end_well_are_silent_preloaded() -> Result<()> {
    good::restores_end_well(Way::Preloaded)
}

#[test]
fn guarded_schemas_come_along() -> Result<()> {
    good::some_schemas_stay_some()
}

#[test]
fn restores_without_sequences_are_loud_with_triggers() -> Result<()> {
    bad::restores_end_badly(Way::Armed)
}

#[test]
fn restores_without_sequences_are_loud_preloaded() -> Result<()> {
    bad::restores_end_badly(Way::Preloaded)
}

#[test]
fn rows_come_without_the_extension() -> Result<()> {
    missing::rows_come_without_the_extension()
}

#[test]
fn dropped_and_disabled_it_leaves_nothing() -> Result<()> {
    off::nothing_is_left_behind()
}

#[test]
fn a_load_with_triggers_off_is_judged() -> Result<()> {
    off::the_owner_loads_with_triggers_off()
}

#[test]
fn left_out_tables_stay_left_out() -> Result<()> {
    left_out::left_out_tables_stay_left_out()
}
