//! Clients and their tokens: who is served, what the others get, and where the name of a client appears.

use std::time::Instant;

use fake_provider::fixture;
use fake_provider::fixture::Fixture;
use fake_provider::http_client::HttpClient;

use crate::call::{APPROVED, Call, PROTOCOLS, Protocol};
use crate::operations::with_key;
use crate::{KEY, OTHER_TOKEN, SOON, TOKEN, answer_all, key_file, tokens_file, write};

fn locked(flags: &[&str]) -> Fixture {
    let fixture = fixture!("force");
    fixture.provider.take_websockets(true);
    let (key, clients) = (key_file(&fixture), tokens_file(&fixture));
    let all = [
        &["--key", key.as_str(), "--client-tokens", clients.as_str()],
        flags,
    ]
    .concat();
    fixture.with_proxy(&all)
}

#[test]
fn token_is_taken_in_each_place_of_each_dialect_and_an_unknown_one_is_not() {
    for request in with_key() {
        let fixture = fixture!("force").with_policy("pins.audio = 'gpt-5.5'");
        answer_all(&fixture.provider);
        let (key, clients) = (key_file(&fixture), tokens_file(&fixture));
        let key = format!("{}={key}", request.dialect);
        let fixture = fixture.with_proxy(&[
            "--dialect",
            &request.dialect,
            "--key",
            &key,
            "--client-tokens",
            &clients,
        ]);
        let own = request.credential.field.as_str();
        let stated = |token: &str| {
            [
                (own, format!("{}{token}", request.credential.prefix)),
                ("authorization", format!("Bearer {token}")),
                ("x-model-lock-token", token.to_owned()),
            ]
        };
        for protocol in PROTOCOLS {
            let target = match (protocol, &request.socket) {
                (Protocol::WebSocket, None) => continue,
                (Protocol::WebSocket, Some(socket)) => socket,
                (Protocol::Http1 | Protocol::Http2, _) => &request.target,
            };
            let send = |fields: &[(&str, &str)]| {
                let call = Call {
                    target,
                    host: "proxy.test",
                    fields,
                    body: request.body,
                };
                call.send(fixture.address(), protocol)
            };
            let case = format!("{} {protocol:?}", request.dialect);
            let before = fixture.provider.connections();
            assert_eq!(send(&[]), 401, "{case}");
            for (name, value) in stated("token-of-nobody-0001") {
                assert_eq!(send(&[(name, &value)]), 401, "{case} {name}");
            }
            assert_eq!(fixture.provider.connections(), before, "{case}");
            for (name, value) in stated(TOKEN) {
                let status = send(&[(name, &value)]);
                assert!(status == 200 || status == 101, "{case} {name}: {status}");
                let requests = fixture.provider.requests();
                let all = format!("{:?}", requests.last().unwrap());
                assert!(
                    all.contains(KEY) && !all.contains(TOKEN),
                    "{case} {name}: {all}"
                );
            }
        }
    }
}

#[test]
fn rejection_has_the_shape_of_the_dialect_and_says_what_to_do() {
    for (dialect, target, member, want) in [
        ("openai", "/v1/responses", "type", "authentication_error"),
        ("anthropic", "/v1/messages", "type", "authentication_error"),
        (
            "gemini",
            "/v1beta/models/gpt-5.5:generateContent",
            "status",
            "UNAUTHENTICATED",
        ),
    ] {
        let fixture = fixture!("force");
        let (key, clients) = (key_file(&fixture), tokens_file(&fixture));
        let fixture = fixture.with_proxy(&[
            "--dialect",
            dialect,
            "--key",
            &key,
            "--client-tokens",
            &clients,
        ]);
        let call = Call { target, ..APPROVED };
        let (status, fields, body) = call.answer(fixture.address());
        assert_eq!(status, 401, "{dialect}");
        let field = |name: &str| {
            fields
                .iter()
                .find(|(have, _)| have == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(field("www-authenticate"), Some("Bearer"));
        assert_eq!(field("x-should-retry"), Some("false"));
        assert_eq!(field("x-model-lock-decision"), Some("rejected"));
        assert!(
            body.contains(&format!(r#""{member}":"{want}""#)),
            "{dialect}: {body}"
        );
        assert!(body.contains("x-model-lock-token"), "{dialect}: {body}");
        fixture.assert_nothing_arrived(dialect);
    }
    // A path that nobody lists tells an unknown client nothing else.
    let fixture = locked(&[]);
    let call = Call {
        target: "/v1/nothing",
        ..APPROVED
    };
    assert_eq!(call.send(fixture.address(), Protocol::Http1), 401);
}

#[test]
fn name_of_the_client_stands_in_the_log_and_its_token_nowhere() {
    let fixture = locked(&[]);
    let call = Call {
        fields: &[("x-model-lock-token", TOKEN)],
        body: r#"{"model":"other"}"#,
        ..APPROVED
    };
    assert_eq!(call.send(fixture.address(), Protocol::Http1), 200);
    let line = fixture.wait_for_log(&[r#""event":"attempt""#, r#""requested_model":"other""#]);
    assert!(line.contains(r#""client":"alice""#), "{line}");
    assert_eq!(APPROVED.send(fixture.address(), Protocol::Http1), 401);
    let line = fixture.wait_for_log(&[r#""event":"undecidable""#, r#""reason":"unknown_client""#]);
    assert!(
        line.contains(r#""status":401"#) && !line.contains(r#""client""#),
        "{line}"
    );
    let counted =
        |line: &str| line.contains("undecidable:1|c") && line.contains("reason:unknown_client");
    assert!(fixture.statsd.wait_for(counted, SOON).is_some());
    let log = fixture
        .proxy()
        .wait_for_log(|line| line.contains("listening"), SOON);
    assert!(!log.contains(TOKEN) && !line.contains(TOKEN));
}

/// Sends each secret as a model, and as the type of a tool.
fn state_as_model(fixture: &Fixture, own: (&'static str, &'static str)) {
    for secret in [TOKEN, OTHER_TOKEN, KEY] {
        let body = format!(r#"{{"model":"x-{secret}","tools":[{{"type":"{secret}"}}]}}"#);
        let call = Call {
            fields: &[own],
            body: &body,
            ..APPROVED
        };
        assert_eq!(call.send(fixture.address(), Protocol::Http1), 400);
        let body = format!(r#"{{"model":"x-{secret}"}}"#);
        let call = Call {
            body: &body,
            ..call
        };
        assert_eq!(call.send(fixture.address(), Protocol::Http1), 200);
    }
}

/// A client may put a token, its own or another's, or the key that is held, where it does not belong. Nobody who reads
/// the log gets to know it.
#[test]
fn secret_in_a_path_a_user_agent_or_a_model_is_not_logged() {
    let fixture = locked(&[]);
    let in_path = format!("/v1/{TOKEN}/x");
    let other_in_path = format!("/v1/responses/{OTHER_TOKEN}");
    let in_query = format!("/v1/realtime?model={TOKEN}");
    let own = ("x-model-lock-token", TOKEN);
    let agent = ("user-agent", TOKEN);
    for (target, fields, status) in [
        ("/v1/responses", &[own, agent][..], 200),
        ("/v1/responses", &[agent], 401),
        (&in_path, &[own], 400),
        (&other_in_path, &[own], 400),
        ("/v1/responses", &[own, ("user-agent", OTHER_TOKEN)], 200),
        (&in_path, &[], 401),
        (&in_path, &[("origin", "https://a.test")], 403),
        (&in_query, &[own], 400),
    ] {
        let call = Call {
            target,
            fields,
            body: r#"{"model":"other"}"#,
            ..APPROVED
        };
        assert_eq!(
            call.send(fixture.address(), Protocol::Http1),
            status,
            "{target} {fields:?}"
        );
    }
    state_as_model(&fixture, own);
    let last = Call {
        target: "/v1/last",
        ..APPROVED
    };
    assert_eq!(last.send(fixture.address(), Protocol::Http1), 401);
    fixture.wait_for_log(&["/v1/last"]);
    let log = fixture.proxy().log();
    let lines = log
        .iter()
        .filter(|line| line.contains("undecidable"))
        .count();
    assert!(lines >= 6, "{log:#?}");
    let is_told = |line: &&String| {
        [TOKEN, OTHER_TOKEN, KEY]
            .iter()
            .any(|secret| line.contains(secret))
    };
    assert_eq!(log.iter().find(is_told), None);
    let hidden = log.iter().filter(|line| line.contains("(a secret)"));
    assert!(hidden.count() >= 6, "{log:#?}");
    for connection in fixture.provider.connections() {
        let arrived = String::from_utf8_lossy(&connection.bytes).into_owned();
        assert!(
            !arrived.contains(TOKEN) && !arrived.contains(OTHER_TOKEN),
            "{arrived}"
        );
    }
}

#[test]
fn held_key_without_tokens_serves_nobody_and_says_so() {
    let fixture = fixture!("force");
    let key = key_file(&fixture);
    let mut fixture = fixture.with_proxy(&["--key", &key, "--admin", "127.0.0.1:0"]);
    let line = fixture.wait_for_log(&["listening"]);
    for word in [
        r#""level":"warn""#,
        r#""clients":"nobody: "#,
        "--client-tokens FILE",
        "--client-auth none",
    ] {
        assert!(line.contains(word), "{word} in {line}");
    }
    let admin = fixture.proxy().admin().unwrap();
    let probe = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let ready = HttpClient::connect(admin).call(probe);
    let told = String::from_utf8(ready.body.clone()).unwrap();
    assert_eq!(ready.status, 503, "{told}");
    assert!(
        told.starts_with("nobody is served: set --client-tokens FILE"),
        "{told}"
    );
    let bearer = ("authorization", "Bearer sk-any");
    for protocol in PROTOCOLS {
        for fields in [&[][..], &[bearer], &[("x-model-lock-token", "")]] {
            let call = Call { fields, ..APPROVED };
            assert_eq!(call.send(fixture.address(), protocol), 401, "{protocol:?}");
        }
    }
    fixture.assert_nothing_arrived("nobody is known");
    for (flags, who) in [
        (
            &["--key", &key, "--client-auth", "none"][..],
            r#""clients":"everyone""#,
        ),
        (&[], r#""clients":"everyone""#),
        (&["--client-auth", "token"], r#""clients":"nobody: "#),
    ] {
        fixture.restart_proxy(flags);
        let line = fixture.wait_for_log(&["listening"]);
        assert!(line.contains(who), "{who} in {line}");
    }
}

/// Puts another file in the place of the clients' at once: half of one could be read otherwise.
fn replace_clients(fixture: &Fixture, text: &str) {
    let next = write(fixture, "clients.next", text);
    std::fs::rename(next, fixture.directory.path().join("clients")).unwrap();
}

#[test]
fn changed_file_of_clients_is_taken_whole_or_not_at_all() {
    let fixture = locked(&[]);
    let status = |token: &str| {
        let call = Call {
            fields: &[("x-model-lock-token", token)],
            ..APPROVED
        };
        call.send(fixture.address(), Protocol::Http1)
    };
    replace_clients(&fixture, "carol short\n");
    let line = fixture.wait_for_log(&["client_tokens", "kept"]);
    assert!(
        line.contains("line 1: token: ") && line.contains("/clients"),
        "{line}"
    );
    assert!(!line.contains("short\\n"), "{line}");
    assert_eq!(status(TOKEN), 200);
    let next = "token-of-carol-0001";
    replace_clients(&fixture, &format!("carol {next}\n"));
    fixture.wait_for_log(&["client_tokens", "applied"]);
    let deadline = Instant::now() + SOON;
    while status(next) != 200 {
        assert!(Instant::now() < deadline, "waited for the other client");
    }
    assert_eq!(status(TOKEN), 401);
}
