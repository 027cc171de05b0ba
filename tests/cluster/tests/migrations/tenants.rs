//! A schema for each tenant, with a migration table in each.

use crate::report::{pid, rows};
use anyhow::Result;
use cluster::{Server, report, sized, state_of};
use postgres::NoTls;
use postgres::error::SqlState;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How many schemas are created in one transaction, whose locks have to fit into the lock table.
const BATCH: i64 = 250;

#[test]
fn migration_report_of_many_schemas_holds_few_locks() -> Result<()> {
    let tenants: i64 = sized("FLIGHTCHECK_TENANTS", 2_000, 10_000);
    let server = Server::start(&["autovacuum = off", "shared_buffers = '512MB'"])?;
    let mut client = server.database("tenants")?;
    for first in (1..=tenants).step_by(BATCH as usize) {
        client.batch_execute(&format!(
            "DO $$ BEGIN FOR i IN {first}..{last} LOOP
                EXECUTE format('CREATE SCHEMA tenant_%1$s;
                    CREATE TABLE tenant_%1$s.schema_migrations (version varchar NOT NULL);
                    CREATE TABLE tenant_%1$s.ar_internal_metadata (key varchar, value varchar, created_at timestamp);
                    INSERT INTO tenant_%1$s.schema_migrations VALUES (%1$s)', i);
            END LOOP; END $$",
            last = tenants.min(first + BATCH - 1)
        ))?;
    }
    let (stop, watched) = (Arc::new(AtomicBool::new(false)), pid(&mut client)?);
    let sampler = std::thread::spawn({
        let (stop, mut watcher) = (stop.clone(), server.connect("tenants")?);
        move || -> Result<i64> {
            let mut most = 0;
            while !stop.load(Ordering::Relaxed) {
                let locks = "SELECT count(*) FROM pg_locks WHERE pid = $1";
                most = most.max(watcher.query_one(locks, &[&watched])?.get(0));
            }
            Ok(most)
        }
    });
    let began = Instant::now();
    let found = rows(&mut client)?;
    let elapsed = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let most = sampler.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    assert_eq!(found.len() as i64, tenants);
    for row in &found {
        let tenant = row.table.trim_start_matches("tenant_").trim_end_matches(".schema_migrations");
        assert_eq!((row.status.as_str(), row.tool.as_str()), ("clean", "Rails (ActiveRecord)"), "{row:?}");
        assert_eq!(row.version.as_deref(), Some(tenant));
    }
    assert!(most < 40, "{most} locks at once");
    report!("{tenants} schemas in {elapsed:?}, {most} locks at most");

    // A cancel request in the middle is processed at once.
    let token = client.cancel_token();
    let cancel = std::thread::spawn(move || {
        sleep(Duration::from_millis(100));
        token.cancel_query(NoTls).map(|()| Instant::now())
    });
    let forever = "DO $$ BEGIN LOOP PERFORM count(*) FROM migration_report(); END LOOP; END $$";
    assert_eq!(state_of(client.batch_execute(forever)), SqlState::QUERY_CANCELED);
    let ended = Instant::now();
    let sent = cancel.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    assert!(ended - sent < Duration::from_secs(1), "cancelled after {:?}", ended - sent);
    Ok(())
}
