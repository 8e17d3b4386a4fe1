//! In reject mode nothing but the pin reaches the provider, and codex says why.

use crate::bench::{Bench, Doors};
use crate::{PIN, VERSIONS};

const ASKED: [&[&str]; 2] = [
    &["-m", "unapproved", "hi"],
    &["-c", "model=unapproved", "hi"],
];

#[test]
fn shim_in_reject_refuses_before_codex_starts() {
    for version in VERSIONS {
        for doors in [Doors::Shim, Doors::Both, Doors::Embedded] {
            for asked in ASKED {
                let bench = Bench::new(version, doors, "reject");
                let finished = bench.exec(asked);
                let case = format!("{version} {doors:?} {asked:?}: {}", finished.err());
                assert_eq!(finished.status.code(), Some(77), "{case}");
                assert_eq!(
                    (bench.provider.bytes_received(), bench.calls("POST ")),
                    (0, 0),
                    "{case}"
                );
                assert!(finished.stdout.is_empty(), "{case}");
                let sentence = "model `unapproved` is not permitted here";
                assert!(finished.err().contains(sentence), "{case}");
                bench.told(&["mode:reject", "result:rejected", "surface:argv"]);
            }
        }
    }
}

#[test]
fn proxy_in_reject_refuses_and_codex_calls_once() {
    for version in VERSIONS {
        for asked in ASKED {
            let bench = Bench::over_http(version, Doors::Proxy, "reject");
            let finished = bench.exec(asked);
            let case = format!("{version} {asked:?}: {}", finished.err());
            assert_eq!(finished.status.code(), Some(1), "{case}");
            assert_eq!(
                (bench.provider.bytes_received(), bench.calls("POST ")),
                (0, 1),
                "{case}"
            );
            assert!(bench.provider.connections().is_empty(), "{case}");
            assert!(
                finished
                    .err()
                    .contains("model `unapproved` is not permitted here"),
                "{case}"
            );
            bench.told(&["mode:reject", "result:rejected", "surface:http"]);
        }
    }
}

#[test]
fn proxy_in_reject_refuses_after_a_websocket_attempt() {
    for version in VERSIONS {
        let bench = Bench::new(version, Doors::Proxy, "reject");
        let finished = bench.exec(&["-m", "unapproved", "hi"]);
        let case = format!("{version}: {}", finished.err());
        assert_eq!(
            (finished.status.code(), bench.calls("POST ")),
            (Some(1), 1),
            "{case}"
        );
        assert!(bench.only_handshakes_arrived(), "{case}");
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
        let bench = Bench::over_websocket(version, Doors::Proxy, "reject");
        let finished = bench.exec(&["-m", "unapproved", "hi"]);
        let case = format!("{version}: {}", finished.err());
        assert_eq!(finished.status.code(), Some(1), "{case}");
        assert!(bench.only_handshakes_arrived(), "{case}");
        assert!(
            finished
                .err()
                .contains("model `unapproved` is not permitted here"),
            "{case}"
        );
        // A warm-up and the call itself, for which 0.125.0 connects anew; no other way is tried.
        assert!(
            bench.calls("GET ") <= 2 && bench.calls("POST ") == 0,
            "{case}"
        );
        assert!((1..=2).contains(&bench.calls("MESSAGE")), "{case}");
        bench.told(&["mode:reject", "result:rejected", "surface:websocket"]);
    }
}

#[test]
fn approved_model_in_reject_passes() {
    for version in VERSIONS {
        for doors in Doors::LOCKED {
            let bench = Bench::new(version, doors, "reject");
            let finished = bench.exec(&["-m", PIN, "hi"]);
            assert!(
                finished.status.success(),
                "{version} {doors:?}: {}",
                finished.err()
            );
            assert_eq!(bench.models(), [PIN], "{version} {doors:?}");
        }
    }
}

#[test]
fn command_line_without_model_in_reject_runs_the_approved_model() {
    for version in VERSIONS {
        for doors in [Doors::Shim, Doors::Both, Doors::Embedded] {
            let bench = Bench::new(version, doors, "reject");
            assert!(bench.exec(&["hi"]).status.success(), "{version} {doors:?}");
            assert_eq!(bench.models(), [PIN], "{version} {doors:?}");
        }
    }
}
