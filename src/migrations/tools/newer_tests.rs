//! Tests the judges of Atlas, pgroll, Zitadel and GitLab, and how Prisma's logs are read.

use super::tests::{judge, tables, version};
use crate::migrations::named_relations::Relation;
use crate::migrations::tool_tables::{ToolTables, gist};
use crate::migrations::verdict::Status;

const PRISMA: &str = "Prisma Migrate";

/// version, applied, total, executed_at, error
#[test]
fn atlas_failed_and_unfinished_files_differ() {
    let of = |row: &[&str]| judge("Atlas", &tables(&[&["1", "3", "3", "@900", "-"], row]));
    for (row, state) in [
        (&["2", "3", "3", "@800", "-"], Status::Clean),
        (&["2", "3", "3", "@800", ""], Status::Clean),
        (&["2", "1", "3", "@800", "pq: no"], Status::Failed),
        (&["2", "0", "0", "@5", "pq: no"], Status::Failed),
        (&["2", "1", "3", "@800", ""], Status::Dirty),
        (&["2", "1", "3", "@5", "-"], Status::InProgress),
        (&[".atlas_cloud_identifier", "0", "1", "@5", "-"], Status::Clean),
    ] {
        let verdict = of(row);
        assert_eq!((verdict.status, verdict.fix), (state, None), "{row:?}");
    }
    assert_eq!(of(&["2", "3", "3", "@800", "-"]).version.as_deref(), Some("2"));
    let log = "pq: insert or update on table \"c\" violates foreign key constraint \"k\"";
    let detail = of(&["2", "1", "3", "@800", log]).detail().unwrap_or_default();
    assert!(detail.contains("1 of its 3 statements"), "{detail}");
}

/// schema, name, created_at, done
#[test]
fn pgroll_is_in_progress_until_completed() {
    let rows: &[&[&str]] = &[&["public", "02", "@100", "f"], &["public", "01", "@900", "t"]];
    let verdict = judge("pgroll", &tables(rows));
    assert_eq!((verdict.status, verdict.version.as_deref(), verdict.fix), (Status::InProgress, Some("02"), None));
    assert_eq!(version("pgroll", &tables(&rows[1..])).as_deref(), Some("01"));
}

/// sequence, created_at, event_type, step
#[test]
fn zitadel_step_is_judged_by_its_last_event() {
    let [started, finished, failing] = ["system.migration.started", "system.migration.done", "system.migration.failed"];
    let of = |rows: &[&[&str]]| judge("Zitadel", &tables(rows));
    let done: &[&[&str]] = &[&["1", "@900", started, "01_a"], &["2", "@890", finished, "01_a"]];
    assert_eq!(version("Zitadel", &tables(done)).as_deref(), Some("01_a"));
    let stuck = of(&[done, &[&["3", "@800", started, "02_b"][..]]].concat());
    assert_eq!((stuck.status, stuck.version.as_deref(), stuck.fix), (Status::Dirty, Some("02_b"), None));
    assert!(stuck.is_doubtful);
    assert_eq!(of(&[done, &[&["3", "@9", started, "02_b"][..]]].concat()).status, Status::InProgress);
    let failed: &[&[&str]] = &[&["3", "@800", started, "02_b"], &["4", "@700", failing, "02_b"]];
    assert_eq!(of(&[done, failed].concat()).status, Status::Failed);
    // The step is repeated at each start, and the failed one was retried; rows come in any order.
    let again: &[&[&str]] =
        &[&["7", "@500", "system.migration.repeatable.done", "02_b"], &["6", "@600", started, "02_b"]];
    assert_eq!(version("Zitadel", &tables(&[again, done, failed].concat())).as_deref(), Some("02_b"));
}

/// id, status, job_class_name, table_name, column_name
#[test]
fn gitlab_failed_status_is_reported() {
    let rows: &[&[&str]] = &[&["1", "6", "A", "t", "id"], &["2", "3", "B", "t", "id"], &["3", "1", "C", "t", "id"]];
    let of = |rows: &[&[&str]]| judge("GitLab batched background migrations", &tables(rows));
    let clean = of(rows);
    assert_eq!(clean.status, Status::Clean);
    assert_eq!(clean.detail().as_deref(), Some("1 background migration must finish before the next upgrade"));
    let failed = of(&[rows, &[&["5", "4", "E", "t", "id"][..], &["4", "4", "D", "u", "id"]]].concat());
    assert_eq!((failed.status, failed.version.as_deref(), &failed.fix), (Status::Failed, Some("D"), &None));
    assert!(
        failed
            .detail()
            .is_some_and(|detail| detail.starts_with("2 background migrations failed: D on u.id, E on t.id; "))
    );
}

#[test]
fn prisma_error_is_found_in_logs_of_both_engines() {
    let wasm = "external connector error\nForeign key constraint failed: k\n   0: sql_schema_connector::apply";
    assert_eq!(gist(wasm), "Foreign key constraint failed: k");
    let wasm = "external connector error\nError querying the database: ERROR: relation \"x\" already exists\n   0: a";
    assert_eq!(gist(wasm), "ERROR: relation \"x\" already exists");
    let german = "A migration failed to apply.\n\nDatabase error code: 42P07\n\nDatabase error:\nFEHLER: Relation »x« existiert bereits\n\nDbError";
    assert_eq!(gist(german), "FEHLER: Relation »x« existiert bereits");
}

fn found(is_valid_index: Option<bool>) -> Option<Relation> {
    let kind = if is_valid_index.is_some() { "index" } else { "table" };
    Some(Relation {
        label: format!("{kind} public.x"),
        name: "public.x".to_owned(),
        is_valid_index,
        is_being_built: false,
    })
}

/// id, migration_name, started_at, finished_at, rolled_back_at, logs
#[test]
fn prisma_looks_up_the_relation_that_already_exists() {
    let rows: &[&[&str]] =
        &[&["2", "b", "@700", "-", "-", "external connector error\nERROR: relation \"x\" already exists"]];
    let of = |find: fn(&str, &str) -> Option<Relation>| {
        judge(PRISMA, &ToolTables { find_relation: Some(find), ..tables(rows) })
    };
    let valid = of(|schema, name| found(Some(true)).filter(|_| (schema, name) == ("public", "x")));
    assert_eq!((valid.status, &valid.fix), (Status::Failed, &None));
    let detail = valid.detail().unwrap_or_default();
    assert!(detail.contains("index public.x exists and is valid") && detail.contains("--applied b"), "{detail}");
    let invalid = of(|_, _| found(Some(false)));
    assert!(
        invalid.fix.is_none()
            && invalid.detail().is_some_and(|detail| detail.contains("DROP INDEX CONCURRENTLY public.x"))
    );
    assert!(of(|_, _| found(None)).fix.is_none());
    let building = of(|_, _| found(Some(false)).map(|found| Relation { is_being_built: true, ..found }));
    assert!(building.fix.is_none() && building.detail().is_some_and(|detail| detail.contains("is being built")));
    // The index has been dropped since.
    assert!(of(|_, _| None).fix.is_some_and(|fix| fix.contains("rolled_back_at")));
}

#[test]
fn prisma_foreign_key_violation_is_read() {
    let log = "ERROR: insert or update on table \"c\" violates foreign key constraint \"k\"\nDETAIL: Key (pid)=(7) is not present in table \"p\".";
    let verdict = judge(PRISMA, &tables(&[&["2", "b", "@700", "-", "-", log]]));
    let key = verdict.violated.as_ref().expect("a foreign key");
    assert_eq!((key.child.as_deref(), key.parent.as_deref()), (Some("c"), Some("p")));
    assert!(verdict.fix.is_some());
}
