//! Judges pgroll's history: one row for each migration, which is started and, once all clients use
//! the new schema, completed.

use crate::migrations::layout::Type::{Boolean, Json, Name, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables};
use crate::migrations::verdict::{Status, Verdict};

const TOOL: &str = "pgroll";

pub const LAYOUTS: &[Layout] = &[Layout {
    columns: &[
        ("resulting_schema", Json),
        ("schema", Name),
        ("name", Text),
        ("migration", Json),
        ("created_at", Time),
        ("updated_at", Time),
        ("parent", Text),
        ("done", Boolean),
    ],
    reads: &["schema", "name", "created_at", "done"],
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];

// The columns that the layout reads.
const SCHEMA: usize = 0;
const NAME: usize = 1;
const CREATED: usize = 2;
const DONE: usize = 3;

/// Reports a migration that was started and not completed. Until it is completed, triggers keep the
/// old and new columns in sync. A start that failed looks the same.
pub fn judge(tables: &ToolTables) -> Verdict {
    let Some(history) = &tables.history else { return Verdict::clean(None) };
    let label = |row: &Row| row.text(NAME).map(str::to_owned);
    let Some(open) = history.newest(CREATED, |row| !row.is_true(DONE)) else {
        return Verdict::clean(history.newest(CREATED, |_| true).and_then(label));
    };
    let since = tables.since(open, CREATED).unwrap_or_default();
    let schema = open.text(SCHEMA).unwrap_or_default();
    let detail = format!(
        "started in schema {schema} {since} and not completed: triggers keep its old and new columns in sync until \
         pgroll complete or pgroll rollback"
    );
    Verdict::of(Status::InProgress, label(open), detail)
}
