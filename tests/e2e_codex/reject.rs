//! In reject mode nothing but the pin reaches the provider, and codex says why.

use crate::bench::{Bench, Doors};
use crate::{PIN, VERSIONS};

const ASKED: [&[&str]; 2] = [
    &["-m", "unapproved", "hi"],
    &["-c", "model=unapproved", "hi"],
];

#[test]
fn the_shim_refuses_before_codex_starts() {
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
fn the_proxy_refuses_and_codex_gives_up_after_one_call() {
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
fn it_does_so_too_where_codex_tried_a_websocket_first() {
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
fn on_a_websocket_the_refusal_is_a_message() {
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
fn the_pin_passes() {
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
fn no_model_named_on_the_command_line_is_the_pin() {
    for version in VERSIONS {
        for doors in [Doors::Shim, Doors::Both, Doors::Embedded] {
            let bench = Bench::new(version, doors, "reject");
            assert!(bench.exec(&["hi"]).status.success(), "{version} {doors:?}");
            assert_eq!(bench.models(), [PIN], "{version} {doors:?}");
        }
    }
}
