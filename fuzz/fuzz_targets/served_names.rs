//! A response that `serde_json` reads names its model at the top, and the same name is found.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockpolicy::http::served_names::{Places, may_name_model};

static PLACES: LazyLock<Places> = LazyLock::new(Places::default);

fuzz_target!(|text: &[u8]| {
    let names = PLACES.read(text);
    assert!(names.models.is_empty() || may_name_model(text));
    let Some(value) = oracles::unique(text) else {
        return;
    };
    for model in [&value["model"], &value["response"]["model"], &value["message"]["model"], &value["modelVersion"]] {
        if let Some(model) = model.as_str().filter(|model| !model.is_empty()) {
            assert!(names.models.iter().any(|name| name == model), "{value}");
        }
    }
});
