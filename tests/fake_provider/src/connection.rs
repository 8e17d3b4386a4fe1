//! One connection: a reader and a writer.
//!
//! The reader never stops to read, whatever the writer does, so what arrives is recorded when it
//! arrives, and a peer that leaves is noticed when it leaves.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::provider;
use crate::record::Request;
use crate::reply::{self, Reply};
use crate::server::{Shared, lock};
use crate::websocket;
use crate::wire::{self, Progress};

pub(crate) fn serve(socket: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    lock(&shared.sockets).push(socket.try_clone()?);
    let connection = shared.record.open();
    let (sender, receiver) = channel();
    let (output, inner) = (socket.try_clone()?, Arc::clone(shared));
    let writer = thread::spawn(move || {
        let end = output.try_clone();
        write(output, &receiver, &inner, connection).unwrap_or_default();
        if let Ok(end) = end {
            end.shutdown(Shutdown::Both).unwrap_or_default();
        }
    });
    read(socket, &sender, shared, connection);
    shared.record.update(connection, |seen| seen.closed = true);
    drop(sender);
    writer.join().unwrap_or_default();
    Ok(())
}

/// What the reader hands to the writer.
enum Event {
    Request(Request),
    Frame(websocket::Frame),
}

fn read(mut socket: TcpStream, events: &Sender<Event>, shared: &Shared, connection: usize) {
    let (mut pending, mut parts, mut buffer) = (Vec::new(), Vec::new(), vec![0; 1 << 16]);
    let mut upgraded = false;
    loop {
        let Ok(length @ 1..) = socket.read(&mut buffer) else {
            return;
        };
        let bytes = buffer.get(..length).unwrap_or_default();
        shared
            .record
            .update(connection, |seen| seen.bytes.extend_from_slice(bytes));
        pending.extend_from_slice(bytes);
        while let Some((event, taken)) = next_event(&pending, upgraded, connection) {
            pending.drain(..taken);
            match &event {
                Event::Request(request) => {
                    upgraded = is_upgrade(request) && shared.websocket.load(Ordering::SeqCst);
                    shared.record.request(request.clone());
                }
                Event::Frame(frame) if frame.opcode < 8 => {
                    shared.record.update(connection, |seen| {
                        keep(&mut seen.messages, &mut parts, frame);
                    });
                }
                Event::Frame(_) => {}
            }
            if events.send(event).is_err() {
                return;
            }
        }
    }
}

/// Keeps a message once its last fragment is there.
fn keep(messages: &mut Vec<Vec<u8>>, parts: &mut Vec<u8>, frame: &websocket::Frame) {
    parts.extend_from_slice(&frame.content);
    if frame.last {
        messages.push(std::mem::take(parts));
    }
}

fn next_event(pending: &[u8], upgraded: bool, connection: usize) -> Option<(Event, usize)> {
    if upgraded {
        return websocket::first(pending).map(|(frame, taken)| (Event::Frame(frame), taken));
    }
    let Progress::Whole(framed, taken) = wire::first(pending) else {
        return None;
    };
    Some((Event::Request(Request::framed(connection, framed)), taken))
}

fn is_upgrade(request: &Request) -> bool {
    request
        .field("upgrade")
        .is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

fn write(
    mut socket: TcpStream,
    events: &Receiver<Event>,
    shared: &Shared,
    connection: usize,
) -> io::Result<()> {
    while let Ok(event) = events.recv() {
        let open = match event {
            Event::Request(request) => answer(&request, &mut socket, shared, connection)?,
            Event::Frame(frame) => answer_frame(&frame, &mut socket, shared, connection)?,
        };
        if !open {
            return Ok(());
        }
    }
    Ok(())
}

fn answer(
    request: &Request,
    socket: &mut TcpStream,
    shared: &Shared,
    connection: usize,
) -> io::Result<bool> {
    if is_upgrade(request) {
        let key = request.field("sec-websocket-key").unwrap_or_default();
        let take = shared.websocket.load(Ordering::SeqCst);
        let usual = || reply::response(426, "application/json", &[("upgrade", "h2c")], b"{}");
        let refusal = || lock(&shared.declined).clone().unwrap_or_else(usual);
        socket.write_all(&if take {
            websocket::switch(key)
        } else {
            refusal()
        })?;
        return Ok(true);
    }
    let script = lock(&shared.script).clone();
    let output = match script.and_then(|script| script(request, &shared.record)) {
        Some(Reply::Steps(steps)) => return reply::play(steps, socket, &shared.record, connection),
        Some(Reply::Output(items)) => Some(items),
        None => None,
    };
    let declare = lock(&shared.declare).clone();
    for piece in provider::answer(request, &declare, output.as_deref()) {
        socket.write_all(&piece)?;
    }
    Ok(true)
}

/// Answers a message as the provider does over HTTP: the same events, one per frame.
fn answer_frame(
    frame: &websocket::Frame,
    socket: &mut TcpStream,
    shared: &Shared,
    connection: usize,
) -> io::Result<bool> {
    match frame.opcode {
        8 => {
            socket.write_all(&websocket::frame(8, &frame.content))?;
            return Ok(false);
        }
        9 => socket.write_all(&websocket::frame(10, &frame.content))?,
        0 | 1 if frame.last => {
            let declare = lock(&shared.declare).clone();
            let seen = shared.record.connections();
            let message = seen.get(connection).and_then(|seen| seen.messages.last());
            for event in provider::events(message.map_or(b"", Vec::as_slice), &declare) {
                socket.write_all(&websocket::frame(1, event.as_bytes()))?;
            }
        }
        _ => {}
    }
    Ok(true)
}
