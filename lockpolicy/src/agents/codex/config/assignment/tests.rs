//! Assignments, and what they select.

use super::*;

fn found(text: &str) -> Option<(Selects, bool)> {
    Assignment::parse(text)?
        .finding()
        .map(|finding| (finding.selects, finding.nested))
}

#[test]
fn key_selects_by_its_name() {
    for (text, expected) in [
        ("model=x", Selects::Model),
        (" model = x", Selects::Model),
        ("\tmodel\t=\tx", Selects::Model),
        ("review_model=x", Selects::Model),
        ("model_provider=x", Selects::Source),
        ("model_providers.x.base_url=\"http://x\"", Selects::Source),
        ("model_providers={}", Selects::Source),
        ("openai_base_url=x", Selects::BaseUrl),
        ("chatgpt_base_url=x", Selects::BaseUrl),
        ("experimental_realtime_ws_base_url=x", Selects::BaseUrl),
        ("experimental_realtime_ws_model=x", Selects::Source),
        ("oss_provider=x", Selects::Source),
        ("profile=p", Selects::Source),
        ("profiles.p.model=x", Selects::Source),
        ("model_catalog_json=x", Selects::Source),
        ("agents.default_subagent_model=x", Selects::OtherModel),
        ("agents.r.config_file=x", Selects::Source),
        ("memories.extract_model=x", Selects::OtherModel),
        ("model_reasoning_effort=x", Selects::Effort),
        ("plan_mode_reasoning_effort=x", Selects::Effort),
        ("service_tier=x", Selects::Tier),
        ("some_future_model=x", Selects::OtherModel),
        ("\"model\"=x", Selects::Source),
        ("MODEL=x", Selects::Source),
        ("model-provider=x", Selects::Source),
        ("mod\\u0065l=x", Selects::Source),
    ] {
        assert_eq!(found(text), Some((expected, false)), "{text}");
    }
    for text in [
        "model_verbosity=low",
        "model_reasoning_summary=none",
        "model_context_window=1",
        "mcp_servers.m.env.model=x",
        "projects={\"/d\"={trust_level=\"trusted\"}}",
        "features.memories=true",
        "notice={model_migrations={a=\"b\"}}",
        "shell_environment_policy.set.OPENAI_MODEL=x",
        "cli_auth_credentials_store=\"ephemeral\"",
        "model",
        "=x",
        "",
        "x=model=y",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}

#[test]
fn selector_in_a_table_is_found() {
    for (text, expected) in [
        ("agents={r={config_file=\"/x\"}}", Selects::Source),
        ("agents={default_subagent_model=\"x\"}", Selects::OtherModel),
        ("agents={r.model='x'}", Selects::OtherModel),
        (
            "agents={default_subagent_reasoning_effort=\"x\"}",
            Selects::Effort,
        ),
        (
            "agents={default_subagent_reasoning_effort=\"x\", a={\"mo\\u0064el\"='x'}}",
            Selects::OtherModel,
        ),
        ("memories={consolidation_model=\"x\"}", Selects::OtherModel),
        (
            "memories=[{consolidation_model=\"x\"}]",
            Selects::OtherModel,
        ),
    ] {
        assert_eq!(found(text), Some((expected, true)), "{text}");
    }
}

#[test]
fn value_is_toml_or_the_written_text() {
    for (text, expected) in [
        ("model=x", Some("x")),
        ("model=\"x\"", Some("x")),
        ("model='x'", Some("x")),
        ("model=x#c", Some("x#c")),
        ("model=x=y", Some("x=y")),
        ("model=", Some("")),
        ("model=\"x\" # c", Some("\"x\" # c")),
        ("model=\"\\u0078\"", Some("\"\\u0078\"")),
        (
            "model=\"a\"\nmodel_provider=\"b\"",
            Some("\"a\"\nmodel_provider=\"b\""),
        ),
        ("model=1", None),
        ("model=[\"x\"]", None),
    ] {
        assert_eq!(Assignment::parse(text).unwrap().text(), expected, "{text}");
    }
}

#[test]
fn assigned_text_is_quoted_as_toml_and_read_as_the_same_text() {
    for (text, written) in [
        ("a/b", r#"model="a/b""#),
        (r#"a"b\c"#, r#"model="a\"b\\c""#),
        ("a\nb\u{7f}", r#"model="a\u000Ab\u007F""#),
        ("é", r#"model="é""#),
    ] {
        assert_eq!(assign("model", text), written);
        let read = Assignment::parse(written).unwrap();
        assert_eq!(read.value, Value::String(text.to_string()));
    }
}
