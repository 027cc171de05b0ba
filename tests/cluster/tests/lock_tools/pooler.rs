//! PgBouncer in transaction mode: a tool's session lock stays on a connection that serves everybody.

use crate::run::{PATIENCE, Run};
use crate::tool::NODE_PG_MIGRATE;
use crate::world::{DATABASE, World};
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

/// Starts PgBouncer in front of the server. It refuses to be root.
fn pgbouncer(world: &World) -> Result<Option<Run>> {
    let Some(program) = program::find("pgbouncer") else {
        report!("pgbouncer is not installed here (tools/setup-clients installs it)");
        return Ok(None);
    };
    let settings = world.server.scratch("pgbouncer.ini");
    // In turn, so that a client's next statement meets another connection; a busy pool does the same, but not each time.
    let text = format!(
        "[databases]\n{DATABASE} = host={address} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = {address}\n\
         listen_port = {PORT}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\nmin_pool_size = 3\n\
         default_pool_size = 3\nserver_round_robin = 1\n",
        address = world.address()
    );
    fs::write(&settings, text)?;
    let mut command = Command::new(program);
    if let Some(user) = std::env::var("SERVER_USER").ok().filter(|user| !user.is_empty()) {
        command.args(["-u", &user]);
    }
    command.arg(settings).current_dir("/");
    Ok(Some(Run::start(command, world.server.scratch("pgbouncer"))?))
}

/// The application's way into the pool.
fn way_in(world: &World) -> Config {
    let mut config = Config::new();
    config.host(world.address()).port(PORT).user("postgres").dbname(DATABASE).application_name("shop");
    config
}

/// PgBouncer takes a moment to start.
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

/// Clients of the pool that work as an application does.
struct Shop {
    is_over: Arc<AtomicBool>,
    sold: Arc<AtomicU64>,
    clients: Vec<JoinHandle<()>>,
}

impl Shop {
    fn open(world: &World) -> Result<Self> {
        let (is_over, sold) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut clients = Vec::new();
        for number in 0..3 {
            let config = way_in(world);
            let mut client = connect(&config)?;
            let (is_over, sold) = (Arc::clone(&is_over), Arc::clone(&sold));
            clients.push(std::thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    for statement in ["SELECT sold FROM stock WHERE id", "UPDATE stock SET sold = sold + 1 WHERE id"] {
                        match client.simple_query(&format!("{statement} = {number}")) {
                            Ok(_) => drop(sold.fetch_add(1, Ordering::Relaxed)),
                            // PgBouncer ends the client whose statement is at work on a connection that is ended.
                            Err(_) => client = connect(&config).expect("PgBouncer is there"),
                        }
                        sleep(Duration::from_millis(3));
                    }
                }
            }));
        }
        Ok(Self { is_over, sold, clients })
    }

    /// Waits for the next few orders.
    fn sells(&self) -> Result<()> {
        let (before, began) = (self.sold.load(Ordering::Relaxed), Instant::now());
        while self.sold.load(Ordering::Relaxed) < before + 10 {
            ensure!(began.elapsed() < PATIENCE, "the shop does not sell");
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

/// Migrates through the pool until a lock is left behind, which is a matter of where the unlock goes.
fn leak(world: &mut World) -> Result<()> {
    let through = format!("{}:{PORT}", world.address());
    for _ in 0..20 {
        let mut run = world.start_through(&through, NODE_PG_MIGRATE, NODE_PG_MIGRATE.command)?;
        run.end()?;
        if !world.locks()?.is_empty() {
            return Ok(());
        }
    }
    bail!("the pool gave every lock back");
}

/// The lock as it is seen between two orders: the connection is idle for moments only.
fn between_orders(world: &mut World, is_told: impl Fn(&LockRow) -> bool) -> Result<LockRow> {
    let began = Instant::now();
    loop {
        let rows = world.locks()?;
        let row = rows.into_iter().find(|row| row.granted).context("nobody holds it any more")?;
        if row.verdict == "pooler leak" && is_told(&row) {
            return Ok(row);
        }
        ensure!(began.elapsed() < Duration::from_secs(10), "never seen as a leak: {row:#?}");
    }
}

#[test]
fn a_leaked_lock_is_found_and_ended() -> Result<()> {
    let Some(mut world) = World::with(&[NODE_PG_MIGRATE])? else { return Ok(()) };
    let Some(pgbouncer) = pgbouncer(&world)? else { return Ok(()) };
    world.client.batch_execute("CREATE TABLE public.stock AS SELECT id, 0 AS sold FROM generate_series(0, 2) AS id")?;
    world.open_gate()?;
    let shop = Shop::open(&world)?;
    leak(&mut world)?;
    shop.sells().with_context(|| pgbouncer.said())?;

    // As long as nobody waits, it could be a migration that only reads.
    let row = between_orders(&mut world, |_| true)?;
    assert_eq!((row.tool.as_deref(), row.key.as_str()), (Some("node-pg-migrate"), "7241865325823964"), "{row:#?}");
    assert_eq!((row.application_name.as_deref(), row.fix.as_deref()), (Some("shop"), None), "{row:#?}");
    world.start(NODE_PG_MIGRATE)?.fail_with("Another migration is already running")?;

    // Who waits is such a tool, and no shop.
    let direct = format!("{}:5432", world.address());
    let wait = [NODE_PG_MIGRATE.command, &["--advisory-lock-mode", "wait"]].concat();
    let mut waits = world.start_through(&direct, NODE_PG_MIGRATE, &wait)?;
    world.at_lock(&mut waits)?;
    let mut pastes = 0;
    while world.locks()?.iter().any(|other| other.granted && other.pid == row.pid) {
        ensure!(pastes < 20, "the fixes do not end it: {:#?}", world.locks()?);
        let row = between_orders(&mut world, |row| row.fix.is_some())?;
        world.paste(row.fix.as_deref())?;
        pastes += 1;
    }
    waits.succeed()?;
    shop.sells().with_context(|| pgbouncer.said())?;
    report!("a lock left behind in a pool in use is found; ended at paste {pastes}");
    Ok(())
}
