//! Realtime sessions over a WebSocket, under the pin of audio: in the address, and in what is said.

use fake_provider::json::Json;

use crate::ASKED;
use crate::locked_sdk::{LockedSdk, Pins};
use crate::sdk::Sdk;
use crate::table::Capability;

const SDKS: [Sdk; 2] = [Sdk::OpenaiPython, Sdk::OpenaiNode];

#[test]
fn realtime_in_force_sets_the_model_in_query_and_session() {
    let pin = Capability::Audio.pin();
    for sdk in SDKS {
        let mut locked = LockedSdk::new("force", Pins::All);
        for output in locked.call(sdk, &[("realtime", ASKED), ("realtime-update", ASKED)]) {
            assert_eq!(output.text_at(&["text"]), Some(pin), "{sdk:?}: {output:?}");
        }
        let target = format!("/v1/realtime?model={pin}");
        let targets: Vec<_> = locked
            .fixture
            .provider
            .requests()
            .into_iter()
            .map(|r| r.target)
            .collect();
        assert_eq!(targets, [target.as_str(), target.as_str()], "{sdk:?}");
        let connections = locked.fixture.provider.connections();
        let messages: Vec<_> = connections.iter().flat_map(|c| &c.messages).collect();
        assert_eq!(messages.len(), 2, "{sdk:?}");
        for message in messages {
            let message = String::from_utf8_lossy(message);
            assert!(
                message.contains(pin) && !message.contains(ASKED),
                "{sdk:?}: {message}"
            );
        }
    }
}

#[test]
fn realtime_in_reject_passes_a_session_of_the_approved_model() {
    let pin = Capability::Audio.pin();
    for sdk in SDKS {
        let mut locked = LockedSdk::new("reject", Pins::All);
        for output in locked.call(sdk, &[("realtime", pin)]) {
            assert_eq!(output.text_at(&["text"]), Some(pin), "{sdk:?}: {output:?}");
        }
    }
}

#[test]
fn realtime_in_reject_refuses_the_handshake() {
    for (mode, pins) in [
        ("reject", Pins::All),
        ("reject", Pins::GenerationAlone),
        ("force", Pins::GenerationAlone),
    ] {
        for sdk in SDKS {
            let mut locked = LockedSdk::new(mode, pins);
            for error in locked.call(sdk, &[("realtime", ASKED)]) {
                let case = format!("{mode} {pins:?} {sdk:?}: {error:?}");
                let output = |name| error.text_at(&[name]);
                if sdk == Sdk::OpenaiNode {
                    assert_eq!(output("error"), Some("OpenAIRealtimeError"), "{case}");
                    // All that its WebSocket library tells of a refused handshake.
                    assert_eq!(output("message"), Some("Unexpected server response: 400"));
                } else {
                    // The SDK does not wrap what its WebSocket library raises.
                    assert_eq!(output("error"), Some("InvalidStatus"), "{case}");
                    assert_eq!(
                        error.get("status"),
                        Some(&Json::Number("400".into())),
                        "{case}"
                    );
                    assert_eq!(output("code"), Some("model_locked"), "{case}");
                    let named = match pins {
                        Pins::All => format!("`{ASKED}`"),
                        Pins::GenerationAlone => Capability::Audio.setting(),
                    };
                    assert!(output("message").unwrap().contains(&named), "{case}");
                }
            }
            locked.assert_no_retry(sdk);
            locked.assert_nothing_upstream(sdk);
        }
    }
}

#[test]
fn realtime_in_reject_answers_a_session_update_with_an_error_event() {
    for sdk in SDKS {
        let mut locked = LockedSdk::new("reject", Pins::All);
        for error in locked.call(sdk, &[("realtime-update", ASKED)]) {
            let case = format!("{sdk:?}: {error:?}");
            let output = |name| error.text_at(&[name]);
            let kind = if sdk == Sdk::OpenaiNode {
                "OpenAIRealtimeError"
            } else {
                "RealtimeErrorEvent"
            };
            assert_eq!(output("error"), Some(kind), "{case}");
            assert_eq!(output("code"), Some("model_locked"), "{case}");
            assert!(
                output("message").unwrap().contains(&format!("`{ASKED}`")),
                "{case}"
            );
        }
        // The session is there, and heard nothing.
        let connections = locked.fixture.provider.connections();
        assert_eq!(connections.len(), 1, "{sdk:?}");
        assert!(
            connections.iter().all(|c| c.messages.is_empty()),
            "{sdk:?}: {connections:?}"
        );
    }
}
