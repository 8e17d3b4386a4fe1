//! Who is answered: on loopback whoever sits there, elsewhere whoever has the token.

use std::time::Instant;

use fake_provider::process::run;

use crate::SOON;
use crate::dashboard::{Dashboard, at};
use fake_provider::http_client::{HttpClient, Response};

const TOKEN: &str = "correct-horse-battery";
/// What tells more than counts.
const TOLD: [&str; 6] = [
    "/policy",
    "/api/v1/status",
    "/api/v1/attempts",
    "/api/v1/series",
    "/api/v1/served",
    "/api/v1/events",
];
const PROBES: [&str; 4] = ["/livez", "/readyz", "/version", "/metrics"];

fn send(dashboard: &Dashboard, target: &str, fields: &str) -> Response {
    let request = format!("GET {target} HTTP/1.1\r\n{fields}\r\n");
    let mut client = HttpClient::connect(dashboard.admin);
    client.send(request.as_bytes());
    let (status, fields) = client.head();
    Response {
        status,
        fields,
        body: Vec::new(),
    }
}

#[test]
fn response_of_each_path_has_the_security_headers() {
    let dashboard = Dashboard::new("force");
    for target in [
        "/",
        "/page.css",
        "/page.js",
        "/icon.svg",
        "/api/v1/status",
        "/api/v1/events",
        "/nothing",
        "/livez",
        "/policy",
    ] {
        let answer = send(
            &dashboard,
            target,
            &format!("host: {}\r\n", dashboard.admin),
        );
        let policy = answer.field("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(
                policy.split("; ").any(|data| data == part),
                "{target}: {part} in {policy}"
            );
        }
        assert!(
            !policy.contains("unsafe") && !policy.contains('*'),
            "{policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.field(name), Some(value), "{target}");
        }
        assert_eq!(answer.field("set-cookie"), None);
        assert_eq!(answer.field("access-control-allow-origin"), None);
    }
}

#[test]
fn request_with_foreign_origin_or_host_is_refused() {
    let dashboard = Dashboard::new("force");
    for target in TOLD {
        let rebound = send(&dashboard, target, "host: evil.example\r\n");
        assert_eq!(rebound.status, 403, "{target}");
        let crossed = send(
            &dashboard,
            target,
            "host: localhost\r\nsec-fetch-site: cross-site\r\n",
        );
        assert_eq!(crossed.status, 403, "{target}");
        let foreign = send(
            &dashboard,
            target,
            "host: localhost\r\norigin: https://evil.example\r\n",
        );
        assert_eq!(foreign.status, 403, "{target}");
        let own = send(
            &dashboard,
            target,
            "host: localhost:1\r\nsec-fetch-site: same-origin\r\norigin: http://localhost:1\r\n",
        );
        assert_eq!(own.status, 200, "{target}");
    }
    // Orchestrators and scrapers say any name.
    for target in PROBES {
        assert_eq!(
            send(&dashboard, target, "host: pod-7\r\n").status,
            200,
            "{target}"
        );
    }
    let refused = dashboard.get("/api/v1/status", "sec-fetch-site: cross-site\r\n");
    assert_eq!(refused.error("code"), "cross_site");
}

#[test]
fn non_loopback_without_token_answers_only_probes() {
    let dashboard = Dashboard::with("force", "0.0.0.0:0", &[]);
    for target in TOLD.into_iter().chain(["/", "/page.js"]) {
        let answer = dashboard.get(target, "");
        assert_eq!(
            (answer.status, answer.error("code").as_str()),
            (403, "token_not_set"),
            "{target}"
        );
    }
    for target in PROBES {
        assert_eq!(
            send(&dashboard, target, "host: pod-7\r\n").status,
            200,
            "{target}"
        );
    }
}

#[test]
fn admin_token_authorizes_only_its_holder() {
    for address in ["0.0.0.0:0", "127.0.0.1:0"] {
        let mut dashboard = Dashboard::new("force");
        let file = dashboard.fixture.directory.path().join("token");
        std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
        dashboard.start(address, &["--admin-token", file.to_str().unwrap()]);
        let right = format!("host: ops.example\r\nauthorization: Bearer {TOKEN}\r\n");
        for target in TOLD {
            for wrong in [
                "",
                "authorization: Bearer wrong\r\n",
                "authorization: Bearer correct-horse-batterz\r\n",
                "cookie: token=correct-horse-battery\r\n",
            ] {
                let answer = dashboard.get(target, wrong);
                assert_eq!(answer.status, 401, "{target} {wrong}");
                assert_eq!(answer.field("www-authenticate"), Some("Bearer"));
                assert_eq!(answer.error("code"), "token_wanted");
            }
            let query = dashboard.get(&format!("{target}?token={TOKEN}"), "");
            assert_eq!(query.status, 401, "a token in a query ends in logs");
            assert_eq!(send(&dashboard, target, &right).status, 200, "{target}");
        }
        // What asks for the token holds nothing.
        for target in ["/", "/page.js", "/livez", "/metrics"] {
            assert_eq!(
                send(&dashboard, target, "host: a\r\n").status,
                200,
                "{target}"
            );
        }
        replaced(&dashboard, &file);
    }
}

/// Another token holds once it was read; one that is too short changes nothing.
fn replaced(dashboard: &Dashboard, file: &std::path::Path) {
    let next = "another-battery-staple";
    std::fs::write(file, next).unwrap();
    let status = |token: &str| {
        dashboard
            .get(
                "/api/v1/status",
                &format!("authorization: Bearer {token}\r\n"),
            )
            .status
    };
    let deadline = Instant::now() + SOON;
    while status(next) != 200 {
        assert!(Instant::now() < deadline, "waited for the other token");
        std::thread::yield_now();
    }
    assert_eq!(status(TOKEN), 401);
}

#[test]
fn invalid_token_file_is_reported_at_start() {
    let dashboard = Dashboard::new("force");
    let file = dashboard.fixture.directory.path().join("short");
    std::fs::write(&file, "short").unwrap();
    for (path, why) in [
        (file.to_str().unwrap(), "at least 16 characters expected"),
        ("/nowhere/token", "No such file or directory"),
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_model-lock"));
        command.env_clear().env("OPENCLAW_MODEL", "a");
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--admin-token",
            path,
        ]);
        let finished = run(&mut command, SOON).unwrap();
        assert_eq!(finished.status.code(), Some(78), "{}", finished.err());
        let data = finished.err();
        assert!(
            data.starts_with("model-lock: --admin-token: ") && data.contains(why),
            "{data}"
        );
        assert_eq!(data.lines().count(), 1, "{data}");
    }
}

/// The port stays until what runs has ended, and says that it does not get traffic any more.
#[test]
fn draining_proxy_is_not_ready_and_then_ends_streams() {
    let mut dashboard = Dashboard::new("force");
    let (events, stream) = std::sync::mpsc::channel();
    dashboard
        .fixture
        .provider
        .queue(vec![fake_provider::Reply::stream(stream)]);
    let mut running = HttpClient::connect(dashboard.fixture.address());
    running.send(&fake_provider::http_client::post(
        "/v1/responses",
        "",
        br#"{"model":"gpt-5.5","stream":true}"#,
    ));
    assert_eq!(running.head().0, 200);
    let mut open = HttpClient::connect(dashboard.admin);
    open.send(b"GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(open.head().0, 200);
    dashboard
        .fixture
        .proxy_mut()
        .daemon()
        .signal("TERM")
        .unwrap();
    let data = dashboard.status("the drain", |data| at(data, &["ready"]) == "false");
    assert_eq!(
        at(&data.get("concerns").unwrap().items()[0], &["code"]),
        "draining"
    );
    assert_eq!(dashboard.get("/readyz", "").status, 503);
    assert_eq!(dashboard.get("/livez", "").status, 200);
    drop(events);
    let ended = dashboard.fixture.proxy_mut().daemon().wait(SOON);
    assert_eq!(ended.expect("the end of the drain").code(), Some(0));
    // The process is gone, and what it had said ends.
    open.rest();
}
