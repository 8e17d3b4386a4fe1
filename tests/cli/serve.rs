//! The proxy as a process: signals, reload, log and counts.

use std::net::{TcpListener, TcpStream};
use std::path::Path;

use rustix::process::Signal;

use fake_provider::http_client::{HttpClient, post};

use crate::run;
use crate::served::{ServedProcess, StatsdSocket, text};

#[test]
fn serve_after_signal_exits_0_and_logs_it() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut proxy = ServedProcess::start(&[], &[("OPENCLAW_MODEL", "gpt-5.5")]);
        let listening = proxy.event("listening");
        assert_eq!(text(&listening, "model"), "gpt-5.5");
        proxy.signal(signal);
        proxy.event("draining");
        proxy.event("stopped");
        assert_eq!(proxy.wait().code(), Some(0));
    }
}

#[test]
fn serve_names_the_dialects_that_do_not_put_a_pin_in() {
    let pinned = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_SERVICE_TIER", "default"),
    ];
    let mut proxy = ServedProcess::start(&["--dialect", "openai,mistral"], &pinned);
    let line = proxy.event("pin_not_inserted");
    assert_eq!(text(&line, "dialect"), "mistral");
    let message = "dialect `mistral`: the pinned service_tier is not put into a request that states none, \
                   at POST /v1/chat/completions, POST /v1/fim/completions";
    assert_eq!(text(&line, "message"), message);
    proxy.signal(Signal::TERM);
    assert_eq!(proxy.wait().code(), Some(0));
}

#[test]
fn serve_names_what_the_dialects_take_from_each_other() {
    let pinned = [("OPENCLAW_MODEL", "gpt-5.5")];
    let mut proxy = ServedProcess::start(&["--dialect", "openai,anthropic"], &pinned);
    let line = proxy.event("dialects_overlap");
    assert_eq!(text(&line, "dialect"), "anthropic");
    let message = "dialect `anthropic`: GET /v1/files/*/content is refused, because dialect `openai` refuses it";
    assert!(text(&line, "message").starts_with(message), "{line:?}");
    proxy.signal(Signal::TERM);
    assert_eq!(proxy.wait().code(), Some(0));
}

/// What a container's health check sees: nobody, then a proxy that is ready, then nobody again.
#[test]
fn health_reports_what_the_admin_port_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = silent.local_addr().unwrap().to_string();
    drop(silent);
    let (status, out, errors) = run(&["health", "--admin", &nobody], &[]);
    let line =
        format!("model-lock: nothing answers at {nobody}: Connection refused (os error 111)");
    assert_eq!((status, out.as_str(), errors), (1, "", vec![line]));

    let flags = ["--admin", "127.0.0.1:0"];
    let mut proxy = ServedProcess::start(&flags, &[("OPENCLAW_MODEL", "gpt-5.5")]);
    let listening = proxy.event("listening");
    let admin = text(&listening, "admin");
    let ready = (0, "ready\n".to_owned(), Vec::new());
    assert_eq!(run(&["health", "--admin", &admin], &[]), ready);
    assert_eq!(run(&["health"], &[("MODEL_LOCK_ADMIN", &admin)]), ready);
    // The port that takes requests is no admin port.
    let (status, _, errors) = run(&["health", "--admin", &text(&listening, "address")], &[]);
    assert_eq!(status, 1, "{errors:?}");

    proxy.signal(Signal::TERM);
    assert_eq!(proxy.wait().code(), Some(0));
    assert_eq!(run(&["health", "--admin", &admin], &[]).0, 1);
    let (status, out, errors) = run(&["health"], &[]);
    let line = "model-lock: MODEL_LOCK_ADMIN: not set: it, or --admin, says where to ask";
    assert_eq!(
        (status, out.as_str(), errors),
        (78, "", vec![line.to_owned()])
    );
}

/// Sends a request to a provider that never answers; the request is there once this returns.
fn hang(proxy: &str, provider: &TcpListener) -> (HttpClient, TcpStream) {
    let mut client = HttpClient::connect(proxy.parse().unwrap());
    let body = br#"{"model":"gpt-5.5","input":"hi"}"#;
    client.send(&post("/v1/responses", "", body));
    (client, provider.accept().unwrap().0)
}

#[test]
fn shutdown_waits_for_requests_until_deadline_or_second_signal() {
    let provider = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}", provider.local_addr().unwrap());
    for (drain, signals, status) in [("200ms", 1, 0), ("10m", 2, 130)] {
        let flags = ["--upstream", &upstream, "--drain-timeout", drain];
        let mut proxy = ServedProcess::start(&flags, &[("OPENCLAW_MODEL", "gpt-5.5")]);
        let held = hang(&proxy.address(), &provider);
        proxy.signal(Signal::TERM);
        proxy.event("draining");
        if signals == 2 {
            proxy.signal(Signal::TERM);
        }
        assert_eq!(proxy.wait().code(), Some(status), "{drain}");
        drop(held);
    }
}

#[test]
fn serve_in_audit_mode_warns_at_start_that_nothing_is_locked() {
    let variables = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_MODEL_LOCK_MODE", "report_only"),
    ];
    let audit = ServedProcess::start(&[], &variables).event("report_only");
    assert_eq!(text(&audit, "level"), "warn");
    assert!(text(&audit, "message").contains("nothing is locked"));
}

#[test]
fn changed_policy_file_is_loaded_and_an_invalid_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy.toml");
    std::fs::write(&file, "model = 'a'").unwrap();
    let proxy = ServedProcess::start(&["--policy", file.to_str().unwrap()], &[]);
    let first = text(&proxy.event("listening"), "policy_hash");

    // Without a signal: the content is looked at again and again.
    replace(&file, "model = 'b'");
    let applied = proxy.event("policy_reload");
    assert_eq!(
        (
            text(&applied, "result").as_str(),
            text(&applied, "model").as_str()
        ),
        ("applied", "b")
    );
    let second = text(&applied, "policy_hash");
    assert_ne!(first, second);

    replace(&file, "model = 'c'\nmode = 'x'");
    proxy.signal(Signal::HUP);
    let kept = proxy.event("policy_reload");
    assert_eq!(
        (text(&kept, "result").as_str(), text(&kept, "policy_hash")),
        ("kept", second)
    );
    assert!(text(&kept, "problems").contains("unknown mode `x`"));
}

/// Puts a file in the place of another whole, so that nobody reads half of it.
fn replace(file: &Path, text: &str) {
    let aside = file.with_extension("new");
    std::fs::write(&aside, text).unwrap();
    std::fs::rename(aside, file).unwrap();
}

/// Sends a body with a client's credential, and returns the status.
fn status_of(address: &str, target: &str, body: &str) -> u16 {
    let fields = "user-agent: tests\r\nauthorization: Bearer sk-secret\r\n";
    let request = post(target, fields, body.as_bytes());
    HttpClient::connect(address.parse().unwrap())
        .call(&request)
        .status
}

#[test]
fn attempt_is_logged_and_counted_without_secrets() {
    let daemon = StatsdSocket::start();
    let port = daemon.port();
    let variables = [
        ("OPENCLAW_MODEL", "gpt-5.5"),
        ("OPENCLAW_MODEL_LOCK_MODE", "reject"),
        ("STATSD_HOST", "127.0.0.1"),
        ("STATSD_PORT", &port),
        // Attempts are told whatever the filter says.
        ("MODEL_LOCK_LOG", "info,model_lock::attempt=off"),
    ];
    let mut proxy = ServedProcess::start(&[], &variables);
    let address = proxy.address();
    let content = r#"{"model":"gpt-x","input":"sk-prompt"}"#;
    assert_eq!(
        status_of(&address, "/v1/responses?key=sk-query", content),
        400
    );
    let undecidable = proxy.event("undecidable");
    assert_eq!(text(&undecidable, "reason"), "malformed");
    assert!(
        !format!("{undecidable:?}").contains("sk-"),
        "{undecidable:?}"
    );
    assert_eq!(
        daemon.lines(1),
        ["model_lock.undecidable:1|c|#reason:malformed,surface:http"]
    );

    assert_eq!(status_of(&address, "/v1/responses", content), 400);
    let attempt = proxy.event("attempt");
    let wanted = [
        ("level", "warn"),
        ("enforcement_point", "proxy"),
        ("result", "rejected"),
        ("mode", "reject"),
        ("surface", "http"),
        ("source", "user"),
        ("capability", "generation"),
        ("requested_model", "gpt-x"),
        ("method", "POST"),
        ("path", "/v1/responses"),
        ("user_agent", "tests"),
    ];
    for (name, value) in wanted {
        assert_eq!(text(&attempt, name), value, "{name}");
    }
    for name in ["ts", "place", "request_id", "policy_hash", "reason", "pid"] {
        assert!(attempt.contains_key(name), "{name} in {attempt:?}");
    }
    assert!(!format!("{attempt:?}").contains("sk-"), "{attempt:?}");
    let attempts = "model_lock.override_attempts:1|c|#mode:reject,result:rejected,surface:http,source:user,capability:generation";
    let requests = "model_lock.requests:1|c|#mode:reject,surface:http,model_match:other";
    assert_eq!(daemon.lines(2), [attempts, requests]);

    // What was counted since the last second goes out at the end.
    status_of(&address, "/v1/responses", r#"{"model":"gpt-x"}"#);
    proxy.signal(Signal::TERM);
    assert_eq!(daemon.lines(2), [attempts, requests]);
    assert_eq!(proxy.wait().code(), Some(0));
}
