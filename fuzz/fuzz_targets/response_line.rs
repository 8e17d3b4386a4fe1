//! A line of a response loses the pin's name or nothing, and stays what it was: JSON or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::http::response_edit::{may_name_model, without_pin};
use serde::de::IgnoredAny;

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

fuzz_target!(|line: &[u8]| {
    let once = without_pin(line, "p");
    assert_eq!(without_pin(&once, "p"), once);
    assert_eq!(is_json(line), is_json(&once));
    let named = String::from_utf8_lossy(line).contains("\\u");
    assert!(once == line || named || may_name_model(line));
});
