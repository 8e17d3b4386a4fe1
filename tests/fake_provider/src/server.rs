//! The provider itself: what it listens on and how a test tells it what to answer.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::connection;
use crate::json::Json;
use crate::provider::Declare;
use crate::record::{Connection, Record, Request};
use crate::reply::Reply;

/// A provider on a loopback port. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeProvider {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

pub(crate) type Script = Box<dyn Fn(&Request, &Record) -> Option<Reply> + Send + Sync>;

/// What the test and the connections share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) record: Record,
    pub(crate) stop: AtomicBool,
    pub(crate) sockets: Mutex<Vec<TcpStream>>,
    pub(crate) script: Mutex<Option<Arc<Script>>>,
    pub(crate) declare: Mutex<Declare>,
    pub(crate) websocket: AtomicBool,
    pub(crate) declined: Mutex<Option<Vec<u8>>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

impl FakeProvider {
    /// Starts on a free loopback port.
    ///
    /// # Errors
    ///
    /// Where no socket can be had.
    pub fn start() -> io::Result<Self> {
        Self::start_on("127.0.0.1:0")
    }

    /// Starts on an address.
    ///
    /// # Errors
    ///
    /// Where the address is in use or is none.
    pub fn start_on(address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let inner = Arc::clone(&shared);
        let thread = thread::spawn(move || accept(&listener, &inner));
        Ok(Self {
            address,
            shared,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a URL without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that arrived.
    pub fn record(&self) -> &Record {
        &self.shared.record
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.record().requests()
    }

    /// Every connection so far.
    pub fn connections(&self) -> Vec<Connection> {
        self.record().connections()
    }

    /// The models that calls name, in order; a call that names none counts as an empty text.
    pub fn models(&self) -> Vec<String> {
        let requests = self.requests();
        let calls = requests.iter().filter(|request| request.method == "POST");
        calls.map(|call| call.model().unwrap_or_default()).collect()
    }

    /// The models that `WebSocket` messages name, in order.
    pub fn message_models(&self) -> Vec<String> {
        let connections = self.connections();
        let messages = connections
            .iter()
            .flat_map(|connection| &connection.messages);
        let model =
            |message: &Vec<u8>| Json::parse(message)?.text_at(&["model"]).map(str::to_owned);
        messages.filter_map(model).collect()
    }

    /// How many bytes arrived over all connections.
    pub fn bytes_received(&self) -> usize {
        self.record().bytes_received()
    }

    /// Waits for this many requests.
    pub fn wait_for(&self, count: usize, within: Duration) -> Option<Vec<Request>> {
        let came = self
            .record()
            .wait_until(|requests| requests.len() >= count, within);
        came.then(|| self.requests())
    }

    /// Lets a test answer: what it gives back is sent, `None` is answered like the provider. It runs
    /// on the connection's own thread and may wait there.
    pub fn script(
        &self,
        script: impl Fn(&Request, &Record) -> Option<Reply> + Send + Sync + 'static,
    ) {
        *lock(&self.shared.script) = Some(Arc::new(Box::new(script)));
    }

    /// Answers the requests to come with these, one each, then like the provider again.
    pub fn queue(&self, replies: Vec<Reply>) {
        let queue = Mutex::new(replies.into_iter());
        self.script(move |_, _| lock(&queue).next());
    }

    /// Sets what answers say about the model that ran.
    pub fn declare(&self, declare: Declare) {
        *lock(&self.shared.declare) = declare;
    }

    /// Takes WebSocket upgrades (or answers 426 again, as at the start).
    pub fn take_websockets(&self, take: bool) {
        self.shared.websocket.store(take, Ordering::SeqCst);
    }

    /// Answers WebSocket upgrades with these bytes, unless it takes them.
    pub fn decline_websockets(&self, response: &[u8]) {
        *lock(&self.shared.declined) = Some(response.to_vec());
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for socket in lock(&self.shared.sockets).drain(..) {
            socket.shutdown(Shutdown::Both).unwrap_or_default();
        }
        // A last connection wakes the listener.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            thread.join().unwrap_or_default();
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for socket in listener.incoming() {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let shared = Arc::clone(shared);
        // A connection that fails is a connection that ended; the record says how far it came.
        thread::spawn(move || connection::serve(socket, &shared).unwrap_or_default());
    }
}
