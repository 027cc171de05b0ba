//! A healthy schema, dumped and restored into a guarded database: nothing is said.

use crate::schema::Schema;
use anyhow::{Context, Result, ensure};
use cluster::{Server, report};
use postgres::Client;
use std::fs;
use std::time::{Duration, Instant};

/// Smaller schemas show nothing that tests/guard_restore does not show.
const MANY_TABLES: i64 = 150;

/// What the guard says of a table.
const COMPLAINT: &str = "will hand out ids that table";

/// Restores by jobs side by side, and rows alone with triggers off; each with the guard on and without.
pub fn silently(server: &Server, client: &mut Client, schema: &Schema) -> Result<()> {
    let tables: i64 =
        client.query_one("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384", &[])?.get(0);
    if tables < MANY_TABLES {
        return Ok(());
    }
    let file = |kind: &str| server.scratch(&format!("{}_{kind}", schema.name)).display().to_string();
    let (all, definitions) = (file("all"), file("definitions"));
    server.client("pg_dump", &["--format=custom", "-f", &all, schema.name])?;
    server.client("pg_dump", &["--schema-only", "-f", &definitions, schema.name])?;
    // The rows were filled in without regard to foreign keys.
    let list = server.client("pg_restore", &["--list", &all])?;
    let kept: Vec<&str> = list.lines().filter(|line| !line.contains(" FK CONSTRAINT ")).collect();
    let entries = file("entries");
    fs::write(&entries, kept.join("\n"))?;
    let mut took = Vec::new();
    for is_guarded in [false, true] {
        let target = format!("{}_restored", schema.name);
        let mut times = Vec::new();
        for rows_alone in [false, true] {
            let mut restored = server.database(&target)?;
            if rows_alone {
                server.client(
                    "psql",
                    &["-Xq", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", &target, "-f", &definitions],
                )?;
            }
            if is_guarded {
                restored.batch_execute("SELECT seq_guard_enable()")?;
            }
            drop(restored);
            let options: &[&str] = if rows_alone { &["--data-only", "--disable-triggers"] } else { &["--jobs=2"] };
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
    let named = format!("{COMPLAINT} ");
    ensure!(!server.log().contains(&named), "a healthy restore is complained of");
    report!(
        "{}: {tables} tables restored by two jobs, and rows alone with triggers off, without a warning: {:.1?} with the guard, {:.1?} without",
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
