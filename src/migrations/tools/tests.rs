//! Tests what the judges report for given rows.

use super::layouts;
use crate::migrations::layout::Part;
use crate::migrations::tool_tables::{Row, Table, ToolTables, gist};
use crate::migrations::verdict::{Status, Verdict};
use crate::pg::heap_rows::{Cell, Moment};
use crate::report::quoting::literal;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const NOW: i64 = 1_000_000 * SECOND;

/// Returns a value: `-` is null, `@n` is a point in time n seconds ago, `~n` is one without a time
/// zone, read from a clock in Tokyo.
fn cell(text: &str) -> Option<Cell> {
    let ago = |text: &str| NOW - text.parse::<i64>().expect("seconds") * SECOND;
    let (text, moment) = match text.split_at_checked(1) {
        Some(("-", "")) => return None,
        Some(("@", seconds)) => ("then", Some(Moment { local: ago(seconds), utc: ago(seconds), has_zone: true })),
        Some(("~", seconds)) => {
            ("then", Some(Moment { local: ago(seconds), utc: ago(seconds) + 9 * HOUR, has_zone: false }))
        }
        _ => (text, None),
    };
    Some(Cell { text: text.to_owned(), moment })
}

fn table(rows: &[&[&str]], columns: &[&str]) -> Option<Table> {
    let rows = rows.iter().map(|row| Row(row.iter().map(|text| cell(text)).collect())).collect();
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    Some(Table { name: "s.t".to_owned(), columns, rows })
}

pub(super) fn tables(history: &[&[&str]]) -> ToolTables {
    ToolTables {
        history: table(history, &[]),
        schema: "public".to_owned(),
        table: "schema_migrations".to_owned(),
        database: "postgres".to_owned(),
        now: NOW,
        ..ToolTables::default()
    }
}

fn with_lock(history: &[&[&str]], lock: &[&[&str]]) -> ToolTables {
    ToolTables { lock: table(lock, &["id", "locked", "lockgranted", "lockedby"]), ..tables(history) }
}

pub(super) fn judge(tool: &str, tables: &ToolTables) -> Verdict {
    let (judge, _) = layouts().find(|(_, layout)| layout.tool == tool).expect(tool);
    (judge.judge)(tables)
}

pub(super) fn version(tool: &str, tables: &ToolTables) -> Option<String> {
    let verdict = judge(tool, tables);
    assert_eq!((verdict.status, &verdict.fix), (Status::Clean, &None), "{verdict:?}");
    verdict.version
}

#[test]
fn empty_table_of_any_tool_is_clean() {
    for (judge, layout) in layouts() {
        for tables in [ToolTables::default(), tables(&[]), with_lock(&[], &[])] {
            let verdict = Verdict { lock_key: None, ..(judge.judge)(&tables) };
            assert_eq!(verdict, Verdict::clean(None), "{}", layout.tool);
        }
    }
}

const PRISMA: i64 = 72_707_369;

/// id, migration_name, started_at, finished_at, rolled_back_at, logs
#[test]
fn prisma_failed_and_started_attempts_differ() {
    let of = |row: &[&str], advisory: &[(i64, i32)]| {
        let tables = ToolTables { advisory: advisory.into(), ..tables(&[&["1", "a", "@900", "@800", "-", "-"], row]) };
        judge("Prisma Migrate", &tables)
    };
    let states = [
        (&["2", "b", "@700", "-", "-", "ERROR: x"], &[][..], Status::Failed),
        (&["2", "b", "@700", "-", "-", "ERROR: x"], &[(PRISMA, 7)][..], Status::Failed),
        (&["2", "b", "@700", "-", "-", "-"], &[][..], Status::Failed),
        (&["2", "b", "@700", "-", "-", " \n"], &[(PRISMA + 1, 7)][..], Status::Failed),
        (&["2", "b", "@700", "-", "-", "-"], &[(PRISMA, 7)][..], Status::InProgress),
        (&["2", "b", "@59", "-", "-", "-"], &[][..], Status::Failed),
        (&["2", "b", "@59", "-", "-", "ERROR: x"], &[][..], Status::Failed),
        (&["2", "b", "@700", "@600", "-", "-"], &[][..], Status::Clean),
        (&["2", "b", "@700", "-", "@600", "ERROR: x"], &[][..], Status::Clean),
    ];
    for (row, advisory, state) in states {
        let verdict = of(row, advisory);
        assert_eq!(verdict.status, state, "{row:?} {advisory:?}");
        let is_recent = row[2] == "@59" && row[5] == "-";
        assert_eq!(verdict.fix.is_some(), state == Status::Failed && !is_recent, "{row:?}");
    }
    assert_eq!(of(&["2", "b", "@700", "@600", "-", "-"], &[]).version.as_deref(), Some("b"));
    assert_eq!(of(&["2", "b", "@700", "-", "@600", "-"], &[]).version.as_deref(), Some("a"));
    assert_eq!(of(&["2", "b", "@700", "@600", "-", "-"], &[(PRISMA, 7)]).lock_key, Some(PRISMA));
}

/// The first failed attempt is named; the fix is for all of them.
#[test]
fn prisma_fix_covers_every_open_attempt() {
    let rows: &[&[&str]] = &[&["z", "later", "@600", "-", "-", "x"], &["y", "first", "@700", "-", "-", "x"]];
    let verdict = judge("Prisma Migrate", &tables(rows));
    assert_eq!(verdict.version.as_deref(), Some("first"));
    assert!(verdict.fix.as_deref().expect("a fix").contains("IN ('y', 'z')"));
    let detail = verdict.detail().expect("a detail");
    assert!(
        detail.ends_with(
            "; so did 1 more; if their changes are undone, run prisma migrate resolve --rolled-back NAME for each of them, \
             as the fix does; if they are all in place, run prisma migrate resolve --applied NAME for each of them"
        ),
        "{detail}"
    );
}

/// Any role that may write to the table can choose the name.
#[test]
fn prisma_name_that_a_shell_would_run_is_not_shown() {
    for (name, shown) in
        [("20260102_more", "20260102_more"), ("x\"; $(touch x) #", "NAME"), ("--help", "NAME"), ("", "NAME")]
    {
        let verdict = judge("Prisma Migrate", &tables(&[&["1", name, "@700", "-", "-", "x"]]));
        let detail = verdict.detail().expect("a detail");
        assert!(detail.ends_with(&format!("prisma migrate resolve --applied {shown}")), "{detail}");
    }
}

/// A fix must parse even if the tool's constraints have been dropped.
#[test]
fn rows_without_a_key_have_no_fix() {
    let rows: [(&str, &[&str]); 3] = [
        ("Prisma Migrate", &["-", "-", "-", "-", "-", "x"]),
        ("Flyway", &["-", "1", "d", "SQL", "s", "-", "-"]),
        ("sqlx", &["-", "d", "-", "-"]),
    ];
    for (tool, row) in rows {
        let verdict = judge(tool, &tables(&[row]));
        assert_eq!((verdict.status, verdict.fix), (Status::Failed, None), "{tool}");
    }
}

/// installed_rank, version, description, type, script, installed_on, success
#[test]
fn flyway_undone_and_deleted_versions_are_skipped() {
    let row = |rank, version, kind| [rank, version, "d", kind, "s", "@9", "t"];
    let rows = [row("1", "1", "SQL"), row("2", "2", "SQL"), row("10", "3", "SQL"), row("11", "-", "SQL")];
    let mut rows: Vec<&[&str]> = rows.iter().map(|row| row.as_slice()).collect();
    assert_eq!(version("Flyway", &tables(&rows)).as_deref(), Some("3"));
    let (undo, delete) = (row("12", "3", "UNDO_SQL"), row("13", "2", "DELETE"));
    rows.push(&undo);
    assert_eq!(version("Flyway", &tables(&rows)).as_deref(), Some("2"));
    rows.push(&delete);
    assert_eq!(version("Flyway", &tables(&rows)).as_deref(), Some("1"));
}

/// id, locked, lockgranted, lockedby
#[test]
fn liquibase_recent_lock_has_no_fix() {
    let of = |granted| judge("Liquibase", &with_lock(&[], &[&["1", "t", granted, "host"]]));
    for recent in ["@0", "@59", "@-30", "~59", "~32430", "~930", "~-1815"] {
        assert_eq!((of(recent).status, of(recent).fix), (Status::Locked, None), "{recent}");
    }
    for old in ["@61", "@930", "~61", "~450", "~30000", "~100800", "-"] {
        assert!(of(old).fix.is_some(), "{old}");
        assert_eq!(of(old).part, Part::Lock);
    }
    assert_eq!(judge("Liquibase", &with_lock(&[], &[&["1", "f", "@900", "host"]])).status, Status::Clean);
}

#[test]
fn golang_migrate_is_in_progress_while_its_lock_is_held() {
    const KEY: i64 = 143_310_882;
    let dirty = tables(&[&["7", "t"]]);
    assert_eq!((judge("golang-migrate", &dirty).status, judge("golang-migrate", &dirty).fix), (Status::Dirty, None));
    let held = ToolTables { advisory: [(KEY, 7)].into(), ..dirty.clone() };
    assert_eq!(judge("golang-migrate", &held).status, Status::InProgress);
    let other = ToolTables { table: "other".to_owned(), ..held };
    assert_eq!(judge("golang-migrate", &other).status, Status::Dirty);
    assert_eq!(version("golang-migrate", &tables(&[&["7", "f"]])).as_deref(), Some("7"));
}

#[test]
fn sqlx_is_in_progress_while_its_lock_is_held() {
    let failed = tables(&[&["2", "d", "@900", "f"], &["1", "d", "@950", "t"]]);
    assert_eq!(judge("sqlx", &failed).status, Status::Failed);
    const KEY: i64 = 368_907_709_894_077_238;
    let held = ToolTables { advisory: [(KEY, 0)].into(), ..failed };
    let verdict = judge("sqlx", &held);
    assert_eq!((verdict.status, &verdict.fix), (Status::InProgress, &None));
    assert!(verdict.detail().expect("a detail").contains("a prepared transaction"));
}

/// id, version_id, is_applied
#[test]
fn goose_rolled_back_versions_are_skipped() {
    let rows: &[&[&str]] = &[&["1", "0", "t"], &["2", "1", "t"], &["3", "2", "t"], &["4", "2", "f"]];
    assert_eq!(version("goose", &tables(rows)).as_deref(), Some("1"));
    let again: &[&[&str]] = &[&["3", "2", "t"], &["4", "2", "f"], &["10", "2", "t"]];
    assert_eq!(version("goose", &tables(again)).as_deref(), Some("2"));
}

#[test]
fn goose_lock_is_held_until_its_lease_expires() {
    let of = |locked, expires| judge("goose", &with_lock(&[], &[&["1", locked, "@90", "host", expires]])).status;
    assert_eq!(
        [of("t", "@-5"), of("t", "@5"), of("f", "@-5"), of("t", "-")],
        [Status::Locked, Status::Clean, Status::Clean, Status::Clean]
    );
}

#[test]
fn versions_order_by_number_and_time() {
    assert_eq!(version("Rails (ActiveRecord)", &tables(&[&["9"], &["10"]])).as_deref(), Some("10"));
    assert_eq!(version("Ecto", &tables(&[&["9"], &["10"]])).as_deref(), Some("10"));
    assert_eq!(version("Django", &tables(&[&["9", "b", "0001"], &["10", "a", "0001"]])).as_deref(), Some("a.0001"));
    assert_eq!(version("Sqitch", &tables(&[&["@9", "p", "old"], &["@8", "p", "new"]])).as_deref(), Some("p.new"));
    assert_eq!(version("Alembic", &tables(&[&["b"], &["a"]])).as_deref(), Some("a, b"));
    assert_eq!(version("Sequelize", &tables(&[&["2-b"], &["10-a"]])).as_deref(), Some("2-b"));
}

#[test]
fn gist_of_a_log_is_the_error() {
    assert_eq!(gist("\n first\nsecond"), "first");
    assert_eq!(gist("A migration failed to apply.\n\nDatabase error:\nERROR: no\nDETAIL: x"), "ERROR: no");
    assert_eq!(gist("ERROR: Please run the import first.\nDETAIL: x"), "ERROR: Please run the import first");
    assert_eq!(gist(""), "");
    assert_eq!(gist(&"ä".repeat(300)).chars().count(), 200);
}

#[test]
fn literals_are_quoted() {
    assert_eq!(literal("it's"), "'it''s'");
    assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
}
