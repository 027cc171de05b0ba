//! Reads a tool's table: what it holds, or why that cannot be told.
//!
//! Locks: AccessShareLock on the table, taken only if it is to be had at once, and given back with the last row.

use super::discover::Found;
use super::layout::Column;
use super::scene::{Row, Table};
use crate::fault::Fault;
use crate::pg::heap_text::Budget;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::{access, heap_text, names};
use pgrx::pg_sys::{self, Oid};

/// No tool's history gets this large: whatever it is, it is not read as a whole.
const LARGEST: u64 = 32 * 1024 * 1024;
/// Nor has it so many rows, or so much text in the columns read. Memory that runs out would end all sessions.
const BUDGET: Budget = Budget { rows: 50_000, bytes: 8 * 1024 * 1024 };

/// `ATTRIBUTE_GENERATED_VIRTUAL`, since PostgreSQL 18.
const VIRTUAL: u8 = b'v';

const TOO_LARGE: &str = "larger than any tool's table, and so not read";

/// Why a table was not read.
#[derive(Clone, Debug)]
pub enum Unread {
    /// It has been dropped meanwhile.
    Gone,
    /// Somebody has locked it so that not even reading is possible, or waits to.
    Busy,
    /// For this reason, and with what would help.
    Refused {
        reason: String,
        fix: Option<String>,
    },
    Failed(Fault),
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Unread {
        Unread::Failed(fault)
    }
}

fn refused(reason: impl Into<String>) -> Unread {
    Unread::Refused { reason: reason.into(), fix: None }
}

/// The values that the table's layout reads. Runs nothing of the owner's: no expression, rule or policy of theirs.
pub fn read(found: &Found) -> Result<Table, Unread> {
    let oid = found.relation.oid;
    let Some(table) = Relation::open_now(oid, LockMode::AccessShare) else {
        return Err(if names::relation_name(oid).is_none() { Unread::Gone } else { Unread::Busy });
    };
    let attributes = attributes(&table, found)?;
    refuse_hidden(found, table.form().relnamespace, &attributes)?;
    // It may have no file to measure.
    table.refuse_unreadable()?;
    if table.size() > LARGEST {
        return Err(refused(TOO_LARGE));
    }
    let numbers: Vec<i16> = attributes.iter().map(|(number, _)| *number).collect();
    let rows = heap_text::read(&table, &numbers, BUDGET)?.ok_or_else(|| refused(TOO_LARGE))?;
    let rows = rows.into_iter().map(Row).collect();
    let columns = attributes.iter().map(|(_, name)| names::quote_identifier(name)).collect();
    Ok(Table { name: found.name().quoted(), columns, rows })
}

/// The columns to read, by number and name: looked at again, now that the table cannot change.
fn attributes(table: &Relation, found: &Found) -> Result<Vec<(i16, &'static str)>, Unread> {
    let form = table.form();
    match form.relkind as u8 {
        pg_sys::RELKIND_RELATION if form.relam == pg_sys::HEAP_TABLE_AM_OID => {}
        pg_sys::RELKIND_RELATION => return Err(refused("its access method is not heap")),
        kind => return Err(refused(not_a_table(kind))),
    }
    let mut columns = Vec::new();
    for number in 1..=form.relnatts {
        if let Some(attribute) = table.attribute(number).filter(|attribute| !attribute.attisdropped) {
            if attribute.attgenerated as u8 == VIRTUAL {
                return Err(refused("it has a generated column that is not stored, as no tool makes it"));
            }
            let name = names::name_text(&attribute.attname);
            columns.push((number, Column { name, type_oid: attribute.atttypid, modifier: attribute.atttypmod }));
        }
    }
    let read = found.layout.reads.iter().map(|name| {
        let column = columns.iter().find(|(_, column)| found.layout.has(name, column));
        column.map(|(number, _)| (*number, *name)).ok_or_else(|| refused("its columns have just changed"))
    });
    read.collect()
}

/// What a relation is that has no rows of its own to read.
pub fn not_a_table(kind: u8) -> &'static str {
    match kind {
        b'v' => "a view, which is not run",
        b'm' => "a materialized view",
        b'f' => "a foreign table, which is not asked",
        b'p' => "a partitioned table, which no tool makes",
        _ => "not a table",
    }
}

/// Refuses what the caller could not read by a query. Nothing is read with more rights than his.
fn refuse_hidden(found: &Found, schema: Oid, columns: &[(i16, &'static str)]) -> Result<(), Unread> {
    let (oid, name) = (found.relation.oid, found.name());
    let user = names::quote_identifier(&access::current_user());
    let mut missing = Vec::new();
    let mut grants = Vec::new();
    if !access::may_use_schema(schema) {
        missing.push("no USAGE privilege on the table's schema".to_owned());
        grants.push(format!("GRANT USAGE ON SCHEMA {} TO {user};", names::quote_identifier(&name.schema)));
    }
    let hidden = columns.iter().filter(|(number, _)| !access::may_select_column(oid, *number));
    let hidden: Vec<String> = hidden.map(|(_, column)| names::quote_identifier(column)).collect();
    if !hidden.is_empty() {
        let hidden = hidden.join(", ");
        missing.push(format!("no SELECT privilege on {hidden}"));
        grants.push(format!("GRANT SELECT ({hidden}) ON {} TO {user};", name.quoted()));
    }
    if !missing.is_empty() {
        let grants = grants.join(" ");
        return Err(Unread::Refused { reason: format!("{}: {grants}", missing.join(", ")), fix: Some(grants) });
    }
    if access::is_row_security_on(oid) {
        return Err(refused("row security hides rows of the table from this user"));
    }
    Ok(())
}
