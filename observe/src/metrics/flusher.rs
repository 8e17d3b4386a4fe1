//! Sends the metrics once a second and at the end, from a thread of its own.
//!
//! While the target's name has no address, the metrics stay where they are and are sent once it has
//! one. Names are looked up by a second thread, so that a slow name server delays nothing.

use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::statsd::{StatsdClient, StatsdTarget};
use super::table::Metrics;
use crate::process_state::{ProcessState, StatsdState};

const PERIOD: Duration = Duration::from_secs(1);
/// The time after which an address is looked up again.
const FRESH: Duration = Duration::from_mins(1);
/// The time after which a name without an address is looked up again.
const RETRY: Duration = Duration::from_secs(2);

/// The thread that sends.
#[derive(Debug)]
pub struct Flusher {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Flusher {
    /// Starts sending.
    ///
    /// # Errors
    ///
    /// Fails where the machine has no thread to give.
    pub fn start(
        target: StatsdTarget,
        metrics: Arc<Metrics>,
        state: Arc<ProcessState>,
    ) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let address = Arc::new(Mutex::new(target.address()));
        if target.address().is_none() {
            let (target, address) = (target.clone(), Arc::clone(&address));
            // Ends with the process: nobody can interrupt a name server.
            thread::Builder::new()
                .name("statsd-name".to_owned())
                .spawn(move || look_up(&target, &address))?;
        }
        let run = move || {
            flush_until(&stopped, &target, &address, |client| {
                state.set_statsd(client.map_or(StatsdState::Unresolved, |_| StatsdState::Sent));
                if let Some(client) = client {
                    client.send(&metrics);
                }
            });
        };
        let thread = thread::Builder::new()
            .name("statsd".to_owned())
            .spawn(run)?;
        Ok(Self { stop, thread })
    }

    /// Sends what is left and ends.
    pub fn finish(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the thread that sends metrics has panicked");
        }
    }
}

fn flush_until(
    stopped: &mpsc::Receiver<()>,
    target: &StatsdTarget,
    address: &Mutex<Option<SocketAddr>>,
    send: impl Fn(Option<&StatsdClient>),
) {
    let mut client: Option<StatsdClient> = None;
    loop {
        let last = stopped.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout);
        let wanted = *address.lock().unwrap_or_else(PoisonError::into_inner);
        if client.as_ref().map(StatsdClient::address) != wanted {
            client = wanted.and_then(|address| StatsdClient::open(address, target));
        }
        send(client.as_ref());
        if last {
            return;
        }
    }
}

fn look_up(target: &StatsdTarget, address: &Mutex<Option<SocketAddr>>) {
    loop {
        let found = target.resolve();
        if found.is_some() {
            *address.lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
        thread::sleep(if found.is_some() { FRESH } else { RETRY });
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::super::statsd::TagStyle;
    use super::*;

    #[test]
    fn count_is_sent_within_seconds_and_the_rest_at_the_end() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let port = socket.local_addr().unwrap().port();
        let target = StatsdTarget {
            host: "localhost".to_owned(),
            port,
            prefix: "p".to_owned(),
            tags: TagStyle::Datadog,
        };
        let metrics = Arc::new(Metrics::default());
        let flusher = Flusher::start(target, Arc::clone(&metrics), Arc::default()).unwrap();
        let line = || {
            let mut buffer = [0; 1500];
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        metrics.log_lines_dropped.add((), 1);
        assert_eq!(line(), "p.log_lines_dropped:1|c");
        metrics.log_lines_dropped.add((), 1);
        metrics.log_lines_dropped.add((), 1);
        flusher.finish();
        assert_eq!(line(), "p.log_lines_dropped:2|c");
    }
}
