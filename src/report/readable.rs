//! Decides whether the current user may read columns of a table: one rule, whether a query reads
//! them or the extension reads the table itself.

use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::{access, citus, names};
use pgrx::pg_sys::Oid;

pub const ROW_SECURITY: &str = "row security hides rows of the table from this user";
pub const NO_SCHEMA: &str = "no USAGE privilege on the table's schema";

/// What hides a column's values from the current user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// The user lacks USAGE on the table's schema.
    Schema,
    /// The user lacks SELECT on the column.
    Column,
    /// Row security applies to the user.
    RowSecurity,
}

/// Returns what hides a column of a table in this schema; `None` if the current user may read it.
pub fn hidden(schema: Oid, table: Oid, attribute: i16) -> Option<Hidden> {
    if !access::may_use_schema(schema) {
        Some(Hidden::Schema)
    } else if !access::may_select_column(table, attribute) {
        Some(Hidden::Column)
    } else {
        access::is_row_security_on(table).then_some(Hidden::RowSecurity)
    }
}

/// Why columns may not be read, and what would change that.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub reason: String,
    pub fix: Option<String>,
}

/// Returns why the columns, given by number and name, may not all be read; `None` if they may. For
/// a dropped table the server raises an error.
///
/// Refuses a table that Citus has distributed: Citus cannot plan a query for a role that does not
/// exist, and the rows are on other servers.
pub fn refusal(table: Oid, name: &QualifiedName, columns: &[(i16, &str)]) -> Option<Refusal> {
    let user = quote_identifier(&access::current_user());
    let schema = names::relation_schema(table).unwrap_or(Oid::INVALID);
    let (mut missing, mut grants) = (Vec::new(), Vec::new());
    if !access::may_use_schema(schema) {
        missing.push(NO_SCHEMA.to_owned());
        grants.push(format!("GRANT USAGE ON SCHEMA {} TO {user};", quote_identifier(&name.schema)));
    }
    let unreadable = columns.iter().filter(|(number, _)| !access::may_select_column(table, *number));
    let unreadable: Vec<String> = unreadable.map(|(_, column)| quote_identifier(column)).collect();
    if !unreadable.is_empty() {
        let unreadable = unreadable.join(", ");
        missing.push(format!("no SELECT privilege on {unreadable}"));
        grants.push(format!("GRANT SELECT ({unreadable}) ON {} TO {user};", name.quoted()));
    }
    if !missing.is_empty() {
        let grants = grants.join(" ");
        let reason = format!("{}: {}", missing.join(", "), grants.trim_end_matches(';'));
        return Some(Refusal { reason, fix: Some(grants) });
    }
    let hides = access::is_row_security_on(table);
    let reason = if hides { Some(ROW_SECURITY.to_owned()) } else { citus::obstacle(table) };
    reason.map(|reason| Refusal { reason, fix: None })
}
