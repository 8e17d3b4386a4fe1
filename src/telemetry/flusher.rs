//! Sends the counts once a second and at the end, from a thread of its own.
//!
//! While the daemon's name has no address, the counts stay where they are and are sent once it has
//! one. Names are looked up by a second thread, so that a slow name server delays nothing.

use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::metrics::Counts;
use super::standing::Sending;
use super::statsd::{Daemon, Outlet};

const PERIOD: Duration = Duration::from_secs(1);
/// How long an address is believed.
const FRESH: Duration = Duration::from_mins(1);
/// How soon a name without an address is asked for again.
const RETRY: Duration = Duration::from_secs(2);

/// The thread that sends.
#[derive(Debug)]
pub(crate) struct Flusher {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Flusher {
    /// Starts sending.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread to give.
    pub(crate) fn start(daemon: Daemon, counts: Arc<Counts>) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let address = Arc::new(Mutex::new(daemon.address()));
        if daemon.address().is_none() {
            let (daemon, address) = (daemon.clone(), Arc::clone(&address));
            // Ends with the process: nobody can interrupt a name server.
            thread::Builder::new()
                .name("statsd-name".to_owned())
                .spawn(move || look_up(&daemon, &address))?;
        }
        let run = move || flush_until(&stopped, &daemon, &address, &counts);
        let thread = thread::Builder::new()
            .name("statsd".to_owned())
            .spawn(run)?;
        Ok(Self { stop, thread })
    }

    /// Sends what is left and ends.
    pub(crate) fn finish(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the thread that sends counts has panicked");
        }
    }
}

fn flush_until(
    stopped: &mpsc::Receiver<()>,
    daemon: &Daemon,
    address: &Mutex<Option<SocketAddr>>,
    counts: &Counts,
) {
    let mut outlet: Option<Outlet> = None;
    loop {
        let last = stopped.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout);
        let wanted = *address.lock().unwrap_or_else(PoisonError::into_inner);
        if outlet.as_ref().map(Outlet::address) != wanted {
            outlet = wanted.and_then(|address| Outlet::open(address, daemon));
        }
        let sending = if outlet.is_some() {
            Sending::Sent
        } else {
            Sending::Unresolved
        };
        counts.standing.sending(sending);
        if let Some(outlet) = &outlet {
            outlet.send(counts);
        }
        if last {
            return;
        }
    }
}

fn look_up(daemon: &Daemon, address: &Mutex<Option<SocketAddr>>) {
    loop {
        let found = daemon.resolve();
        if found.is_some() {
            *address.lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
        thread::sleep(if found.is_some() { FRESH } else { RETRY });
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::super::statsd::Tags;
    use super::*;

    #[test]
    fn a_count_arrives_within_seconds_and_the_rest_at_the_end() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let port = socket.local_addr().unwrap().port();
        let daemon = Daemon {
            host: "localhost".to_owned(),
            port,
            prefix: "p".to_owned(),
            tags: Tags::Datadog,
        };
        let counts = Arc::new(Counts::default());
        let flusher = Flusher::start(daemon, Arc::clone(&counts)).unwrap();
        let line = || {
            let mut buffer = [0; 1500];
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        counts.dropped();
        assert_eq!(line(), "p.log_lines_dropped:1|c");
        counts.dropped();
        counts.dropped();
        flusher.finish();
        assert_eq!(line(), "p.log_lines_dropped:2|c");
    }
}
