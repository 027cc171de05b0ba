//! Typed rows of `migration_report()`.

use anyhow::{Context, Result, ensure};
use postgres::{Client, GenericClient};

#[derive(Clone, Debug)]
pub struct Row {
    pub status: String,
    pub tool: String,
    pub table: String,
    pub version: Option<String>,
    pub detail: Option<String>,
    pub fix: Option<String>,
}

impl Row {
    pub fn says(&self, words: &str) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.contains(words))
    }
}

pub fn rows(client: &mut impl GenericClient) -> Result<Vec<Row>> {
    let query = "SELECT status, tool, table_name::text, version, detail, fix FROM public.migration_report()";
    let rows = client.query(query, &[])?;
    Ok(rows
        .iter()
        .map(|row| Row {
            status: row.get(0),
            tool: row.get(1),
            table: row.get(2),
            version: row.get(3),
            detail: row.get(4),
            fix: row.get(5),
        })
        .collect())
}

/// Returns the report's only row.
pub fn only(client: &mut impl GenericClient) -> Result<Row> {
    let rows = rows(client)?;
    ensure!(rows.len() == 1, "expected one row: {rows:?}");
    rows.into_iter().next().context("no row")
}

pub fn pid(client: &mut Client) -> Result<i32> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[])?.get(0))
}
