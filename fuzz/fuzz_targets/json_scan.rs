//! The scanner takes exactly the texts that `serde_json` reads as one object without a name twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::json::{JsonError, Tree, scan};
use oracles::{is_json, unique};

fuzz_target!(|text: &[u8]| {
    match scan(text, &Tree::default()) {
        Ok(_) => assert!(is_json(text)),
        // Its own bound is as deep as that of `serde_json`, or less.
        Err(JsonError::Depth) => {}
        Err(error) => assert!(unique(text).is_none(), "{error:?}"),
    }
});
