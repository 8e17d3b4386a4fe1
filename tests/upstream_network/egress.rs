//! Providers are reached through the forward proxy that the environment names.

use crate::border::{Socks, Tiny};
use crate::front::Front;
use crate::{PIN, ask, fails, proxy};

fn front() -> Front {
    Front::start("h2,http/1.1", "localhost")
}

fn reached(front: &Front) {
    let models: Vec<_> = front
        .fixture
        .provider
        .requests()
        .iter()
        .map(fake_provider::Request::model)
        .collect();
    assert_eq!(models, [Some(PIN.to_owned())]);
}

#[test]
fn forward_proxy_reaches_a_tls_provider_by_connect() {
    let (front, tiny) = (front(), Tiny::start(""));
    let proxy = proxy(&front, &[("HTTPS_PROXY", &tiny.url(""))]);
    assert_eq!(ask(&proxy, "hi").status, 200);
    reached(&front);
    tiny.connected(front.port);
    front.spoke("h2 POST");
}

#[test]
fn forward_proxy_with_password_is_authenticated() {
    let (front, tiny) = (front(), Tiny::start("BasicAuth somebody secret\n"));
    let url = tiny.url("somebody:s%65cret@");
    let mut proxy = proxy(&front, &[("https_proxy", &url)]);
    assert_eq!(ask(&proxy, "hi").status, 200);
    reached(&front);
    tiny.connected(front.port);
    let output = proxy.daemon().lines().join("\n");
    assert!(
        !output.contains("s%65cret") && !output.contains("secret"),
        "{output}"
    );
}

#[test]
fn no_proxy_host_is_reached_directly() {
    let tiny = Tiny::start("");
    for (name, direct) in [("NO_PROXY", "example.com, localhost"), ("no_proxy", "*")] {
        let front = front();
        let proxy = proxy(&front, &[("ALL_PROXY", &tiny.url("")), (name, direct)]);
        assert_eq!(ask(&proxy, "hi").status, 200, "{name}");
        reached(&front);
    }
    assert!(tiny.is_unused());
}

#[test]
fn plain_http_provider_is_reached_directly() {
    let (front, tiny) = (front(), Tiny::start(""));
    let url = tiny.url("");
    let variables = [("ALL_PROXY", url.as_str()), ("HTTP_PROXY", &url)];
    let proxy = front.fixture.start_proxy(&[], &variables);
    assert_eq!(ask(&proxy, "hi").status, 200);
    reached(&front);
    assert!(tiny.is_unused());
}

#[test]
fn socks_proxy_reaches_the_provider() {
    let (front, socks) = (front(), Socks::start("somebody", "secret"));
    let proxy = proxy(&front, &[("all_proxy", &socks.url("somebody:secret@"))]);
    assert_eq!(ask(&proxy, "hi").status, 200);
    reached(&front);
    socks.connected(front.port);
}

/// A provider is not reached, for this reason, and the password is not told.
fn closed(url: &str, why: &str) {
    let front = front();
    let mut proxy = proxy(&front, &[("HTTPS_PROXY", url)]);
    fails(&front, &proxy, why);
    assert!(!proxy.daemon().lines().join("\n").contains("secret"));
}

#[test]
fn forward_proxy_that_fails_is_reported_and_not_bypassed() {
    let nobody = format!("http://127.0.0.1:{}", fake_provider::free_port());
    closed(&nobody, "the forward proxy: tunnel error: failed to create");
    let strict = Tiny::start("ConnectPort 1\n");
    closed(
        &strict.url(""),
        "the forward proxy: tunnel error: unsuccessful",
    );
    let private = Tiny::start("BasicAuth somebody secret\n");
    let stranger = private.url("stranger:secret@");
    closed(&stranger, "the forward proxy: tunnel error");
    let socks = Socks::start("somebody", "password");
    closed(&socks.url("stranger:secret@"), "the forward proxy: ");
}
