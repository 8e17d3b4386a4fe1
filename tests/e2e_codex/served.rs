//! A provider that serves another model than was sent: seen, told and, where the policy says so, ended.

use std::time::Duration;

use fake_provider::fixture::{Fixture, Transport};
use fake_provider::{Declare, fixture};

use crate::VERSIONS;
use crate::locked_codex::LockedCodex;

/// A name, how codex asks, and what the provider says.
type Way = (&'static str, Transport, fn(String) -> Declare);

/// The ways in which the provider says that it has rerouted.
const WAYS: [Way; 4] = [
    ("header", Transport::Http, Declare::Header),
    ("SSE", Transport::Http, Declare::Content),
    ("header and SSE", Transport::WebSocket, Declare::Model),
    ("WebSocket", Transport::WebSocket, Declare::Content),
];

/// Returns a codex behind a proxy whose provider serves another model than was sent.
fn mismatching(version: &str, way: &Way, on_mismatch: &str) -> LockedCodex {
    let (name, transport, declare) = *way;
    let fixture = fixture!("force").with_policy(&format!("on_served_mismatch = \"{on_mismatch}\""));
    fixture.provider.declare(declare("gpt-6-luna".to_owned()));
    fixture.provider.take_websockets(name == "WebSocket");
    LockedCodex::with(version, fixture.with_proxy(&[]), transport)
}

/// Waits for the count of a mismatch, and returns its log line.
fn wait_for_mismatch(fixture: &Fixture) -> String {
    let mismatch = |line: &str| line.contains("served:") && line.contains("result:mismatch");
    let counted = fixture.statsd.wait_for(mismatch, Duration::from_secs(10));
    assert!(counted.is_some(), "{:#?}", fixture.statsd.lines());
    fixture.wait_for_log(&[r#""event":"served""#, r#""result":"mismatch""#])
}

#[test]
fn served_mismatch_is_counted_and_logged_wherever_declared() {
    for version in VERSIONS {
        for way in &WAYS {
            let codex = mismatching(version, way, "log");
            let finished = codex.exec(&["-m", "other", "hi"]);
            let case = format!("{version} {}: {}", way.0, finished.err());
            assert!(finished.status.success(), "{case}");
            let receipt = wait_for_mismatch(&codex.fixture);
            for member in [
                r#""requested_model":"other""#,
                r#""sent_model":"gpt-5.5""#,
                r#""served_model":"gpt-6-luna""#,
                r#""gen_ai.original.model":"other""#,
                r#""gen_ai.request.model":"gpt-5.5""#,
                r#""gen_ai.response.model":"gpt-6-luna""#,
                r#""request_id":"req_"#,
                r#""policy_hash":""#,
            ] {
                assert!(receipt.contains(member), "{member} {receipt} {case}");
            }
            assert!(!receipt.contains(r#""failed":true"#), "{receipt} {case}");
        }
    }
}

#[test]
fn served_mismatch_with_fail_ends_the_turn_and_shows_no_response() {
    for version in VERSIONS {
        for way in &WAYS {
            let codex = mismatching(version, way, "fail");
            let finished = codex.exec(&["-m", "other", "hi"]);
            let case = format!("{version} {}: {}", way.0, finished.err());
            assert!(!finished.status.success(), "{case}");
            assert!(
                finished
                    .err()
                    .contains("another model was served: `gpt-6-luna`"),
                "{case}"
            );
            assert!(!finished.out().contains("The provider ran"), "{case}");
            let receipt = wait_for_mismatch(&codex.fixture);
            assert!(receipt.contains(r#""failed":true"#), "{receipt} {case}");
            // Another try would be served by the same model.
            let posts = codex.fixture.provider.requests();
            let posts = posts.iter().filter(|request| request.method == "POST");
            assert!(posts.count() <= 1, "{case}");
        }
    }
}
