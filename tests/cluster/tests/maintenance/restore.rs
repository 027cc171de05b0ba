//! A data-only load into a database that an application writes to, without maintenance mode and
//! with it: lost rows and duplicates are counted.

use crate::fixture::{DATABASE, WRITABLE, start, wait_until};
use anyhow::{Result, ensure};
use cluster::{Server, report};
use postgres::{Client, NoTls};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

const ROWS: i64 = 2000;

/// Two tables of a new application: a row of the load is lost if its id is taken, and is a
/// duplicate if nothing keeps the number unique.
const TABLES: &str = "
    CREATE TABLE articles (id serial PRIMARY KEY, title text NOT NULL);
    CREATE TABLE tickets (number serial, title text NOT NULL);";

/// Writers of the application, each with a connection of its own.
struct Application {
    is_over: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Application {
    fn start(server: &Server, count: u64) -> Application {
        let (is_over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = |_| {
            let (is_over, written) = (Arc::clone(&is_over), Arc::clone(&written));
            let config = server.config("postgres", DATABASE);
            std::thread::spawn(move || {
                let mut client: Option<Client> = None;
                while !is_over.load(Ordering::Relaxed) {
                    let open = client.take().filter(|client| !client.is_closed());
                    if let Ok(mut open) = open.map_or_else(|| config.connect(NoTls), Ok) {
                        let insert =
                            "INSERT INTO articles (title) VALUES ('app'); INSERT INTO tickets (title) VALUES ('app')";
                        if open.batch_execute(insert).is_ok() {
                            written.fetch_add(1, Ordering::Relaxed);
                        }
                        client = Some(open);
                    }
                    sleep(Duration::from_millis(100));
                }
            })
        };
        let threads = (0..count).map(thread).collect();
        Application { is_over, written, threads }
    }

    fn write(&self, rows: u64) -> Result<()> {
        let before = self.written.load(Ordering::Relaxed);
        wait_until("the application writes", || Ok(self.written.load(Ordering::Relaxed) >= before + rows))
    }

    fn stop(mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Loads the old rows, one by one as an export of INSERT statements does, and continues after
/// errors.
fn load(server: &Server, options: &str) -> Result<()> {
    let mut loader = server.config("postgres", DATABASE).options(options).connect(NoTls)?;
    for id in 1..=ROWS {
        let _ = loader.batch_execute(&format!("INSERT INTO articles VALUES ({id}, 'old {id}')"));
        let _ = loader.batch_execute(&format!("INSERT INTO tickets VALUES ({id}, 'old {id}')"));
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Damage {
    lost: i64,
    duplicates: i64,
}

fn damage(client: &mut Client) -> Result<Damage> {
    let lost = "SELECT $1 - count(*) FROM articles WHERE title LIKE 'old %'";
    let duplicates = "SELECT count(*) - count(DISTINCT number) FROM tickets";
    Ok(Damage { lost: client.query_one(lost, &[&ROWS])?.get(0), duplicates: client.query_one(duplicates, &[])?.get(0) })
}

#[test]
fn load_beside_writers_loses_rows_without_maintenance_mode_only() -> Result<()> {
    let count = cluster::sized("FLIGHTCHECK_MAINTENANCE_WRITERS", 100, 500);
    let (server, mut client) = start(&["max_connections = 700"])?;
    client.batch_execute(TABLES)?;
    let application = Application::start(&server, count);
    application.write(count)?;
    load(&server, "")?;
    application.write(count)?;
    application.stop();
    let without = damage(&mut client)?;
    ensure!(without.lost > 0 && without.duplicates > 0, "the harness does no damage: {without:?}");

    client.batch_execute("DROP TABLE articles, tickets")?;
    client.batch_execute(TABLES)?;
    // The first write waits for the load: it is the one after which the ids are carried on.
    client.batch_execute("CALL maintenance_begin('load', grace => '1 s')")?;
    let application = Application::start(&server, count);
    load(&server, WRITABLE)?;
    client.batch_execute("SELECT seq_resync()")?;
    client.batch_execute("CALL maintenance_end(grace => '1 s')")?;
    application.write(count)?;
    application.stop();
    let with = damage(&mut client)?;
    ensure!(with == Damage { lost: 0, duplicates: 0 }, "{with:?}");
    report!("{ROWS} rows loaded beside {count} writers: {without:?} without maintenance mode, none with it");
    Ok(())
}
