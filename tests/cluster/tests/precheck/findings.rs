//! Rows of `migration_precheck()`.

use cluster::literal;
use postgres::{Client, Row};

/// A row, without the columns that no test asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: String,
    pub statement: Option<i32>,
    pub check: String,
    pub state: Option<String>,
    pub detail: String,
}

fn finding(row: &Row) -> Finding {
    Finding { severity: row.get(0), statement: row.get(1), check: row.get(2), state: row.get(3), detail: row.get(4) }
}

/// Returns the findings of a script. `arguments` are further arguments of the call, with a comma
/// before them.
pub fn precheck(client: &mut Client, script: &str, arguments: &str) -> Result<Vec<Finding>, postgres::Error> {
    let call = format!(
        "SELECT severity, statement, check_name, sqlstate, detail FROM public.migration_precheck({}{arguments})",
        literal(script)
    );
    Ok(client.query(&call, &[])?.iter().map(finding).collect())
}

/// Returns the worst severity of the findings: `error`, `unknown`, or `fine` for all others.
pub fn worst(findings: &[Finding]) -> &'static str {
    let has = |severity: &str| findings.iter().any(|finding| finding.severity == severity);
    if has("error") {
        "error"
    } else if has("unknown") {
        "unknown"
    } else {
        "fine"
    }
}
