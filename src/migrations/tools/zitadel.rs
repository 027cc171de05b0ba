//! Judges the steps of Zitadel's setup, which are events in the table of all events.

use super::MAY_BE_RUNNING;
use crate::migrations::layout::Type::{Bigint, Integer, Json, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables};
use crate::migrations::verdict::{Status, Verdict};
use std::collections::BTreeMap;

const TOOL: &str = "Zitadel";

pub const LAYOUTS: &[Layout] = &[Layout {
    own_names: &[],
    columns: &[
        ("in_tx_order", Integer),
        ("instance_id", Text),
        ("aggregate_type", Text),
        ("aggregate_id", Text),
        ("event_type", Text),
        ("sequence", Bigint),
        ("revision", Integer),
        ("created_at", Time),
        ("payload", Json),
        ("creator", Text),
        ("owner", Text),
    ],
    reads: &["sequence", "created_at", "event_type", "payload", "instance_id", "aggregate_type", "aggregate_id"],
    query: Some(query),
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];

// The columns that the query returns.
const SEQUENCE: usize = 0;
const CREATED: usize = 1;
const EVENT: usize = 2;
const STEP: usize = 3;

/// Returns the query that reads only the setup's events, since the table has all events of the
/// instance. The primary key begins with the columns that the query compares.
fn query(table: &str) -> String {
    format!(
        "SELECT e.sequence, ((EXTRACT(epoch FROM e.created_at) OPERATOR(pg_catalog.-) 946684800) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, \
         e.event_type, e.payload OPERATOR(pg_catalog.->>) 'name' FROM ONLY {table} e \
         WHERE e.instance_id OPERATOR(pg_catalog.=) '' AND e.aggregate_type OPERATOR(pg_catalog.=) 'system' \
         AND e.aggregate_id OPERATOR(pg_catalog.=) 'SYSTEM' AND pg_catalog.starts_with(e.event_type, 'system.migration.') LIMIT 10000"
    )
}

/// Judges as `zitadel setup` does: it waits for a step that was started and neither completed nor
/// failed, indefinitely if no process works on the step.
pub fn judge(tables: &ToolTables) -> Verdict {
    let mut events: Vec<&Row> = ToolTables::rows(&tables.history).iter().collect();
    events.sort_by_key(|row| row.integer(SEQUENCE));
    let mut last: BTreeMap<&str, &Row> = BTreeMap::new();
    for event in &events {
        last.insert(event.text(STEP).unwrap_or_default(), event);
    }
    let newest_step_at = |end: &str| {
        let rows = last.values().filter(|row| row.text(EVENT).is_some_and(|event| event == end));
        rows.max_by_key(|row| row.integer(SEQUENCE)).copied()
    };
    let label = |row: &Row| row.text(STEP).map(str::to_owned);
    let since = |row: &Row| tables.since(row, CREATED).unwrap_or_default();
    if let Some(open) = newest_step_at("system.migration.started") {
        let what = format!("started {} and neither completed nor failed: zitadel setup waits for it", since(open));
        if open.moment(CREATED).is_some_and(|started| tables.is_fresh(started)) {
            return Verdict::of(Status::InProgress, label(open), format!("{what}; {MAY_BE_RUNNING}"));
        }
        let detail = format!("{what} indefinitely; if it is no longer running, run zitadel setup cleanup");
        return Verdict { is_doubtful: true, ..Verdict::of(Status::Dirty, label(open), detail) };
    }
    if let Some(failed) = newest_step_at("system.migration.failed") {
        let detail = format!("failed {}; zitadel setup retries it on its next run", since(failed));
        return Verdict::of(Status::Failed, label(failed), detail);
    }
    Verdict::clean(events.last().and_then(|row| label(row)))
}
