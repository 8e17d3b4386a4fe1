//! What the surface promises, as tables of lines and as laws.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::Draft;

fn policy(text: &str) -> Policy {
    Draft::from_toml(text).compile().unwrap()
}

fn force() -> Policy {
    policy("model = 'PIN'\nproxy = 'http://127.0.0.1:1/k'")
}

fn reject() -> Policy {
    policy("model = 'PIN'\nmode = 'reject'\nproxy = 'http://127.0.0.1:1/k'")
}

fn audit() -> Policy {
    policy("model = 'PIN'\nmode = 'audit'")
}

/// What goes on: `=` where it is the same, `!reason` where it is answered, `-reason` where it is dropped.
fn outcome(policy: &Policy, server: Server, line: &str) -> String {
    let ruling = judge_line(policy, server, line.as_bytes());
    let reason = match &ruling.verdict.decision {
        Decision::Reject(rejection) => rejection.reason.as_str(),
        Decision::Pass | Decision::Rewrite(_) => "",
    };
    match ruling.outcome {
        Outcome::Pass => "=".to_string(),
        Outcome::Answer(_) => format!("!{reason}"),
        Outcome::Drop => format!("-{reason}"),
        Outcome::Rewrite(edits) => {
            String::from_utf8(crate::edit::apply(line.as_bytes(), edits)).unwrap()
        }
    }
}

/// What becomes of the params of a request.
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

/// Method, params, what force makes of them, what reject does.
const SELECTING: &[[&str; 4]] = &[
    [
        "thread/start",
        r#"{"model":"x"}"#,
        r#"{"model":"PIN"}"#,
        "!model_locked",
    ],
    ["thread/start", r#"{"model":"PIN","cwd":"/"}"#, "=", "="],
    [
        "thread/start",
        r#"{"model":"openai/PIN"}"#,
        r#"{"model":"PIN"}"#,
        r#"{"model":"PIN"}"#,
    ],
    [
        "thread/start",
        "{}",
        r#"{"model":"PIN"}"#,
        r#"{"model":"PIN"}"#,
    ],
    [
        "thread/start",
        r#"{"model":null}"#,
        r#"{"model":"PIN"}"#,
        r#"{"model":"PIN"}"#,
    ],
    [
        "thread/start",
        r#"{"model":["x"]}"#,
        r#"{"model":"PIN"}"#,
        "!model_not_text",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","modelProvider":"openai"}"#,
        "=",
        "=",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","modelProvider":"b"}"#,
        r#"{"model":"PIN"}"#,
        "!secondary",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","modelProvider":"PIN"}"#,
        r#"{"model":"PIN"}"#,
        "!secondary",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","modelProvider":null}"#,
        "=",
        "=",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","allowProviderModelFallback":true}"#,
        r#"{"model":"PIN"}"#,
        "!secondary",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","allowProviderModelFallback":false}"#,
        "=",
        "=",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","daybreakEnabled":true}"#,
        r#"{"model":"PIN"}"#,
        "!secondary",
    ],
    [
        "thread/start",
        r#"{"model":"PIN","serviceTier":"fast","multiAgentMode":"x"}"#,
        "=",
        "=",
    ],
    [
        "thread/resume",
        r#"{"threadId":"t"}"#,
        r#"{"model":"PIN","threadId":"t"}"#,
        r#"{"model":"PIN","threadId":"t"}"#,
    ],
    [
        "thread/resume",
        r#"{"threadId":"t","name":"codex-reply"}"#,
        r#"{"model":"PIN","threadId":"t","name":"codex-reply"}"#,
        r#"{"model":"PIN","threadId":"t","name":"codex-reply"}"#,
    ],
    [
        "thread/fork",
        r#"{"threadId":"t","model":"x"}"#,
        r#"{"threadId":"t","model":"PIN"}"#,
        "!model_locked",
    ],
    [
        "turn/start",
        r#"{"threadId":"t","input":[{"text":"model"}]}"#,
        r#"{"model":"PIN","threadId":"t","input":[{"text":"model"}]}"#,
        r#"{"model":"PIN","threadId":"t","input":[{"text":"model"}]}"#,
    ],
    [
        "turn/start",
        r#"{"model":"PIN","effort":"high","serviceTier":"x"}"#,
        "=",
        "=",
    ],
    [
        "turn/start",
        r#"{"model":"PIN","cyberAccessProgram":"daybreak"}"#,
        r#"{"model":"PIN"}"#,
        "!secondary",
    ],
    [
        "turn/start",
        r#"{"model":"PIN","cyberAccessProgram":"standard"}"#,
        "=",
        "=",
    ],
    [
        "turn/start",
        r#"{"model":"PIN","collaborationMode":{"mode":"default","settings":{"model":"x","reasoning_effort":null}}}"#,
        r#"{"model":"PIN","collaborationMode":{"mode":"default","settings":{"model":"PIN","reasoning_effort":null}}}"#,
        "!model_locked",
    ],
    [
        "turn/start",
        r#"{"model":"PIN","collaborationMode":["default",["x",null,null]]}"#,
        "!ambiguous",
        "!ambiguous",
    ],
    [
        "turn/start",
        r#"{"model":"PIN","collaborationMode":{"mode":"default","settings":["x",null,null]}}"#,
        "!ambiguous",
        "!ambiguous",
    ],
    [
        "turn/start",
        r#"{"model":"PIN","collaborationMode":null}"#,
        "=",
        "=",
    ],
    [
        "thread/settings/update",
        r#"{"threadId":"t","model":"x"}"#,
        r#"{"threadId":"t","model":"PIN"}"#,
        "!model_locked",
    ],
    [
        "thread/settings/update",
        r#"{"threadId":"t","effort":"x"}"#,
        "=",
        "=",
    ],
    [
        "turn/settings/update",
        r#"{"model":"x"}"#,
        r#"{"model":"PIN"}"#,
        "!model_locked",
    ],
    [
        "thread/realtime/start",
        r#"{"model":"x"}"#,
        "!no_pin",
        "!no_pin",
    ],
    ["thread/realtime/start", "{}", "!no_pin", "!no_pin"],
    [
        "modelProvider/config/write",
        r#"{"settings":{"type":"customGateway","baseUrl":"http://b"}}"#,
        "!secondary",
        "!secondary",
    ],
    [
        "externalAgentConfig/import",
        r#"{"migrationItems":[]}"#,
        "!secondary",
        "!secondary",
    ],
    ["remoteControl/enable", "{}", "!secondary", "!secondary"],
    [
        "thread/metadata/update",
        r#"{"threadId":"t","daybreakEnabled":true}"#,
        r#"{"threadId":"t"}"#,
        "!secondary",
    ],
    [
        "tools/call",
        r#"{"name":"codex","arguments":{"prompt":"p"}}"#,
        r#"{"name":"codex","arguments":{"model":"PIN","prompt":"p"}}"#,
        r#"{"name":"codex","arguments":{"model":"PIN","prompt":"p"}}"#,
    ],
    [
        "tools/call",
        r#"{"_meta":{},"name":"codex","arguments":{"model":"x","profile":"p","config":{"model":"y"}}}"#,
        r#"{"_meta":{},"name":"codex","arguments":{"model":"PIN","config":{"model":"PIN"}}}"#,
        "!model_locked",
    ],
    [
        "tools/call",
        r#"{"name":"codex-reply","arguments":{"prompt":"p"}}"#,
        "=",
        "=",
    ],
    [
        "tools/call",
        r#"{"name":"codex-reply","name":"codex","arguments":{"prompt":"p"}}"#,
        r#"{"name":"codex-reply","name":"codex","arguments":{"model":"PIN","prompt":"p"}}"#,
        r#"{"name":"codex-reply","name":"codex","arguments":{"model":"PIN","prompt":"p"}}"#,
    ],
    [
        "tools/call",
        r#"{"name":"codex","arguments":["p","x"]}"#,
        "!ambiguous",
        "!ambiguous",
    ],
    [
        "tools/call",
        r#"["codex",{"model":"x"}]"#,
        "!ambiguous",
        "!ambiguous",
    ],
];

/// Keys of a `config` map, what force leaves of it, whether reject refuses it.
const CONFIG: &[[&str; 3]] = &[
    ["null", "null", "="],
    [
        r#"{"hooks":{"state":{"a":1.0,"a":2}},"features.x":true}"#,
        "=",
        "=",
    ],
    [r#"{"model":"x"}"#, r#"{"model":"PIN"}"#, "!model_locked"],
    [r#"{"model":"PIN","review_model":"PIN"}"#, "=", "="],
    [
        r#"{"review_model":"x","web_search":null}"#,
        r#"{"review_model":"PIN","web_search":null}"#,
        "!model_locked",
    ],
    [
        r#"{"model":"x","model":"y"}"#,
        r#"{"model":"PIN","model":"PIN"}"#,
        "!model_locked",
    ],
    [
        r#"{"mod\u0065l":"x"}"#,
        r#"{"mod\u0065l":"PIN"}"#,
        "!model_locked",
    ],
    [r#"{"\"model\"":"x"}"#, "{}", "!secondary"],
    [r#"{"MODEL":"x","a":1}"#, r#"{"a":1}"#, "!secondary"],
    [
        r#"{"model_provider":"b","a":1}"#,
        r#"{"a":1}"#,
        "!secondary",
    ],
    [
        r#"{"model_providers.a.base_url":"http://b"}"#,
        "{}",
        "!secondary",
    ],
    [
        r#"{"model_providers":{"a":{"base_url":"http://b"}}}"#,
        "{}",
        "!secondary",
    ],
    [r#"{"openai_base_url":"http://b"}"#, "{}", "!secondary"],
    [r#"{"openai_base_url":"http://127.0.0.1:1/k/v1"}"#, "=", "="],
    [
        r#"{"profile":"p","profiles":{"p":{"model":"x"}},"z":0}"#,
        r#"{"z":0}"#,
        "!secondary",
    ],
    [r#"{"profiles.p.model":"x"}"#, "{}", "!secondary"],
    [
        r#"{"agents":{"r":{"config_file":"/x","description":"d"}}}"#,
        r#"{"agents":{"r":{"description":"d"}}}"#,
        "!secondary",
    ],
    [
        r#"{"agents":{"default_subagent_model":"x"}}"#,
        r#"{"agents":{"default_subagent_model":"PIN"}}"#,
        "!secondary",
    ],
    [
        r#"{"memories.extract_model":"x"}"#,
        r#"{"memories.extract_model":"PIN"}"#,
        "!secondary",
    ],
    [
        r#"{"memories":[{"extract_model":"x"}]}"#,
        r#"{"memories":[{"extract_model":"PIN"}]}"#,
        "!secondary",
    ],
    [r#"{"mcp_servers":{"m":{"env":{"model":"x"}}}}"#, "=", "="],
    [
        r#"{"model_reasoning_effort":"x","service_tier":"y"}"#,
        "=",
        "=",
    ],
    ["[]", "!ambiguous", "!ambiguous"],
    ["\"x\"", "!ambiguous", "!ambiguous"],
];

/// A key path with its value, the value that force writes, what reject does.
const WRITES: &[[&str; 4]] = &[
    ["model", "\"x\"", "\"PIN\"", "!model_locked"],
    ["model", "\"PIN\"", "=", "="],
    ["model", "null", "=", "="],
    ["review_model", "\"x\"", "\"PIN\"", "!model_locked"],
    ["memories.extract_model", "\"x\"", "\"PIN\"", "!secondary"],
    [r#"\"model\""#, "\"x\"", "!secondary", "!secondary"],
    [r"mod\\u0065l", "\"x\"", "!secondary", "!secondary"],
    ["model_provider", "\"b\"", "!secondary", "!secondary"],
    [
        r#"model_providers.\"a.b\".base_url"#,
        "\"http://b\"",
        "!secondary",
        "!secondary",
    ],
    [
        "openai_base_url",
        "\"http://b\"",
        "!secondary",
        "!secondary",
    ],
    ["openai_base_url", "\"http://127.0.0.1:1/k/v1\"", "=", "="],
    ["profile", "\"p\"", "!secondary", "!secondary"],
    [
        "agents",
        r#"{"r":{"config_file":"/x"}}"#,
        r#"{"r":{}}"#,
        "!secondary",
    ],
    [
        "",
        r#"{"model":"x"}"#,
        r#"{"model":"PIN"}"#,
        "!model_locked",
    ],
    ["hooks.state", "{}", "=", "="],
    ["model_reasoning_effort", "\"x\"", "=", "="],
];

#[test]
fn what_selects_is_forced_or_refused() {
    for [method, asked, forced, rejected] in SELECTING {
        assert_eq!(params(&force(), method, asked), *forced, "{method} {asked}");
        assert_eq!(
            params(&reject(), method, asked),
            *rejected,
            "{method} {asked}"
        );
        let positional = params(&force(), method, "[]");
        assert!(positional.starts_with('!'), "{method} {positional}");
    }
}

#[test]
fn config_maps_are_looked_through() {
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
        let asked = frame(config);
        assert_eq!(params(&force(), "thread/start", &asked), want, "{config}");
        assert_eq!(
            params(&reject(), "thread/fork", &asked),
            *rejected,
            "{config}"
        );
        assert_eq!(
            params(&audit(), "thread/start", &asked).len(),
            if forced.starts_with("!a") { 10 } else { 1 }
        );
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(20), "}".repeat(20));
    let asked = format!(r#"{{"model":"PIN","config":{deep}}}"#);
    assert_eq!(params(&force(), "thread/start", &asked), "!ambiguous");
}

#[test]
fn writes_to_the_configuration_are_judged_by_their_key() {
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

/// Lines that can be read in two ways, and what becomes of them in every mode.
const UNCLEAR: &[(&str, &str)] = &[
    (
        r#"{"id":1,"method":"thread/start","params":{"model":"PIN","model":"x"}}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"thread/start","params":{"mod\u0065l":"PIN"}}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"thread/start","params":{"Model":"x"}}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"thread/start","params":{"model_provider":"x"}}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"thread/start","params":["x","b",false]}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"thread/start","params":null}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"model/list","params":[null,null]}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"future/method","params":["x"]}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"future/method","params":{"model":"x"}}"#,
        "!unknown_operation",
    ),
    (
        r#"{"id":1,"method":"future/method","params":{"review_model":"x"}}"#,
        "!unknown_operation",
    ),
    (
        r#"{"id":1,"method":"future/method","params":{"\u006dodel":"x"}}"#,
        "!unknown_operation",
    ),
    (
        r#"{"id":1,"method":"x","method":"thread/start","params":{}}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"method":"x","params":{},"params":{"model":"x"}}"#,
        "!ambiguous",
    ),
    (
        r#"{"id":1,"id":2,"method":"thread/start","params":{}}"#,
        "-ambiguous",
    ),
    (
        r#"{"method":"thread/start","params":{"model":["x"],"model":1}}"#,
        "-ambiguous",
    ),
    (
        r#"[{"id":1,"method":"thread/start","params":{"model":"x"}}]"#,
        "-not_json",
    ),
    (
        r#"{"id":1} {"id":2,"method":"thread/start","params":{"model":"x"}}"#,
        "-not_json",
    ),
    (
        "\u{feff}{\"id\":1,\"method\":\"thread/start\",\"params\":{\"model\":\"x\"}}",
        "-not_json",
    ),
    (r#"{"id":1,"method":"thread/start","#, "-not_json"),
];

#[test]
fn what_can_be_read_in_two_ways_is_refused_or_dropped() {
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
    assert_eq!(bytes.outcome, Outcome::Drop);
}

#[test]
fn what_selects_nothing_passes_byte_for_byte() {
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
        r#"{"method":"notifications/cancelled","params":{"model":"x"}}"#,
    ] {
        for policy in [force(), reject(), audit()] {
            assert_eq!(outcome(&policy, Server::App, line), "=", "{line}");
            assert_eq!(outcome(&policy, Server::Mcp, line), "=", "{line}");
        }
    }
    let shown = r#"{"id":1,"method":"model/list","params":{"modelProvider":"b"}}"#;
    assert_eq!(outcome(&reject(), Server::App, shown), "=");
}

#[test]
fn effort_and_tier_are_pinned_where_the_policy_says_so() {
    let pinned = policy("model='PIN'\nreasoning_effort='low'\nservice_tier='priority'");
    let settled = r#"{"serviceTier":"fast","effort":"low","model":"PIN"}"#;
    for asked in [
        r#"{"serviceTier":"flex","effort":"high","model":"x"}"#,
        settled,
        r#"{"serviceTier":null,"effort":"high","model":"x","multiAgentMode":"proactive"}"#,
    ] {
        let out = params(&pinned, "turn/start", asked);
        assert_eq!(if out == "=" { asked } else { &out }, settled);
    }
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
}

#[test]
fn an_answer_has_the_same_id_and_tells_no_client_to_try_again() {
    let line =
        r#"{"id":"a\u0062","method":"thread/start","params":{"model":"Thread Not Found: x"}}"#;
    let Outcome::Answer(answer) = judge_line(&reject(), Server::App, line.as_bytes()).outcome
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
        matches!(long.outcome, Outcome::Answer(ref text) if text.starts_with(r#"{"id":5,"#)),
        "{long:?}"
    );
    assert_eq!(too_long(b"{\"params\":{").outcome, Outcome::Drop);
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
    fn what_is_written_is_settled(
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
    fn every_line_gets_an_answer(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let ruling = judge_line(&force(), Server::App, &line);
        prop_assert!(ruling.verdict.attempts.len() < 100);
    }
}
