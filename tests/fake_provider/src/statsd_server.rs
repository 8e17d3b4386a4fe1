//! A `StatsD` daemon that records the lines that it receives.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A `StatsD` daemon on a free loopback port. It ends when it is dropped.
#[derive(Debug)]
pub struct StatsdServer {
    address: SocketAddr,
    recorded: Arc<Recorded>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Recorded {
    lines: Mutex<Vec<String>>,
    changed: Condvar,
    stop: AtomicBool,
}

impl StatsdServer {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// Where no socket can be had.
    pub fn start() -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        let recorded = Arc::new(Recorded::default());
        let listener = Arc::clone(&recorded);
        let thread = thread::spawn(move || listen(&socket, &listener));
        Ok(Self {
            address,
            recorded,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every line so far.
    pub fn lines(&self) -> Vec<String> {
        self.recorded
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for a line of which something holds.
    pub fn wait_for(&self, holds: impl Fn(&str) -> bool, within: Duration) -> Option<String> {
        let deadline = Instant::now() + within;
        let mut lines = self
            .recorded
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(line) = lines.iter().find(|line| holds(line)) {
                return Some(line.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let woken = self.recorded.changed.wait_timeout(lines, left);
            lines = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for StatsdServer {
    fn drop(&mut self) {
        self.recorded.stop.store(true, Ordering::SeqCst);
        // An empty datagram wakes the listener.
        let woken = UdpSocket::bind("127.0.0.1:0").and_then(|s| s.send_to(b"", self.address));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            thread.join().unwrap_or_default();
        }
    }
}

fn listen(socket: &UdpSocket, recorded: &Recorded) {
    let mut datagram = vec![0; 65_536];
    while let Ok((length, _)) = socket.recv_from(&mut datagram) {
        if recorded.stop.load(Ordering::SeqCst) {
            return;
        }
        let text = String::from_utf8_lossy(datagram.get(..length).unwrap_or_default());
        let mut lines = recorded
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        lines.extend(
            text.lines()
                .filter(|line| !line.is_empty())
                .map(str::to_owned),
        );
        recorded.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagram_lines_are_recorded() {
        let daemon = StatsdServer::start().unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .send_to(b"a:1|c\nb:2|c|#x:y", daemon.address())
            .unwrap();
        let line = daemon.wait_for(|line| line.starts_with("b:"), Duration::from_secs(10));
        assert_eq!(line.as_deref(), Some("b:2|c|#x:y"));
        assert_eq!(daemon.lines().len(), 2);
    }
}
