//! A query that passes has each name once, besides those of lists, and none of its values holds another parameter.
#![no_main]

use std::collections::HashSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockpolicy::Policy;
use lockpolicy::dialect::{Table, names};
use lockpolicy::http::{RequestHead, route};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(names()).expect("known"));
static POLICY: LazyLock<Policy> = LazyLock::new(|| oracles::policy("force", ""));

const OPERATIONS: [(&str, &str); 4] = [
    ("POST", "/v1/responses"),
    ("POST", "/v1/messages"),
    ("POST", "/v1beta/models/p:generateContent"),
    ("GET", "/v1/models"),
];

fuzz_target!(|query: &str| {
    for (method, path) in OPERATIONS {
        let query = Some(query);
        let head = RequestHead { method, path, query, ..RequestHead::default() };
        if route(&TABLE, &POLICY, &head).route.is_err() {
            continue;
        }
        let query = query.unwrap_or_default();
        let mut seen = HashSet::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            assert!(seen.insert(name.to_string()) || name.ends_with("[]"), "{query}");
            assert_ne!(name, "model", "{query}");
            assert!(!value.contains(['&', ';', '#', '%']), "{query}");
        }
    }
});
