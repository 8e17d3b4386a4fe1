//! What the surface promises, as tables of lines and as laws.

pub(crate) mod printed;
mod tables;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::{Decision, Policy, PolicyConfig};
use tables::{CONFIG, SELECTING, UNCLEAR, WRITES};

fn policy(text: &str) -> Policy {
    PolicyConfig::from_toml(text).build().unwrap()
}

fn force() -> Policy {
    policy("model = 'PIN'\nproxy = 'http://127.0.0.1:1/k'")
}

fn reject() -> Policy {
    policy("model = 'PIN'\nmode = 'reject'\nproxy = 'http://127.0.0.1:1/k'")
}

fn audit() -> Policy {
    policy("model = 'PIN'\nmode = 'report_only'")
}

/// The line that goes on: `=` where it is the same, `!reason` where it is answered, `-reason` where it is dropped.
fn outcome(policy: &Policy, server: Server, line: &str) -> String {
    let ruling = judge_line(policy, server, line.as_bytes());
    let reason = match &ruling.verdict.decision {
        Decision::Reject(rejection) => rejection.reason.as_str(),
        Decision::Pass | Decision::Rewrite(_) => "",
    };
    match ruling.action {
        LineAction::Pass => "=".to_string(),
        LineAction::Answer(_) => format!("!{reason}"),
        LineAction::Drop => format!("-{reason}"),
        LineAction::Rewrite(edits) => {
            String::from_utf8(crate::edit::apply(line.as_bytes(), edits)).unwrap()
        }
    }
}

/// The parameters of a request that go on.
fn params(policy: &Policy, method: &str, params: &str) -> String {
    let server = if method == "tools/call" {
        Server::Mcp
    } else {
        Server::App
    };
    let frame = |params: &str| format!(r#"{{"id":1,"method":"{method}","params":{params}}}"#);
    let out = outcome(policy, server, &frame(params));
    let (before, after) = (frame(""), "}");
    let before = before.strip_suffix('}').unwrap();
    match out.strip_prefix(before) {
        Some(rest) => rest.strip_suffix(after).unwrap().to_string(),
        None => out,
    }
}

#[test]
fn request_that_selects_is_forced_or_refused() {
    for [method, requested, forced, rejected] in SELECTING {
        assert_eq!(
            params(&force(), method, requested),
            *forced,
            "{method} {requested}"
        );
        assert_eq!(
            params(&reject(), method, requested),
            *rejected,
            "{method} {requested}"
        );
        let positional = params(&force(), method, "[]");
        assert!(positional.starts_with('!'), "{method} {positional}");
    }
}

#[test]
fn selector_in_a_config_map_is_found() {
    for [config, forced, rejected] in CONFIG {
        let frame = |config: &str| format!(r#"{{"model":"PIN","config":{config}}}"#);
        let same = |out: &str| {
            if out == "=" || *config == out {
                "=".into()
            } else {
                frame(out)
            }
        };
        let want = if forced.starts_with('!') {
            (*forced).into()
        } else {
            same(forced)
        };
        let requested = frame(config);
        assert_eq!(
            params(&force(), "thread/start", &requested),
            want,
            "{config}"
        );
        assert_eq!(
            params(&reject(), "thread/fork", &requested),
            *rejected,
            "{config}"
        );
        assert_eq!(
            params(&audit(), "thread/start", &requested).len(),
            if forced.starts_with("!a") { 10 } else { 1 }
        );
    }
}

#[test]
fn place_of_a_selector_names_the_keys_that_lead_to_it_up_to_a_length() {
    let (long, longer) = ("b".repeat(40), "b".repeat(600));
    for (config, place) in [
        (
            r#"{"agents":{"default_model":"x"}}"#.into(),
            "/agents/default_model".into(),
        ),
        (
            format!(r#"{{"{long}_model":"x"}}"#),
            format!("/{long}_model"),
        ),
        (format!(r#"{{"{longer}_model":"x"}}"#), String::new()),
    ] {
        let params = format!(r#"{{"model":"PIN","config":{config}}}"#);
        let line = format!(r#"{{"id":1,"method":"thread/start","params":{params}}}"#);
        let attempts = judge_line(&force(), Server::App, line.as_bytes())
            .verdict
            .attempts;
        let [attempt] = attempts.as_slice() else {
            panic!("{line}: {attempts:?}")
        };
        assert_eq!(attempt.place, format!("/params/config{place}"));
    }
}

#[test]
fn key_of_a_config_map_or_tables_beyond_a_limit_are_refused() {
    let started = |config: &str| {
        let requested = format!(r#"{{"model":"PIN","config":{config}}}"#);
        params(&force(), "thread/start", &requested)
    };
    for (length, expected) in [(4096, "="), (4097, "!ambiguous")] {
        let key = "b".repeat(length);
        assert_eq!(started(&format!(r#"{{"{key}":1}}"#)), expected, "{length}");
    }
    for (open, close) in [(r#"{"b":"#, "}"), ("[", "]")] {
        for (depth, expected) in [(16, "="), (17, "!ambiguous")] {
            let inner = [open.repeat(depth - 1), close.repeat(depth - 1)].join("1");
            let nested = format!(r#"{{"b":{inner}}}"#);
            assert_eq!(started(&nested), expected, "{nested}");
            let unknown = params(&force(), "future/method", &nested);
            assert_eq!(unknown, expected, "{nested}");
        }
    }
}

#[test]
fn write_to_the_configuration_is_judged_by_its_key() {
    for [key, value, forced, rejected] in WRITES {
        let one = |value: &str| {
            format!(r#"{{"keyPath":"{key}","value":{value},"mergeStrategy":"replace"}}"#)
        };
        let two = |value: &str| {
            format!(
                r#"{{"edits":[{{"keyPath":"a","value":1}},{}]}}"#,
                one(value)
            )
        };
        let want = |frame: &dyn Fn(&str) -> String| match *forced {
            "=" => "=".to_string(),
            refused if refused.starts_with('!') => refused.to_string(),
            forced => frame(forced),
        };
        assert_eq!(
            params(&force(), "config/value/write", &one(value)),
            want(&one),
            "{key}"
        );
        assert_eq!(
            params(&force(), "config/batchWrite", &two(value)),
            want(&two),
            "{key}"
        );
        assert_eq!(
            params(&reject(), "config/batchWrite", &two(value)),
            *rejected,
            "{key}"
        );
    }
    for unclear in [
        r#"{"edits":[["model","x","replace"]]}"#,
        r#"{"edits":{"keyPath":"model","value":"x"}}"#,
        r#"{"edits":[{"keyPath":"model","keyPath":"a","value":"x"}]}"#,
        r#"{"edits":[{"keyPath":["model"],"value":"x"}]}"#,
    ] {
        assert_eq!(
            params(&force(), "config/batchWrite", unclear),
            "!ambiguous",
            "{unclear}"
        );
    }
}

#[test]
fn line_with_two_readings_is_refused_or_dropped() {
    for (line, out) in UNCLEAR {
        let (line, out) = (*line, *out);
        assert_eq!(outcome(&force(), Server::App, line), out, "{line}");
        assert_eq!(outcome(&audit(), Server::App, line), out, "{line}");
    }
    let escaped = r#"{"\u0069d":1,"\u006dethod":"thread\/start","p\u0061rams":{"model":"x"}}"#;
    assert_eq!(
        outcome(&force(), Server::App, escaped),
        escaped.replace("\"x\"", "\"PIN\"")
    );
    let bytes = judge_line(&force(), Server::App, b"{\"id\":1,\"method\":\"\xff\"}");
    assert_eq!(bytes.action, LineAction::Drop);
}

#[test]
fn line_that_selects_nothing_passes_byte_for_byte() {
    for line in [
        "",
        " \r",
        r#"{"id":1,"method":"initialize","params":{"clientInfo":{"name":"a"},"capabilities":{"experimentalApi":true}}}"#,
        r#"{"method":"initialized"}"#,
        r#"{"id":7,"result":{"model":"x","model":"y"}}"#,
        r#"{"id":7,"error":{"code":1,"message":"m"}}"#,
        r#" {"id":"a","method":"thread/list","params":{"modelProviders":["b"]}} "#,
        r#"{"id":1,"method":"turn/steer","params":{"input":[{"model":"x"}]}}"#,
        r#"{"id":1,"method":"command/exec","params":{"permissionProfile":"p"}}"#,
        r#"{"id":1,"method":"thread/compact/start","params":null}"#,
        r#"{"id":1,"method":"future/method","params":{"text":"which model is this?","list":[1,{"a":"/models/x"}]}}"#,
        r#"{"method":"notifications/cancelled","params":{"model":"x"}}"#,
    ] {
        for policy in [force(), reject(), audit()] {
            assert_eq!(outcome(&policy, Server::App, line), "=", "{line}");
        }
    }
    for shown in [
        r#"{"id":1,"method":"model/list","params":{"modelProvider":"b"}}"#,
        r#"{"id":1,"method":"modelProvider/list","params":{}}"#,
        r#"{"id":1,"method":"mcpServer/tool/call","params":{"arguments":{"model":"x"}}}"#,
        r#"{"id":1,"method":"thread/list","params":{"modelProviders":["b"]}}"#,
    ] {
        assert_eq!(outcome(&reject(), Server::App, shown), "=", "{shown}");
    }
}

#[test]
fn method_without_a_row_is_refused_where_a_name_or_a_value_looks_like_a_selector() {
    for (method, requested, expected) in [
        ("thread/list", "null", "="),
        ("thread/list", r#"{"modelProviders":["b"]}"#, "="),
        ("turn/steer", r#"{"input":[{"model":"x"}]}"#, "="),
        ("thread/list", "[]", "!ambiguous"),
        ("thread/list", r#"{"model":"x"}"#, "!unknown_operation"),
        ("thread/list", r#"{"Review-Model":0}"#, "!unknown_operation"),
        ("thread/list", r#"{"base_url":"h"}"#, "!unknown_operation"),
        ("thread/list", r#"{"profile":null}"#, "!unknown_operation"),
        ("turn/steer", r#"{"a":1,"config":{}}"#, "!unknown_operation"),
        ("future/method", r#"{"a":"x","b":"the model"}"#, "="),
        ("future/method", r#"{"a":"model"}"#, "!unknown_operation"),
        ("future/method", r#"{"config":{}}"#, "!unknown_operation"),
        (
            "future/method",
            r#"{"a":{"aModelB":1}}"#,
            "!unknown_operation",
        ),
    ] {
        let outcome = params(&force(), method, requested);
        assert_eq!(outcome, expected, "{method} {requested}");
    }
}

#[test]
fn effort_and_tier_are_pinned_where_the_policy_sets_them() {
    let pinned = policy("model='PIN'\nreasoning_effort='low'\nservice_tier='priority'");
    let settled = r#"{"serviceTier":"fast","effort":"low","model":"PIN"}"#;
    for requested in [
        r#"{"serviceTier":"flex","effort":"high","model":"x"}"#,
        r#"{"serviceTier":null,"effort":"high","model":"x","multiAgentMode":"proactive"}"#,
    ] {
        assert_eq!(params(&pinned, "turn/start", requested), settled);
    }
    assert_eq!(params(&pinned, "turn/start", settled), "=");
    assert_eq!(
        params(&pinned, "turn/start", "{}"),
        r#"{"model":"PIN","effort":"low","serviceTier":"fast"}"#
    );
    assert_eq!(
        params(
            &pinned,
            "thread/start",
            r#"{"model":"PIN","serviceTier":"fast","config":{"model_reasoning_effort":"x"}}"#
        ),
        r#"{"model":"PIN","serviceTier":"fast","config":{"model_reasoning_effort":"low"}}"#
    );
    let items = |effort: &str| {
        format!(
            r#"{{"items":[{{"type":"configuration_update","reasoning":{{"effort":"{effort}"}}}}]}}"#
        )
    };
    assert_eq!(
        params(&pinned, "thread/inject_items", &items("high")),
        items("low")
    );
    assert_eq!(
        params(
            &pinned,
            "thread/inject_items",
            r#"{"items":[{"tools":[{"type":"image_generation","complexity":"high"}]}]}"#
        ),
        r#"{"items":[{"tools":[{"type":"image_generation"}]}]}"#
    );
}

#[test]
fn tier_that_the_oldest_codex_does_not_know_is_replaced_and_not_put_in() {
    let scaled = policy("model='PIN'\nservice_tier='scale'");
    for (requested, expected) in [
        ("{}", r#"{"model":"PIN"}"#),
        (
            r#"{"model":"x","serviceTier":"flex"}"#,
            r#"{"model":"PIN","serviceTier":"scale"}"#,
        ),
    ] {
        assert_eq!(params(&scaled, "thread/start", requested), expected);
    }
}

#[test]
fn error_response_has_the_same_id_and_causes_no_retry() {
    let line =
        r#"{"id":"a\u0062","method":"thread/start","params":{"model":"Thread Not Found: x"}}"#;
    let LineAction::Answer(answer) = judge_line(&reject(), Server::App, line.as_bytes()).action
    else {
        panic!()
    };
    assert!(
        answer.starts_with(
            r#"{"id":"a\u0062","error":{"code":-32001,"message":"model_lock_rejected: "#
        ),
        "{answer}"
    );
    assert!(
        answer.ends_with("\"}}\n") && answer.matches('\n').count() == 1,
        "{answer}"
    );
    assert!(
        !answer.to_lowercase().contains("thread not found"),
        "{answer}"
    );
    let long = too_long(br#"{"id":5,"method":"turn/start","params":{"input":"aaaaa"#);
    assert!(
        matches!(long.action, LineAction::Answer(ref text) if text.starts_with(r#"{"id":5,"#)),
        "{long:?}"
    );
    assert_eq!(too_long(b"{\"params\":{").action, LineAction::Drop);
}

/// Params that say something here and there.
fn any_params() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null"),
        Just("true"),
        Just("\"x\""),
        Just("\"PIN\""),
        Just("[]"),
        Just("{}"),
        Just("7"),
        Just(r#"{"model":"x"}"#),
        Just(r#"{"settings":{"model":"x"}}"#),
        Just("\"openai\""),
        Just(r#"{"model_provider":"b","model":"x"}"#),
        Just(r#"[{"keyPath":"model","value":"x"}]"#),
    ];
    let name = prop_oneof![
        Just("model"),
        Just("modelProvider"),
        Just("config"),
        Just("collaborationMode"),
        Just("cwd"),
        Just("effort"),
        Just("serviceTier"),
        Just("edits"),
        Just("keyPath"),
        Just("value"),
        Just("input"),
        Just("allowProviderModelFallback"),
        Just("Model"),
        Just("arguments"),
        Just("name"),
    ];
    let blank = prop_oneof![Just(""), Just(" ")];
    let member = (name, value, blank)
        .prop_map(|(name, value, blank)| format!("{blank}\"{name}\":{blank}{value}"));
    prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",")))
}

proptest! {
    /// A line that was written anew is left alone, and it is the same but for what was cut.
    #[test]
    fn rewritten_line_passes_unchanged(
        method in prop::sample::select(methods::APP_SERVER.iter().map(|m| m.name).collect::<Vec<_>>()),
        params in any_params(),
        rejects in any::<bool>(),
    ) {
        let policy = if rejects { reject() } else { force() };
        let line = format!(r#"{{"id":1,"method":"{method}","params":{params}}}"#);
        let out = outcome(&policy, Server::App, &line);
        if out.starts_with('{') {
            prop_assert_eq!(outcome(&policy, Server::App, &out), "=", "{} -> {}", line, out);
        }
    }

    #[test]
    fn line_of_any_bytes_gets_a_verdict(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let ruling = judge_line(&force(), Server::App, &line);
        prop_assert!(ruling.verdict.attempts.len() < 100);
    }
}

#[test]
fn methods_that_select_and_those_that_are_harmless_are_listed_once() {
    let mut names: Vec<&str> = app_server_methods().collect();
    for name in ["turn/start", "thread/start", "initialize"] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(names.iter().all(|name| !name.is_empty()));
    let listed = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), listed);
}
