//! Any line is decided; what goes on settles, and names the pin where codex reads the model of a turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::agents::codex::app_server::{LineAction, Server, judge_line};
use lockpolicy::edit;
use serde_json::Value;

fuzz_target!(|line: &[u8]| {
    if line.contains(&b'\n') {
        return;
    }
    for (mode, server) in [("force", Server::App), ("reject", Server::App), ("force", Server::Mcp)] {
        let policy = oracles::policy(mode, "reasoning_effort = 'low'");
        let sent = match judge_line(&policy, server, line).action {
            LineAction::Answer(answer) => {
                assert!(answer.ends_with('\n') && oracles::is_json(answer.as_bytes()));
                continue;
            }
            LineAction::Drop => continue,
            LineAction::Pass => line.to_vec(),
            LineAction::Rewrite(edits) => edit::apply(line, edits),
        };
        let again = judge_line(&policy, server, &sent);
        assert_eq!(again.action, LineAction::Pass);
        assert_eq!(again.verdict.attempts, []);
        if server == Server::App {
            check(&sent);
        }
    }
});

/// `serde_json`, which codex uses, takes the last of two equal names.
fn check(line: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(line) else {
        return;
    };
    let starts = ["thread/start", "turn/start", "thread/fork", "thread/resume"];
    if value["method"].as_str().is_some_and(|method| starts.contains(&method)) && !value["id"].is_null() {
        let params = &value["params"];
        for model in [&params["model"], &params["collaborationMode"]["settings"]["model"], &params["config"]["model"]] {
            assert!(model.is_null() || model == "p", "{value}");
        }
    }
}
