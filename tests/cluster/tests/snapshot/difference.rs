//! Calls of `db_snapshot` and `db_compare`. A snapshot is passed as text, as between servers.

use anyhow::{Result, anyhow, ensure};
use cluster::{PORTABLE, explain};
use postgres::{GenericClient, Row};
use serde_json::Value;

/// A row of `db_compare`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub severity: String,
    pub kind: String,
    pub object: String,
    pub source: Option<String>,
    pub target: Option<String>,
    pub detail: Option<String>,
    pub fix: Option<String>,
}

impl From<&Row> for Difference {
    fn from(row: &Row) -> Self {
        Self {
            severity: row.get(0),
            kind: row.get(1),
            object: row.get(2),
            source: row.get(3),
            target: row.get(4),
            detail: row.get(5),
            fix: row.get(6),
        }
    }
}

impl Difference {
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_default()
    }

    /// Returns severity, kind and object.
    pub fn summary(&self) -> (&str, &str, &str) {
        (&self.severity, &self.kind, &self.object)
    }
}

/// Returns the result of `db_snapshot`; `arguments` are SQL, such as `'shop', checksum => true`.
pub fn snapshot(client: &mut impl GenericClient, arguments: &str) -> Result<String> {
    let query = format!("SELECT public.db_snapshot({arguments})::pg_catalog.text");
    let row = client.query_one(&query, &[]).map_err(|error| anyhow!("{query}: {}", explain(&error)))?;
    Ok(row.get(0))
}

/// Returns the result of the portable edition's `db_snapshot`.
pub fn portable_snapshot(client: &mut impl GenericClient, arguments: &str) -> Result<String> {
    let query = format!("SELECT {PORTABLE}.db_snapshot({arguments})::pg_catalog.text");
    let row = client.query_one(&query, &[]).map_err(|error| anyhow!("{query}: {}", explain(&error)))?;
    Ok(row.get(0))
}

pub fn parse(snapshot: &str) -> Result<Value> {
    Ok(serde_json::from_str(snapshot)?)
}

/// Returns the rows of `db_compare`. Without `target`, it compares with the current database.
pub fn try_compare(
    client: &mut impl GenericClient,
    source: &str,
    target: Option<&str>,
) -> Result<Vec<Difference>, postgres::Error> {
    let query = "SELECT severity, kind, object, source_value, target_value, detail, fix
                 FROM public.db_compare($1::pg_catalog.text::pg_catalog.jsonb, $2::pg_catalog.text::pg_catalog.jsonb)";
    Ok(client.query(query, &[&source, &target])?.iter().map(Difference::from).collect())
}

pub fn compare(client: &mut impl GenericClient, source: &str, target: Option<&str>) -> Result<Vec<Difference>> {
    try_compare(client, source, target).map_err(|error| anyhow!("db_compare: {}", explain(&error)))
}

/// Fails if there is a difference other than the identity of two databases; if they are the `same`
/// database, if there is any.
pub fn check_equal(found: &[Difference], same: bool) -> Result<()> {
    let others: Vec<_> = found.iter().filter(|difference| difference.kind != "identity").collect();
    ensure!(others.is_empty(), "{} differences: {:#?}", others.len(), &others[..others.len().min(10)]);
    let expected = usize::from(!same);
    ensure!(found.len() == expected, "{} rows of identity instead of {expected}: {found:#?}", found.len());
    ensure!(same || found[0].severity == "warning", "{found:#?}");
    Ok(())
}
