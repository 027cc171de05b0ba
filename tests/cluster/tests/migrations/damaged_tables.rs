//! One damaged table does not stop the report on the others.

use crate::report::rows;
use crate::tables::{ALEMBIC, EF_CORE, SQLX};
use anyhow::Result;
use cluster::{Ending, Server, report};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn migration_table_with_invalid_page_is_unknown() -> Result<()> {
    let mut server = Server::start(&[])?;
    let mut client = server.database("pages")?;
    client.batch_execute(&format!("{SQLX}; {EF_CORE}; INSERT INTO \"__EFMigrationsHistory\" VALUES ('1', '9')"))?;
    client.batch_execute("INSERT INTO _sqlx_migrations VALUES (1, 'd', now(), true, '', 1); CHECKPOINT")?;
    let path: String = client.query_one("SELECT pg_relation_filepath('_sqlx_migrations')", &[])?.get(0);
    drop(client);
    server.end(Ending::Fast)?;
    server.overwrite(&path, 0, &[0xAB; 24])?;
    server.resume()?;
    let found = rows(&mut server.connect("pages")?)?;
    let states: Vec<_> = found.iter().map(|row| (row.status.as_str(), row.tool.as_str())).collect();
    assert_eq!(states, [("unknown", "sqlx"), ("clean", "EF Core")]);
    assert!(found[0].says("invalid page"), "{found:?}");
    Ok(())
}

/// Tables are created, altered and dropped while the report runs.
#[test]
fn migration_report_with_concurrent_ddl_raises_no_error() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("changing")?;
    client.batch_execute(EF_CORE)?;
    let stop = Arc::new(AtomicBool::new(false));
    let ddl: Vec<_> = (0..2)
        .map(|number| {
            let (stop, mut other) = (stop.clone(), server.connect("changing")?);
            Ok(std::thread::spawn(move || -> Result<u64> {
                let mut rounds = 0;
                while !stop.load(Ordering::Relaxed) {
                    other.batch_execute(&format!(
                        "CREATE SCHEMA s{number}; SET search_path = s{number}; {ALEMBIC}; {SQLX};
                         INSERT INTO _sqlx_migrations VALUES (1, 'd', now(), true, '', 1);
                         ALTER TABLE _sqlx_migrations DROP COLUMN success;
                         DROP TABLE alembic_version; DROP TABLE _sqlx_migrations; DROP SCHEMA s{number}"
                    ))?;
                    rounds += 1;
                }
                Ok(rounds)
            }))
        })
        .collect::<Result<_>>()?;
    let began = Instant::now();
    let mut reports = 0;
    while began.elapsed() < Duration::from_secs(5) {
        let found = rows(&mut client)?;
        assert!(found.iter().any(|row| row.tool == "EF Core" && row.status == "clean"), "{found:?}");
        reports += 1;
    }
    stop.store(true, Ordering::Relaxed);
    let mut rounds = 0;
    for thread in ddl {
        rounds += thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    report!("{reports} reports while schemas were created and dropped {rounds} times");
    Ok(())
}
