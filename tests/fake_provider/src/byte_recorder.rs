//! A relay on loopback that records the bytes that clients send.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::record::Request;
use crate::server::lock;
use crate::websocket;
use crate::wire::{self, Progress};

/// A relay between clients and a server on loopback. It ends when it is dropped.
#[derive(Debug)]
pub struct ByteRecorder {
    address: SocketAddr,
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Inner {
    to: SocketAddr,
    stop: AtomicBool,
    recorded: Mutex<Vec<Vec<u8>>>,
    sockets: Mutex<Vec<TcpStream>>,
}

impl ByteRecorder {
    /// Starts on a free port before a server.
    ///
    /// # Errors
    ///
    /// Where no socket can be had.
    pub fn start(to: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let empty = (Mutex::default(), Mutex::default());
        let inner = Arc::new(Inner {
            to,
            stop: AtomicBool::new(false),
            recorded: empty.0,
            sockets: empty.1,
        });
        let accepting = Arc::clone(&inner);
        let thread = thread::spawn(move || accept(&listener, &accepting));
        Ok(Self {
            address,
            inner,
            thread: Some(thread),
        })
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns method and target of each whole request that a client sent, and `MESSAGE` for each WebSocket message.
    pub fn calls(&self) -> Vec<String> {
        lock(&self.inner.recorded)
            .iter()
            .flat_map(|stream| calls(stream))
            .collect()
    }

    /// Returns each whole request that a client sent, its content as it was coded.
    pub fn requests(&self) -> Vec<Request> {
        let recorded = lock(&self.inner.recorded);
        let numbered = recorded.iter().enumerate();
        numbered
            .flat_map(|(connection, stream)| requests(connection, stream))
            .collect()
    }

    /// Returns the number of connections that a client wrote to.
    pub fn connection_count(&self) -> usize {
        let recorded = lock(&self.inner.recorded);
        recorded.iter().filter(|stream| !stream.is_empty()).count()
    }
}

impl Drop for ByteRecorder {
    fn drop(&mut self) {
        self.inner.stop.store(true, Ordering::SeqCst);
        for socket in lock(&self.inner.sockets).drain(..) {
            socket.shutdown(Shutdown::Both).unwrap_or_default();
        }
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            thread.join().unwrap_or_default();
        }
    }
}

/// The requests of one connection, up to one that changes the protocol.
fn requests(connection: usize, mut stream: &[u8]) -> Vec<Request> {
    let mut requests = Vec::new();
    while let Progress::Whole(framed, taken) = wire::first(stream) {
        stream = stream.get(taken..).unwrap_or_default();
        requests.push(Request::framed(connection, framed));
    }
    requests
}

fn calls(mut stream: &[u8]) -> Vec<String> {
    let mut calls = Vec::new();
    while let Progress::Whole(request, taken) = wire::first(stream) {
        calls.push(format!("{} {}", request.method, request.target));
        stream = stream.get(taken..).unwrap_or_default();
        if wire::field(&request.fields, "upgrade").is_some() {
            calls.extend(messages(stream));
        }
    }
    calls
}

/// One word for each text message, if these are frames at all.
fn messages(mut stream: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    while let Some((frame, taken)) = websocket::first(stream) {
        if frame.opcode == 1 {
            messages.push("MESSAGE".to_owned());
        }
        stream = stream.get(taken..).unwrap_or_default();
    }
    messages
}

fn accept(listener: &TcpListener, inner: &Arc<Inner>) {
    for socket in listener.incoming() {
        if inner.stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let inner = Arc::clone(inner);
        // A connection that fails is a connection that ended.
        thread::spawn(move || connect(&socket, &inner).unwrap_or_default());
    }
}

fn connect(client: &TcpStream, inner: &Arc<Inner>) -> io::Result<()> {
    let server = TcpStream::connect(inner.to)?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    lock(&inner.sockets).extend([client.try_clone()?, server.try_clone()?]);
    let stream = {
        let mut recorded = lock(&inner.recorded);
        recorded.push(Vec::new());
        recorded.len() - 1
    };
    let (from, to) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || copy(from, to, |_| ()));
    copy(client.try_clone()?, server, |bytes| {
        if let Some(recorded) = lock(&inner.recorded).get_mut(stream) {
            recorded.extend_from_slice(bytes);
        }
    });
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream, record: impl Fn(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..length).unwrap_or_default();
        record(bytes);
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Write).unwrap_or_default();
}
