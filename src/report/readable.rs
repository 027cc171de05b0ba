//! Whether the current user may read columns of a table by a query: nothing is read with more rights than his.

use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::{access, citus, names};
use pgrx::pg_sys::Oid;

/// Why not, and what would help.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub reason: String,
    pub fix: Option<String>,
}

/// `None` if the columns, by number and name, may be read. A table that is gone is an error of the server's.
/// A table that Citus has distributed is refused: Citus refuses to plan a query for a role that does not exist, and
/// what is in the table itself is not what is in the table.
pub fn refusal(table: Oid, name: &QualifiedName, columns: &[(i16, &str)]) -> Option<Refusal> {
    let user = quote_identifier(&access::current_user());
    let (mut missing, mut grants) = (Vec::new(), Vec::new());
    if !names::relation_schema(table).is_some_and(access::may_use_schema) {
        missing.push("no USAGE privilege on the table's schema".to_owned());
        grants.push(format!("GRANT USAGE ON SCHEMA {} TO {user};", quote_identifier(&name.schema)));
    }
    let hidden = columns.iter().filter(|(number, _)| !access::may_select_column(table, *number));
    let hidden: Vec<String> = hidden.map(|(_, column)| quote_identifier(column)).collect();
    if !hidden.is_empty() {
        let hidden = hidden.join(", ");
        missing.push(format!("no SELECT privilege on {hidden}"));
        grants.push(format!("GRANT SELECT ({hidden}) ON {} TO {user};", name.quoted()));
    }
    if !missing.is_empty() {
        let grants = grants.join(" ");
        let reason = format!("{}: {}", missing.join(", "), grants.trim_end_matches(';'));
        return Some(Refusal { reason, fix: Some(grants) });
    }
    let hides = access::is_row_security_on(table);
    let reason = if hides {
        Some("row security hides rows of the table from this user".to_owned())
    } else {
        citus::obstacle(table)
    };
    reason.map(|reason| Refusal { reason, fix: None })
}
