//! Finds out whether a session's client still exists, from the kernel's table of TCP connections.
//! Only Linux has it.
//!
//! An idle backend notices immediately that its client has closed the connection; one that waits
//! for a lock or computes does not check. If a client's host has vanished, no backend is told, but
//! the kernel's keepalive probes stay unanswered.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `TCP_CLOSE_WAIT` in Linux's net/tcp_states.h: the peer has closed the connection.
const CLOSE_WAIT: u8 = 8;
/// The timer in /proc/net/tcp that sends keepalive probes.
const KEEPALIVE: &str = "02";

/// How many unanswered probes are enough: one is always in flight, and a packet may be lost.
const SILENT: u32 = 2;

/// Why a client is assumed to be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    Closed,
    /// This many keepalive probes are unanswered.
    Silent(u32),
}

/// The clients that are gone, by address and port.
#[derive(Debug, Default)]
pub struct Clients(HashMap<(IpAddr, u16), Gone>);

impl Clients {
    /// Reads the connections to this server's port. Empty if the system has no such table.
    pub fn read(server_port: u16) -> Clients {
        let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
        let tables = tables.iter().filter_map(|path| std::fs::read_to_string(path).ok());
        Clients(tables.flat_map(|table| gone(&table, server_port)).collect())
    }

    pub fn gone(&self, address: &str, port: i32) -> Option<Gone> {
        // An inet of a single host is shown without its netmask.
        let key = (address.parse().ok()?, u16::try_from(port).ok()?);
        self.0.get(&key).copied()
    }
}

/// Parses the kernel's table (Documentation/networking/proc_net_tcp.rst). Its fields are: number,
/// local and remote address, state, queues, timer and when it fires, retransmissions, user,
/// unanswered probes, …
fn gone(table: &str, server_port: u16) -> Vec<((IpAddr, u16), Gone)> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (_, port) = address(fields.get(1)?)?;
        let client = address(fields.get(2)?)?;
        let state = u8::from_str_radix(fields.get(3)?, 16).ok()?;
        let timer = fields.get(5)?.split(':').next()?;
        let probes: u32 = fields.get(8)?.parse().ok()?;
        let gone = match state {
            CLOSE_WAIT => Gone::Closed,
            _ if timer == KEEPALIVE && probes >= SILENT => Gone::Silent(probes),
            _ => return None,
        };
        (port == server_port).then_some((client, gone))
    };
    table.lines().filter_map(line).collect()
}

/// Parses `0100007F:1538`: the words of the address in the machine's byte order, and the port in
/// hexadecimal.
fn address(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Option<Vec<[u8; 4]>> = (0..address.len() / 8)
        .map(|index| Some(u32::from_str_radix(address.get(index * 8..index * 8 + 8)?, 16).ok()?.to_ne_bytes()))
        .collect();
    let bytes = words?.concat();
    let address = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        // A socket for both families sees 192.0.2.1 as ::ffff:192.0.2.1; PostgreSQL shows the
        // former.
        16 => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical(),
        _ => return None,
    };
    Some((address, port))
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   102        0 1 1 0 100 0 0 10 0
   1: 0100007F:1538 0100007F:B2A4 01 00000000:00000000 02:000A0B0C 00000000   102        0 2 2 0 20 4 30 10 -1
   2: 0100007F:1538 0100007F:B2A6 08 00000005:00000001 02:000A0B0C 00000000   102        0 3 2 0 20 4 30 10 -1
   3: 0100007F:1538 0700000A:B2A8 01 00000000:00000000 02:0000000C 00000000   102        3 4 2 0 20 4 30 10 -1
   7: 0100007F:1538 0700000A:B2A9 01 00000000:00000000 02:0000000C 00000000   102        1 4 2 0 20 4 30 10 -1
   4: 0100007F:1539 0700000A:B2AA 08 00000000:00000000 00:00000000 00000000   102        0 5 2 0 20 4 30 10 -1
   5: 0000000000000000FFFF00000100007F:1538 0000000000000000FFFF00000B00000A:B2AC 08 0:0 00:0 0 102 0 6
   broken";

    #[test]
    fn closed_and_silent_clients_are_found() {
        let clients = Clients(gone(TABLE, 0x1538).into_iter().collect());
        assert_eq!(clients.gone("127.0.0.1", 0xB2A4), None);
        assert_eq!(clients.gone("127.0.0.1", 0xB2A6), Some(Gone::Closed));
        assert_eq!(clients.gone("10.0.0.7", 0xB2A8), Some(Gone::Silent(3)));
        assert_eq!(clients.gone("10.0.0.7", 0xB2A9), None, "a probe in flight");
        assert_eq!(clients.gone("10.0.0.7", 0xB2AA), None, "a connection to another server");
        assert_eq!(clients.gone("10.0.0.11", 0xB2AC), Some(Gone::Closed), "through a socket for both families");
        assert_eq!(clients.gone("", -1), None);
    }
}
