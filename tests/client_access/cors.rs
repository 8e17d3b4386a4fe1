//! What the page of a listed origin needs to call from a browser: preflights, and the fields of responses.

use fake_provider::fixture;
use fake_provider::http_client::HttpClient;

use crate::call::{APPROVED, Call};
use crate::{TOKEN, key_file, tokens_file};

const PAGE: &str = "https://app.example";

/// The value of a field, the last one where it stands twice.
fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let own = fields.iter().rev().find(|(have, _)| have == name);
    own.map(|(_, value)| value.as_str())
}

#[test]
fn preflight_of_a_listed_origin_is_answered_without_token_and_without_the_provider() {
    let fixture = fixture!("force");
    let (key, tokens) = (key_file(&fixture), tokens_file(&fixture));
    let flags = [
        "--allow-origin",
        PAGE,
        "--key",
        &key,
        "--client-tokens",
        &tokens,
    ];
    let fixture = fixture!("force", &flags);
    let ask = |origin: &str, method: &str| {
        let request = format!(
            "OPTIONS /v1/responses HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\naccess-control-request-method: {method}\r\naccess-control-request-headers: authorization,content-type,x-stainless-os\r\n\r\n"
        );
        HttpClient::connect(fixture.address()).call(request.as_bytes())
    };
    let answer = ask(PAGE, "POST");
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    for (name, value) in [
        ("access-control-allow-origin", PAGE),
        (
            "access-control-allow-headers",
            "authorization,content-type,x-stainless-os",
        ),
        (
            "access-control-allow-methods",
            "DELETE, GET, PATCH, POST, PUT",
        ),
        ("access-control-max-age", "600"),
        ("vary", "origin"),
    ] {
        assert_eq!(answer.field(name), Some(value), "{name}");
    }
    assert_eq!(answer.field("access-control-allow-credentials"), None);
    let answer = ask("https://evil.example", "POST");
    assert_eq!(answer.status, 403);
    assert_eq!(answer.field("access-control-allow-origin"), None);
    fixture.assert_nothing_arrived("a preflight");
}

#[test]
fn page_of_a_listed_origin_may_read_each_response() {
    let fixture = fixture!("reject");
    let tokens = tokens_file(&fixture);
    let fixture = fixture!(
        "reject",
        &["--allow-origin", PAGE, "--client-tokens", &tokens]
    );
    let bearer = format!("Bearer {TOKEN}");
    let own = [("origin", PAGE), ("authorization", bearer.as_str())];
    let other = r#"{"model":"other","input":"hi"}"#;
    for (fields, body, status) in [
        (&own[..], APPROVED.body, 200),
        (&own, other, 400),
        (&own[..1], APPROVED.body, 401),
    ] {
        let call = Call {
            fields,
            body,
            ..APPROVED
        };
        let (got, fields, _) = call.answer(fixture.address());
        assert_eq!(got, status);
        assert_eq!(
            field(&fields, "access-control-allow-origin"),
            Some(PAGE),
            "{status}"
        );
        assert_eq!(
            field(&fields, "access-control-expose-headers"),
            Some("*"),
            "{status}"
        );
        assert_eq!(field(&fields, "vary"), Some("origin"), "{status}");
    }
    // Who is no page gets none of them.
    let call = Call {
        fields: &own[1..],
        ..APPROVED
    };
    let (_, fields, _) = call.answer(fixture.address());
    assert_eq!(field(&fields, "access-control-allow-origin"), None);
}
