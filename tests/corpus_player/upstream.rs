//! A provider on a raw socket that records every byte, one case at a time, and knows when it has
//! seen all of a case.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use policy_corpus::exchange::Connection;

use crate::corpus_player::PATIENCE;
use crate::corpus_player::case::{Behaviour, Response};
use crate::corpus_player::conversation;

/// What is answered, beside what is recorded.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    pub(crate) response: Option<Response>,
    pub(crate) behaviour: Behaviour,
}

#[derive(Default)]
struct State {
    plan: Plan,
    connections: Vec<Arc<Mutex<Connection>>>,
    open: usize,
}

#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// What a connection says first that only wants to know that all before it were taken.
const MARK: &[u8] = b"MARK";

pub(crate) struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Upstream {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                serve(socket, &of_thread);
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forgets what came so far.
    pub(crate) fn begin(&self, plan: Plan) {
        let mut state = lock(&self.shared.state);
        state.plan = plan;
        state.connections.clear();
    }

    /// All that came since the beginning, once every connection has ended. Connections are taken in
    /// the order in which they were made: one that is made now comes after all of the case.
    pub(crate) fn end(&self) -> Vec<Connection> {
        let mut mark = TcpStream::connect(self.address).unwrap();
        mark.set_read_timeout(Some(PATIENCE)).unwrap();
        mark.write_all(MARK).unwrap();
        mark.read_exact(&mut [0])
            .expect("the provider takes the mark");
        let deadline = Instant::now() + PATIENCE;
        let mut state = lock(&self.shared.state);
        while state.open > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.shared.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        let is_late = state.open > 0;
        let taken = std::mem::take(&mut state.connections);
        let mut all: Vec<Connection> = taken
            .iter()
            .map(|connection| std::mem::take(&mut *lock(connection)))
            .collect();
        if let (true, Some(last)) = (is_late, all.last_mut()) {
            last.problems
                .push("a connection to the provider does not end".to_owned());
        }
        all
    }
}

fn serve(socket: TcpStream, shared: &Arc<Shared>) {
    let record = Arc::new(Mutex::new(Connection::default()));
    let plan = {
        let mut state = lock(&shared.state);
        state.connections.push(Arc::clone(&record));
        state.open += 1;
        state.plan.clone()
    };
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let is_mark = conversation::hold(socket, &plan, &record);
        let mut state = lock(&shared.state);
        if is_mark {
            state
                .connections
                .retain(|other| !Arc::ptr_eq(other, &record));
        }
        state.open -= 1;
        shared.changed.notify_all();
    });
}

pub(crate) fn is_mark(bytes: &[u8]) -> bool {
    bytes == MARK
}
