//! One connection: HTTP/1.1, or HTTP/2 with prior knowledge (RFC 9113 section 3.3).

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use http::header::{self, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use lockpolicy::http::Resource;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::head_check::stream::{HeadValidatingStream, HeadVerdicts, StreamLimits};
use super::listener::Socket;
use crate::cost::{Admission, Exchanges, OpenConnection};
use crate::request::exchange;
use crate::state::State;
use crate::write_timeout::WriteTimeout;

/// The first bytes of a client that has prior knowledge of HTTP/2.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The memory that a connection of HTTP/2 holds, whatever its requests do: its window.
const H2_WINDOW: u32 = 1 << 20;

/// The time in which a request that is on its way when the process is told to stop is still taken.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// The time that a connection lives whose requests are all refused.
const EXCESS_TIME: Duration = Duration::from_secs(5);

/// The state, and the place of one connection.
pub(super) type Place = (Arc<State>, Arc<Admission>);

/// A connection of a client, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// True if it shows at once whether something can be written: TLS keeps that to itself.
    const IS_PLAIN: bool;
}

impl Stream for Socket {
    const IS_PLAIN: bool = true;
}

impl Stream for Box<TlsStream<TcpStream>> {
    const IS_PLAIN: bool = false;
}

/// Serves a connection until it ends. When `stop` is cancelled, the requests that run are finished and
/// no other is taken.
pub(super) async fn serve<S: Stream>(socket: S, place: Place, stop: CancellationToken) {
    let is_served = place.1.fault().is_none();
    let served = serve_requests(socket, place, stop);
    if is_served {
        served.await;
    } else if timeout(EXCESS_TIME, served).await.is_err() {
        tracing::debug!("a connection that is not served was ended");
    }
}

/// The time in which the client of an idle connection closes it: one that speaks HTTP/2 answers a last PING before.
const FAREWELL: Duration = Duration::from_secs(5);

/// Why no other request is taken.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The process was told to stop.
    Stopped,
    /// The connection is idle, and is closed within a time.
    Idle(Duration),
}

/// What ends a connection besides its client.
struct Lifetime {
    exchanges: Exchanges,
    open: OpenConnection,
    idle_timeout: Duration,
    stop: CancellationToken,
}

impl Lifetime {
    fn of((state, admission): &Place, stop: CancellationToken) -> Self {
        let exchanges = Exchanges::default();
        let open = &state.cost.open;
        Self {
            open: open.add(admission.client.clone(), exchanges.clone()),
            exchanges,
            idle_timeout: state.limits.client_idle_timeout,
            stop,
        }
    }

    /// Waits until it is idle for too long, has to make place for another one, or until `stopped`.
    async fn over(&self, stopped: impl Future<Output = ()>) -> End {
        tokio::select! {
            () = stopped => End::Stopped,
            () = self.exchanges.idle_for(self.idle_timeout) => End::Idle(FAREWELL),
            () = self.open.has_to_close() => End::Idle(LAST_MOMENT),
        }
    }

    /// Waits until the client of an idle connection had the time to hear of its end.
    async fn farewell(&self, time: Duration) {
        sleep(time).await;
        // A request may have come meanwhile.
        self.exchanges.idle_for(time).await;
    }
}

async fn serve_requests<S: Stream>(mut socket: S, place: Place, stop: CancellationToken) {
    let state = Arc::clone(&place.0);
    let life = Lifetime::of(&place, stop);
    let mut read = BytesMut::with_capacity(8 << 10);
    let patience = state.limits.header_timeout;
    let opening = tokio::select! {
        _ = life.over(last_moment(&life.stop)) => return,
        opening = timeout(patience, is_preface(&mut socket, &mut read)) => opening,
    };
    let socket = WriteTimeout::new(socket, state.limits.write_timeout);
    match opening {
        Ok(Ok(true)) => {
            let mut window = state.cost.memory.lease();
            let frames = (PREFACE.len(), patience);
            let stream = HeadValidatingStream::unchecked(socket, read, frames);
            match window.grow(H2_WINDOW as usize).await {
                Ok(()) => serve_h2(stream, place, life).await,
                Err(_) => state.exhausted(Resource::Memory, ""),
            }
        }
        Ok(Ok(false)) => serve_h1(socket, read, place, life).await,
        Ok(Err(error)) => tracing::debug!(%error, "connection lost"),
        Err(_) => tracing::debug!("no request in time"),
    }
}

/// Waits until no other request is taken: a moment after the process was told to stop.
pub(super) async fn last_moment(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(LAST_MOMENT).await;
}

/// Reads until the first bytes are, or are not, those of HTTP/2.
async fn is_preface<S: Stream>(socket: &mut S, read: &mut BytesMut) -> io::Result<bool> {
    use tokio::io::AsyncReadExt as _;
    loop {
        let seen = read.len().min(PREFACE.len());
        if read.get(..seen) != PREFACE.get(..seen) {
            return Ok(false);
        }
        if seen == PREFACE.len() {
            return Ok(true);
        }
        if socket.read_buf(read).await? == 0 {
            return Ok(false);
        }
    }
}

async fn serve_h1<S: Stream>(
    socket: WriteTimeout<S>,
    read: BytesMut,
    place: Place,
    life: Lifetime,
) {
    let (state, admission) = place;
    let limits = StreamLimits {
        head: state.limits.max_head,
        header_timeout: state.limits.header_timeout,
        linger_timeout: state.limits.linger_timeout,
    };
    let (mut stream, heads) = HeadValidatingStream::new(socket, read, limits);
    if S::IS_PLAIN {
        stream = stream.with_half_close(life.exchanges.clone());
    }
    let service = service_fn(|request: Request<Incoming>| {
        let (verdict, heads) = (heads.next().map_err(Into::into), heads.clone());
        let place = (Arc::clone(&state), Arc::clone(&admission));
        let (exchange, stop) = (life.exchanges.begin(), life.stop.clone());
        async move {
            let response = exchange::handle(place, verdict, request).await;
            let response = last_if(stop.is_cancelled(), response, &heads);
            Ok::<_, io::Error>(response.map(|body| exchange.until_end_of(body)))
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(130);
    builder.max_buf_size(state.limits.max_head.max(512 << 10));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let shut_down = UpgradeableConnection::graceful_shutdown;
    let over = life.over(last_moment(&life.stop));
    finish((connection.with_upgrades(), shut_down), over, &life).await;
}

/// Says with a response that no other follows, where that `is_known`, or where it comes before the content of its
/// request.
fn last_if<B>(is_known: bool, mut response: Response<B>, heads: &HeadVerdicts) -> Response<B> {
    let is_last = is_known || heads.is_content_open();
    if is_last && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

async fn serve_h2<S: Stream>(
    socket: HeadValidatingStream<WriteTimeout<S>>,
    (state, admission): Place,
    life: Lifetime,
) {
    let (limits, exchanges) = (state.limits, life.exchanges.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let place = (Arc::clone(&state), Arc::clone(&admission));
        let exchange = exchanges.begin();
        async move {
            let response = exchange::handle(place, Ok(()), request).await;
            Ok::<_, io::Error>(response.map(|body| exchange.until_end_of(body)))
        }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_send_buf_size(128 << 10);
    builder.max_header_list_size(u32::try_from(limits.max_head).unwrap_or(u32::MAX));
    builder
        .initial_stream_window_size(H2_WINDOW)
        .initial_connection_window_size(H2_WINDOW);
    let connection = builder.serve_connection(TokioIo::new(socket), service);
    // GOAWAY tells a client which requests were not taken.
    let shut_down = http2::Connection::graceful_shutdown;
    let over = life.over(life.stop.cancelled());
    finish((connection, shut_down), over, &life).await;
}

/// Serves a connection to its end; once its life is `over`, it takes no other request.
async fn finish<C>(
    (connection, shut_down): (C, impl FnOnce(Pin<&mut C>)),
    over: impl Future<Output = End>,
    life: &Lifetime,
) where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        end = over => {
            shut_down(connection.as_mut());
            match end {
                End::Stopped => connection.await,
                End::Idle(time) => tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = life.farewell(time) => Ok(()),
                },
            }
        }
    };
    // A connection that breaks is the client's affair.
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}
