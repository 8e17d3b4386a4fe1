//! The configurations that are shipped: `OpenClaw` itself finds nothing wrong with them, sees each of their settings, and
//! runs the pin.

use std::fs;

use fake_provider::fixture;

use crate::openclaw::{OpenClaw, replies};

const CODEX: &str = "codex.json";
const DIRECT: &str = "direct.json";

fn shipped(name: &str) -> String {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/openclaw/");
    fs::read_to_string(format!("{place}{name}")).unwrap()
}

/// An `OpenClaw` that knows what the file speaks of.
fn claw(name: &str) -> Option<OpenClaw> {
    if name == CODEX {
        OpenClaw::with_codex()
    } else {
        OpenClaw::new()
    }
}

/// Where each setting's name ends in the text. The names of providers and plugins are free.
fn settings(text: &str) -> Vec<usize> {
    let ends = text.match_indices("\":").map(|(end, _)| end);
    let is_free = |end: &usize| {
        let name = text.split_at(*end).0.rsplit('"').next();
        ["openai", "codex"].map(Some).contains(&name)
    };
    ends.filter(|end| !is_free(end)).collect()
}

#[test]
fn shipped_configuration_is_valid_for_openclaw() {
    for name in [CODEX, DIRECT] {
        let Some(claw) = claw(name) else { return };
        claw.configure(&shipped(name));
        let output = claw.run(&["config", "validate", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{name} {output:?}");
        assert!(
            output.out().contains(r#""valid":true"#) && output.out().contains(r#""warnings":[]"#),
            "{}",
            output.out()
        );
    }
}

/// What `OpenClaw` does not know, it would not obey: so it has to notice each name that is misspelled.
#[test]
fn shipped_configuration_has_only_settings_that_openclaw_reads() {
    for (name, least) in [(CODEX, 20), (DIRECT, 12)] {
        let Some(claw) = claw(name) else { return };
        let text = shipped(name);
        let settings = settings(&text);
        assert!(settings.len() >= least, "{name}: {}", settings.len());
        for end in settings {
            let (before, after) = text.split_at(end);
            let misspelled = format!("{}x", before.rsplit('"').next().unwrap());
            claw.configure(&[before, "x", after].concat());
            let output = claw.run(&["config", "validate", "--json"]);
            assert_eq!(
                output.status.code(),
                Some(1),
                "{name}: {misspelled} {output:?}"
            );
            assert!(
                output.out().contains(&misspelled),
                "{misspelled} {}",
                output.out()
            );
        }
    }
}

#[test]
fn shipped_configuration_runs_the_approved_model_and_openclaw_refuses_another() {
    let Some(claw) = OpenClaw::new() else { return };
    let fixture = fixture!("reject", &[]);
    let text = shipped(DIRECT).replace("127.0.0.1:8383", &fixture.address().to_string());
    claw.configure(&text);
    let refused = claw.turn("openai/gpt-5.2");
    assert_ne!(refused.status.code(), Some(0), "{refused:?}");
    assert_eq!(fixture.provider.requests().len(), 0);
    let turn = claw.turn("openai/gpt-5.5");
    assert_eq!(replies(&turn), ["The provider ran gpt-5.5."], "{turn:?}");
}
