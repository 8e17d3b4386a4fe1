//! What lies between the proxy and a provider: TLS, HTTP/2, and the forward proxy at a network's border.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod border;
mod codex;
mod dead;
mod egress;
mod front;
mod kept;
mod raw_server;
mod retries;
mod tls;

use std::time::Duration;

use fake_provider::fixture::ProxyProcess;
use fake_provider::http_client::{HttpClient, Response, post};

use crate::front::Front;

/// The approved model.
const PIN: &str = "gpt-5.5";

/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);

/// Starts a proxy before a provider that trusts nobody but the laboratory.
fn proxy(front: &Front, variables: &[(&str, &str)]) -> ProxyProcess {
    let roots = front.roots();
    let trust = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let variables = [&trust, variables].concat();
    front
        .fixture
        .start_proxy_before(&front.url(), &[], &variables)
}

/// Asks for another model, with a prompt.
fn ask(proxy: &ProxyProcess, prompt: &str) -> Response {
    let body = format!(r#"{{"model":"other","input":"{prompt}"}}"#);
    let request = post("/v1/responses", "", body.as_bytes());
    HttpClient::connect(proxy.address()).call(&request)
}

/// Asks, gets no answer of the provider, and finds the reason in the log.
fn fails(front: &Front, proxy: &ProxyProcess, why: &str) {
    let answer = ask(proxy, "hi");
    let message = answer.error("message");
    let output = message.starts_with("the upstream cannot be reached (request ");
    assert!(answer.status == 502 && output, "{answer:?}");
    let failed = |line: &str| line.contains(r#""event":"failed""#) && line.contains(why);
    proxy.wait_for_log(failed, SOON);
    assert_eq!(front.fixture.provider.bytes_received(), 0);
}
