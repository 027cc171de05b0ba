//! Finds what can still write while the database's transactions are read-only.

use super::record::Record;
use super::sessions::Session;
use super::state::{READ_ONLY, is_true};
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::report::quoting::literal;
use pgrx::datum::TimestampWithTimeZone;

const ROLE_SETTINGS: &str = include_str!("../../sql/queries/database_role_settings.sql");
const PREPARED: &str = include_str!("../../sql/queries/maintenance_prepared.sql");
const SUBSCRIPTIONS: &str = include_str!("../../sql/queries/maintenance_subscriptions.sql");

/// Something that can write: no row is about a session whose transactions are read-only.
pub struct Writer {
    /// `role loader`, `subscription s`, `prepared transaction 'x'`.
    pub object: String,
    pub role: Option<String>,
    pub since: Option<TimestampWithTimeZone>,
    pub detail: String,
}

/// Returns everything except sessions of clients.
pub fn all() -> Result<Vec<Writer>, Error> {
    let mut writers = roles()?;
    writers.extend(prepared()?);
    writers.extend(subscriptions()?);
    Ok(writers)
}

/// Returns the roles whose own setting comes before the database's.
fn roles() -> Result<Vec<Writer>, Error> {
    let mut rows = read(ROLE_SETTINGS, &[vec![READ_ONLY].into()], |row| {
        Ok((row.optional_text(1)?.is_some(), row.optional_text(2)?, row.text(4)?))
    })?;
    // What a role has in this database comes before what it has in all of them.
    rows.sort_by_key(|(is_of_database, ..)| !is_of_database);
    let mut roles: Vec<(String, bool, String)> = Vec::new();
    for (is_of_database, role, value) in rows {
        let Some(role) = role else { continue };
        if !roles.iter().any(|(other, ..)| *other == role) {
            roles.push((role, is_of_database, value));
        }
    }
    roles.sort();
    let writer = |(role, is_of_database, value): (String, bool, String)| {
        let place = if is_of_database { " in this database" } else { "" };
        (!is_true(&value)).then(|| Writer {
            object: format!("role {}", quote_identifier(&role)),
            role: Some(role),
            since: None,
            detail: format!("the role has {READ_ONLY} = {value}{place}: its new sessions can write"),
        })
    };
    Ok(roles.into_iter().filter_map(writer).collect())
}

/// Returns the prepared transactions, which COMMIT PREPARED commits even in a read-only session.
pub fn prepared() -> Result<Vec<Writer>, Error> {
    read(PREPARED, &[], |row| {
        Ok(Writer {
            object: format!("prepared transaction {}", literal(&row.text(1)?)),
            role: row.optional_text(2)?,
            since: row.optional(3)?,
            detail: "COMMIT PREPARED writes its rows, even in a read-only session".to_owned(),
        })
    })
}

fn subscriptions() -> Result<Vec<Writer>, Error> {
    read(SUBSCRIPTIONS, &[], |row| {
        Ok(Writer {
            object: format!("subscription {}", row.identifier(1)?),
            role: None,
            since: None,
            detail: "its worker writes what the publisher sends, until ALTER SUBSCRIPTION … DISABLE".to_owned(),
        })
    })
}

/// Why a session can write; `None` if nothing shows that it can.
pub fn reason(session: &Session, record: Option<&Record>) -> Option<&'static str> {
    if session.is_other_worker() {
        return Some("a background process is not ended, and may have begun before maintenance mode");
    }
    if !session.is_client() {
        return None;
    }
    if session.has_written {
        return Some("its transaction has written");
    }
    let is_old = record.is_some_and(|record| session.start.is_some_and(|start| start <= record.since));
    is_old.then_some("the session began before maintenance mode")
}
