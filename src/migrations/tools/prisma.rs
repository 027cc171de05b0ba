//! Judges Prisma Migrate's history: one row for each attempt.

use super::MAY_BE_RUNNING;
use crate::migrations::layout::Type::{Integer, Text, Time};
use crate::migrations::layout::{Layout, Mark, Part};
use crate::migrations::log::{ForeignKey, existing_relation};
use crate::migrations::named_relations::Relation;
use crate::migrations::tool_tables::{MAX_NAMED_ROWS, Row, ToolTables, gist, processes};
use crate::migrations::verdict::{Status, Verdict};
use crate::report::quoting::literal;

const TOOL: &str = "Prisma Migrate";

pub const LAYOUTS: &[Layout] = &[Layout {
    own_names: &["_prisma_migrations"],
    columns: &[
        ("applied_steps_count", Integer),
        ("id", Text),
        ("migration_name", Text),
        ("started_at", Time),
        ("finished_at", Time),
        ("rolled_back_at", Time),
        ("logs", Text),
    ],
    reads: &["id", "migration_name", "started_at", "finished_at", "rolled_back_at", "logs"],
    ..Layout::new(TOOL, Part::History, Mark::Columns)
}];

// The columns that the layout reads.
const ID: usize = 0;
const NAME: usize = 1;
const STARTED: usize = 2;
const FINISHED: usize = 3;
const ROLLED_BACK: usize = 4;
const LOGS: usize = 5;

/// Key of Prisma's advisory lock, which is the same in every database.
const KEY: i64 = 72_707_369;

/// Judges as `migrate deploy` does: an attempt that was neither finished nor rolled back stops it
/// (P3009), with or without logs. `migrate deploy` does not check whether the attempt is still
/// running; a session that runs it would hold Prisma's lock.
pub fn judge(tables: &ToolTables) -> Verdict {
    let Some(history) = &tables.history else { return Verdict::clean(None) };
    let mut open: Vec<&Row> =
        history.rows.iter().filter(|row| row.is_null(FINISHED) && row.is_null(ROLLED_BACK)).collect();
    open.sort_by(|one, other| one.order(STARTED).cmp(&other.order(STARTED)));
    let Some(first) = open.first() else {
        let applied = history.newest(STARTED, |row| !row.is_null(FINISHED) && row.is_null(ROLLED_BACK));
        let verdict = Verdict::clean(applied.and_then(|row| row.text(NAME)).map(str::to_owned));
        return verdict.lock_key(KEY);
    };
    let name = first.text(NAME).unwrap_or_default();
    let since = tables.since(first, STARTED).unwrap_or_else(|| "at some time".to_owned());
    let holders = tables.holders(KEY);
    let log = gist(first.text(LOGS).unwrap_or_default());
    let is_fresh = first.moment(STARTED).is_some_and(|started| tables.is_fresh(started));
    let version = Some(name.to_owned());
    if log.is_empty() && !holders.is_empty() {
        let detail = format!("started {since}, and {} holds Prisma's lock {KEY}", processes(&holders));
        return Verdict::of(Status::InProgress, version, detail);
    }
    if log.is_empty() && tables.is_standby {
        return Verdict::unseen(version, &format!("started {since} and has not finished"));
    }
    let what = match log {
        "" => format!(
            "started {since} and has not finished; no session holds Prisma's lock {KEY}, so it was interrupted \
             or is running with the lock disabled"
        ),
        log => format!("failed, started {since}: {log}"),
    };
    let others = match open.len() - 1 {
        0 => String::new(),
        count => format!("; so did {count} more"),
    };
    if log.is_empty() && is_fresh {
        return Verdict::of(Status::Failed, version, format!("{what}; {MAY_BE_RUNNING}"));
    }
    if let Some(found) = conflicting_relation(tables, log) {
        return Verdict::of(Status::Failed, version, format!("{what}{others}; {}", remedy(&found, name)));
    }
    let (whose, which) = match open.len() {
        1 => ("its", shell_word(name)),
        _ => ("their", "NAME for each of them"),
    };
    let mut verdict = Verdict::of(Status::Failed, version, format!("{what}{others}"))
        .or_fix(format!("if {whose} changes are undone, run prisma migrate resolve --rolled-back {which}"));
    verdict.note(&format!("if they are all in place, run prisma migrate resolve --applied {which}"));
    verdict.is_doubtful = log.is_empty();
    verdict.violated = ForeignKey::read(first.text(LOGS).unwrap_or_default());
    let ids: Vec<String> = open.iter().take(MAX_NAMED_ROWS).filter_map(|row| row.text(ID)).map(literal).collect();
    if ids.is_empty() {
        return verdict;
    }
    verdict.fix(format!(
        "UPDATE {} SET rolled_back_at = pg_catalog.now() WHERE id IN ({}) AND finished_at IS NULL AND rolled_back_at IS NULL;",
        history.name,
        ids.join(", ")
    ))
}

/// Returns the relation that already exists according to the log, if it still does: an interrupted
/// attempt leaves the index of its CREATE INDEX CONCURRENTLY behind.
fn conflicting_relation(tables: &ToolTables, log: &str) -> Option<Relation> {
    tables.find_relation?(&tables.schema, existing_relation(log)?)
}

/// Returns how to resolve the conflict with the relation. There is no fix, since it is not known
/// whether the migration does anything else: if it is marked as applied, the rest is missing; if it
/// is marked as rolled back, it fails again.
fn remedy(found: &Relation, name: &str) -> String {
    let (label, name) = (&found.label, shell_word(name));
    match found.is_valid_index {
        Some(_) if found.is_being_built => format!("{label} is being built: check again once the build has finished"),
        Some(false) => format!(
            "{label} exists and is invalid, as an interrupted CREATE INDEX CONCURRENTLY leaves it: run \
             DROP INDEX CONCURRENTLY {}, then prisma migrate resolve --rolled-back {name}",
            found.name
        ),
        Some(true) => format!(
            "{label} exists and is valid: if the migration does nothing else, as with CREATE INDEX CONCURRENTLY, \
             run prisma migrate resolve --applied {name}; if it is marked as rolled back, it fails again"
        ),
        None => format!(
            "{label} exists: if so does everything else that the migration creates, run prisma migrate resolve \
             --applied {name}; if it is marked as rolled back, it fails again"
        ),
    }
}

/// Returns the name, or `NAME` if a shell could run a part of it: any role that may write to the
/// table can choose the name.
fn shell_word(name: &str) -> &str {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) { name } else { "NAME" }
}
