//! Requests through the whole surface.

use super::*;
use crate::agents::codex::identity::source;
use crate::dialect::Table;
use crate::{PolicyConfig, Source, edit};
use alloc::format;

fn run(
    policy: &str,
    path: &str,
    headers: &[(&str, &str)],
    content: &str,
) -> Result<String, Reason> {
    let policy = PolicyConfig::from_toml(policy).build().unwrap();
    let table = Table::of(["openai", "chatgpt"]).unwrap();
    let found = table.find("POST", path).unwrap();
    let request = Request {
        found: &found,
        path,
        query: "",
        headers: &with_type(headers),
        content: content.as_bytes(),
        source: source(path, headers),
    };
    let judged = judge_request(&policy, request);
    match judged.verdict.decision {
        Decision::Reject(rejection) => Err(rejection.reason),
        Decision::Pass => {
            assert!(judged.content.is_empty() && judged.headers.is_empty());
            Ok(content.into())
        }
        Decision::Rewrite(_) => {
            Ok(String::from_utf8(edit::apply(content.as_bytes(), judged.content)).unwrap())
        }
    }
}

fn with_type<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [
        headers,
        &[("content-type", "application/json; charset=utf-8")],
    ]
    .concat()
}

fn force(content: &str) -> Result<String, Reason> {
    run("model='p'", "/v1/responses", &[], content)
}

#[test]
fn request_in_force_changes_in_the_models_value_alone() {
    assert_eq!(
        force(r#"{ "n":1.0, "model" : "x" ,"a":[1E2]}"#).unwrap(),
        r#"{ "n":1.0, "model" : "p" ,"a":[1E2]}"#
    );
    assert_eq!(force(r#"{"model":null}"#).unwrap(), r#"{"model":"p"}"#);
    assert_eq!(
        force(r#"{"input":"hi"}"#).unwrap(),
        r#"{"model":"p","input":"hi"}"#
    );
    assert_eq!(force("{ }").unwrap(), "{\"model\":\"p\" }");
    assert_eq!(
        force(" \n{\"input\":1}").unwrap(),
        " \n{\"model\":\"p\",\"input\":1}"
    );
    assert_eq!(
        force(r#"{"model":"openai/p"}"#).unwrap(),
        r#"{"model":"p"}"#
    );
    assert_eq!(
        force(r#"{"model":{"id":"x"}}"#).unwrap(),
        r#"{"model":"p"}"#
    );
}

#[test]
fn secondary_selector_in_force_is_removed_with_its_comma() {
    assert_eq!(
        force(r#"{"model":"p", "models" : ["x"] , "input":1}"#).unwrap(),
        r#"{"model":"p", "input":1}"#
    );
    assert_eq!(
        force(r#"{"models":["x"],"model":"x"}"#).unwrap(),
        r#"{"model":"p"}"#
    );
    assert_eq!(
        force(r#"{"model":"x" , "models":["x"]}"#).unwrap(),
        r#"{"model":"p" }"#
    );
    assert_eq!(
        force(r#"{"model":"p","tools":[{"type":"image_generation","model":"x"}]}"#),
        Err(Reason::NoPin)
    );
    assert_eq!(
        force(r#"{"model":"p","prompt":{"id":"x"}}"#),
        Err(Reason::Secondary)
    );
    assert!(force(r#"{"model":"p","prompt":null}"#).is_ok());
    assert_eq!(
        force(r#"{"model":"p","tools":[{"type":"openrouter:subagent"}]}"#),
        Err(Reason::UnknownToolType)
    );
    let schema = r##"{"model":"p","tools":[{"type":"function","parameters":{"$ref":"#","properties":{"model":{}}}}]}"##;
    assert_eq!(force(schema).unwrap(), schema);
}

#[test]
fn object_without_two_dropped_neighbours_is_valid() {
    assert_eq!(
        force(r#"{"model":"p","models":["x"],"fallbacks":["x"]}"#).unwrap(),
        r#"{"model":"p"}"#
    );
    assert_eq!(
        force(r#"{"models":["x"],"fallbacks":["x"]}"#).unwrap(),
        r#"{"model":"p"}"#
    );
    assert_eq!(
        force(r#"{"models":["x"],"model":"p","fallbacks":["x"]}"#).unwrap(),
        r#"{"model":"p"}"#
    );
    // What is empty selects nothing.
    let empty = r#"{"model":"p","models":[],"provider":{ }}"#;
    assert_eq!(force(empty).unwrap(), empty);
    let pinned = r#"{"model":"p","models":["p","p"],"fallback":"p"}"#;
    assert_eq!(force(pinned).unwrap(), pinned);
}

#[test]
fn pinned_effort_that_is_missing_is_inserted() {
    let pinned = |content| {
        run(
            "model='p'\nreasoning_effort='low'\nservice_tier='flex'",
            "/v1/responses",
            &[],
            content,
        )
    };
    let want = r#"{"model":"p","reasoning":{"effort":"low"},"service_tier":"flex"}"#;
    for content in [
        "{}",
        r#"{"reasoning":{"effort":"high"},"service_tier":"x"}"#,
        r#"{"reasoning":null}"#,
    ] {
        let have = pinned(content).unwrap();
        assert_eq!(scanned(&have), scanned(want), "{have}");
    }
    let nested = pinned(r#"{"reasoning":{"summary":"auto"}}"#).unwrap();
    assert!(
        nested.contains(r#"{"effort":"low","summary":"auto"}"#),
        "{nested}"
    );
}

#[expect(clippy::disallowed_types, reason = "the naive oracle")]
fn scanned(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn routing_hint_with_another_model_is_pinned() {
    let policy = PolicyConfig::from_toml("model='p'").build().unwrap();
    let table = Table::of(["chatgpt"]).unwrap();
    let path = "/backend-api/codex/responses";
    let found = table.find("POST", path).unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("x-codex-routing-hint", "model=evil"),
    ];
    let request = Request {
        found: &found,
        path,
        query: "",
        headers: &headers,
        content: br#"{"model":"evil"}"#,
        source: Source::User,
    };
    let judged = judge_request(&policy, request);
    assert_eq!(judged.headers, [(1, String::from("model=p"))]);
    assert!(passes(&found, &policy, "x-codex-routing-hint"));
    assert!(!passes(&found, &policy, "x-openclaw-model"));
    assert!(passes(&found, &policy, "x-codex-turn-state"));
}

#[test]
fn content_of_another_type_is_not_read_as_json() {
    let policy = PolicyConfig::from_toml("model='p'").build().unwrap();
    let table = Table::of(["openai"]).unwrap();
    let path = "/v1/responses";
    let found = table.find("POST", path).unwrap();
    for kind in [
        "",
        "text/plain",
        "application/json; charset=utf-16",
        "application/json, text/plain",
        "multipart/form-data; boundary=x",
    ] {
        let headers = [("content-type", kind)];
        let content = br#"{"model":"p"}"#;
        let request = Request {
            found: &found,
            path,
            query: "",
            headers: &headers,
            content,
            source: Source::User,
        };
        let decision = judge_request(&policy, request).verdict.decision;
        assert!(
            matches!(decision, Decision::Reject(ref r) if r.reason == Reason::Type),
            "{kind}: {decision:?}"
        );
    }
}

#[test]
fn pin_that_does_not_fit_into_a_path_is_refused() {
    let policy = PolicyConfig::from_toml("model='vendor/model'")
        .build()
        .unwrap();
    let table = Table::of(["azure"]).unwrap();
    let path = "/openai/deployments/other/chat/completions";
    let found = table.find("POST", path).unwrap();
    let headers = [("content-type", "application/json")];
    let request = Request {
        found: &found,
        path,
        query: "",
        headers: &headers,
        content: b"{}",
        source: Source::User,
    };
    let verdict = judge_request(&policy, request).verdict;
    assert!(
        matches!(verdict.decision, Decision::Reject(ref r) if r.reason == Reason::Malformed),
        "{verdict:?}"
    );
    assert_eq!(verdict.attempts[0].result, AttemptResult::Rejected);
}

/// codex tells its model in the handshake already: what it prints has to say what is wrong.
#[test]
fn refused_routing_hint_is_reported_as_the_model_that_it_names() {
    let policy = PolicyConfig::from_toml("model='p'\nmode='reject'")
        .build()
        .unwrap();
    let table = Table::of(["chatgpt"]).unwrap();
    let path = "/backend-api/codex/responses";
    let headers = [("x-codex-routing-hint", "model=evil")];
    let request = Request {
        found: &table.find("GET", path).unwrap(),
        path,
        query: "",
        headers: &headers,
        content: b"",
        source: Source::User,
    };
    let Decision::Reject(rejection) = judge_request(&policy, request).verdict.decision else {
        panic!("passed")
    };
    let output = "model `evil` is not permitted here (x-codex-routing-hint); locked by policy";
    assert_eq!(rejection.to_string(), output);
}

/// A transcription names its model in its messages, and none in the query. Its capability needs a pin all the same.
#[test]
fn transcription_takes_no_model_in_the_query() {
    let table = Table::of(["openai"]).unwrap();
    let run = |policy: &str, query: &str| {
        let policy = PolicyConfig::from_toml(policy).build().unwrap();
        let request = Request {
            found: &table.find("GET", "/v1/realtime").unwrap(),
            path: "/v1/realtime",
            query,
            headers: &[],
            content: b"",
            source: Source::User,
        };
        let judged = judge_request(&policy, request);
        let edited = edit::apply(query.as_bytes(), judged.query);
        match judged.verdict.decision {
            Decision::Reject(rejection) => Err(rejection.reason),
            Decision::Pass | Decision::Rewrite(_) => Ok(String::from_utf8(edited).unwrap()),
        }
    };
    let with = |mode: &str| ["model='p'\npins={audio='a'}\nmode='", mode, "'"].concat();
    for mode in ["force", "reject"] {
        let query = "intent=transcription";
        assert_eq!(run(&with(mode), query).as_deref(), Ok(query));
        let no_pin = ["model='p'\nmode='", mode, "'"].concat();
        assert_eq!(run(&no_pin, query), Err(Reason::NoPin));
    }
    let force = with("force");
    for (query, forced) in [
        ("intent=other", "intent=other&model=a"),
        ("", "model=a"),
        (
            "intent=transcription&model=x",
            "intent=transcription&model=a",
        ),
    ] {
        assert_eq!(run(&force, query).as_deref(), Ok(forced));
        assert!(run(&with("reject"), query).is_err(), "{query}");
    }
}

/// What begins like a listed header was read by nobody, unless it is listed whole.
#[test]
fn header_with_model_in_its_name_passes_only_if_listed() {
    let table = Table::of(["openai"]).unwrap();
    let found = table.find("POST", "/v1/responses").unwrap();
    let run = |policy: &str, name: &str| {
        let policy = PolicyConfig::from_toml(policy).build().unwrap();
        let request = Request {
            found: &found,
            path: "/v1/responses",
            query: "",
            headers: &[("content-type", "application/json"), (name, "evil")],
            content: br#"{"model":"p"}"#,
            source: Source::User,
        };
        let verdict = judge_request(&policy, request).verdict;
        let is_attempt = !verdict.attempts.is_empty();
        (passes(&found, &policy, name), is_attempt, verdict.decision)
    };
    for name in ["x-openai-model", "x-codex-modelid", "x-oai-route"] {
        let (passed, counted, decision) = run("model='p'", name);
        assert!(!passed && counted, "{name}");
        assert!(!matches!(decision, Decision::Reject(_)), "{name}");
        let (_, _, decision) = run("model='p'\nmode='reject'", name);
        assert!(matches!(decision, Decision::Reject(_)), "{name}");
    }
    let whole = "model='p'\nallow_headers=['x-codex-modelid']";
    assert_eq!(run(whole, "x-codex-modelid"), (true, false, Decision::Pass));
    let started = "model='p'\nallow_headers=['x-team-*']";
    assert_eq!(run(started, "x-team-id"), (true, false, Decision::Pass));
    assert!(!run(started, "x-team-model").0);
    let gateway = "model='p'\nallow_headers=['x-portkey-*']";
    for name in [
        "x-portkey-config",
        "x-portkey-provider",
        "x-portkey-virtual-key",
        "x-portkey-override-params",
    ] {
        assert!(!run(gateway, name).0, "{name}");
    }
    assert!(run(gateway, "x-portkey-trace-id").0);
    assert_eq!(run("model='p'", "x-team-model").2, Decision::Pass);
}

/// The clients of AWS write the colon of a model's name as `%3A`.
#[test]
fn path_with_another_escape_than_a_colon_is_rejected() {
    const PIN: &str = "anthropic.claude-v2:0";
    let table = Table::of(["bedrock"]).unwrap();
    let run = |mode: &str, model: &str| {
        let draft = PolicyConfig::from_toml(&format!("model='{PIN}'\nmode='{mode}'"));
        let policy = draft.build().unwrap();
        let path = format!("/model/{model}/converse");
        let found = table.find("POST", &path).unwrap();
        assert_eq!(found.is_plain(&path), !model.contains("%2"), "{path}");
        let request = Request {
            found: &found,
            path: &path,
            query: "",
            headers: &[("content-type", "application/json")],
            content: b"{}",
            source: Source::User,
        };
        let judged = judge_request(&policy, request);
        let rejected = matches!(judged.verdict.decision, Decision::Reject(_));
        let out = edit::apply(path.as_bytes(), judged.path);
        (!rejected).then(|| String::from_utf8(out).unwrap())
    };
    for spelled in [PIN, "anthropic.claude-v2%3A0", "anthropic.claude-v2%3a0"] {
        for mode in ["force", "reject"] {
            let untouched = format!("/model/{spelled}/converse");
            assert_eq!(run(mode, spelled), Some(untouched), "{mode}");
        }
    }
    for other in [
        "anthropic.claude-v3%3A0",
        "anthropic.claude-v2%253A0",
        "anthropic%2Eclaude-v2%3A0",
    ] {
        assert_eq!(
            run("force", other).unwrap(),
            format!("/model/{PIN}/converse")
        );
        assert_eq!(run("reject", other), None, "{other}");
    }
}

#[test]
fn attempt_in_a_header_has_the_surface_header() {
    let policy = PolicyConfig::from_toml("model='p'").build().unwrap();
    let table = Table::of(["openai"]).unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("x-litellm-model", "other"),
    ];
    let request = Request {
        found: &table.find("POST", "/v1/responses").unwrap(),
        path: "/v1/responses",
        query: "",
        headers: &headers,
        content: br#"{"model":"third"}"#,
        source: Source::User,
    };
    let attempts = judge_request(&policy, request).verdict.attempts;
    let surfaces: Vec<Surface> = attempts.iter().map(|attempt| attempt.surface).collect();
    assert_eq!(surfaces, [Surface::Http, Surface::Header]);
}

#[test]
fn tier_in_a_header_is_pinned() {
    let run = |rest: &str, name: &str, value: &str| {
        let policy = PolicyConfig::from_toml(&["model='p'\n", rest].concat());
        let table = Table::of(["bedrock"]).unwrap();
        let path = "/model/p/invoke";
        let found = table.find("POST", path).unwrap();
        let request = Request {
            found: &found,
            path,
            query: "",
            headers: &with_type(&[(name, value)]),
            content: b"{}",
            source: Source::User,
        };
        let judged = judge_request(&policy.build().unwrap(), request);
        match judged.verdict.decision {
            Decision::Reject(rejection) => Err(rejection.reason),
            Decision::Pass | Decision::Rewrite(_) => Ok(judged.headers),
        }
    };
    let tier = "x-amzn-bedrock-service-tier";
    let latency = "x-amzn-bedrock-performanceconfig-latency";
    let force = "service_tier='flex'";
    assert_eq!(run("", tier, "priority"), Ok(Vec::new()));
    assert_eq!(run(force, tier, "flex"), Ok(Vec::new()));
    assert_eq!(
        run(force, tier, "priority"),
        Ok(alloc::vec![(0, "flex".into())])
    );
    assert_eq!(
        run(force, latency, "optimized"),
        Ok(alloc::vec![(0, "standard".into())])
    );
    let reject = "service_tier='flex'\nmode='reject'";
    assert_eq!(run(reject, tier, "flex"), Ok(Vec::new()));
    assert_eq!(run(reject, tier, "priority"), Err(Reason::SettingLocked));
}

#[test]
fn list_of_the_pin_where_one_model_belongs_is_replaced() {
    let policy = PolicyConfig::from_toml("model='p'").build().unwrap();
    let table = Table::of(["anthropic"]).unwrap();
    let path = "/v1/messages";
    let content = br#"{"model":"p","tools":[{"type":"advisor_20260301","model":["p"]}]}"#;
    let request = Request {
        found: &table.find("POST", path).unwrap(),
        path,
        query: "",
        headers: &with_type(&[]),
        content,
        source: Source::User,
    };
    let judged = judge_request(&policy, request);
    assert_eq!(judged.verdict.attempts.len(), 1);
    assert_eq!(
        edit::apply(content, judged.content),
        br#"{"model":"p","tools":[{"type":"advisor_20260301","model":"p"}]}"#
    );
}

/// A part of a form.
fn part(name: &str, rest: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n{value}\r\n")
}

/// Returns what goes on of a form with these parts.
fn form(parts: &[String]) -> Result<String, Reason> {
    let content = [&parts.concat(), "--b--\r\n"].concat();
    let text = "model='p'\npins.audio='p'";
    let policy = PolicyConfig::from_toml(text).build().unwrap();
    let table = Table::of(["openai"]).unwrap();
    let path = "/v1/audio/transcriptions";
    let request = Request {
        found: &table.find("POST", path).unwrap(),
        path,
        query: "",
        headers: &[("content-type", "multipart/form-data; boundary=b")],
        content: content.as_bytes(),
        source: Source::User,
    };
    let judged = judge_request(&policy, request);
    if let Decision::Reject(rejection) = judged.verdict.decision {
        return Err(rejection.reason);
    }
    let sent = edit::apply(content.as_bytes(), judged.content);
    Ok(String::from_utf8(sent).unwrap())
}

#[test]
fn form_in_force_loses_a_further_model_and_gets_a_missing_one() {
    let language = || part("language", "", "en");
    let wanted = [&part("model", "", "p"), &language(), "--b--\r\n"].concat();
    for parts in [
        &[part("model", "", "p"), language()][..],
        &[
            part("model", "", "p"),
            part("fallback_models", "", "x"),
            language(),
        ],
        &[part("model", "", "x"), language()],
        &[part("model", "\r\nContent-Length: 5", "other"), language()],
        &[language()],
    ] {
        assert_eq!(form(parts).as_ref(), Ok(&wanted), "{parts:?}");
    }
}

#[test]
fn form_with_a_model_that_is_a_file_or_stands_twice_is_ambiguous() {
    let file = part("model", "; filename=\"p\"", "p");
    assert_eq!(form(&[file]), Err(Reason::Ambiguous));
    let twice = [part("model", "", "p"), part("model", "", "p")];
    assert_eq!(form(&twice), Err(Reason::Ambiguous));
}
