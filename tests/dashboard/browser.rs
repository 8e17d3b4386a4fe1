//! A real Chromium: clicks through the page, reads it as axe-core does, and takes its pictures.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fake_provider::json::quote;
use fake_provider::process::{Daemon, run};

use crate::dashboard::Dashboard;
use fake_provider::http_client::{HttpClient, post};

/// How long one run of the browser may take; it takes ten seconds.
const END: Duration = Duration::from_mins(2);
/// How long the browser may take to be installed; it takes half a minute.
const INSTALL: Duration = Duration::from_mins(5);

/// Starts a scenario of the script, with something to know; `None` where no browser can be had.
fn start(dashboard: &Dashboard, scenario: &str, known: &str) -> Option<Daemon> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let tool = run(&mut Command::new(here.join("tools/browser")), INSTALL).unwrap();
    assert!(tool.status.success(), "{}", tool.err());
    if tool.out().is_empty() {
        eprintln!("SKIPPED: {}", tool.err());
        return None;
    }
    let data = format!(
        r#"{{"tools":{},"scenario":{},"proxy":"http://{}","page":"http://{}","shots":{},"known":{}}}"#,
        quote(tool.out().trim()),
        quote(scenario),
        dashboard.fixture.address(),
        dashboard.admin,
        quote(env!("CARGO_TARGET_TMPDIR")),
        quote(known),
    );
    let mut command = Command::new("node");
    command.arg(here.join("dashboard/browser.mjs")).arg(data);
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    Some(Daemon::start(&mut command).unwrap())
}

/// Waits for the end of the script, which says what is not as it should be.
fn end(mut script: Daemon) {
    let status = script.wait(END);
    let output = script.lines();
    let well = status.is_some_and(|status| status.success());
    assert!(
        well && output.last().is_some_and(|line| line == "done"),
        "{}",
        output.join("\n")
    );
}

fn browse(dashboard: &Dashboard, scenario: &str, known: &str) {
    start(dashboard, scenario, known).into_iter().for_each(end);
}

/// What would send the script somewhere else.
const ELSEWHERE: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

#[test]
fn page_without_attempts_is_calm_and_accessible() {
    browse(&Dashboard::new("force"), "empty", "");
}

#[test]
fn page_after_an_attack_escapes_all_text_and_updates_live() {
    let dashboard = Dashboard::new("force");
    attack(&dashboard);
    browse(&dashboard, "attacked", "");
}

#[test]
fn page_in_report_only_mode_warns_first() {
    let dashboard = Dashboard::new("report_only");
    dashboard.ask("gpt-4o");
    browse(&dashboard, "open", "");
}

#[test]
fn page_asks_for_the_token_and_stores_it_nowhere() {
    let mut dashboard = Dashboard::new("reject");
    let file = dashboard.fixture.directory.path().join("token");
    std::fs::write(&file, "correct-horse-battery").unwrap();
    dashboard.start("127.0.0.1:0", &["--admin-token", file.to_str().unwrap()]);
    dashboard.ask("gpt-4o");
    browse(&dashboard, "token", "correct-horse-battery");
}

#[test]
fn page_that_lost_the_proxy_shows_stale_data_and_recovers() {
    let mut dashboard = Dashboard::new("reject");
    dashboard.ask("gpt-4o");
    let Some(script) = start(&dashboard, "lost", "") else {
        return;
    };
    let wish = |wanted: &str| {
        let output = script.wait_for(|line| line == wanted, END);
        assert!(
            output.is_some(),
            "waited for `{wanted}`: {:?}",
            script.lines()
        );
    };
    wish("the proxy may go");
    dashboard.fixture.stop_proxy();
    wish("the proxy may come back");
    let address = dashboard.admin.to_string();
    dashboard.start(&address, &[]);
    end(script);
}

/// Attempts through every door there is, some of them ugly.
fn attack(dashboard: &Dashboard) {
    for model in [
        "gpt-4o",
        "gpt-4o-mini",
        "claude-opus-4-1",
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "o3",
    ] {
        dashboard.ask(model);
    }
    let long = "a-model-whose-name-is-long-and-has-no-place-to-break-".repeat(3);
    dashboard.ask(&long);
    dashboard.ask("gpt-5.5");
    dashboard.ask_and_get("gpt-5.5", "gpt-5.4-mini");
    dashboard.ask_and_get("o3", "<b>other</b>");
    let mut client = HttpClient::connect(dashboard.fixture.address());
    client.call(&post("/v1/responses", "", b"[]"));
    client.call(&post(
        "/v1/responses",
        "x-openai-subagent: review\r\n",
        br#"{"model":"codex-auto-review"}"#,
    ));
    client.call(&post(
        "/v1/embeddings",
        "",
        br#"{"model":"text-embedding-3-large","input":"x"}"#,
    ));
    client.call(&post(
        "/v1/responses",
        "",
        br#"{"model":"gpt-5.5","tools":[{"type":"image_generation","model":"dall-e-3"}]}"#,
    ));
    dashboard.shim("gpt-4.1");
}
