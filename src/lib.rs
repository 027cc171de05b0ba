//! pg_flightcheck: finds and repairs what migrations and restores leave behind in a PostgreSQL
//! database.
#![deny(unsafe_code)]

mod checks;
mod error;
mod foreign_keys;
mod guard;
mod ids;
mod locks;
mod maintenance;
mod migrations;
mod pg;
mod precheck;
mod rehearsal;
mod report;
mod row_hash;
mod script;
mod sequences;
mod settings;
mod snapshot;

#[cfg(all(feature = "pg_test", not(test)))]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#[path = "../pgrx-tests/mod.rs"]
mod pgrx_tests;

pgrx::pg_module_magic!();

#[allow(non_snake_case)]
#[pgrx::pg_guard]
extern "C-unwind" fn _PG_init() {
    settings::register();
    guard::install();
    locks::find_history_tables_by(migrations::history_tables);
}
