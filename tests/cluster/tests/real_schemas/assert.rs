//! Checks the extension's reports for a schema as shipped, in use, and with its sequences set back.

use crate::fill::fill;
use crate::schema::Schema;
use anyhow::{Context, Result, ensure};
use cluster::{AuditRow, audit, resync, state_of};
use postgres::Client;
use postgres::error::SqlState;

/// Statuses that no row of a healthy database has.
const ALARMS: [&str; 5] = ["behind", "exhausted", "near_limit", "unlogged", "unknown"];

fn column(row: &AuditRow) -> String {
    format!("{}.{}", row.table.as_deref().unwrap_or_default(), row.column.as_deref().unwrap_or_default())
}

fn columns<'a>(rows: impl Iterator<Item = &'a AuditRow>) -> Vec<String> {
    let mut columns: Vec<String> = rows.map(column).collect();
    columns.sort();
    columns
}

/// Checks the schema before it is used: a sequence is behind only because of rows that the package
/// inserts, and its next value is used.
pub fn as_shipped(client: &mut Client, schema: &Schema) -> Result<()> {
    let rows = audit(client, "seq_audit()")?;
    let behind: Vec<&AuditRow> = rows.iter().filter(|row| row.status == "behind").collect();
    ensure!(columns(behind.iter().copied()) == schema.behind_as_shipped, "as shipped, behind: {behind:#?}");
    for row in behind {
        let (table, column) = (row.table.as_deref().context("a table")?, row.column.as_deref().context("a column")?);
        let used = format!("SELECT EXISTS (SELECT FROM {table} WHERE {column} = $1::bigint)");
        let is_used: bool = client.query_one(&used, &[&row.next_value])?.get(0);
        ensure!(is_used, "its next value is free: {row:#?}");
    }
    for row in resync(client, "seq_resync()")? {
        ensure!(["advanced", "unchanged"].contains(&row.outcome.as_str()), "{row:#?}");
    }
    Ok(())
}

/// Checks that nothing is behind, that exactly the columns for which the application draws are
/// linked by name, and that the sequences without a link are reported as such.
pub fn in_use(client: &mut Client, schema: &Schema) -> Result<Vec<AuditRow>> {
    let rows = audit(client, "seq_audit()")?;
    let alarms: Vec<_> = rows.iter().filter(|row| ALARMS.contains(&row.status.as_str())).collect();
    ensure!(alarms.is_empty(), "false alarms: {alarms:#?}");
    let of_status = |status: &'static str| rows.iter().filter(move |row| row.status == status);
    let by_name = || rows.iter().filter(|row| row.kind.as_deref() == Some("by_name"));
    ensure!(columns(by_name()) == schema.by_name, "{:#?}", by_name().collect::<Vec<_>>());
    let unlinked: Vec<&AuditRow> = of_status("unlinked").collect();
    ensure!(unlinked.len() == schema.unlinked.len(), "{unlinked:#?}");
    for (sequence, candidates) in schema.unlinked {
        let row = unlinked.iter().find(|row| row.sequence.as_deref() == Some(*sequence));
        names_only(row.with_context(|| format!("{sequence} has no row"))?, candidates)?;
    }
    client.batch_execute("SELECT seq_assert()")?;
    check_healthy(client)?;
    Ok(rows)
}

/// Checks that flightcheck reports nothing, except constraints that an application leaves NOT
/// VALID.
fn check_healthy(client: &mut Client) -> Result<()> {
    client.batch_execute("ANALYZE")?;
    let query = "SELECT severity, check_name, object, detail FROM flightcheck()
        WHERE severity <> 'info' AND check_name NOT IN ('constraint_not_valid', 'foreign_key_not_validated')";
    let findings: Vec<[String; 4]> =
        client.query(query, &[])?.iter().map(|row| [0, 1, 2, 3].map(|column| row.get(column))).collect();
    ensure!(findings.is_empty(), "flightcheck: {findings:#?}");
    Ok(())
}

/// Checks that the row names these columns and no others.
fn names_only(row: &AuditRow, candidates: &[&str]) -> Result<()> {
    let detail = row.detail.as_deref().unwrap_or_default();
    ensure!(detail.contains("it may feed") != candidates.is_empty(), "{row:#?}");
    ensure!(detail.matches("(ids up to").count() == candidates.len(), "{row:#?}");
    ensure!(candidates.iter().all(|candidate| detail.contains(&format!("{candidate} (ids up to"))), "{row:#?}");
    ensure!(!detail.contains("beyond"), "{row:#?}");
    match candidates {
        [only] => ensure!(row.fix.as_deref().is_some_and(|fix| fix.contains(&format!("OWNED BY {only}"))), "{row:#?}"),
        _ => ensure!(row.fix.is_none(), "{row:#?}"),
    }
    Ok(())
}

/// Sets each sequence back to its start. Checks that each column with ids is reported as behind,
/// and that no insert collides after the repair. Returns how many columns were behind.
pub fn set_back(client: &mut Client, schema: &Schema, healthy: &[AuditRow]) -> Result<usize> {
    let positions = "SELECT format('%I.%I', schemaname, sequencename), start_value, last_value FROM pg_sequences
                   WHERE last_value IS NOT NULL";
    let positions = client.query(positions, &[])?;
    for row in &positions {
        client.execute(
            "SELECT setval($1::text::regclass, $2, false)",
            &[&row.get::<_, String>(0), &row.get::<_, i64>(1)],
        )?;
    }
    let rows = audit(client, "seq_audit()")?;
    let has_ids = |row: &&AuditRow| row.status == "ok" && row.max_id.is_some();
    let expected = columns(healthy.iter().filter(has_ids));
    let behind = columns(rows.iter().filter(|row| row.status == "behind"));
    ensure!(behind == expected, "set back: behind {behind:#?}, not {expected:#?}");
    ensure!(!expected.is_empty() || !schema.unlinked.is_empty(), "nothing was set back");
    if !expected.is_empty() {
        ensure!(state_of(client.batch_execute("SELECT seq_assert()")) == SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE);
    }
    for (sequence, candidates) in schema.unlinked.iter().filter(|(_, candidates)| !candidates.is_empty()) {
        let row = rows.iter().find(|row| row.sequence.as_deref() == Some(*sequence)).context("a row")?;
        ensure!(row.detail.as_deref().is_some_and(|detail| detail.contains("beyond")), "{candidates:?}: {row:#?}");
        // The fix links it.
        if let Some(fix) = &row.fix {
            client.batch_execute(fix)?;
        }
    }
    // A sequence without any link has to be set by hand: here, to its old position.
    for row in &positions {
        let sequence: String = row.get(0);
        let is_unlinked =
            |(name, candidates): &(&str, &[&str])| sequence == format!("public.{name}") && candidates.is_empty();
        if schema.unlinked.iter().any(is_unlinked) {
            client.execute("SELECT setval($1::text::regclass, $2)", &[&sequence, &row.get::<_, i64>(2)])?;
        }
    }
    resync(client, "seq_resync()")?;
    client.batch_execute("SELECT seq_assert()")?;
    fill(client, schema, 101, 105)?;
    Ok(expected.len())
}
