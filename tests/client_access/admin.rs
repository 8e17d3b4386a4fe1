//! The admin port has the same rules for `Origin` and `Host`.

use fake_provider::fixture;
use fake_provider::http_client::HttpClient;

#[test]
fn admin_port_answers_listed_hosts_and_origins_alone() {
    let allow = [
        "--allow-host",
        "ops.example",
        "--allow-origin",
        "https://ops.example",
    ];
    let fixture = fixture!("force", &[&["--admin", "127.0.0.1:0"], &allow[..]].concat());
    let admin = fixture.proxy().admin().unwrap();
    let status = |target: &str, fields: &str| {
        let request = format!("GET {target} HTTP/1.1\r\n{fields}\r\n");
        HttpClient::connect(admin).call(request.as_bytes()).status
    };
    for target in ["/api/v1/status", "/policy", "/"] {
        for (fields, want) in [
            ("host: localhost\r\n", 200),
            ("host: ops.example:8384\r\n", 200),
            ("host: ops.example\r\norigin: https://ops.example\r\n", 200),
            ("host: localhost\r\norigin: https://ops.example\r\n", 200),
            ("host: localhost\r\norigin: https://evil.example\r\n", 403),
            ("host: localhost\r\norigin: null\r\n", 403),
            ("host: evil.example\r\n", 403),
        ] {
            assert_eq!(status(target, fields), want, "{target} {fields}");
        }
    }
    // Probes are asked by any name, and by no page.
    for target in ["/livez", "/metrics"] {
        assert_eq!(status(target, "host: pod-7\r\n"), 200, "{target}");
        let foreign = "host: pod-7\r\norigin: https://evil.example\r\n";
        assert_eq!(status(target, foreign), 403, "{target}");
    }
}
