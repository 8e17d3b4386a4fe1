//! A codex behind the forward proxy of a network: the proxy that the shim brings along takes the same way out.

use fake_provider::fixture::Transport;
use fake_provider::process::run;

use crate::border::Tiny;
use crate::front::Front;
use crate::{PIN, SOON};

#[test]
fn forward_proxy_carries_the_websocket_of_codex() {
    let front = Front::start("h2,http/1.1", "localhost");
    front.fixture.provider.take_websockets(true);
    let tiny = Tiny::start("");
    let base = format!("{}/v1", front.url());
    let real = fake_provider::codex("0.169.0");
    let codex = front.fixture.codex(&real, &base, Transport::WebSocket);
    let codex = codex.behind_shim(&front.fixture.lock).unwrap().embedded();
    let mut command = codex.command(&["exec", "--skip-git-repo-check", "-m", "other", "hi"]);
    command
        .env("HTTPS_PROXY", tiny.url(""))
        .env("SSL_CERT_FILE", front.roots());
    let finished = run(&mut command, SOON * 3).unwrap();
    assert!(finished.status.success(), "{}", finished.err());
    let models = front.fixture.provider.message_models();
    assert!(
        !models.is_empty() && models.iter().all(|model| model == PIN),
        "{models:?}"
    );
    tiny.connected(front.port);
    front.spoke("http/1.1 GET /v1/responses");
}

#[test]
fn authorities_of_codex_count_for_its_embedded_proxy() {
    let front = Front::start("http/1.1", "localhost");
    let base = format!("{}/v1", front.url());
    let real = fake_provider::codex("0.171.0");
    let codex = front.fixture.codex(&real, &base, Transport::Http);
    let codex = codex.behind_shim(&front.fixture.lock).unwrap().embedded();
    for (name, other) in [
        ("CODEX_CA_CERTIFICATE", ""),
        ("CODEX_CA_CERTIFICATE", "/gone.pem"),
        ("SSL_CERT_FILE", ""),
    ] {
        let mut command = codex.command(&["exec", "--skip-git-repo-check", "hi"]);
        command
            .env("NO_PROXY", "localhost")
            .env("SSL_CERT_FILE", other);
        command.env(name, front.roots());
        let before = front.fixture.models().len();
        let finished = run(&mut command, SOON * 3).unwrap();
        assert!(finished.status.success(), "{name}: {}", finished.err());
        assert_eq!(front.fixture.models().split_off(before), [PIN], "{name}");
    }
}
