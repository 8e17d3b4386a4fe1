//! In force mode the pin runs, whatever was asked for.

use crate::locked_codex::{EnforcementPoints, LockedCodex};
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
        for points in EnforcementPoints::LOCKED {
            for requested in ASKED {
                let codex = LockedCodex::new(version, points, "force");
                let finished = codex.exec(requested);
                let case = format!("{version} {points:?} {requested:?}: {}", finished.err());
                assert!(finished.status.success(), "{case}");
                assert_eq!(codex.fixture.models(), [PIN], "{case}");
                assert_eq!(finished.out().trim(), "The provider ran gpt-5.5.", "{case}");
                codex.fixture.wait_for_attempt(&[
                    "mode:force",
                    "result:forced",
                    points.first_surface(),
                ]);
            }
        }
    }
}

#[test]
fn force_over_websocket_runs_the_approved_model() {
    for version in VERSIONS {
        for points in [
            EnforcementPoints::Proxy,
            EnforcementPoints::Both,
            EnforcementPoints::Embedded,
        ] {
            let codex = LockedCodex::over_websocket(version, points, "force");
            let finished = codex.exec(&["-m", "other", "hi"]);
            let case = format!("{version} {points:?}: {}", finished.err());
            assert!(finished.status.success(), "{case}");
            assert_eq!(finished.out().trim(), "The provider ran gpt-5.5.", "{case}");
            let models = codex.fixture.provider.message_models();
            assert!(
                !models.is_empty() && models.iter().all(|model| model == PIN),
                "{models:?} {case}"
            );
            assert_eq!(codex.fixture.models(), [""; 0], "{case}");
            let surface = if points == EnforcementPoints::Proxy {
                "surface:websocket"
            } else {
                "surface:argv"
            };
            codex
                .fixture
                .wait_for_attempt(&["mode:force", "result:forced", surface]);
        }
    }
}

#[test]
fn force_does_not_make_codex_report_a_flagged_account() {
    for version in VERSIONS {
        let codex = LockedCodex::new(version, EnforcementPoints::Proxy, "force");
        codex
            .fixture
            .provider
            .declare(fake_provider::Declare::Arrived);
        let finished = codex.exec(&["-m", "gpt-5.4", "hi"]);
        assert_eq!(codex.fixture.models(), [PIN], "{version}");
        let output = finished.err().to_lowercase();
        assert!(
            !output.contains("flagged") && !output.contains("rerouted"),
            "{version}: {output}"
        );
    }
}

#[test]
fn forced_request_differs_only_in_the_model() {
    for version in VERSIONS {
        let bodies: Vec<_> = [
            (EnforcementPoints::None, "other"),
            (EnforcementPoints::Proxy, "other"),
        ]
        .map(|(points, model)| {
            let codex = LockedCodex::new(version, points, "force");
            assert!(codex.exec(&["-m", model, "hi"]).status.success());
            let requests = codex.fixture.provider.requests();
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
        for points in [
            EnforcementPoints::Shim,
            EnforcementPoints::Both,
            EnforcementPoints::Embedded,
        ] {
            let codex = LockedCodex::new(version, points, "force");
            assert!(codex.exec(&["hi"]).status.success(), "{version} {points:?}");
            assert_eq!(codex.fixture.models(), [PIN], "{version} {points:?}");
        }
    }
}

#[test]
fn prompt_that_looks_like_an_option_is_unchanged() {
    for version in VERSIONS {
        for points in EnforcementPoints::LOCKED {
            let codex = LockedCodex::new(version, points, "force");
            let finished = codex.exec(&["--", "--model x"]);
            assert!(
                finished.status.success(),
                "{version} {points:?}: {}",
                finished.err()
            );
            assert_eq!(codex.fixture.models(), [PIN], "{version} {points:?}");
            let body = codex.fixture.provider.requests().pop().unwrap().body;
            let body = String::from_utf8(body).unwrap();
            assert!(
                body.contains(r#""text":"--model x""#),
                "{version} {points:?}"
            );
        }
    }
}
