//! What files and variables state, merged and checked.

use alloc::string::ToString;
use alloc::{format, vec};

use super::*;
use crate::{Capability, Mode};

#[test]
fn config_of_a_model_alone_is_a_policy() {
    let policy = PolicyConfig::from_variables([("OPENCLAW_MODEL", "gpt-5.5")])
        .build()
        .unwrap();
    assert_eq!((policy.mode(), policy.pin()), (Mode::Force, "gpt-5.5"));
    assert!(policy.is_alias("openai/gpt-5.5"));
    for name in [
        "gpt-5.5",
        "openai/gpt-5",
        "openai/gpt-5.5-mini",
        "azure/gpt-5.5",
    ] {
        assert!(!policy.is_alias(name), "{name}");
    }
    assert_eq!(policy.pin_of(Capability::Image), None);
}

#[test]
fn config_with_several_mistakes_reports_all_of_them() {
    let draft = PolicyConfig::from_variables([
        ("OPENCLAW_MODEL", " "),
        ("OPENCLAW_MODEL_LOCK_MODE", "Force "),
    ])
    .merged_over(PolicyConfig::from_toml(
        "modle = 'x'\ndisclose_model_in_errors = 3\nallow = ['get /x']\npins = { cats = 'a' }",
    ));
    let places: Vec<String> = draft
        .build()
        .unwrap_err()
        .0
        .into_iter()
        .map(|p| p.place)
        .collect();
    for place in [
        "OPENCLAW_MODEL",
        "OPENCLAW_MODEL_LOCK_MODE",
        "modle",
        "disclose_model_in_errors",
        "allow",
        "pins.cats",
    ] {
        assert!(places.iter().any(|p| p == place), "{place} in {places:?}");
    }
}

#[test]
fn merged_config_takes_the_upper_value_and_keeps_the_other_lower_ones() {
    let file = PolicyConfig::from_toml("model = 'a'\nmode = 'reject'\n[pins]\nembedding = 'e'");
    let policy = PolicyConfig::from_variables([("OPENCLAW_MODEL", "b")])
        .merged_over(file)
        .build()
        .unwrap();
    assert_eq!((policy.pin(), policy.mode()), ("b", Mode::Reject));
    assert_eq!(policy.pin_of(Capability::Embedding), Some("e"));
}

#[test]
fn hash_of_equal_policies_is_equal() {
    let make = |text: &str| PolicyConfig::from_toml(text).build().unwrap();
    assert_eq!(
        make("model='a'\nmode='force'").hash(),
        make("mode='force'\nmodel='a'").hash()
    );
    assert_ne!(make("model='a'").hash(), make("model='b'").hash());
    assert_eq!(make("model='a'").hash().len(), 16);
}

#[test]
fn proxy_is_a_plain_url_or_off() {
    let proxy = |text: &str| {
        let draft = PolicyConfig::from_toml("model = 'a'");
        let above = PolicyConfig::from_variables([("MODEL_LOCK_PROXY", text)]);
        let policy = above.merged_over(draft).build().ok()?;
        Some(policy.proxy().map(ToString::to_string))
    };
    for url in [
        "http://127.0.0.1:8383",
        "https://lock.example/x",
        "http://[::1]:8383/",
    ] {
        assert_eq!(proxy(url), Some(Some(url.to_string())), "{url}");
    }
    assert_eq!(proxy("off"), Some(None));
    for wrong in [
        "",
        "on",
        "127.0.0.1:8383",
        "http://",
        "http://:1",
        "http://a@b",
        "http://a/?x",
        "ws://a",
    ] {
        assert_eq!(proxy(wrong), None, "{wrong}");
    }
    let file = PolicyConfig::from_toml("model = 'a'\nproxy = 'http://127.0.0.1:1'")
        .build()
        .unwrap();
    assert_eq!(file.proxy(), Some("http://127.0.0.1:1"));
    assert_eq!(
        PolicyConfig::from_toml("model = 'a'")
            .build()
            .unwrap()
            .proxy(),
        None
    );
}

#[test]
fn key_that_stands_twice_is_rejected() {
    assert!(
        PolicyConfig::from_toml("model = 'a'\nmodel = 'b'")
            .build()
            .is_err()
    );
    assert!(
        PolicyConfig::from_toml("model = \"a\\u0000x\"")
            .build()
            .is_err()
    );
}

fn problems(config: PolicyConfig) -> Vec<String> {
    let problems = config.build().unwrap_err().0;
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn problem_in_a_file_names_file_line_and_key() {
    let text = "mode = 'x'\n\n# a comment\nmodle = 'a'\n[pins]\nimages = 'i'\nvideo = 3\n";
    assert_eq!(
        problems(PolicyConfig::from_file("/p.toml", text)),
        [
            "/p.toml: model: not set: set it to the one approved model, like gpt-5.5",
            "/p.toml: line 1: mode: unknown mode `x`: force, reject or report_only expected",
            "/p.toml: line 4: modle: unknown key: `mode` or `model` expected",
            "/p.toml: line 6: pins.images: unknown key: `pins.image` expected",
            "/p.toml: line 7: pins.video: a string expected",
        ]
    );
    assert_eq!(
        problems(PolicyConfig::from_file(
            "/p.toml",
            "model = 'a'\npins = 3\n[cats]\nmodel = 'x'\n[dogs]\n"
        )),
        [
            "/p.toml: line 2: pins: a table expected",
            "/p.toml: line 3: cats: unknown key: those of docs/reference/policy-file.md expected",
            "/p.toml: line 5: dogs: unknown key: those of docs/reference/policy-file.md expected",
        ]
    );
    assert_eq!(
        problems(PolicyConfig::from_toml("model = 'a'\n\nmode: x")),
        ["line 3: invalid TOML: key with no value, expected `=`"]
    );
}

#[test]
fn unknown_key_is_told_with_the_nearest_or_with_where_the_keys_are() {
    let told = |line: &str| problems(PolicyConfig::from_toml(&["model = 'a'\n", line].concat()));
    for (line, what) in [
        (
            "aliasses = ['x']",
            "aliasses: unknown key: `aliases` expected",
        ),
        (
            "strictness = 1",
            "strictness: unknown key: those of docs/reference/policy-file.md expected",
        ),
        (
            "pins.speech = 'x'",
            "pins.speech: unknown key (audio, embedding, image, moderation, video)",
        ),
    ] {
        assert_eq!(told(line), [["line 2: ", what].concat()]);
    }
}

#[test]
fn line_of_a_key_is_that_which_states_it() {
    let text = "model = 'a'\n\nca_file = '/x'\n[pins]\nproxy = 'y'\n";
    for (key, line) in [("model", Some(1)), ("ca_file", Some(3)), ("proxy", None)] {
        assert_eq!(line_of_key(text, key), line, "{key}");
    }
    assert_eq!(line_of_key("model = ", "model"), None);
}

#[test]
fn problem_is_reported_where_the_value_comes_from() {
    let file = || PolicyConfig::from_file("/p.toml", "mode = 'x'");
    let variables = |pairs: &[(&'static str, &'static str)]| {
        PolicyConfig::from_variables(pairs.iter().copied())
    };
    assert_eq!(
        problems(variables(&[("OPENCLAW_MODEL", "a b")]).merged_over(file())),
        [
            "OPENCLAW_MODEL: `a b` is not one model name: use letters, digits and . _ : / @ + ~ - only, a letter or digit first",
            "/p.toml: line 1: mode: unknown mode `x`: force, reject or report_only expected",
        ]
    );
    assert_eq!(
        problems(variables(&[("OPENCLAW_MODEL_LOCK_MODE", "force")]).merged_over(file())),
        ["/p.toml: model: not set: set it to the one approved model, like gpt-5.5"]
    );
    assert_eq!(
        problems(variables(&[])),
        ["OPENCLAW_MODEL: not set: set it to the one approved model, like gpt-5.5"]
    );
    let unread = PolicyConfig::unreadable(Problem::new("/p.toml", "not UTF-8"));
    assert_eq!(
        problems(variables(&[]).merged_over(unread)),
        ["/p.toml: not UTF-8"]
    );
}

#[test]
fn old_name_of_a_key_variable_or_mode_is_a_problem_that_names_the_new_one() {
    let text =
        "model = 'a'\nmode = 'audit'\ndisclose = true\non_mismatch = 'log'\nserved_variants = []";
    assert_eq!(
        problems(PolicyConfig::from_toml(text)),
        [
            "line 2: mode: unknown mode `audit`: renamed to `report_only`",
            "line 3: disclose: renamed to `disclose_model_in_errors`",
            "line 4: on_mismatch: renamed to `on_served_mismatch`",
            "line 5: served_variants: renamed to `served_model_aliases`",
        ]
    );
    let renamed: Vec<&str> = crate::renamed_policy_variables().collect();
    assert_eq!(renamed, ["MODEL_LOCK_DISCLOSE", "MODEL_LOCK_ON_MISMATCH"]);
    for old in renamed {
        let pairs = [("OPENCLAW_MODEL", "a"), (old, "log")];
        let [problem] = &problems(PolicyConfig::from_variables(pairs))[..] else {
            panic!("one problem for {old}")
        };
        let (_, new) = problem.split_once(": renamed to ").unwrap();
        let new = new.trim_matches('`');
        assert!(
            KEYS.iter().any(|key| key.variable == Some(new)),
            "{problem}"
        );
    }
}

/// What the table says of a key has to be so: its example and default are read, and both sources
/// make the same policy of the same value.
#[test]
fn each_row_of_the_table_is_read_from_file_and_variable() {
    for key in &KEYS {
        let (_, value) = key.example.split_once(" = ").unwrap();
        assert!(key.example.starts_with(key.key), "{}", key.key);
        let model = |key: &Key| match key.key {
            "model" => "",
            _ => "model = 'a'\n",
        };
        let text = [model(key), key.example].concat();
        let policy = PolicyConfig::from_toml(&text).build().unwrap();
        let line = policy.describe();
        let plain = value.trim_matches(['[', ']', '"', '\'']);
        assert!(line.contains(&format!("{} = {plain}\n", key.key)), "{line}");
        if let Some(variable) = key.variable {
            let pairs = vec![("OPENCLAW_MODEL", "a"), (variable, plain)];
            let pairs = pairs.into_iter().skip(usize::from(key.key == "model"));
            let same = PolicyConfig::from_variables(pairs).build().unwrap();
            assert_eq!((same.hash(), &same), (policy.hash(), &policy), "{variable}");
        }
    }
    let examples: Vec<&str> = KEYS.iter().map(|key| key.example).collect();
    let policy = PolicyConfig::from_toml(&examples.join("\n"))
        .build()
        .unwrap();
    assert!(!policy.describe().contains(" = -\n"));
}

#[test]
fn hash_differs_where_any_key_differs() {
    let hash = |text: &str| {
        let text = format!("model = 'a'\n{text}");
        PolicyConfig::from_toml(&text)
            .build()
            .unwrap()
            .hash()
            .to_string()
    };
    let mut hashes: Vec<String> = KEYS[2..].iter().map(|key| hash(key.example)).collect();
    for text in [
        "",
        "mode = 'reject'",
        "service_tier = 'flex'",
        "allow_headers = ['-']",
    ] {
        hashes.push(hash(text));
    }
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn value_outside_of_its_grammar_is_a_problem_that_quotes_it_and_says_what_is_expected() {
    for (line, problem) in [
        (
            "forward_proxy = 'http://a b'",
            "forward_proxy: printable characters without spaces",
        ),
        (
            "ca_file = ''",
            "ca_file: printable characters without spaces",
        ),
        (
            "forward_proxy = 'http://u:p@a'",
            "forward_proxy: no credentials expected",
        ),
        (
            "reasoning_effort = 'mediun'",
            "reasoning_effort: `mediun`: one of default, none, minimal",
        ),
        (
            "service_tier = 'fastest'",
            "service_tier: `fastest`: one of ",
        ),
        (
            "allow_headers = ['X-A']",
            "allow_headers: `X-A`: a header's name in lower case expected",
        ),
        (
            "allow_headers = ['*']",
            "allow_headers: `*`: a header's name in lower case expected",
        ),
        (
            "allow_tool_types = ['a b']",
            "allow_tool_types: `a b`: a type of tool like",
        ),
        (
            "allow_tool_types = ['']",
            "allow_tool_types: ``: a type of tool like",
        ),
        ("allow = ['GET x']", "allow: `GET x`: expected like"),
        (
            "served_model_aliases = ['a(']",
            "served_model_aliases: error: unclosed group",
        ),
    ] {
        let text = ["model = 'a'\n", line].concat();
        let found = problems(PolicyConfig::from_toml(&text));
        assert_eq!(found.len(), 1, "{found:?}");
        let wanted = ["line 2: ", problem].concat();
        assert!(found[0].starts_with(&wanted), "{} | {wanted}", found[0]);
    }
}

#[test]
fn several_problems_are_one_line_with_semicolons() {
    let problems = PolicyConfig::from_toml("mode = 'x'").build().unwrap_err();
    let all: Vec<String> = problems.0.iter().map(ToString::to_string).collect();
    assert!(all.len() > 1);
    assert_eq!(problems.to_string(), all.join("; "));
}

#[test]
fn proxy_is_off_where_that_is_written() {
    let of = |line: &str| {
        let text = ["model = 'a'\n", line].concat();
        PolicyConfig::from_toml(&text).build().unwrap()
    };
    assert!(of("proxy = 'off'").is_proxy_off());
    assert!(!of("").is_proxy_off());
    assert!(!of("proxy = 'http://127.0.0.1:8383'").is_proxy_off());
}

#[test]
fn policies_with_other_aliases_are_not_equal() {
    let of = |aliases: &str| {
        let text = ["model = 'a'\nserved_model_aliases = ", aliases].concat();
        PolicyConfig::from_toml(&text).build().unwrap()
    };
    let aliases = |text: &str| of(text).served_model_aliases().clone();
    assert!(aliases("['b']") == aliases("['b']"));
    assert!(aliases("['b']") != aliases("['c']"));
    assert!(of("['b']") == of("['b']"));
    assert!(of("['b']") != of("['c']"));
}

#[test]
fn each_variable_of_a_policy_is_listed_once_with_the_meaning_of_its_key() {
    let listed: Vec<(&str, &str)> = crate::policy_variables().collect();
    let named = KEYS.iter().filter(|key| key.variable.is_some());
    assert_eq!(listed.len(), named.count());
    for (variable, meaning) in &listed {
        let key = KEYS.iter().find(|key| key.variable == Some(*variable));
        assert_eq!(key.map(|key| key.doc), Some(*meaning), "{variable}");
        assert!(!meaning.is_empty(), "{variable}");
    }
    let names = |name: &str| listed.iter().any(|(variable, _)| *variable == name);
    assert!(names("OPENCLAW_MODEL") && names("MODEL_LOCK_PROXY"));
}

#[test]
fn alias_of_the_operator_is_an_alias_and_no_other_name_is() {
    let policy = PolicyConfig::from_toml("model = 'a'\naliases = ['b', 'c']")
        .build()
        .unwrap();
    for (name, is_alias) in [("b", true), ("c", true), ("a", false), ("d", false)] {
        assert_eq!(policy.is_alias(name), is_alias, "{name}");
    }
}
