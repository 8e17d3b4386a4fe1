//! Any message of a WebSocket is decided; what goes on settles, and another reader finds the pin in it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockpolicy::dialect::Table;
use lockpolicy::http::ws_message::judge_message;
use lockpolicy::{Decision, Source, edit};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(["openai"]).expect("known"));

fuzz_target!(|text: &[u8]| {
    for (path, mode) in [("/v1/responses", "force"), ("/v1/responses", "reject"), ("/v1/realtime", "force")] {
        let policy = oracles::policy(mode, "reasoning_effort = 'low'");
        let found = TABLE.find("GET", path).expect("listed");
        let judge = |text: &[u8]| judge_message(&policy, found.operation, text, Source::User);
        let (verdict, edits) = judge(text);
        let sent = match verdict.decision {
            Decision::Reject(_) => continue,
            Decision::Pass | Decision::Rewrite(_) => edit::apply(text, edits),
        };
        let again = judge(&sent).0;
        assert_eq!(again.decision, Decision::Pass);
        assert_eq!(again.attempts, []);
        let value = oracles::unique(&sent);
        if let Some(value) = value.filter(|value| value["type"] == "response.create") {
            if path == "/v1/responses" {
                assert_eq!(value["model"], "p", "{value}");
            }
        }
    }
});
