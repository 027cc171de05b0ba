//! Typed rows of `flightcheck()`, and what tests do with them.

use anyhow::{Context, Result};
use cluster::explain;
use postgres::{Client, GenericClient};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: String,
    pub check: String,
    pub object: String,
    pub detail: String,
    pub fix: Option<String>,
}

impl Finding {
    pub fn fix(&self) -> Result<&str> {
        self.fix.as_deref().with_context(|| format!("no fix: {self:?}"))
    }

    pub fn says(&self, words: &str) -> bool {
        self.detail.contains(words)
    }
}

/// Returns the rows of a call in their order; `arguments` are SQL, e.g. `'app', expected_owner =>
/// 'app'`.
pub fn flightcheck(client: &mut impl GenericClient, arguments: &str) -> Result<Vec<Finding>> {
    flightcheck_in(client, "public", arguments)
}

/// Returns the rows of the function in this schema.
pub fn flightcheck_in(client: &mut impl GenericClient, schema: &str, arguments: &str) -> Result<Vec<Finding>> {
    let query = format!(
        "SELECT severity, check_name, object, detail, fix FROM {schema}.flightcheck({arguments}) WITH ORDINALITY"
    );
    let rows = client.query(&query, &[]).map_err(|error| anyhow::anyhow!("{query}: {}", explain(&error)))?;
    let finding = |row: &postgres::Row| Finding {
        severity: row.get(0),
        check: row.get(1),
        object: row.get(2),
        detail: row.get(3),
        fix: row.get(4),
    };
    Ok(rows.iter().map(finding).collect())
}

/// Returns the findings of one check.
pub fn of_check(client: &mut impl GenericClient, arguments: &str, check: &str) -> Result<Vec<Finding>> {
    Ok(flightcheck(client, arguments)?.into_iter().filter(|finding| finding.check == check).collect())
}

/// Returns the findings above severity info.
pub fn troubles(client: &mut impl GenericClient, arguments: &str) -> Result<Vec<Finding>> {
    Ok(flightcheck(client, arguments)?.into_iter().filter(|finding| finding.severity != "info").collect())
}

/// Runs the fixes in their order, exactly as printed; none may fail.
pub fn run_fixes(client: &mut Client, findings: &[Finding]) -> Result<usize> {
    for finding in findings {
        let fix = finding.fix()?;
        client.batch_execute(fix).map_err(|error| anyhow::anyhow!("{finding:?}\n{fix}\n{}", explain(&error)))?;
    }
    Ok(findings.len())
}

/// Flushes pending statistics, so that the counters are complete.
pub fn flush_counters(client: &mut Client) -> Result<()> {
    client.batch_execute("SELECT pg_stat_force_next_flush()")?;
    client.batch_execute("SELECT 1")?;
    Ok(())
}
