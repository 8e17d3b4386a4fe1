//! Finds the user whose process is at the other end of a connection on this machine, in the kernel's tables of sockets.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The tables: of IPv4, and of IPv6, in which a socket may have an IPv4 address too.
const TABLES: [&str; 2] = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/// The most bytes of a table that are read: the sockets of a busy machine. What stands behind them is not found.
const CAP: u64 = 16 << 20;

/// The number of times that the tables are read: a row can be missed where sockets before it end meanwhile.
const TRIES: usize = 3;

/// Returns whether a process of this process's own user is at the other end of a connection, and still has it open.
///
/// The answer is no where the tables cannot be read.
pub(super) async fn is_own_user(local: SocketAddr, peer: SocketAddr) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let find = move || (0..TRIES).find_map(|_| owner(local, peer).ok().flatten());
    let found = tokio::task::spawn_blocking(find).await;
    found.is_ok_and(|owner| owner == Some(own))
}

/// Returns the user whose socket is at the other end.
fn owner(local: SocketAddr, peer: SocketAddr) -> io::Result<Option<u32>> {
    for table in TABLES {
        // Without IPv6 there is one table.
        let Ok(file) = File::open(table) else {
            continue;
        };
        let rows = BufReader::with_capacity(64 << 10, file.take(CAP));
        if let Some(owner) = find(rows, local, peer)? {
            return Ok(Some(owner));
        }
    }
    Ok(None)
}

/// Returns the user of the row of the peer's socket.
fn find(rows: impl BufRead, local: SocketAddr, peer: SocketAddr) -> io::Result<Option<u32>> {
    let spellings = [Ip::own, Ip::mapped].map(|ip| (row_address(peer, ip), row_address(local, ip)));
    for row in rows.lines() {
        let row = row?;
        let fields: Vec<&str> = row.split_ascii_whitespace().collect();
        let [_, own, other, state, _, _, _, user, _, socket, ..] = fields[..] else {
            continue;
        };
        let is_it = spellings
            .iter()
            .any(|(peer, local)| own == peer && other == local);
        // A socket that was closed belongs to nobody, and its row states user 0.
        if is_it && state == ESTABLISHED && socket != "0" {
            return Ok(user.parse().ok());
        }
    }
    Ok(None)
}

/// The state of an open connection.
const ESTABLISHED: &str = "01";

/// The bytes of an address as a table has them.
struct Ip;

impl Ip {
    fn own(ip: IpAddr) -> Vec<u8> {
        match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        }
    }

    fn mapped(ip: IpAddr) -> Vec<u8> {
        let mapped = match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        Ipv6Addr::octets(&mapped).to_vec()
    }
}

/// Returns an address as a row has it: words of the machine's own byte order, and the port.
fn row_address(address: SocketAddr, ip: fn(IpAddr) -> Vec<u8>) -> String {
    let bytes = ip(address.ip());
    let words = bytes.as_chunks::<4>().0.iter();
    let words = words.map(|word| format!("{:08X}", u32::from_ne_bytes(*word)));
    let words: Vec<String> = words.collect();
    format!("{}:{:04X}", words.concat(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    /// Returns the owner that rows of a table state for a connection from port 8080 to port 80.
    fn found(rows: &[&str]) -> Option<u32> {
        let text = [HEAD, &rows.join("\n")].concat();
        let [peer, local] = ["127.0.0.1:8080", "127.0.0.1:80"].map(|text| text.parse().unwrap());
        find(text.as_bytes(), local, peer).unwrap()
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn row_of_the_peers_open_socket_states_the_owner() {
        let ours =
            "0: 0100007F:0050 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  7 0 11 1";
        let peers =
            "1: 0100007F:1F90 0100007F:0050 01 00000000:00000000 00:00000000 00000000  1000 0 12 1";
        let closed =
            "2: 0100007F:1F90 0100007F:0050 04 00000000:00000000 00:00000000 00000000  0 0 0 1";
        let orphan =
            "2: 0100007F:1F90 0100007F:0050 01 00000000:00000000 00:00000000 00000000  0 0 0 1";
        let mapped = "3: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:0050 01 0:0 0:0 0  1001 0 13 1";
        assert_eq!(found(&[ours, peers]), Some(1000));
        assert_eq!(found(&[mapped]), Some(1001));
        assert_eq!(found(&[ours]), None);
        assert_eq!(found(&[closed]), None);
        assert_eq!(found(&[orphan]), None);
        assert_eq!(found(&["4: half a row"]), None);
    }

    #[tokio::test]
    async fn own_connection_is_found_until_it_is_closed() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                continue;
            };
            let local = listener.local_addr().unwrap();
            let client = TcpStream::connect(local).unwrap();
            let (_server, peer) = listener.accept().unwrap();
            assert!(is_own_user(local, peer).await);
            drop(client);
            assert!(!is_own_user(local, peer).await);
        }
    }
}
