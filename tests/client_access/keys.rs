//! Keys and their providers: which key goes where, and what stops the start.

use std::process::Command;

use fake_provider::process::run;
use fake_provider::{FakeProvider, fixture};

use crate::call::{APPROVED, Call, Protocol};
use crate::{KEY, OWN, SOON, key_file, program, tokens_file, write};

#[test]
fn key_goes_to_the_provider_of_its_dialect_alone() {
    let fixture = fixture!("force");
    let other = FakeProvider::start().unwrap();
    let (keys, second) = (
        key_file(&fixture),
        write(&fixture, "second", "sk-second-key"),
    );
    let upstreams = [
        format!("/v1={}", fixture.provider.url()),
        format!("/api={}", other.url()),
    ];
    let bearer = format!("Bearer {OWN}");
    let fields = [("authorization", bearer.as_str())];
    let call = |target| Call {
        target,
        fields: &fields,
        ..APPROVED
    };
    let chat = "/api/v1/chat/completions";
    for (more, of_other) in [
        (None, bearer.clone()),
        (
            Some(format!("openrouter={second}")),
            "Bearer sk-second-key".to_owned(),
        ),
    ] {
        let first = format!("openai={keys}");
        let mut flags = vec![
            "--key",
            &first,
            "--client-auth",
            "none",
            "--dialect",
            "openai,openrouter",
        ];
        flags.extend(["--upstream", &upstreams[1]]);
        flags.extend(more.iter().flat_map(|key| ["--key", key]));
        let proxy = fixture.start_proxy_before(&upstreams[0], &flags, &[]);
        assert_eq!(
            call("/v1/responses").send(proxy.address(), Protocol::Http1),
            200
        );
        assert_eq!(call(chat).send(proxy.address(), Protocol::Http1), 200);
        let (own, others) = (fixture.provider.requests(), other.requests());
        let authorization = |requests: &[fake_provider::Request]| {
            requests
                .last()
                .unwrap()
                .field("authorization")
                .unwrap()
                .to_owned()
        };
        assert_eq!(authorization(&own), format!("Bearer {KEY}"));
        assert_eq!(authorization(&others), of_other);
        let all = String::from_utf8_lossy(&other.connections()[0].bytes).into_owned();
        assert!(!all.contains(KEY), "{all}");
    }
}

#[test]
fn variable_holds_the_same_keys_as_the_flags() {
    let fixture = fixture!("force");
    let key = key_file(&fixture);
    let clients = tokens_file(&fixture);
    for text in [
        key.clone(),
        format!("openai={key}"),
        format!("openai={key},anthropic={key}2"),
    ] {
        write(&fixture, "key2", "sk-of-anthropic");
        let dialect = if text.contains(',') {
            "openai,anthropic"
        } else {
            "openai,chatgpt"
        };
        let variables = [
            ("MODEL_LOCK_KEY", text.as_str()),
            ("MODEL_LOCK_CLIENT_TOKENS", &clients),
            ("MODEL_LOCK_DIALECT", dialect),
        ];
        let proxy = fixture.start_proxy(&[], &variables);
        let call = Call {
            fields: &[("authorization", "Bearer token-of-bob-00002")],
            ..APPROVED
        };
        assert_eq!(call.send(proxy.address(), Protocol::Http1), 200, "{text}");
        let requests = fixture.provider.requests();
        assert_eq!(
            requests.last().unwrap().field("authorization"),
            Some(&*format!("Bearer {KEY}"))
        );
    }
}

/// Runs `serve` with flags that stop it, and checks that it says why.
fn assert_stops(flags: &[&str], wants: &[&str]) {
    let mut command = Command::new(program());
    command
        .env_clear()
        .env("OPENCLAW_MODEL", "gpt-5.5")
        .arg("serve");
    if !flags.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    let finished = run(command.args(flags), SOON).unwrap();
    let text = finished.err();
    assert_eq!(finished.status.code(), Some(78), "{flags:?}: {text}");
    for want in wants {
        assert!(text.contains(want), "{want} in {text}");
    }
    assert!(!text.contains(KEY) && !text.contains("listening"), "{text}");
}

#[test]
fn key_that_would_go_astray_stops_the_start() {
    let fixture = fixture!("force");
    let key = key_file(&fixture);
    let of = |dialect: &str| format!("{dialect}={key}");
    let [openai, openrouter, chatgpt, klingon] =
        ["openai", "openrouter", "chatgpt", "klingon"].map(of);
    let two = ["--dialect", "openai,openrouter"];
    let upstreams = [
        "--upstream",
        "/v1=http://a",
        "--upstream",
        "/v1/chat=http://b",
    ];
    for (keys, more, wants) in [
        (
            vec![&key],
            &two[..],
            &["DIALECT=FILE", "openai, openrouter"][..],
        ),
        (vec![&key], &["--dialect", "chatgpt"], &["no dialect"]),
        (vec![&chatgpt], &[], &["`chatgpt`", "openai"]),
        (vec![&klingon], &[], &["`klingon`"]),
        (vec![&openrouter], &[], &["`openrouter`", "--dialect"]),
        (vec![&openai, &key], &[], &["two keys"]),
        (vec![&openai, &openrouter], &two, &["the same key"]),
        (vec![&key], &upstreams, &["several providers"]),
    ] {
        let mut flags: Vec<&str> = keys.into_iter().flat_map(|key| ["--key", key]).collect();
        flags.extend(more);
        assert_stops(&flags, &[&["--key: "], wants].concat());
    }
}

#[test]
fn setting_of_clients_that_is_wrong_stops_the_start() {
    let fixture = fixture!("force");
    let clients = tokens_file(&fixture);
    let broken = write(&fixture, "broken", "alice\n");
    for (flags, wants) in [
        (
            &["--client-tokens", &broken][..],
            &["/broken: line 1: token: "][..],
        ),
        (
            &["--client-tokens", "/nowhere/clients"],
            &["--client-tokens: /nowhere/clients: "],
        ),
        (
            &["--client-tokens", &clients, "--client-auth", "none"],
            &["--client-tokens: ", "--client-auth none"],
        ),
        (
            &["--client-auth", "some"],
            &["--client-auth: ", "`none` or `token`"],
        ),
        (&["--allow-origin", "*"], &["--allow-origin: `*`"]),
        (
            &["--allow-origin", "https://a,null"],
            &["--allow-origin: `null`"],
        ),
        (&["--allow-host", "a:1"], &["--allow-host: `a:1`"]),
        (&["--listen", "unix:"], &["--listen: `unix:`"]),
    ] {
        assert_stops(flags, wants);
    }
}
