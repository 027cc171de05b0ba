//! Defines the SQL function flightcheck_report.

use super::gather::gather;
use super::html::page;
use crate::checks::target::Target;
use crate::error::Error;
use crate::pg::encoded_text::Json;
use crate::pg::entry;
use crate::pg::sql_types::Name;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Returns an HTML page to hand on: how many findings there are and what was not checked, the
/// findings of flightcheck with their fixes, the used share of the sequences, the sessions that
/// wait for others and, if `source` is a snapshot, the differences that db_compare reports. The
/// other arguments are those of flightcheck. Many findings of one kind become one, as there.
///
/// The page needs no other file, fetches nothing and runs no script. It consists of ASCII
/// characters, so it is the same in every client encoding, and it is shorter than 1 MB: what is
/// left out is counted. Characters of names that are invisible or change the direction of the text
/// are shown as `\u202E`; a fix with such a character is left out. The page shows no statements of
/// sessions except those that the details of findings quote.
///
/// Locks, privileges and errors: as flightcheck, seq_audit and advisory_lock_report; with `source`,
/// as db_compare too. Waits for locks for five seconds altogether, or for lock_timeout. What the
/// current user cannot read is listed on the page. Works on a standby and in read-only
/// transactions.
#[pg_extern]
fn flightcheck_report(
    schema: default!(Option<&str>, "NULL"),
    expected_owner: default!(Option<Name>, "NULL"),
    deep: default!(Option<bool>, "false"),
    source: default!(Option<Json>, "NULL"),
) -> Result<String, ErrorReport> {
    let deep = deep.ok_or_else(|| Error::null_argument("deep"))?;
    let expected_owner = expected_owner.as_ref().map(|name| name.0.as_str());
    Ok(entry::run(|| {
        let target = Target::look_up(schema, expected_owner, deep, true)?;
        Ok::<_, Error>(page(&gather(&target, source.as_ref())?))
    })?)
}

pgrx::extension_sql_file!("../../../sql/install/report.sql", name = "report", requires = [flightcheck_report]);
