//! Clients that disappear: a process that waits for a lock, or is otherwise blocked, does not
//! notice.

use crate::fixtures::{World, row_of};
use crate::recheck::Stopped;
use anyhow::{Result, ensure};
use cluster::{Server, report};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// A client that speaks just enough of the protocol to be cut off at any moment: dropping it closes
/// its connection without a Terminate message.
pub struct Wire {
    stream: TcpStream,
    pub pid: i32,
}

impl Wire {
    pub fn connect(address: &str, database: &str) -> Result<Self> {
        let stream = TcpStream::connect((address, 5432))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut wire = Self { stream, pid: 0 };
        let mut startup = 196_608_i32.to_be_bytes().to_vec();
        startup.extend(format!("user\0postgres\0database\0{database}\0application_name\0wire\0\0").into_bytes());
        wire.send(&startup)?;
        wire.ready()?;
        Ok(wire)
    }

    fn send(&mut self, body: &[u8]) -> Result<()> {
        let length = i32::try_from(body.len() + 4)?.to_be_bytes();
        Ok(self.stream.write_all(&[&length, body].concat())?)
    }

    /// Sends a statement and does not wait for its end.
    fn begin(&mut self, sql: &str) -> Result<()> {
        self.stream.write_all(b"Q")?;
        self.send(format!("{sql}\0").as_bytes())
    }

    pub fn run(&mut self, sql: &str) -> Result<()> {
        self.begin(sql)?;
        self.ready()
    }

    /// Reads until the server is ready for a statement.
    fn ready(&mut self) -> Result<()> {
        loop {
            let mut head = [0; 5];
            self.stream.read_exact(&mut head)?;
            let [kind, a, b, c, d] = head;
            let mut body = vec![0; usize::try_from(i32::from_be_bytes([a, b, c, d]))? - 4];
            self.stream.read_exact(&mut body)?;
            match kind {
                b'E' => anyhow::bail!("{}", String::from_utf8_lossy(&body)),
                // BackendKeyData
                b'K' => self.pid = i32::from_be_bytes([body[0], body[1], body[2], body[3]]),
                b'Z' => return Ok(()),
                _ => {}
            }
        }
    }
}

/// Starts a server that also listens on TCP, on a loopback address of its own, since all servers
/// use the same port.
pub fn listening_server() -> Result<Option<(Server, String)>> {
    let mut random = fastrand::Rng::new();
    let address = format!("127.{}.{}.{}", random.u8(10..250), random.u8(1..250), random.u8(1..250));
    if !cfg!(target_os = "linux") || TcpListener::bind((address.as_str(), 5432)).is_err() {
        report!(
            "not tested: only Linux reports closed clients, and another program may listen on port 5432 of all addresses"
        );
        return Ok(None);
    }
    let server = Server::start(&[&format!("listen_addresses = '{address}'")])?;
    Ok(Some((server, address)))
}

fn listening() -> Result<Option<(World, String)>> {
    let Some((server, address)) = listening_server()? else { return Ok(None) };
    server.database("app")?;
    Ok(Some((World::of(server, "app")?, address)))
}

#[test]
fn closed_client_is_reported() -> Result<()> {
    let Some((mut world, address)) = listening()? else { return Ok(()) };
    let closed = "its client has closed the connection";

    // A client that waits while it holds another lock.
    let holder = world.session("holder")?.with("SELECT pg_advisory_lock(1)")?;
    let mut stays = Wire::connect(&address, "app")?;
    stays.begin("SELECT pg_advisory_lock(1)")?;
    let mut leaves = Wire::connect(&address, "app")?;
    leaves.run("SELECT pg_advisory_lock(2)")?;
    leaves.begin("SELECT pg_advisory_lock(1)")?;
    let behind = world.wait(world.session("behind")?, "SELECT pg_advisory_lock(2)")?;
    world.until("SELECT (count(*) = 3)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")?;
    let rows = world.report()?;
    assert!(!rows.iter().any(|row| row.detail().contains("client")), "all clients are connected: {rows:#?}");
    assert_eq!(row_of(&rows, "1", leaves.pid).client_addr.as_deref(), Some("127.0.0.1"));
    let (left, stayed) = (leaves.pid, stays.pid);
    drop(leaves);
    wait_until_kernel_sees_close(&address)?;
    let rows = world.report()?;
    for (key, pid, is_gone) in [("1", left, true), ("2", left, true), ("1", stayed, false), ("1", holder.pid, false)] {
        let row = row_of(&rows, key, pid);
        assert_eq!(row.detail().contains(closed), is_gone, "{row:?}");
    }
    assert_eq!(row_of(&rows, "2", left).status, "blocking", "it waits, so it is not idle");
    assert!(behind.is_busy());

    // A client whose session sleeps, and one whose session ends with it: an idle process notices
    // immediately.
    let mut sleeps = Wire::connect(&address, "app")?;
    sleeps.run("SELECT pg_advisory_lock(3)")?;
    sleeps.begin("SELECT pg_sleep(60)")?;
    let mut idle = Wire::connect(&address, "app")?;
    idle.run("SELECT pg_advisory_lock(4)")?;
    let (sleeper, idler) = (sleeps.pid, idle.pid);
    drop((sleeps, idle));
    world.until(&format!("SELECT 1 - count(*) FROM pg_stat_activity WHERE pid = {idler}"))?;
    let rows = world.report()?;
    assert!(!rows.iter().any(|row| row.pid == Some(idler)), "{rows:#?}");
    let row = row_of(&rows, "3", sleeper);
    assert_eq!((row.status.as_str(), row.detail()), ("held", closed), "{row:?}");
    report!("a client that has closed its connection is said to be gone, while it waits, works or blocks others");
    Ok(())
}

/// The process cannot notice because it is stopped: no session waits for its lock, and it will
/// never be released.
#[test]
fn idle_session_of_closed_client_is_orphan() -> Result<()> {
    let Some((mut world, address)) = listening()? else { return Ok(()) };
    let mut client = Wire::connect(&address, "app")?;
    client.run("SELECT pg_advisory_lock(72707369)")?;
    let pid = client.pid;
    let stopped = Stopped::new(pid)?;
    world.paste("SET pg_flightcheck.orphan_after = 0")?;
    assert_eq!(world.row("72707369", pid)?.status, "idle_holder");
    drop(client);
    wait_until_kernel_sees_close(&address)?;
    world.paste("SET pg_flightcheck.orphan_after = '1h'")?;
    assert_eq!(world.row("72707369", pid)?.status, "held", "it may yet notice");
    world.paste("SET pg_flightcheck.orphan_after = 0")?;
    let row = world.row("72707369", pid)?;
    assert_eq!((row.status.as_str(), row.blocks.as_ref()), ("orphan", None), "{row:?}");
    assert!(row.detail().contains("its client has closed the connection"), "{row:?}");
    assert!(row.fix.is_some(), "{row:?}");
    drop(stopped);
    world.until(&format!("SELECT 1 - count(*) FROM pg_stat_activity WHERE pid = {pid}"))?;
    Ok(())
}

/// Waits until the kernel shows that the other end has closed the connection, which takes a moment.
pub fn wait_until_kernel_sees_close(address: &str) -> Result<()> {
    let server: Vec<u8> = address.split('.').map(|part| part.parse()).collect::<Result<_, _>>()?;
    let local = format!("{:08X}:1538", u32::from_ne_bytes([server[0], server[1], server[2], server[3]]));
    for _ in 0..1000 {
        let table = std::fs::read_to_string("/proc/self/net/tcp")?;
        let mut states = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        if states.any(|fields| fields.get(1) == Some(&local.as_str()) && fields.get(3) == Some(&"08")) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    ensure!(false, "the server's end of the connection is still open");
    Ok(())
}
