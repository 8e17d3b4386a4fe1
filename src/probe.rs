//! One HTTP request whose time and whose response are bounded, for commands that ask a running server something.

use std::error::Error;
use std::io;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;

/// The most of a response's content that is read.
const MAX_CONTENT: usize = 64 << 10;

/// Sends a request to an absolute URL and returns the response, whose content is cut at 64 KiB.
///
/// # Errors
///
/// Returns an error if nothing answers `within` that time; of kind `InvalidData` where what answers is no HTTP.
pub(crate) fn send(request: Request<String>, within: Duration) -> io::Result<Response<Vec<u8>>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let response =
        runtime.block_on(async { tokio::time::timeout(within, exchange(request)).await });
    // A name server that does not answer is not waited for.
    runtime.shutdown_background();
    response?
}

async fn exchange(request: Request<String>) -> io::Result<Response<Vec<u8>>> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let response = if request.uri().scheme_str() == Some("https") {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let tls = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
        call(tls.https_only().enable_http1().wrap_connector(tcp), request).await
    } else {
        call(tcp, request).await
    };
    let (head, mut body) = response.map_err(|error| cause(&error))?.into_parts();
    let mut content = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| cause(&error))?;
        content.extend(frame.data_ref().into_iter().flatten());
        if content.len() >= MAX_CONTENT {
            content.truncate(MAX_CONTENT);
            break;
        }
    }
    Ok(Response::from_parts(head, content))
}

async fn call<C>(
    connector: C,
    request: Request<String>,
) -> Result<Response<Incoming>, legacy::Error>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client: Client<C, String> = Client::builder(TokioExecutor::new()).build(connector);
    client.request(request).await
}

/// Returns the error that caused another one.
fn cause(error: &(dyn Error + 'static)) -> io::Error {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    let kind = last.downcast_ref::<io::Error>().map(io::Error::kind);
    io::Error::new(kind.unwrap_or(io::ErrorKind::InvalidData), last.to_string())
}
