//! Checks the privileges that moving a sequence requires, and writes the statements that grant the
//! missing ones.

use super::column::Column;
use super::link::Sequence;
use crate::pg::access;
use crate::pg::names::quote_identifier;
use pgrx::pg_sys::Oid;

/// Returns why the current user cannot move the sequence past the ids in these columns, with every
/// missing GRANT; `None` if the user can.
pub fn obstacle(sequence: &Sequence, columns: &[&Column]) -> Option<String> {
    let mut missing = Missing::default();
    if !access::may_update_sequence(sequence.oid) {
        missing.add("UPDATE", "the sequence", format!("UPDATE ON SEQUENCE {}", sequence.quoted()));
    }
    let mut schemas: Vec<Oid> = Vec::new();
    for column in columns.iter().filter(|column| !access::may_use_schema(column.schema)) {
        if !schemas.contains(&column.schema) {
            schemas.push(column.schema);
            let schema = quote_identifier(&column.table.schema);
            missing.add("USAGE", &format!("schema {schema}"), format!("USAGE ON SCHEMA {schema}"));
        }
    }
    for (table, names) in hidden_columns(columns) {
        let names = names.join(", ");
        missing.add("SELECT", &format!("{table} ({names})"), format!("SELECT ({names}) ON {table}"));
    }
    let with_row_security =
        columns.iter().filter(|column| access::is_row_security_on(column.relation)).map(|column| column.table.quoted());
    let mut with_row_security: Vec<String> = with_row_security.collect();
    with_row_security.dedup();
    let restrictions =
        with_row_security.iter().map(|table| format!("row security hides rows of {table} from this user"));
    let reasons: Vec<String> = restrictions.chain(missing.sentence()).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// Returns the columns that the current user cannot select, by table, all quoted.
fn hidden_columns(columns: &[&Column]) -> Vec<(String, Vec<String>)> {
    let mut hidden: Vec<(Oid, String, Vec<String>)> = Vec::new();
    for column in columns.iter().filter(|column| !access::may_select_column(column.relation, column.attribute)) {
        let name = quote_identifier(&column.name);
        match hidden.iter_mut().find(|(table, ..)| *table == column.relation) {
            Some((.., names)) => names.push(name),
            None => hidden.push((column.relation, column.table.quoted(), vec![name])),
        }
    }
    hidden.into_iter().map(|(_, table, names)| (table, names)).collect()
}

#[derive(Default)]
struct Missing {
    reasons: Vec<String>,
    grants: Vec<String>,
}

impl Missing {
    fn add(&mut self, privilege: &str, object: &str, grant: String) {
        self.reasons.push(format!("no {privilege} privilege on {object}"));
        self.grants.push(grant);
    }

    fn sentence(&self) -> Option<String> {
        let user = quote_identifier(&access::current_user());
        let grants: Vec<String> = self.grants.iter().map(|grant| format!("GRANT {grant} TO {user}")).collect();
        (!grants.is_empty()).then(|| format!("{}: {}", self.reasons.join(", "), grants.join("; ")))
    }
}
