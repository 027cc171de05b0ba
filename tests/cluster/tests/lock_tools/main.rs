//! Real migration tools against a real server: each holds its lock while a second run of the same
//! tool meets it, and the reports have to name tool and sessions. A tool that is not installed
//! (see tools/setup-clients) is skipped with a message, and fails its test only with
//! `FLIGHTCHECK_CLIENTS=all`.

mod failed_ddl;
mod fixture;
mod held;
mod long_update;
mod no_advisory_lock;
mod pooler;
mod prisma;
mod process;
mod second_connection;
mod stale_lock_row;
mod tool;
