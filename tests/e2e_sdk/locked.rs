//! What runs: the pin of the call's own capability, and nothing else arrives.

use fake_provider::Request;

use crate::locked_sdk::{LockedSdk, Pins};
use crate::sdk::Sdk;
use crate::table::{Call, Capability};
use crate::{ASKED, PIN};

#[test]
fn force_runs_the_approved_model_of_each_capability() {
    for sdk in Sdk::ALL {
        let locked = run("force", sdk, |_| ASKED);
        for (call, request) in sdk.calls().iter().zip(locked.fixture.provider.requests()) {
            assert_names_its_pin(call, &request, sdk);
        }
        assert!(locked.is_counted("result:forced"), "{sdk:?}");
    }
}

#[test]
fn reject_passes_the_approved_model_of_each_capability() {
    for sdk in Sdk::ALL {
        let locked = run("reject", sdk, |call| call.capability.pin());
        for (call, request) in sdk.calls().iter().zip(locked.fixture.provider.requests()) {
            assert_names_its_pin(call, &request, sdk);
        }
    }
}

/// Makes every call of an SDK, and asserts that each is answered as the SDK expects it and sent once.
fn run(mode: &str, sdk: Sdk, requested: impl Fn(&Call) -> &'static str) -> LockedSdk {
    let mut locked = LockedSdk::new(mode, Pins::All);
    let calls = sdk.calls();
    let asking: Vec<_> = calls
        .iter()
        .map(|call| (call.kind, requested(call)))
        .collect();
    let output = locked.call(sdk, &asking);
    for (call, output) in calls.iter().zip(&output) {
        let expected = call.answer();
        assert_eq!(
            output.text_at(&["text"]),
            Some(expected.as_str()),
            "{sdk:?} {call:?}: {output:?}"
        );
    }
    locked.assert_no_retry(sdk);
    assert_eq!(
        locked.fixture.provider.requests().len(),
        calls.len(),
        "{sdk:?}"
    );
    locked
}

fn assert_names_its_pin(call: &Call, request: &Request, sdk: Sdk) {
    let body = String::from_utf8_lossy(&request.body);
    let arrived = format!("{} {:?} {body}", request.target, request.fields);
    let case = format!("{sdk:?} {call:?}: {arrived}");
    // Both requests of a batch name it.
    let least = if call.kind == "message-batches" { 2 } else { 1 };
    assert!(
        arrived.matches(call.capability.pin()).count() >= least,
        "{case}"
    );
    assert!(!arrived.contains(ASKED), "{case}");
    if call.capability != Capability::Generation {
        assert!(!arrived.contains(PIN), "the pin of generation: {case}");
    }
}
