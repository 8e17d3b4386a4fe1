//! What is refused: with the SDK's own type of error, told once, and without a byte to the provider.

use fake_provider::json::Json;

use crate::locked_sdk::{LockedSdk, Pins};
use crate::sdk::Sdk;
use crate::table::Capability;
use crate::{ASKED, PIN};

#[test]
fn refusal_is_an_error_type_of_each_sdk() {
    for sdk in Sdk::ALL {
        let mut locked = LockedSdk::new("reject", Pins::All);
        let calls = sdk.calls();
        let asking: Vec<_> = calls.iter().map(|call| (call.kind, ASKED)).collect();
        for (call, error) in calls.iter().zip(locked.call(sdk, &asking)) {
            let case = format!("{sdk:?} {call:?}: {error:?}");
            assert_locked(sdk, &error, &case);
            let message = error.text_at(&["message"]).unwrap();
            assert!(message.contains(&format!("`{ASKED}`")), "{case}");
            for pin in [PIN, call.capability.pin()] {
                assert!(
                    !message.contains(pin),
                    "the pin is told only where disclosed: {case}"
                );
            }
        }
        locked.assert_no_retry(sdk);
        locked.assert_nothing_upstream(sdk);
        assert!(locked.is_counted("result:rejected"), "{sdk:?}");
    }
}

#[test]
fn capability_without_approved_model_is_refused_and_the_setting_named() {
    for mode in ["force", "reject"] {
        for sdk in Sdk::ALL {
            let mut calls = sdk.calls();
            calls.retain(|call| call.capability != Capability::Generation);
            let mut locked = LockedSdk::new(mode, Pins::GenerationAlone);
            let asking: Vec<_> = calls.iter().map(|call| (call.kind, ASKED)).collect();
            for (call, error) in calls.iter().zip(locked.call(sdk, &asking)) {
                let case = format!("{mode} {sdk:?} {call:?}: {error:?}");
                assert_locked(sdk, &error, &case);
                let message = error.text_at(&["message"]).unwrap();
                assert!(message.contains(&call.capability.setting()), "{case}");
            }
            locked.assert_no_retry(sdk);
            locked.assert_nothing_upstream(sdk);
        }
    }
}

#[test]
fn unlisted_operation_is_not_found() {
    for sdk in Sdk::ALL {
        let mut locked = LockedSdk::new("force", Pins::All);
        let asking: Vec<_> = sdk.unlisted().iter().map(|kind| (*kind, PIN)).collect();
        for error in locked.call(sdk, &asking) {
            let expected = raised(sdk, "NotFoundError");
            assert_message(&error, "404", expected, &format!("{sdk:?}: {error:?}"));
        }
        locked.assert_no_retry_of_a_part(sdk);
        locked.assert_nothing_upstream(sdk);
    }
}

/// The error that each SDK raises for a model that is locked.
fn assert_locked(sdk: Sdk, error: &Json, case: &str) {
    let output = |name| error.text_at(&[name]);
    assert_message(error, "400", raised(sdk, "BadRequestError"), case);
    match sdk {
        Sdk::OpenaiPython | Sdk::OpenaiNode => {
            assert_eq!(output("code"), Some("model_locked"), "{case}");
            assert_eq!(output("param"), Some("model"), "{case}");
            assert_eq!(output("type"), Some("invalid_request_error"), "{case}");
            assert!(output("id").is_some_and(|id| !id.is_empty()), "{case}");
        }
        Sdk::AnthropicPython | Sdk::AnthropicNode => {
            assert_eq!(output("type"), Some("invalid_request_error"), "{case}");
        }
        Sdk::Google => assert_eq!(output("type"), Some("INVALID_ARGUMENT"), "{case}"),
        Sdk::Ollama => {}
    }
}

/// The type that an SDK raises, given what those call it that have a type for each status.
fn raised(sdk: Sdk, by_status: &'static str) -> &'static str {
    match sdk {
        Sdk::OpenaiPython | Sdk::OpenaiNode | Sdk::AnthropicPython | Sdk::AnthropicNode => {
            by_status
        }
        Sdk::Google => "ClientError",
        Sdk::Ollama => "ResponseError",
    }
}

fn assert_message(error: &Json, status: &str, kind: &str, case: &str) {
    assert_eq!(error.text_at(&["error"]), Some(kind), "{case}");
    let status = Json::Number(status.into());
    assert_eq!(error.get("status"), Some(&status), "{case}");
}
