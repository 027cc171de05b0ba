//! A healthy schema that is dumped and restored into a guarded database raises no warning.

use crate::schema::Schema;
use anyhow::{Context, Result, ensure};
use cluster::{Server, report};
use postgres::Client;
use std::fs;
use std::time::{Duration, Instant};

/// Smaller schemas show only what tests/guard_restore shows, too.
const MIN_TABLES: i64 = 150;

/// A part of the guard's warning.
const WARNING: &str = "will hand out ids that table";

/// Restores with parallel jobs, and only rows with triggers disabled; each with the guard and
/// without.
pub fn check(server: &Server, client: &mut Client, schema: &Schema) -> Result<()> {
    let tables: i64 =
        client.query_one("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384", &[])?.get(0);
    if tables < MIN_TABLES {
        return Ok(());
    }
    let file = |kind: &str| server.scratch(&format!("{}_{kind}", schema.name)).display().to_string();
    let (all, definitions) = (file("all"), file("definitions"));
    server.client("pg_dump", &["--format=custom", "-f", &all, schema.name])?;
    server.client("pg_dump", &["--schema-only", "-f", &definitions, schema.name])?;
    // The rows of fill.sql violate foreign keys.
    let list = server.client("pg_restore", &["--list", &all])?;
    let kept: Vec<&str> = list.lines().filter(|line| !line.contains(" FK CONSTRAINT ")).collect();
    let entries = file("entries");
    fs::write(&entries, kept.join("\n"))?;
    let mut took = Vec::new();
    for is_guarded in [false, true] {
        let target = format!("{}_restored", schema.name);
        let mut times = Vec::new();
        for data_only in [false, true] {
            let mut restored = server.database(&target)?;
            if data_only {
                server.client(
                    "psql",
                    &["-Xq", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", &target, "-f", &definitions],
                )?;
            }
            if is_guarded {
                restored.batch_execute("SELECT seq_guard_enable()")?;
            }
            drop(restored);
            let options: &[&str] = if data_only { &["--data-only", "--disable-triggers"] } else { &["--jobs=2"] };
            let arguments = [options, &["--use-list", &entries, "-d", &target, &all]].concat();
            times.push(timed(|| server.client("pg_restore", &arguments).map(drop))?);
            let mut restored = server.connect(&target)?;
            let watched: i64 = restored
                .query_one("SELECT count(*) FROM pg_trigger WHERE tgname ^@ 'pg_flightcheck_guard'", &[])?
                .get(0);
            ensure!((watched > 0) == is_guarded, "{watched} tables are guarded");
            restored.batch_execute("SELECT seq_assert()").context("restored")?;
            drop(restored);
            server.connect("postgres")?.batch_execute(&format!("DROP DATABASE {target} WITH (FORCE)"))?;
        }
        took.push(times);
    }
    let warning = format!("{WARNING} ");
    ensure!(!server.log().contains(&warning), "the restore of a healthy schema raises a warning");
    report!(
        "{}: {tables} tables restored by two jobs, and only rows with triggers disabled, without a warning: {:.1?} with the guard, {:.1?} without",
        schema.name,
        took[1],
        took[0]
    );
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}
