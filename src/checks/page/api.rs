//! Defines the SQL function flightcheck_report.

use super::gather::gather;
use super::html::page;
use super::script::gather::Request;
use crate::checks::target::Target;
use crate::error::Error;
use crate::pg::encoded_text::{Json, ServerText};
use crate::pg::entry;
use crate::pg::sql_types::Name;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns an HTML page to hand on: how many findings there are and what was not checked, the
/// findings of flightcheck with their fixes, the used share of the sequences, the sessions that
/// wait for others and, if `source` is a snapshot, the differences that db_compare reports.
/// `schema`, `expected_owner` and `deep` are those of flightcheck. Many findings of one kind become
/// one, as there.
///
/// With a `script`, the page begins with what migration_precheck says of it, statement by
/// statement, and with its locks as a time line; `as_role` and `mode` are as there. `rehearse`,
/// which is for a copy of the database, runs the script and undoes it, as migration_rehearse does,
/// and shows what happened and how long others would have been kept out.
///
/// The page needs no other file, fetches nothing and has no JavaScript. It consists of ASCII
/// characters, so it is the same in every client encoding, and it is shorter than 1 MB: what is
/// left out is counted. Characters of names that are invisible or change the direction of the text
/// are shown as `\u202E`; a fix with such a character is left out. The page shows no statements of
/// sessions except those that the details of findings quote; it shows those of the script.
///
/// Locks, privileges and errors: as flightcheck, seq_audit and advisory_lock_report; with `source`
/// as db_compare, with `script` as migration_precheck, with `rehearse` as migration_rehearse too;
/// 22004 NULL, 22023 for an argument about a script without one. Waits for locks for five seconds
/// altogether, or for lock_timeout. What the current user cannot read is listed on the page. Works
/// on a standby and in read-only transactions, except with `rehearse`.
#[pg_extern]
#[allow(clippy::too_many_arguments)]
fn flightcheck_report(
    schema: default!(Option<&str>, "NULL"),
    expected_owner: default!(Option<Name>, "NULL"),
    deep: default!(Option<bool>, "false"),
    source: default!(Option<Json>, "NULL"),
    script: default!(Option<ServerText>, "NULL"),
    as_role: default!(Option<Name>, "NULL"),
    mode: default!(Option<&str>, "NULL"),
    rehearse: default!(Option<bool>, "false"),
) -> Result<String, ErrorReport> {
    let deep = deep.ok_or_else(|| Error::null_argument("deep"))?;
    let rehearse = rehearse.ok_or_else(|| Error::null_argument("rehearse"))?;
    let expected_owner = expected_owner.as_ref().map(|name| name.0.as_str());
    let script = script.as_ref().map(|script| script.0.as_str());
    let as_role = as_role.as_ref().map(|name| name.0.as_str());
    Ok(entry::run(|| {
        let request = Request::new(script, as_role, mode, rehearse)?;
        let target = Target::look_up(schema, expected_owner, deep, true)?;
        Ok::<_, Error>(page(&gather(&target, source.as_ref(), request.as_ref())?))
    })?)
}

pgrx::extension_sql_file!("../../../sql/install/report.sql", name = "report", requires = [flightcheck_report]);
