//! Judges GitLab's batched background migrations: work that its schema migrations postpone.

use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::tool_tables::{Row, ToolTables};
use crate::migrations::verdict::{Status, Verdict};
use crate::report::wording::counted;

const TOOL: &str = "GitLab batched background migrations";

pub const LAYOUTS: &[Layout] = &[Layout {
    own_names: &["batched_background_migrations"],
    columns: &[
        ("job_class_name", Text),
        ("batch_class_name", Text),
        ("table_name", Text),
        ("column_name", Text),
        ("id", Integer),
        ("status", Integer),
        ("updated_at", Time),
    ],
    reads: &["id", "status", "job_class_name", "table_name", "column_name"],
    ..Layout::new(TOOL, Part::History, Mark::OwnName)
}];

// The columns that the layout reads.
const ID: usize = 0;
const STATUS: usize = 1;
const JOB: usize = 2;
const TABLE: usize = 3;
const COLUMN: usize = 4;

// Values of `status`; 3 is finished, 6 is finalized.
const PAUSED: i64 = 0;
const ACTIVE: i64 = 1;
const FAILED: i64 = 4;
const FINALIZING: i64 = 5;

const NOUN: &str = "background migration";
/// Largest number of failed migrations that are named.
const NAMED: usize = 3;

/// Reports failed migrations, which stop the next upgrade. Those that wait or run only have to
/// finish before it.
pub fn judge(tables: &ToolTables) -> Verdict {
    let of = |statuses: &[i64]| -> Vec<&Row> {
        let rows = ToolTables::rows(&tables.history).iter();
        let mut rows: Vec<&Row> =
            rows.filter(|row| row.integer(STATUS).is_some_and(|status| statuses.contains(&status))).collect();
        rows.sort_by_key(|row| row.integer(ID));
        rows
    };
    let (failed, open) = (of(&[FAILED]), of(&[PAUSED, ACTIVE, FINALIZING]));
    let Some(first) = failed.first() else {
        let mut verdict = Verdict::clean(None);
        if !open.is_empty() {
            verdict.note(&format!("{} must finish before the next upgrade", counted(open.len(), NOUN)));
        }
        return verdict;
    };
    let names: Vec<String> = failed.iter().take(NAMED).map(|row| label(row)).collect();
    let others = failed.len().saturating_sub(NAMED);
    let others = if others > 0 { format!(" and {others} more") } else { String::new() };
    let detail = format!(
        "{} failed: {}{others}; GitLab refuses to upgrade: retry under Admin, Monitoring, Background migrations, or \
         run gitlab-rake gitlab:background_migrations:finalize",
        counted(failed.len(), NOUN),
        names.join(", ")
    );
    Verdict::of(Status::Failed, first.text(JOB).map(str::to_owned), detail)
}

fn label(row: &Row) -> String {
    let part = |column| row.text(column).unwrap_or_default();
    format!("{} on {}.{}", part(JOB), part(TABLE), part(COLUMN))
}
