//! What the API says after a known run.

use fake_provider::json::Json;

use crate::dashboard::{Dashboard, at, requested_models};
use fake_provider::http_client::{HttpClient, post};

/// How many attempts of one request are told.
const EACH: usize = 64;
/// A name that would be markup.
const MARKUP: &str = "<img src=x onerror=alert(1)>";

#[test]
fn status_tells_whether_the_lock_holds() {
    let mut dashboard = Dashboard::new("force");
    let data = dashboard.get_json("status");
    for (path, want) in [
        (&["state"][..], "holding"),
        (&["mode"], "force"),
        (&["approved_model"], "gpt-5.5"),
        (&["policy_from"], "the environment"),
        (&["level"], "enforced"),
        (&["key"], "clients"),
        (&["ready"], "true"),
        (&["requests"], "0"),
        (&["in_flight"], "0"),
        (&["audit_lines_dropped"], "0"),
    ] {
        assert_eq!(at(&data, path), want, "{path:?}");
    }
    assert_eq!(data.get("concerns").unwrap().items(), []);
    let policy = dashboard.get("/policy", "");
    let hash = format!("hash = {}\n", at(&data, &["policy_hash"]));
    assert!(policy.body.starts_with(hash.as_bytes()), "{policy:?}");
    // StatsD is sent to within a second, and the empty past is read as soon.
    dashboard.status("StatsD and the past", |data| {
        at(data, &["statsd", "state"]) == "sent" && at(data, &["audit", "state"]) == "read"
    });
    dashboard.start("127.0.0.1:0", &[]);
    assert_eq!(at(&dashboard.get_json("status"), &["requests"]), "0");
}

#[test]
fn status_in_report_only_mode_tells_that_nothing_is_locked() {
    let data = Dashboard::new("report_only").get_json("status");
    assert_eq!(at(&data, &["state"]), "open");
    assert_eq!(at(&data, &["level"]), "open");
    let concerns = data.get("concerns").unwrap().items();
    assert_eq!(concerns.len(), 1);
    assert_eq!(at(&concerns[0], &["code"]), "nothing_locked");
    assert_eq!(at(&concerns[0], &["severity"]), "critical");
}

#[test]
fn attempt_lists_requested_sent_and_served_model_together() {
    let dashboard = Dashboard::new("force");
    dashboard.ask("gpt-5.5");
    dashboard.ask(MARKUP);
    dashboard.ask_and_get("gpt-5.5", "another");
    dashboard.ask_and_get("wished", "another");
    HttpClient::connect(dashboard.fixture.address()).call(&post("/v1/responses", "", b"[]"));
    let rows = dashboard.attempts("", "four rows, two of them of another model", |rows| {
        let wrong = rows
            .iter()
            .filter(|row| row.text_at(&["served"]) == Some("mismatch"));
        rows.len() == 4 && wrong.count() == 2
    });
    let data = |row: &Json| {
        let members = [
            "event",
            "result",
            "requested_model",
            "applied_model",
            "sent_model",
            "served_model",
            "served",
        ];
        members.map(|name| row.text_at(&[name]).unwrap_or("-").to_owned())
    };
    let rows: Vec<[String; 7]> = rows.iter().map(data).collect();
    let wanted = [
        ["undecidable", "rejected", "-", "-", "-", "-", "-"],
        [
            "attempt", "forced", "wished", "gpt-5.5", "gpt-5.5", "another", "mismatch",
        ],
        [
            "served", "mismatch", "gpt-5.5", "-", "gpt-5.5", "another", "mismatch",
        ],
        [
            "attempt", "forced", MARKUP, "gpt-5.5", "gpt-5.5", "gpt-5.5", "match",
        ],
    ];
    assert_eq!(rows, wanted.map(|row| row.map(str::to_owned)));
    model_flows_are_reported(&dashboard);
    status_is_reported(&dashboard);
    series_is_reported(&dashboard);
}

fn model_flows_are_reported(dashboard: &Dashboard) {
    let models = dashboard.get_json("served");
    let models = models.get("models").unwrap().items();
    let mut chains: Vec<[String; 5]> = models
        .iter()
        .map(|model| {
            [
                "requested_model",
                "sent_model",
                "served_model",
                "result",
                "requests",
            ]
            .map(|name| at(model, &[name]))
        })
        .collect();
    chains.sort();
    let wanted = [
        [MARKUP, "gpt-5.5", "gpt-5.5", "match", "1"],
        ["gpt-5.5", "gpt-5.5", "another", "mismatch", "1"],
        ["gpt-5.5", "gpt-5.5", "gpt-5.5", "match", "1"],
        ["wished", "gpt-5.5", "another", "mismatch", "1"],
    ];
    assert_eq!(chains, wanted.map(|chain| chain.map(str::to_owned)));
}

fn status_is_reported(dashboard: &Dashboard) {
    let status = dashboard.get_json("status");
    assert_eq!(at(&status, &["state"]), "holding");
    let concerns = status.get("concerns").unwrap().items();
    assert_eq!(at(&concerns[0], &["code"]), "another_model_served");
    for (path, want) in [
        (["attempts", "forced"], "2"),
        (["served", "mismatch"], "2"),
        (["served", "match"], "2"),
        (["last_hour", "mismatch"], "2"),
        (["last_hour", "forced"], "2"),
        (["last_hour", "undecidable"], "1"),
        (["pace", "upstream_errors"], "0"),
    ] {
        assert_eq!(at(&status, &path), want, "{path:?}");
    }
    assert_eq!(at(&status, &["pace", "overhead", "requests"]), "4");
}

fn series_is_reported(dashboard: &Dashboard) {
    for window in ["1h", "24h", "7d"] {
        let series = dashboard.get_json(&format!("series?window={window}"));
        let buckets = series.get("buckets").unwrap().items();
        let counts = buckets
            .iter()
            .flat_map(|bucket| bucket.get("counts").unwrap().items());
        let mut counts: Vec<[String; 3]> = counts
            .map(|part| ["result", "surface", "count"].map(|name| at(part, &[name])))
            .collect();
        counts.sort();
        let sum = |result: &str| -> u32 {
            let own = counts.iter().filter(|part| part[0] == result);
            own.map(|part| part[2].parse::<u32>().unwrap()).sum()
        };
        assert_eq!(
            (sum("forced"), sum("mismatch"), sum("undecidable")),
            (2, 2, 1),
            "{counts:?}"
        );
        assert!(counts.iter().all(|part| part[1] == "http"), "{counts:?}");
    }
}

#[test]
fn attempts_are_searched_filtered_and_paged() {
    let dashboard = Dashboard::new("reject");
    for number in 0..7 {
        dashboard.ask(&format!("wished-{number}"));
    }
    let rows = dashboard.attempts(
        "?query=WISHED-3&result=rejected&surface=http",
        "one row",
        |rows| !rows.is_empty(),
    );
    assert_eq!(requested_models(&rows), ["wished-3"]);
    assert_eq!(
        dashboard.attempts("?query=wished-3&surface=argv", "none", <[Json]>::is_empty),
        []
    );
    assert_eq!(
        dashboard
            .attempts("?query=tests/1&limit=9", "all, by client", |rows| rows
                .len()
                == 7)
            .len(),
        7
    );
    let mut all = Vec::new();
    let mut before = String::new();
    loop {
        let data = dashboard.get_json(&format!("attempts?limit=3{before}"));
        all.extend(data.get("attempts").unwrap().items().to_vec());
        let next = at(&data, &["before"]);
        if next == "null" {
            break;
        }
        assert_eq!(all.len() % 3, 0);
        before = format!("&before={next}");
    }
    assert_eq!(
        requested_models(&all),
        [
            "wished-6", "wished-5", "wished-4", "wished-3", "wished-2", "wished-1", "wished-0"
        ]
    );
}

#[test]
fn invalid_query_is_answered_with_a_json_error() {
    let dashboard = Dashboard::new("force");
    for (target, status, code, message) in [
        (
            "/api/v1/attempts?limit=x",
            400,
            "bad_query",
            "`limit`: a number from 1 to 1000 expected",
        ),
        (
            "/api/v1/attempts?model=x",
            400,
            "bad_query",
            "`model` is not known here; known: query, result, surface, before, limit",
        ),
        (
            "/api/v1/series?window=1y",
            400,
            "bad_query",
            "`window`: 1h, 24h or 7d expected",
        ),
        (
            "/api/v1/status?x",
            400,
            "bad_query",
            "`x` is not known here; known: none",
        ),
        (
            "/api/v1/events?x",
            400,
            "bad_query",
            "`x` is not known here; known: none",
        ),
        (
            "/api/v2/status",
            404,
            "not_found",
            "nothing is here; docs/reference/dashboard-api.md lists what there is",
        ),
        (
            "/page.css/..",
            404,
            "not_found",
            "nothing is here; docs/reference/dashboard-api.md lists what there is",
        ),
    ] {
        let answer = dashboard.get(target, "");
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(
            (
                answer.error("code").as_str(),
                answer.error("message").as_str()
            ),
            (code, message)
        );
    }
}

#[test]
fn method_other_than_get_is_refused() {
    let dashboard = Dashboard::new("force");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"] {
        let mut client = HttpClient::connect(dashboard.admin);
        client.send(
            format!("{method} /api/v1/status HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes(),
        );
        let (status, fields) = client.head();
        assert_eq!(status, 405, "{method}");
        assert!(
            fields.contains(&("allow".to_owned(), "GET".to_owned())),
            "{method} {fields:?}"
        );
    }
}

#[test]
fn flood_evicts_old_rows_and_is_counted_whole() {
    let dashboard = Dashboard::new("reject");
    dashboard.flood(30);
    let data = dashboard.get_json("attempts?limit=1000");
    assert_eq!(data.get("attempts").unwrap().items().len(), 1000);
    assert_eq!(
        (at(&data, &["held"]), at(&data, &["capacity"])),
        ("1000".to_owned(), "1000".to_owned())
    );
    assert_eq!(
        at(&dashboard.get_json("status"), &["attempts", "rejected"]),
        (30 * EACH).to_string()
    );
}
