//! A real Chromium: clicks through the page, reads it as axe-core does, and takes its pictures.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fake_provider::json::quote;
use fake_provider::process::{Daemon, run};

use crate::bench::Bench;
use fake_provider::client::{Client, post};

/// How long one run of the browser may take; it takes ten seconds.
const END: Duration = Duration::from_mins(2);
/// How long the browser may take to be installed; it takes half a minute.
const INSTALL: Duration = Duration::from_mins(5);

/// Starts a scenario of the script, with something to know; `None` where no browser can be had.
fn start(bench: &Bench, scenario: &str, known: &str) -> Option<Daemon> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let tool = run(&mut Command::new(here.join("tools/browser")), INSTALL).unwrap();
    assert!(tool.status.success(), "{}", tool.err());
    if tool.out().is_empty() {
        eprintln!("SKIPPED: {}", tool.err());
        return None;
    }
    let told = format!(
        r#"{{"tools":{},"scenario":{},"proxy":"http://{}","page":"http://{}","shots":{},"known":{}}}"#,
        quote(tool.out().trim()),
        quote(scenario),
        bench.address(),
        bench.admin,
        quote(env!("CARGO_TARGET_TMPDIR")),
        quote(known),
    );
    let mut command = Command::new("node");
    command.arg(here.join("dashboard/browser.mjs")).arg(told);
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    Some(Daemon::start(&mut command).unwrap())
}

/// Waits for the end of the script, which says what is not as it should be.
fn end(mut script: Daemon) {
    let status = script.wait(END);
    let said = script.lines();
    let well = status.is_some_and(|status| status.success());
    assert!(
        well && said.last().is_some_and(|line| line == "done"),
        "{}",
        said.join("\n")
    );
}

fn browse(bench: &Bench, scenario: &str, known: &str) {
    start(bench, scenario, known).into_iter().for_each(end);
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
    browse(&Bench::new("force"), "empty", "");
}

#[test]
fn page_after_an_attack_escapes_all_text_and_updates_live() {
    let bench = Bench::new("force");
    attack(&bench);
    browse(&bench, "attacked", "");
}

#[test]
fn page_in_report_only_mode_warns_first() {
    let bench = Bench::new("report_only");
    bench.ask("gpt-4o");
    browse(&bench, "open", "");
}

#[test]
fn page_asks_for_the_token_and_stores_it_nowhere() {
    let mut bench = Bench::new("reject");
    let file = bench.scratch.path().join("token");
    std::fs::write(&file, "correct-horse-battery").unwrap();
    bench.start("127.0.0.1:0", &["--admin-token", file.to_str().unwrap()]);
    bench.ask("gpt-4o");
    browse(&bench, "token", "correct-horse-battery");
}

#[test]
fn page_that_lost_the_proxy_shows_stale_data_and_recovers() {
    let mut bench = Bench::new("reject");
    bench.ask("gpt-4o");
    let Some(script) = start(&bench, "lost", "") else {
        return;
    };
    let wish = |wanted: &str| {
        let said = script.wait_for(|line| line == wanted, END);
        assert!(
            said.is_some(),
            "waited for `{wanted}`: {:?}",
            script.lines()
        );
    };
    wish("the proxy may go");
    bench.end();
    wish("the proxy may come back");
    let address = bench.admin.to_string();
    bench.start(&address, &[]);
    end(script);
}

/// Attempts through every door there is, some of them ugly.
fn attack(bench: &Bench) {
    for model in [
        "gpt-4o",
        "gpt-4o-mini",
        "claude-opus-4-1",
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "o3",
    ] {
        bench.ask(model);
    }
    let long = "a-model-whose-name-is-long-and-has-no-place-to-break-".repeat(3);
    bench.ask(&long);
    bench.ask("gpt-5.5");
    bench.ask_and_get("gpt-5.5", "gpt-5.4-mini");
    bench.ask_and_get("o3", "<b>other</b>");
    let mut client = Client::connect(bench.address());
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
    bench.shim("gpt-4.1");
}
