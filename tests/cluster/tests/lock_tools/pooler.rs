//! PgBouncer in transaction mode: a tool's session-level lock stays on a server connection that
//! all clients share.

use crate::fixture::{DATABASE, Fixture};
use crate::process::{PATIENCE, ToolProcess};
use crate::tool::NODE_PG_MIGRATE;
use anyhow::{Context, Result, bail, ensure};
use cluster::{LockRow, program, report};
use postgres::{Client, Config, NoTls};
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

const PORT: u16 = 6432;

/// Starts PgBouncer in front of the server, as another user if this is root, which it refuses.
fn pgbouncer(fixture: &Fixture) -> Result<Option<ToolProcess>> {
    let Some(program) = program::find("pgbouncer") else {
        report!("pgbouncer is not installed here (tools/setup-clients installs it)");
        return Ok(None);
    };
    let settings = fixture.server.scratch("pgbouncer.ini");
    // Round robin, so that a client's next statement goes to another connection. In a busy pool
    // that happens often, but not every time.
    let text = format!(
        "[databases]\n{DATABASE} = host={address} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = {address}\n\
         listen_port = {PORT}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\nmin_pool_size = 3\n\
         default_pool_size = 3\nserver_round_robin = 1\n",
        address = fixture.address()
    );
    fs::write(&settings, text)?;
    let mut command = Command::new(program);
    if let Some(user) = std::env::var("SERVER_USER").ok().filter(|user| !user.is_empty()) {
        command.args(["-u", &user]);
    }
    command.arg(settings).current_dir("/");
    Ok(Some(ToolProcess::start(command, fixture.server.scratch("pgbouncer"))?))
}

/// Returns how the application connects to the pool.
fn pool_config(fixture: &Fixture) -> Config {
    let mut config = Config::new();
    config.host(fixture.address()).port(PORT).user("postgres").dbname(DATABASE).application_name("shop");
    config
}

/// Connects, waiting until PgBouncer has started.
fn connect(config: &Config) -> Result<Client> {
    let began = Instant::now();
    loop {
        match config.connect(NoTls) {
            Ok(client) => return Ok(client),
            Err(error) if began.elapsed() > PATIENCE => bail!("PgBouncer does not answer: {error}"),
            Err(_) => sleep(Duration::from_millis(20)),
        }
    }
}

/// Clients that use the pool as an application does.
struct Shop {
    is_over: Arc<AtomicBool>,
    sold: Arc<AtomicU64>,
    clients: Vec<JoinHandle<()>>,
}

impl Shop {
    fn open(fixture: &Fixture) -> Result<Self> {
        let (is_over, sold) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut clients = Vec::new();
        for number in 0..3 {
            let config = pool_config(fixture);
            let mut client = connect(&config)?;
            let (is_over, sold) = (Arc::clone(&is_over), Arc::clone(&sold));
            clients.push(std::thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    for statement in ["SELECT sold FROM stock WHERE id", "UPDATE stock SET sold = sold + 1 WHERE id"] {
                        match client.simple_query(&format!("{statement} = {number}")) {
                            Ok(_) => drop(sold.fetch_add(1, Ordering::Relaxed)),
                            // PgBouncer disconnects the client whose server connection was
                            // terminated in the middle of a statement.
                            Err(_) => client = connect(&config).expect("PgBouncer should accept connections"),
                        }
                        sleep(Duration::from_millis(3));
                    }
                }
            }));
        }
        Ok(Self { is_over, sold, clients })
    }

    /// Waits until the clients have run ten more statements.
    fn make_progress(&self) -> Result<()> {
        let (before, began) = (self.sold.load(Ordering::Relaxed), Instant::now());
        while self.sold.load(Ordering::Relaxed) < before + 10 {
            ensure!(began.elapsed() < PATIENCE, "the clients make no progress");
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            let _ = client.join();
        }
    }
}

/// Migrates through the pool until an unlock goes to another connection and the lock is left
/// behind.
fn leak(fixture: &mut Fixture) -> Result<()> {
    let through = format!("{}:{PORT}", fixture.address());
    for _ in 0..20 {
        let mut process = fixture.start_through(&through, NODE_PG_MIGRATE, NODE_PG_MIGRATE.command)?;
        process.end()?;
        if !fixture.locks()?.is_empty() {
            return Ok(());
        }
    }
    bail!("the pool released every lock");
}

/// Returns the lock's row at a moment when its connection is idle between two statements.
fn leak_while_idle(fixture: &mut Fixture, is_expected: impl Fn(&LockRow) -> bool) -> Result<LockRow> {
    let began = Instant::now();
    loop {
        let rows = fixture.locks()?;
        let row = rows.into_iter().find(|row| row.granted).context("the lock is no longer held")?;
        if row.status == "pooler_leak" && is_expected(&row) {
            return Ok(row);
        }
        ensure!(began.elapsed() < Duration::from_secs(10), "never reported as a leak: {row:#?}");
    }
}

#[test]
fn pooler_leak_is_reported_and_terminated() -> Result<()> {
    let Some(mut fixture) = Fixture::with(&[NODE_PG_MIGRATE])? else { return Ok(()) };
    let Some(pgbouncer) = pgbouncer(&fixture)? else { return Ok(()) };
    fixture
        .client
        .batch_execute("CREATE TABLE public.stock AS SELECT id, 0 AS sold FROM generate_series(0, 2) AS id")?;
    fixture.open_gate()?;
    let shop = Shop::open(&fixture)?;
    leak(&mut fixture)?;
    shop.make_progress().with_context(|| pgbouncer.output())?;

    // It could be a migration that only reads, as long as no session waits for it.
    let row = leak_while_idle(&mut fixture, |_| true)?;
    assert_eq!((row.tool.as_deref(), row.key.as_str()), (Some("node-pg-migrate"), "7241865325823964"), "{row:#?}");
    assert_eq!((row.application_name.as_deref(), row.fix.as_deref()), (Some("shop"), None), "{row:#?}");
    fixture.start(NODE_PG_MIGRATE)?.fail_with("Another migration is already running")?;

    // A run of the tool that waits for the lock is evidence that the lock is the tool's.
    let direct = format!("{}:5432", fixture.address());
    let wait = [NODE_PG_MIGRATE.command, &["--advisory-lock-mode", "wait"]].concat();
    let mut waits = fixture.start_through(&direct, NODE_PG_MIGRATE, &wait)?;
    fixture.wait_at_lock(&mut waits)?;
    let mut pastes = 0;
    while fixture.locks()?.iter().any(|other| other.granted && other.pid == row.pid) {
        ensure!(pastes < 20, "the fixes do not terminate it: {:#?}", fixture.locks()?);
        let row = leak_while_idle(&mut fixture, |row| row.fix.is_some())?;
        fixture.paste(row.fix.as_deref())?;
        pastes += 1;
    }
    waits.succeed()?;
    shop.make_progress().with_context(|| pgbouncer.output())?;
    report!("a lock left behind in a busy pool is reported; terminated by fix {pastes}");
    Ok(())
}
