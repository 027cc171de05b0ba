//! Sets a rehearsal up, undoes it, and adds the last row.

use super::refusal;
use super::request::Request;
use super::row::{Row, Status};
use super::run::Rehearsal;
use super::wording;
use crate::error::Error;
use crate::pg::rehearsal::sequences;
use crate::pg::rehearsal::undone::{self, undone};
use crate::pg::role_settings::settings_of_role;
use crate::pg::{catalog_query, memory, role, transaction};
use pgrx::pg_sys::Oid;
use std::time::Instant;

/// Settings of the role that are not taken over: the role itself is set later, the client's
/// encoding is that of this connection, and a transaction_timeout would count from here and end the
/// session.
const LEFT_ALONE: [&str; 4] = ["client_encoding", "role", "session_authorization", "transaction_timeout"];

/// Runs the script, undoes it, and returns its rows.
pub fn rehearse(request: &Request) -> Result<Vec<Row>, Error> {
    refusal::check(request.allows_others)?;
    let role = request.role.as_deref().map(role::find).transpose()?;
    let settings = role.map(settings_of_role).transpose()?.unwrap_or_default();
    let all = oids(include_str!("../../sql/queries/sequences_to_protect.sql"))?;
    let start = Instant::now();
    let ((mut rows, leaves_open), lost) = undone(&all, || {
        for (name, value) in settings.iter().filter(|(name, _)| !LEFT_ALONE.contains(&name.as_str())) {
            undone::try_set(name, value);
        }
        if let Some(limit) = request.lock_timeout {
            undone::set("lock_timeout", &limit.to_string())?;
        }
        for sequence in &all {
            memory::step();
            sequences::copy(*sequence)?;
        }
        if let Some(role) = &request.role {
            undone::set("role", role)?;
        }
        if let Some((name, other)) = settings.iter().rev().find(|(name, _)| name == "role") {
            undone::try_set(name, other);
        }
        Rehearsal::new(request, oids(include_str!("../../sql/queries/tables_with_counts.sql"))?).run()
    })?;
    let mut last = Row::new(overall(&rows));
    last.command = Some("REHEARSAL".to_owned());
    last.duration = Some(start.elapsed());
    if leaves_open {
        last.detail.push(wording::LEAVES_OPEN.to_owned());
    }
    last.detail.extend(wording::not_undone(all.len(), lost, transaction::is_serializable()));
    rows.push(last);
    Ok(rows)
}

fn overall(rows: &[Row]) -> Status {
    let worst = [Status::Failed, Status::NotRehearsed];
    worst.into_iter().find(|status| rows.iter().any(|row| row.status == *status)).unwrap_or(Status::Ok)
}

fn oids(query: &str) -> Result<Vec<Oid>, Error> {
    catalog_query::read(query, &[], |row| row.get::<Oid>(1))
}
