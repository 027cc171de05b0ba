//! Reads the processes that are connected to the database.

use crate::error::Error;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::pg::{backend, names};
use crate::report::session_label::{self, SessionLabel};
use pgrx::datum::TimestampWithTimeZone;

const SESSIONS: &str = include_str!("../../sql/queries/maintenance_sessions.sql");

/// A process that is connected to the database. A field is `None` if it is hidden from the current
/// user.
pub struct Session {
    pub pid: i32,
    /// Microseconds since 1970. Together with the process id, it identifies a session.
    pub start: Option<i64>,
    pub role: Option<String>,
    pub application_name: Option<String>,
    pub backend_type: Option<String>,
    pub state: Option<String>,
    state_age: Option<i64>,
    /// Whether its transaction has written.
    pub has_written: bool,
    pub started_at: Option<TimestampWithTimeZone>,
}

impl Session {
    /// Returns the sessions as they are now.
    pub fn all() -> Result<Vec<Session>, Error> {
        backend::forget_activity();
        read(SESSIONS, &[], Session::of_row)
    }

    fn of_row(row: &CatalogRow<'_, '_>) -> Result<Session, Error> {
        Ok(Session {
            pid: row.get(1)?,
            start: row.optional(2)?,
            role: row.optional_text(3)?,
            application_name: row.optional_text(4)?,
            backend_type: row.optional_text(5)?,
            state: row.optional_text(6)?,
            state_age: row.optional(7)?,
            has_written: row.get(8)?,
            started_at: row.optional(9)?,
        })
    }

    pub fn is_client(&self) -> bool {
        self.backend_type.as_deref() == Some("client backend")
    }

    pub fn is_hidden(&self) -> bool {
        self.backend_type.is_none()
    }

    /// Whether it is a process of an extension, or another one that is not a client's and may
    /// write. The workers of subscriptions are known by these, and WAL senders are left alone.
    pub fn is_other_worker(&self) -> bool {
        let kind = self.backend_type.as_deref().unwrap_or("client backend");
        kind != "client backend" && kind != "walsender" && !kind.starts_with("logical replication")
    }

    /// Whether ending it interrupts no work: it is idle, or its transaction has failed.
    pub fn is_idle(&self) -> bool {
        matches!(self.state.as_deref(), Some("idle" | "idle in transaction (aborted)"))
    }

    pub fn is_same_as(&self, other: &Session) -> bool {
        (self.pid, self.start) == (other.pid, other.start)
    }

    /// Returns `pid 4711 (role app, psql, active for 3 s)`.
    pub fn label(&self) -> String {
        session_label::session(&SessionLabel {
            pid: self.pid,
            role: self.role.as_deref().map(names::quote_identifier),
            application: self.application_name.as_deref(),
            backend_type: self.backend_type.as_deref().filter(|_| !self.is_client()),
            state: self.state.as_deref(),
            state_age: self.state_age,
        })
    }
}
