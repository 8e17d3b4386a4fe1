//! In force mode the pin runs, whatever was asked for.

use crate::bench::{Bench, Doors};
use crate::{PIN, VERSIONS};

/// Ways to ask for another model on the command line.
const ASKED: [&[&str]; 4] = [
    &["-m", "other", "hi"],
    &["--model=other", "hi"],
    &["-c", "model=other", "hi"],
    &["hi", "-mother"],
];

#[test]
fn force_through_each_enforcement_point_runs_the_approved_model() {
    for version in VERSIONS {
        for doors in Doors::LOCKED {
            for asked in ASKED {
                let bench = Bench::new(version, doors, "force");
                let finished = bench.exec(asked);
                let case = format!("{version} {doors:?} {asked:?}: {}", finished.err());
                assert!(finished.status.success(), "{case}");
                assert_eq!(bench.models(), [PIN], "{case}");
                assert_eq!(finished.out().trim(), "The provider ran gpt-5.5.", "{case}");
                bench.told(&["mode:force", "result:forced", doors.first_surface()]);
            }
        }
    }
}

#[test]
fn force_over_websocket_runs_the_approved_model() {
    for version in VERSIONS {
        for doors in [Doors::Proxy, Doors::Both, Doors::Embedded] {
            let bench = Bench::over_websocket(version, doors, "force");
            let finished = bench.exec(&["-m", "other", "hi"]);
            let case = format!("{version} {doors:?}: {}", finished.err());
            assert!(finished.status.success(), "{case}");
            assert_eq!(finished.out().trim(), "The provider ran gpt-5.5.", "{case}");
            let models = bench.message_models();
            assert!(
                !models.is_empty() && models.iter().all(|model| model == PIN),
                "{models:?} {case}"
            );
            assert_eq!(bench.models(), [""; 0], "{case}");
            let surface = if doors == Doors::Proxy {
                "surface:websocket"
            } else {
                "surface:argv"
            };
            bench.told(&["mode:force", "result:forced", surface]);
        }
    }
}

#[test]
fn force_does_not_make_codex_report_a_flagged_account() {
    for version in VERSIONS {
        let bench = Bench::new(version, Doors::Proxy, "force");
        bench.provider.declare(fake_provider::Declare::Arrived);
        let finished = bench.exec(&["-m", "gpt-5.4", "hi"]);
        assert_eq!(bench.models(), [PIN], "{version}");
        let said = finished.err().to_lowercase();
        assert!(
            !said.contains("flagged") && !said.contains("rerouted"),
            "{version}: {said}"
        );
    }
}

#[test]
fn forced_request_differs_only_in_the_model() {
    for version in VERSIONS {
        let bodies: Vec<_> = [(Doors::None, "other"), (Doors::Proxy, "other")]
            .map(|(doors, model)| {
                let bench = Bench::new(version, doors, "force");
                assert!(bench.exec(&["-m", model, "hi"]).status.success());
                let requests = bench.provider.requests();
                requests
                    .into_iter()
                    .rfind(|request| request.method == "POST")
                    .unwrap()
                    .body
            })
            .into();
        let [plain, forced] = bodies.as_slice() else {
            panic!("two bodies")
        };
        let start = plain.iter().zip(forced).take_while(|(a, b)| a == b).count();
        let from = start.saturating_sub(9);
        assert!(
            plain[from..].starts_with(br#""model":"other""#),
            "{version}"
        );
        assert!(
            forced[from..].starts_with(br#""model":"gpt-5.5""#),
            "{version}"
        );
    }
}

#[test]
fn request_without_model_runs_the_approved_model() {
    for version in VERSIONS {
        for doors in [Doors::Shim, Doors::Both, Doors::Embedded] {
            let bench = Bench::new(version, doors, "force");
            assert!(bench.exec(&["hi"]).status.success(), "{version} {doors:?}");
            assert_eq!(bench.models(), [PIN], "{version} {doors:?}");
        }
    }
}

#[test]
fn prompt_that_looks_like_an_option_is_unchanged() {
    for version in VERSIONS {
        for doors in Doors::LOCKED {
            let bench = Bench::new(version, doors, "force");
            let finished = bench.exec(&["--", "--model x"]);
            assert!(
                finished.status.success(),
                "{version} {doors:?}: {}",
                finished.err()
            );
            assert_eq!(bench.models(), [PIN], "{version} {doors:?}");
            let body = bench.provider.requests().pop().unwrap().body;
            let body = String::from_utf8(body).unwrap();
            assert!(
                body.contains(r#""text":"--model x""#),
                "{version} {doors:?}"
            );
        }
    }
}
