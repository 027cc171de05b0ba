//! Refuses a rehearsal that would be untrue, or in the way of others.

use crate::error::Error;
use crate::pg::rehearsal::outside;
use crate::pg::run_as::{SUPERUSER, run_as};
use crate::pg::{access, backend, catalog_query, transaction};
use pgrx::PgSqlErrorCode;

/// How often other sessions are looked for again, and after which pause in milliseconds.
const LOOKS: usize = 10;
const PAUSE: i64 = 50;

/// Returns an error if a rehearsal is impossible here.
///
/// Errors: 25006 on a standby and in a read-only transaction; 55000 within a rehearsal, from a
/// query that reads tables, and, unless `allows_others`, if another client is connected to the
/// database or a transaction is prepared in it.
pub fn check(allows_others: bool) -> Result<(), Error> {
    if outside::is_active() {
        return Err(outside::refuse("A rehearsal cannot contain another one.".to_owned(), false));
    }
    if access::is_standby() {
        return Err(read_only("cannot rehearse a script on a standby")
            .hint("Restore a copy of the database on a server of its own, and rehearse the script there."));
    }
    if transaction::is_read_only() {
        return Err(read_only("cannot rehearse a script in a read-only transaction")
            .hint("Run SET TRANSACTION READ WRITE at the start of the transaction."));
    }
    if outside::caller_reads_tables() {
        return Err(state("the calling query reads or writes a table")
            .detail("A table that a query uses cannot be altered in the same session.")
            .hint("Run SELECT * FROM migration_rehearse(…) by itself, and keep its rows in the client."));
    }
    if allows_others {
        return Ok(());
    }
    others()
}

fn others() -> Result<(), Error> {
    let (mut sessions, mut prepared) = counts()?;
    // A session whose client has just disconnected takes a moment to end.
    for _ in 0..LOOKS {
        if sessions == 0 {
            break;
        }
        backend::pause(PAUSE);
        (sessions, prepared) = counts()?;
    }
    let hint = "Run it on a copy of the database, or pass allow_others => true: other sessions then wait for the \
                script's locks.";
    if sessions > 0 {
        let detail = format!("{sessions} other {} connected.", if sessions == 1 { "client is" } else { "clients are" });
        return Err(state("another session is connected to the database").detail(detail).hint(hint));
    }
    if prepared > 0 {
        let detail =
            format!("{prepared} prepared {} open.", if prepared == 1 { "transaction is" } else { "transactions are" });
        return Err(state("a prepared transaction is open in the database").detail(detail).hint(hint));
    }
    Ok(())
}

/// Returns how many other clients are connected to the database, and how many prepared transactions
/// it has.
fn counts() -> Result<(i64, i64), Error> {
    backend::forget_activity();
    let query = include_str!("../../sql/queries/other_sessions.sql");
    // The server hides from other roles which sessions are clients. Only counts are returned.
    let counts =
        run_as(SUPERUSER, || catalog_query::read(query, &[], |row| Ok((row.get::<i64>(1)?, row.get::<i64>(2)?))))?;
    Ok(counts.first().copied().unwrap_or((1, 0)))
}

fn state(message: &str) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
}

fn read_only(message: &str) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION, message)
}
