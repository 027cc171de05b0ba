//! Clients that write to the server they are told to, and note every id that they are given.

use anyhow::{Result, ensure};
use postgres::{Client, Config, NoTls};
use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

const CLIENTS: i32 = 4;
const TIMEOUT: Duration = Duration::from_secs(60);

/// An id that a client was given.
#[derive(Clone, Debug)]
pub struct Given {
    pub sequence: &'static str,
    pub id: i64,
    pub writer: i32,
    /// The client's own number of the row, if its commit was acknowledged.
    pub committed: Option<i64>,
}

struct Shared {
    host: Mutex<OsString>,
    /// How many rows were acknowledged since the last move.
    rows: AtomicU64,
    stop: AtomicBool,
}

impl Shared {
    fn host(&self) -> OsString {
        self.host.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub struct Writers {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<Vec<Given>>>,
}

impl Writers {
    /// Starts the clients; `host` is a folder with a socket.
    pub fn start(host: OsString) -> Writers {
        let shared = Shared { host: Mutex::new(host), rows: AtomicU64::new(0), stop: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let clients = (0..CLIENTS).map(|writer| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || write(&shared, writer))
        });
        Writers { clients: clients.collect(), shared }
    }

    /// Waits until this many more rows are acknowledged.
    pub fn wait_for(&self, rows: u64) -> Result<()> {
        let (before, began) = (self.shared.rows.load(Ordering::Relaxed), Instant::now());
        while self.shared.rows.load(Ordering::Relaxed) < before + rows {
            ensure!(began.elapsed() < TIMEOUT, "the clients do not write");
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    pub fn move_to(&self, host: OsString) {
        *self.shared.host.lock().unwrap_or_else(PoisonError::into_inner) = host;
    }

    /// Stops the clients, and returns all ids that they were given.
    pub fn stop(self) -> Result<Vec<Given>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for client in self.clients {
            all.extend(client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        Ok(all)
    }
}

/// Writes until it is told to stop. After an error, connects again, wherever the database is by
/// then.
fn write(shared: &Shared, writer: i32) -> Vec<Given> {
    let mut given = Vec::new();
    let mut number = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        let mut config = Config::new();
        let host = shared.host();
        config.host_path(&host).user("postgres").dbname("app");
        if let Ok(mut client) = config.connect(NoTls) {
            while !shared.stop.load(Ordering::Relaxed) && shared.host() == host {
                number += 1;
                if work(shared, &mut client, writer, number, &mut given).is_err() {
                    break;
                }
            }
        }
        sleep(Duration::from_millis(10));
    }
    given
}

/// Inserts a row, or rolls it back, and draws a number that no row gets.
fn work(
    shared: &Shared,
    client: &mut Client,
    writer: i32,
    number: i64,
    given: &mut Vec<Given>,
) -> Result<(), postgres::Error> {
    let ticket = client.query_one("SELECT nextval('tickets')", &[])?.get(0);
    given.push(Given { sequence: "tickets", id: ticket, writer, committed: None });
    let mut transaction = client.transaction()?;
    let insert = "INSERT INTO orders (customer, writer, number) VALUES (1 + $1::bigint % 50, $2, $1) RETURNING id";
    let id = transaction.query_one(insert, &[&number, &writer])?.get(0);
    let place = given.len();
    given.push(Given { sequence: "orders", id, writer, committed: None });
    if number % 4 == 0 {
        return transaction.rollback();
    }
    transaction.commit()?;
    given[place].committed = Some(number);
    shared.rows.fetch_add(1, Ordering::Relaxed);
    Ok(())
}
