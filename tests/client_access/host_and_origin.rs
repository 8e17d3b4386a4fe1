//! Pages of other sites: what they state in `Origin`, and in `Host` where their name leads to the listener.

use fake_provider::fixture;
use fake_provider::fixture::Fixture;

use crate::call::{APPROVED, Call, PROTOCOLS, Protocol};
use crate::{SOON, TOKEN, key_file, tokens_file};

fn locked(flags: &[&str]) -> Fixture {
    let fixture = fixture!("force", flags);
    fixture.provider.take_websockets(true);
    fixture
}

fn is_served(call: &Call<'_>, fixture: &Fixture, protocol: Protocol) -> bool {
    match call.send(fixture.address(), protocol) {
        200 | 101 => true,
        403 => false,
        other => panic!("{protocol:?}: {other}"),
    }
}

#[test]
fn origin_that_is_not_listed_is_rejected_whether_a_key_is_held_or_not() {
    let fixture = fixture!("force");
    let key = key_file(&fixture);
    let allow = [
        "--allow-origin",
        "https://app.example,http://localhost:3000",
        "--allow-origin",
        "https://b.example",
    ];
    let held = ["--key", &key, "--client-auth", "none"];
    for flags in [&allow[..], &[&allow[..], &held].concat()] {
        let fixture = locked(flags);
        for protocol in PROTOCOLS {
            for (origin, passes) in [
                ("https://evil.example", false),
                ("null", false),
                ("http://localhost", false),
                ("https://app.example:444", false),
                ("https://app.example", true),
                ("http://localhost:3000", true),
                ("https://b.example", true),
            ] {
                let call = Call {
                    fields: &[("origin", origin)],
                    ..APPROVED
                };
                let before = fixture.provider.requests().len();
                assert_eq!(
                    is_served(&call, &fixture, protocol),
                    passes,
                    "{protocol:?} {origin}"
                );
                let arrived = fixture.provider.requests().len() - before;
                assert_eq!(arrived, usize::from(passes), "{protocol:?} {origin}");
            }
        }
    }
}

#[test]
fn rejected_origin_is_counted_logged_and_has_the_shape_of_the_dialect() {
    for (dialect, target, want) in [
        ("openai", "/v1/responses", r#""type":"permission_error""#),
        ("anthropic", "/v1/messages", r#""type":"permission_error""#),
        (
            "gemini",
            "/v1beta/models/gpt-5.5:generateContent",
            r#""status":"PERMISSION_DENIED""#,
        ),
    ] {
        let fixture = locked(&["--dialect", dialect]);
        let call = Call {
            target,
            fields: &[("origin", "https://evil.example")],
            ..APPROVED
        };
        let (status, _, body) = call.answer(fixture.address());
        assert_eq!(status, 403, "{dialect}");
        assert!(
            body.contains(want) && body.contains("--allow-origin"),
            "{dialect}: {body}"
        );
        let line =
            fixture.wait_for_log(&[r#""event":"undecidable""#, r#""reason":"unknown_origin""#]);
        assert!(!line.contains("evil.example"), "{line}");
        let counted =
            |line: &str| line.contains("undecidable:1|c") && line.contains("reason:unknown_origin");
        assert!(
            fixture.statsd.wait_for(counted, SOON).is_some(),
            "{dialect}"
        );
    }
}

/// The hosts that a page of another site would state, and those of the listener.
const HOSTS: [(&str, bool); 8] = [
    ("evil.example", false),
    ("localhost.evil.example:8383", false),
    ("0.0.0.0:8383", false),
    ("10.0.0.1", false),
    ("localhost:1", true),
    ("127.0.0.1:8383", true),
    ("[::1]:8383", true),
    ("lock.corp.example", true),
];

#[test]
fn host_is_checked_where_a_key_is_held_without_client_authentication() {
    let fixture = fixture!("force");
    let (key, clients) = (key_file(&fixture), tokens_file(&fixture));
    let allow = ["--allow-host", "*.corp.example"];
    let open = locked(&[&["--key", &key, "--client-auth", "none"], &allow[..]].concat());
    let known = locked(&["--key", &key, "--client-tokens", &clients]);
    let without = locked(&[]);
    for protocol in PROTOCOLS {
        for (host, passes) in HOSTS {
            let call = Call { host, ..APPROVED };
            assert_eq!(
                is_served(&call, &open, protocol),
                passes,
                "{protocol:?} {host}"
            );
            assert!(is_served(&call, &without, protocol), "{protocol:?} {host}");
            let call = Call {
                fields: &[("x-model-lock-token", TOKEN)],
                ..call
            };
            assert!(is_served(&call, &known, protocol), "{protocol:?} {host}");
        }
    }
    open.wait_for_log(&[r#""event":"undecidable""#, r#""reason":"unknown_host""#]);
}
