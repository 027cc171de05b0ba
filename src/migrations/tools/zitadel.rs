//! Zitadel: the steps of its setup are events among all others.

use crate::migrations::layout::Type::{Bigint, Integer, Json, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, Scene};
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

// What the query returns.
const SEQUENCE: usize = 0;
const CREATED: usize = 1;
const EVENT: usize = 2;
const STEP: usize = 3;

/// The setup's events by the table's primary key, which begins with these columns: the table has everything that ever happened.
fn query(table: &str) -> String {
    format!(
        "SELECT e.sequence, ((EXTRACT(epoch FROM e.created_at) OPERATOR(pg_catalog.-) 946684800) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, \
         e.event_type, e.payload OPERATOR(pg_catalog.->>) 'name' FROM ONLY {table} e \
         WHERE e.instance_id OPERATOR(pg_catalog.=) '' AND e.aggregate_type OPERATOR(pg_catalog.=) 'system' \
         AND e.aggregate_id OPERATOR(pg_catalog.=) 'SYSTEM' AND pg_catalog.starts_with(e.event_type, 'system.migration.') LIMIT 10000"
    )
}

/// As `zitadel setup` does: a step that was started and neither done nor failed is waited for, for ever if nobody works on it.
pub fn judge(scene: &Scene) -> Verdict {
    let mut events: Vec<&Row> = Scene::rows(&scene.history).iter().collect();
    events.sort_by_key(|row| row.integer(SEQUENCE));
    let mut last: BTreeMap<&str, &Row> = BTreeMap::new();
    for event in &events {
        last.insert(event.text(STEP).unwrap_or_default(), event);
    }
    let ended_by = |end: &str| {
        let rows = last.values().filter(|row| row.text(EVENT).is_some_and(|event| event == end));
        rows.max_by_key(|row| row.integer(SEQUENCE)).copied()
    };
    let label = |row: &Row| row.text(STEP).map(str::to_owned);
    let since = |row: &Row| scene.since(row, CREATED).unwrap_or_default();
    if let Some(open) = ended_by("system.migration.started") {
        let what = format!("started {} and neither done nor failed: zitadel setup waits for it", since(open));
        if open.moment(CREATED).is_some_and(|started| scene.is_fresh(started)) {
            return Verdict::of(
                Status::InProgress,
                label(open),
                format!("{what}; so young that somebody may be at work"),
            );
        }
        let detail = format!("{what} for as long as that is so; if it does not run any more, zitadel setup cleanup");
        return Verdict { is_doubtful: true, ..Verdict::of(Status::Dirty, label(open), detail) };
    }
    if let Some(failed) = ended_by("system.migration.failed") {
        let detail = format!("failed {}; zitadel setup tries it again when it is run next", since(failed));
        return Verdict::of(Status::Failed, label(failed), detail);
    }
    Verdict::clean(events.last().and_then(|row| label(row)))
}
