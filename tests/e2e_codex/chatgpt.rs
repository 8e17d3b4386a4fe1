//! Under a `ChatGPT` login: other paths, contents in zstd, and a `WebSocket` before everything else.

use std::collections::BTreeSet;

use fake_provider::fixture::Transport;
use fake_provider::process::Finished;
use fake_provider::{Declare, Request};

use crate::PIN;
use crate::locked_codex::LockedCodex;

/// The oldest and the newest.
const ENDS: [&str; 3] = ["0.125.0", "0.169.0", "0.171.0"];

#[test]
fn chatgpt_zstd_call_is_forced() {
    for version in ENDS {
        // A provider that is expected to speak HTTP alone, and codex's own one, which answers 426.
        for transport in [Transport::Http, Transport::WebSocket] {
            let codex = LockedCodex::chatgpt(version, "force", transport);
            codex.fixture.provider.take_websockets(false);
            codex.fixture.provider.declare(Declare::Arrived);
            let finished = codex.exec(&["-m", "gpt-5.4", "hi"]);
            let case = format!("{version} {transport:?}: {}", finished.err());
            assert_ran_the_pin(&finished, &case);
            assert!(is_one_in_zstd(&calls(&codex)), "{case}");
            assert_eq!(codex.fixture.models(), [PIN], "{case}");
            codex
                .fixture
                .wait_for_attempt(&["mode:force", "result:forced", "surface:http"]);
        }
    }
}

#[test]
fn chatgpt_websocket_message_is_forced() {
    for version in ENDS {
        let codex = LockedCodex::chatgpt(version, "force", Transport::WebSocket);
        let finished = codex.exec(&["-m", "gpt-5.4", "hi"]);
        let case = format!("{version}: {}", finished.err());
        assert_ran_the_pin(&finished, &case);
        let models = codex.fixture.provider.message_models();
        assert!(
            !models.is_empty() && models.iter().all(|model| model == PIN),
            "{models:?} {case}"
        );
        assert_eq!(codex.calls("POST "), 0, "{case}");
        codex
            .fixture
            .wait_for_attempt(&["mode:force", "result:forced", "surface:websocket"]);
    }
}

#[test]
fn chatgpt_approved_model_passes_in_reject() {
    for version in ENDS {
        for transport in [Transport::Http, Transport::WebSocket] {
            let mut codex = LockedCodex::chatgpt(version, "reject", transport);
            let finished = codex.exec(&["-m", PIN, "hi"]);
            let case = format!("{version} {transport:?}: {}", finished.err());
            assert_ran_the_pin(&finished, &case);
            let (posts, messages) = (
                codex.fixture.models(),
                codex.fixture.provider.message_models(),
            );
            let over_http = transport == Transport::Http;
            assert_eq!(
                (posts.is_empty(), messages.is_empty()),
                (!over_http, over_http),
                "{case}"
            );
            assert!(
                posts.iter().chain(&messages).all(|model| model == PIN),
                "{case}"
            );
            assert_eq!(codex.attempts(), 0, "{case}");
        }
    }
}

#[test]
fn chatgpt_zstd_call_is_refused_once() {
    for version in ENDS {
        let mut codex = LockedCodex::chatgpt(version, "reject", Transport::Http);
        let finished = codex.exec(&["-m", "unapproved", "hi"]);
        let case = format!("{version}: {}", finished.err());
        assert_refused(&finished, &case);
        assert!(is_one_in_zstd(&calls(&codex)), "{case}");
        assert!(codex.only_handshakes_arrived(), "{case}");
        codex
            .fixture
            .wait_for_attempt(&["mode:reject", "result:rejected", "surface:http"]);
        assert_eq!(codex.attempts(), 1, "{case}");
    }
}

/// codex warms up before its first turn, so it asks twice: 0.125.0 in messages of two connections,
/// 0.169.0 already in the handshake, which tells the model as a routing hint.
#[test]
fn chatgpt_websocket_warm_up_and_turn_are_refused_without_fallback() {
    for (version, asks) in [
        ("0.125.0", "MESSAGE"),
        ("0.169.0", "GET /backend-api/codex/responses"),
    ] {
        let mut codex = LockedCodex::chatgpt(version, "reject", Transport::WebSocket);
        let finished = codex.exec(&["-m", "unapproved", "hi"]);
        let case = format!("{version}: {}", finished.err());
        assert_refused(&finished, &case);
        assert!(codex.only_handshakes_arrived(), "{case}");
        let requested = (
            codex.calls("POST "),
            codex.calls("GET /backend-api/codex/responses"),
            codex.calls(asks),
        );
        assert_eq!(requested, (0, 2, 2), "{case}");
        codex
            .fixture
            .wait_for_attempt(&["mode:reject", "result:rejected"]);
        assert_eq!(codex.attempts(), 2, "{case}");
    }
}

/// The model calls that codex made over HTTP, as a recorder before the proxy received them.
fn calls(codex: &LockedCodex) -> Vec<Request> {
    let mut requests = codex.recorder.requests();
    requests.retain(|request| request.method == "POST");
    requests
}

fn is_one_in_zstd(calls: &[Request]) -> bool {
    let [call] = calls else { return false };
    call.path() == "/backend-api/codex/responses"
        && call.field("content-encoding") == Some("zstd")
        && call.body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

fn assert_ran_the_pin(finished: &Finished, case: &str) {
    assert!(finished.status.success(), "{case}");
    assert_eq!(finished.out().trim(), "The provider ran gpt-5.5.", "{case}");
    let output = finished.err().to_lowercase();
    assert!(
        !output.contains("flagged") && !output.contains("rerouted"),
        "{case}"
    );
}

/// codex ended with its error, which is that of one refusal. It prints every error twice: when it
/// comes, and when the turn has failed.
fn assert_refused(finished: &Finished, case: &str) {
    assert_eq!(finished.status.code(), Some(1), "{case}");
    let output = finished.err();
    let errors = output.lines().filter(|line| line.starts_with("ERROR: {"));
    let errors: BTreeSet<_> = errors.collect();
    assert_eq!(errors.len(), 1, "{case}");
    assert!(
        errors
            .iter()
            .all(|error| error.contains("model `unapproved` is not permitted here")),
        "{case}"
    );
}
