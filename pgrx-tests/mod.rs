//! Tests that run inside the server, in the schema `tests`, each in a transaction that is rolled
//! back.

mod guard;
mod locks;
mod migrations;
mod pg;
mod sequences;
mod snapshot;

use pgrx::Spi;
use pgrx::pg_sys::Oid;

/// Runs statements; an error fails the test.
fn run(sql: &str) {
    Spi::run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Returns the only value of a query.
fn one<T: pgrx::FromDatum + pgrx::IntoDatum>(sql: &str) -> T {
    Spi::get_one(sql).ok().flatten().unwrap_or_else(|| panic!("{sql}: no value"))
}

/// Like `one`, but read-only, so that no transaction id is assigned.
fn one_read_only<T: pgrx::FromDatum + pgrx::IntoDatum>(sql: &str) -> T {
    Spi::connect(|client| client.select(sql, Some(1), &[])?.first().get_one())
        .ok()
        .flatten()
        .unwrap_or_else(|| panic!("{sql}: no value"))
}

fn oid(relation: &str) -> Oid {
    one(&format!("SELECT '{relation}'::regclass::oid"))
}

/// Returns the number of locks that this backend holds on user relations it has not created itself.
fn locks_on_user_relations() -> i64 {
    one("SELECT count(*) FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation >= 16384 AND l.granted
           AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = l.relation AND c.xmin = pg_current_xact_id()::xid)")
}
