//! A provider is reached over TLS, in the protocol that it likes best, and only as who it is.

use crate::front::Front;
use crate::{PIN, ask, fails, proxy};

/// Larger than what HTTP/2 lets through at once.
const LONG: usize = 1 << 20;

fn reached(protocols: &str, spoken: &str) {
    let front = Front::start(protocols, "localhost");
    let proxy = proxy(&front, &[]);
    let prompt = "x".repeat(LONG);
    for _ in 0..2 {
        assert_eq!(ask(&proxy, &prompt).status, 200);
    }
    let calls = front.fixture.provider.requests();
    let wanted = format!(r#"{{"model":"{PIN}","input":"{prompt}"}}"#);
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.body == wanted.as_bytes()));
    front.spoke(&format!("{spoken} POST /v1/responses"));
}

#[test]
fn provider_with_http2_is_called_over_http2() {
    reached("h2,http/1.1", "h2");
}

#[test]
fn provider_without_http2_is_called_over_http1() {
    reached("http/1.1", "http/1.1");
}

#[test]
fn certificate_for_another_name_is_refused() {
    let front = Front::start("h2", "elsewhere");
    let proxy = proxy(&front, &[]);
    fails(&front, &proxy, "certificate not valid for name");
}

#[test]
fn certificate_of_an_unknown_authority_is_refused() {
    let (front, other) = (
        Front::start("h2", "localhost"),
        Front::start("h2", "localhost"),
    );
    let roots = other.roots();
    let trust = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let proxy = front.fixture.start_proxy_before(&front.url(), &[], &trust);
    fails(&front, &proxy, "invalid peer certificate");
}
