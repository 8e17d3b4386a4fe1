//! Any body is decided; what goes on settles, and reads as the pin.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockpolicy::dialect::Table;
use lockpolicy::http::{Judged, Request, judge_request};
use lockpolicy::{Decision, PolicyConfig, Policy, Source, edit};

const POLICIES: [&str; 2] = [
    "model = 'p'\nreasoning_effort = 'low'\npins = { image = 'i' }",
    "model = 'p'\nmode = 'reject'",
];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(["openai"]).expect("known"));

fn judge(policy: &Policy, table: &Table, content: &[u8]) -> Judged {
    let path = "/v1/responses";
    let request = Request {
        found: &table.find("POST", path).expect("listed"),
        path,
        query: "",
        headers: &[("content-type", "application/json")],
        content,
        source: Source::User,
    };
    judge_request(policy, request)
}

fuzz_target!(|body: &[u8]| {
    for text in POLICIES {
        let policy = PolicyConfig::from_toml(text).build().expect("valid");
        let first = judge(&policy, &TABLE, body);
        let sent = match first.verdict.decision {
            Decision::Reject(_) => continue,
            Decision::Pass => body.to_vec(),
            Decision::Rewrite(_) => edit::apply(body, first.content),
        };
        let again = judge(&policy, &TABLE, &sent);
        assert_eq!(again.verdict.decision, Decision::Pass);
        assert_eq!(again.verdict.attempts, []);
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&sent) {
            assert_eq!(value["model"], "p");
        }
    }
});
