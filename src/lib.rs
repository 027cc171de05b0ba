//! pg_flightcheck: finds and repairs what migrations and restores leave behind in a PostgreSQL database.
#![deny(unsafe_code)]

mod at_once;
mod catalog_row;
mod checks;
mod fault;
mod foreign_keys;
mod guard;
mod locks;
mod migrations;
mod new_name;
mod one_line;
mod pg;
mod progress;
mod readable;
mod schema_argument;
mod sequences;
mod settings;
mod snapshot;
mod spelling;
mod table_locks;

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
}
