//! In reject mode nothing but the pin reaches the provider, and codex says why.

use crate::locked_codex::{EnforcementPoints, LockedCodex};
use crate::{PIN, VERSIONS};

const ASKED: [&[&str]; 2] = [
    &["-m", "unapproved", "hi"],
    &["-c", "model=unapproved", "hi"],
];

#[test]
fn shim_in_reject_refuses_before_codex_starts() {
    for version in VERSIONS {
        for points in [
            EnforcementPoints::Shim,
            EnforcementPoints::Both,
            EnforcementPoints::Embedded,
        ] {
            for request in ASKED {
                let codex = LockedCodex::new(version, points, "reject");
                let finished = codex.exec(request);
                let case = format!("{version} {points:?} {request:?}: {}", finished.err());
                assert_eq!(finished.status.code(), Some(77), "{case}");
                assert_eq!(
                    (
                        codex.fixture.provider.bytes_received(),
                        codex.calls("POST ")
                    ),
                    (0, 0),
                    "{case}"
                );
                assert!(finished.stdout.is_empty(), "{case}");
                let sentence = "model `unapproved` is not permitted here";
                assert!(finished.err().contains(sentence), "{case}");
                codex
                    .fixture
                    .wait_for_attempt(&["mode:reject", "result:rejected", "surface:argv"]);
            }
        }
    }
}

#[test]
fn proxy_in_reject_refuses_and_codex_calls_once() {
    for version in VERSIONS {
        for request in ASKED {
            let codex = LockedCodex::over_http(version, EnforcementPoints::Proxy, "reject");
            let finished = codex.exec(request);
            let case = format!("{version} {request:?}: {}", finished.err());
            assert_eq!(finished.status.code(), Some(1), "{case}");
            assert_eq!(
                (
                    codex.fixture.provider.bytes_received(),
                    codex.calls("POST ")
                ),
                (0, 1),
                "{case}"
            );
            assert!(codex.fixture.provider.connections().is_empty(), "{case}");
            assert!(
                finished
                    .err()
                    .contains("model `unapproved` is not permitted here"),
                "{case}"
            );
            codex
                .fixture
                .wait_for_attempt(&["mode:reject", "result:rejected", "surface:http"]);
        }
    }
}

#[test]
fn proxy_in_reject_refuses_after_a_websocket_attempt() {
    for version in VERSIONS {
        let codex = LockedCodex::new(version, EnforcementPoints::Proxy, "reject");
        let finished = codex.exec(&["-m", "unapproved", "hi"]);
        let case = format!("{version}: {}", finished.err());
        assert_eq!(
            (finished.status.code(), codex.calls("POST ")),
            (Some(1), 1),
            "{case}"
        );
        assert!(codex.only_handshakes_arrived(), "{case}");
        assert!(
            finished
                .err()
                .contains("model `unapproved` is not permitted here"),
            "{case}"
        );
    }
}

#[test]
fn proxy_in_reject_refuses_a_websocket_message() {
    for version in VERSIONS {
        let codex = LockedCodex::over_websocket(version, EnforcementPoints::Proxy, "reject");
        let finished = codex.exec(&["-m", "unapproved", "hi"]);
        let case = format!("{version}: {}", finished.err());
        assert_eq!(finished.status.code(), Some(1), "{case}");
        assert!(codex.only_handshakes_arrived(), "{case}");
        assert!(
            finished
                .err()
                .contains("model `unapproved` is not permitted here"),
            "{case}"
        );
        // A warm-up and the call itself, for which 0.125.0 connects anew; no other way is tried.
        assert!(
            codex.calls("GET ") <= 2 && codex.calls("POST ") == 0,
            "{case}"
        );
        assert!((1..=2).contains(&codex.calls("MESSAGE")), "{case}");
        codex
            .fixture
            .wait_for_attempt(&["mode:reject", "result:rejected", "surface:websocket"]);
    }
}

#[test]
fn approved_model_in_reject_passes() {
    for version in VERSIONS {
        for points in EnforcementPoints::LOCKED {
            let codex = LockedCodex::new(version, points, "reject");
            let finished = codex.exec(&["-m", PIN, "hi"]);
            assert!(
                finished.status.success(),
                "{version} {points:?}: {}",
                finished.err()
            );
            assert_eq!(codex.fixture.models(), [PIN], "{version} {points:?}");
        }
    }
}

#[test]
fn command_line_without_model_in_reject_runs_the_approved_model() {
    for version in VERSIONS {
        for points in [
            EnforcementPoints::Shim,
            EnforcementPoints::Both,
            EnforcementPoints::Embedded,
        ] {
            let codex = LockedCodex::new(version, points, "reject");
            assert!(codex.exec(&["hi"]).status.success(), "{version} {points:?}");
            assert_eq!(codex.fixture.models(), [PIN], "{version} {points:?}");
        }
    }
}
