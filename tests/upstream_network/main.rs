//! What lies between the proxy and a provider: TLS, HTTP/2, and the forward proxy at a network's border.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod border;
mod codex;
mod egress;
mod front;
mod tls;

use std::path::Path;
use std::time::Duration;

use fake_provider::client::{Answer, Client, post};
use fake_provider::fixture::{Lock, Proxy, Scratch};

use crate::front::Front;

/// The approved model.
const PIN: &str = "gpt-5.5";

/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_secs(20);

fn lock() -> Lock {
    Lock {
        program: env!("CARGO_BIN_EXE_model-lock").into(),
        model: PIN.into(),
        mode: "force".into(),
        // Nobody listens there, and nobody minds.
        statsd: ([127, 0, 0, 1], 9).into(),
    }
}

/// A proxy before a provider that trusts nobody but the laboratory.
fn proxy(front: &Front, variables: &[(&str, &str)]) -> Proxy {
    let roots = front.roots();
    let trust = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let variables = [&trust, variables].concat();
    Proxy::start_in(&lock(), &front.url(), &[], &variables).unwrap()
}

/// Asks for another model, with a prompt.
fn ask(proxy: &Proxy, prompt: &str) -> Answer {
    let body = format!(r#"{{"model":"other","input":"{prompt}"}}"#);
    let request = post("/v1/responses", "", body.as_bytes());
    Client::connect(proxy.address()).call(&request)
}

/// Asks, gets no answer of the provider, and finds the reason in the log.
fn fails(front: &Front, proxy: &mut Proxy, why: &str) {
    let answer = ask(proxy, "hi");
    let message = answer.error("message");
    let told = message.starts_with("the upstream cannot be reached (request ");
    assert!(answer.status == 502 && told, "{answer:?}");
    let told = |line: &str| line.contains(r#""event":"failed""#) && line.contains(why);
    let line = proxy.daemon().wait_for(told, SOON);
    assert!(line.is_some(), "{:#?}", proxy.daemon().lines());
    assert_eq!(front.provider.bytes_received(), 0);
}

fn scratch() -> Scratch {
    Scratch::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
}
