//! Tests that run inside the server, in the schema `tests`: each is one transaction, rolled back.

mod guard;
mod locks;
mod migrations;
mod pg;
mod sequences;
mod snapshot;

use pgrx::Spi;
use pgrx::pg_sys::Oid;

/// Runs statements, failing the test on an error.
fn run(sql: &str) {
    Spi::run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The one value of a query.
fn one<T: pgrx::FromDatum + pgrx::IntoDatum>(sql: &str) -> T {
    Spi::get_one(sql).ok().flatten().unwrap_or_else(|| panic!("{sql}: no value"))
}

/// As `one`, read-only: takes no transaction id.
fn look<T: pgrx::FromDatum + pgrx::IntoDatum>(sql: &str) -> T {
    Spi::connect(|client| client.select(sql, Some(1), &[])?.first().get_one())
        .ok()
        .flatten()
        .unwrap_or_else(|| panic!("{sql}: no value"))
}

fn oid(relation: &str) -> Oid {
    one(&format!("SELECT '{relation}'::regclass::oid"))
}

/// How many locks on relations this backend holds, beyond those on the catalogs that tests read.
fn locks_on_user_relations() -> i64 {
    one("SELECT count(*) FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation >= 16384 AND l.granted
           AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = l.relation AND c.xmin = pg_current_xact_id()::xid)")
}
