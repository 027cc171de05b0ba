//! Finds tables that a subscription feeds. Logical replication copies rows with the publisher's ids
//! and does not move sequences, so they are behind until the cut-over, which is not an error.
//!
//! Locks: AccessShareLock on catalogs, released before it returns. Privileges: none.

use super::column::Column;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

const SUBSCRIBED_TABLES: &str = include_str!("../../sql/queries/subscribed_tables.sql");

/// The active subscriptions of this database, by the tables that they feed.
pub struct Subscriptions(HashMap<Oid, Vec<String>>);

impl Subscriptions {
    pub fn look_up() -> Result<Subscriptions, Error> {
        let tables = read(SUBSCRIBED_TABLES, &[], |row| Ok((row.get::<Oid>(1)?, row.texts(2)?)))?;
        Ok(Subscriptions(tables.into_iter().collect()))
    }

    /// Returns why the column's sequence is behind, and what to run when; `None` if no active
    /// subscription feeds the table.
    pub fn explain(&self, column: &Column, fix: Option<&str>) -> Option<String> {
        let names = self.0.get(&column.relation)?;
        let noun = if names.len() == 1 { "subscription" } else { "subscriptions" };
        let verb = if names.len() == 1 { "feeds" } else { "feed" };
        let names = names.iter().map(|name| quote_identifier(name)).collect::<Vec<_>>().join(", ");
        let then = fix.map(|fix| format!("; once the last change has arrived, run {fix}")).unwrap_or_default();
        Some(format!("{noun} {names} {verb} the table, so the sequence is behind until the cut-over{then}"))
    }
}
