//! What goes on to the provider: the held key, and no credential of the client in any place.

use fake_provider::Request;
use fake_provider::fixture;
use fake_provider::fixture::Fixture;

use crate::call::{Call, PROTOCOLS, Protocol};
use crate::operations::{CaseRequest, with_key};
use crate::{KEY, OWN, TOKEN, answer_all, key_file, tokens_file, write};

/// The places of a credential in a field, with what stands in front of it. The list is the test's own.
const FIELDS: [(&str, &str); 15] = [
    ("authorization", "Bearer "),
    ("authorization", "AWS4-HMAC-SHA256 Credential="),
    ("x-api-key", ""),
    ("api-key", ""),
    ("x-goog-api-key", ""),
    ("ocp-apim-subscription-key", ""),
    ("chatgpt-account-id", ""),
    ("cookie", "session="),
    ("proxy-authorization", "Basic "),
    ("x-amz-security-token", ""),
    ("x-amz-signature", ""),
    ("x-openai-actor-authorization", ""),
    ("x-codex-session-token", ""),
    ("x-stainless-secret", ""),
    ("x-team-token", ""),
];

/// The places of a credential in a query that is listed.
const QUERY: [&str; 2] = ["key", "access_token"];

fn locked(requested: &CaseRequest) -> Fixture {
    // An operator lets all of these fields through; beside a key they do not go on all the same.
    let policy = "pins.audio = 'gpt-5.5'\nallow_headers = ['cookie', 'proxy-authorization', 'x-team-*', 'x-model-lock-*', 'x-amz-*']";
    let fixture = fixture!("force").with_policy(policy);
    answer_all(&fixture.provider);
    let (key, clients) = (key_file(&fixture), tokens_file(&fixture));
    let key = format!("{}={key}", requested.dialect);
    let flags = [
        "--dialect",
        &requested.dialect,
        "--key",
        &key,
        "--client-tokens",
        &clients,
    ];
    fixture.with_proxy(&flags)
}

/// Sends a request over a protocol, if the dialect speaks it, and returns what arrived.
fn arrived(
    fixture: &Fixture,
    requested: &CaseRequest,
    protocol: Protocol,
    query: &str,
    field: Option<(&str, &str)>,
) -> Option<Request> {
    let target = match protocol {
        Protocol::WebSocket => requested.socket.as_ref()?,
        Protocol::Http1 | Protocol::Http2 => &requested.target,
    };
    let target = format!("{target}{query}");
    let mut fields = vec![("x-model-lock-token", TOKEN)];
    fields.extend(field);
    let call = Call {
        target: &target,
        host: "proxy.test",
        fields: &fields,
        body: requested.body,
    };
    let before = fixture.provider.requests().len();
    let status = call.send(fixture.address(), protocol);
    let case = format!("{} {protocol:?} {target} {field:?}", requested.dialect);
    assert!(status == 200 || status == 101, "{case}: {status}");
    let mut requests = fixture
        .provider
        .wait_for(before + 1, crate::SOON)
        .expect(&case);
    assert_eq!(requests.len(), before + 1, "{case}");
    requests.pop()
}

/// The key stands where the dialect has it, and nothing that the client said as a credential stands anywhere.
fn assert_key_alone(requested: &CaseRequest, request: &Request, case: &str) {
    let CaseRequest { credential, .. } = requested;
    let want = format!("{}{KEY}", credential.prefix);
    assert_eq!(
        request.field(&credential.field),
        Some(want.as_str()),
        "{case}"
    );
    let text = format!("{} {:?}", request.target, request.fields);
    assert_eq!(text.matches(KEY).count(), 1, "{case}: {text}");
    assert!(
        !text.contains(OWN) && !text.contains(TOKEN),
        "{case}: {text}"
    );
    assert!(!text.contains("x-model-lock-token"), "{case}: {text}");
}

#[test]
fn client_credential_beside_a_held_key_goes_nowhere() {
    let mut tried = 0;
    for requested in with_key() {
        let fixture = locked(&requested);
        for protocol in PROTOCOLS {
            for (name, prefix) in FIELDS {
                let value = format!("{prefix}{OWN}");
                let case = format!("{} {protocol:?} {name}", requested.dialect);
                if let Some(request) =
                    arrived(&fixture, &requested, protocol, "", Some((name, &value)))
                {
                    assert_key_alone(&requested, &request, &case);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 450, "{tried}");
}

#[test]
fn query_beside_a_held_key_loses_the_credential_alone() {
    let mut tried = 0;
    for requested in with_key()
        .into_iter()
        .filter(|requested| requested.takes_query_key)
    {
        let fixture = locked(&requested);
        for protocol in [Protocol::Http1, Protocol::Http2] {
            for (query, rest) in [
                (format!("?key={OWN}"), ""),
                (format!("?alt=sse&key={OWN}"), "?alt=sse"),
                (format!("?key={OWN}&alt=sse"), "?alt=sse"),
            ] {
                let request = arrived(&fixture, &requested, protocol, &query, None).unwrap();
                assert_key_alone(&requested, &request, &query);
                assert_eq!(request.target, format!("{}{rest}", requested.target));
                tried += 1;
            }
        }
    }
    assert!(tried > 0);
}

/// An operation that the operator lists has a query that no table knows.
#[test]
fn allowed_operation_beside_a_held_key_loses_every_credential() {
    let policy = "allow = ['GET /v1/extra']";
    let fixture = fixture!("force").with_policy(policy);
    let key = key_file(&fixture);
    let fixture = fixture.with_proxy(&["--key", &key, "--client-auth", "none"]);
    for name in QUERY
        .into_iter()
        .chain(["KEY", "%6bey", "X-Amz-Security-Token", "X-Amz-Signature"])
    {
        let request = format!(
            "GET /v1/extra?a=b&{name}={OWN}&c=%2C HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {OWN}\r\nx-api-key: {OWN}\r\n\r\n"
        );
        // The provider knows no such operation.
        let status = fixture.client().call(request.as_bytes()).status;
        assert_eq!(status, 404, "{name}");
        let requests = fixture.provider.requests();
        let last = requests.last().unwrap();
        assert_eq!(last.target, "/v1/extra?a=b&c=%2C", "{name}");
        assert_eq!(
            last.field("authorization"),
            Some(&*format!("Bearer {KEY}")),
            "{name}"
        );
        assert!(!format!("{:?}", last.fields).contains(OWN), "{name}");
    }
}

/// Contents in which a gateway takes a credential of the provider.
const CONTENTS: [(&str, &str, &str); 3] = [
    ("openai", "/v1/chat/completions", r#""messages":[]"#),
    ("litellm", "/v1/responses", r#""input":"hi""#),
    (
        "anthropic",
        "/v1/messages",
        r#""max_tokens":1,"messages":[]"#,
    ),
];

#[test]
fn credential_in_a_content_beside_a_held_key_goes_nowhere() {
    for (dialect, target, rest) in CONTENTS {
        let without = format!(r#"{{"model":"gpt-5.5",{rest}}}"#);
        for member in ["api_key", "aws_secret_access_key", "azure_ad_token"] {
            let body = format!(r#"{{"model":"gpt-5.5","{member}":"{OWN}",{rest}}}"#);
            let call = Call {
                target,
                body: &body,
                ..crate::call::APPROVED
            };
            for (mode, holds_key, arrived) in [
                ("force", true, Some(&without)),
                ("reject", true, None),
                ("force", false, Some(&body)),
                ("reject", false, Some(&body)),
            ] {
                let fixture = fixture!(mode);
                let key = format!("{dialect}={}", key_file(&fixture));
                let held = ["--dialect", dialect, "--client-auth", "none", "--key", &key];
                let fixture = fixture.with_proxy(&held[..if holds_key { 6 } else { 2 }]);
                answer_all(&fixture.provider);
                let (status, fields, text) = call.answer(fixture.address());
                let case = format!("{dialect} {member} {mode} {holds_key}");
                assert!(!format!("{fields:?} {text}").contains(OWN), "{case}");
                if holds_key {
                    let line = fixture.wait_for_log(&[r#""event":"attempt""#, member]);
                    assert!(!line.contains(OWN), "{line}");
                }
                assert_eq!(status == 200, arrived.is_some(), "{case}: {status}");
                let requests = fixture.provider.requests();
                let came = requests.last().map(|request| request.body.clone());
                let want = arrived.map(|text| text.clone().into_bytes());
                assert_eq!(came, want, "{case}");
            }
        }
    }
}

/// A subprotocol that holds a key is refused as ever, with its handshake.
#[test]
fn subprotocol_with_a_credential_is_refused() {
    let fixture = fixture!("force", &[]);
    let protocols = format!("realtime, openai-insecure-api-key.{OWN}");
    let call = Call {
        fields: &[("sec-websocket-protocol", &protocols)],
        ..crate::call::APPROVED
    };
    assert_eq!(call.send(fixture.address(), Protocol::WebSocket), 400);
    fixture.assert_nothing_arrived("a credential in a subprotocol");
}

/// The token of a client is no credential of the provider's, and it can stand in a field that is no credential at all.
#[test]
fn token_beside_a_held_key_goes_on_in_no_field() {
    let fixture = fixture!("force");
    answer_all(&fixture.provider);
    let (key, clients) = (key_file(&fixture), tokens_file(&fixture));
    let key = format!("openai={key}");
    let fixture = fixture.with_proxy(&["--key", &key, "--client-tokens", &clients]);
    let (bearer, agent) = (format!("Bearer {TOKEN}"), format!("agent/{TOKEN}"));
    let fields = [
        ("authorization", bearer.as_str()),
        ("user-agent", agent.as_str()),
        ("x-client-request-id", TOKEN),
    ];
    let call = Call {
        fields: &fields,
        ..crate::call::APPROVED
    };
    assert_eq!(call.send(fixture.address(), Protocol::Http1), 200);
    let requests = fixture.provider.wait_for(1, crate::SOON).unwrap();
    let sent = format!("{:?}", requests[0].fields);
    assert!(!sent.contains(TOKEN), "{sent}");
}

/// Where no key is held, a client's own credential goes on, and the token that the proxy knows it by does not.
#[test]
fn token_without_a_held_key_is_taken_out_and_the_credential_goes_on() {
    let fixture = fixture!("force").with_policy("allow_headers = ['x-model-lock-*']");
    fixture.provider.take_websockets(true);
    let clients = tokens_file(&fixture);
    let fixture = fixture.with_proxy(&["--client-tokens", &clients]);
    let (bearer, own) = (format!("Bearer {TOKEN}"), format!("Bearer {OWN}"));
    for protocol in PROTOCOLS {
        for (fields, credential) in [
            (&[("authorization", bearer.as_str())][..], None),
            (
                &[("x-model-lock-token", TOKEN), ("authorization", &own)],
                Some(own.as_str()),
            ),
        ] {
            let before = fixture.provider.requests().len();
            let status = Call {
                fields,
                ..crate::call::APPROVED
            }
            .send(fixture.address(), protocol);
            assert!(status == 200 || status == 101, "{protocol:?} {status}");
            let requests = fixture.provider.wait_for(before + 1, crate::SOON).unwrap();
            let last = requests.last().unwrap();
            assert_eq!(last.field("authorization"), credential, "{protocol:?}");
            assert!(
                !format!("{:?}", last.fields).contains(TOKEN),
                "{protocol:?}"
            );
        }
    }
}

/// Escapes, also in one another, are decoded by servers, and some decode those of a path.
#[test]
fn token_in_a_target_goes_on_in_no_spelling() {
    let policy = "allow = ['GET /v1/extra', 'GET /v1/extra/*']";
    for holds_key in [true, false] {
        let fixture = fixture!("force").with_policy(policy);
        let (key, clients) = (key_file(&fixture), tokens_file(&fixture));
        let held = ["--client-tokens", &clients, "--key", &key];
        let fixture = fixture.with_proxy(&held[..if holds_key { 4 } else { 2 }]);
        let get = |target: &str| {
            let request = format!(
                "GET {target} HTTP/1.1\r\nhost: localhost\r\nx-model-lock-token: {TOKEN}\r\n\r\n"
            );
            fixture.client().call(request.as_bytes()).status
        };
        let spellings = spellings(TOKEN);
        for spelled in &spellings {
            let target = format!("/v1/extra?a=b&key={spelled}");
            // The provider knows no such operation.
            assert_eq!(get(&target), 404, "{target}");
            let requests = fixture.provider.requests();
            let last = requests.last().unwrap();
            assert_eq!(last.target, "/v1/extra?a=b", "{target}");
        }
        let before = fixture.provider.requests().len();
        for spelled in &spellings {
            for target in [
                format!("/v1/extra?a=b&{spelled}=c"),
                format!("/v1/extra?a=b&user={spelled}"),
                format!("/v1/extra?user=x{spelled}x&a=b"),
                format!("/v1/realtime?model={spelled}"),
            ] {
                let status = get(&target);
                assert!(status == 400 || status == 404, "{status} {target}");
            }
        }
        for target in [
            format!("/v1/extra/{TOKEN}"),
            format!("/v1/models/{TOKEN}"),
            format!("/v1/extra/x{TOKEN}x"),
        ] {
            assert_eq!(get(&target), 400, "{target}");
        }
        for spelled in &spellings {
            let status = get(&format!("/v1/extra/{spelled}"));
            assert!(status == 400 || status == 404, "{spelled}");
        }
        assert_eq!(fixture.provider.requests().len(), before);
        let line = fixture.wait_for_log(&[r#""event":"undecidable""#, r#""status":400"#]);
        assert!(!line.contains(TOKEN), "{line}");
    }
}

/// The spellings of a token that servers decode to it.
fn spellings(token: &str) -> Vec<String> {
    let all = |escape: &dyn Fn(u8) -> String| token.bytes().map(escape).collect::<String>();
    let first = |escape: &str| {
        format!(
            "{escape}{:02x}{}",
            token.as_bytes()[0],
            token.get(1..).unwrap()
        )
    };
    vec![
        token.to_owned(),
        all(&|byte| format!("%{byte:02x}")),
        all(&|byte| format!("%{byte:02X}")),
        all(&|byte| format!("%25{byte:02x}")),
        first("%"),
        first("%2525"),
        first("%u00"),
    ]
}

#[test]
fn own_token_field_never_goes_on_in_any_configuration() {
    let fixture =
        fixture!("force").with_policy("allow_headers = ['x-model-lock-token', 'x-model-lock-*']");
    let open = write(&fixture, "unused", "");
    assert!(!open.is_empty());
    let fixture = fixture.with_proxy(&[]);
    let call = Call {
        fields: &[("x-model-lock-token", TOKEN)],
        ..crate::call::APPROVED
    };
    assert_eq!(call.send(fixture.address(), Protocol::Http1), 200);
    let requests = fixture.provider.requests();
    assert_eq!(requests[0].field("x-model-lock-token"), None);
}
