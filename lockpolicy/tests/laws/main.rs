//! What must hold for every input, and a second, naive implementation that has to agree.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod corpus;
mod decoders;
mod generated_request;
mod json_text;
mod naive;
mod oracle;
mod page;
mod promises;
mod surfaces;
mod tables;
mod tree;

use std::sync::LazyLock;

use lockpolicy::dialect::Table;
use lockpolicy::http::{Judged, Request, judge_request};
use lockpolicy::{Decision, Policy, PolicyConfig, edit};

use proptest::test_runner::Config;

use generated_request::{GeneratedRequest, Rules};

/// The approved model.
const PIN: &str = "gpt-5.5";

/// The operations that the laws are tried on; all of them generate.
const PATHS: [&str; 4] = [
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/completions",
    "/backend-api/codex/responses",
];

/// 512 cases per law, or as many as `PROPTEST_CASES` says.
fn cases() -> Config {
    let stated = Config::default();
    let is_stated = std::env::var_os("PROPTEST_CASES").is_some();
    Config {
        cases: if is_stated { stated.cases } else { 512 },
        failure_persistence: None,
        ..stated
    }
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(["openai", "chatgpt"]).unwrap());
    &TABLE
}

fn policy(rules: &Rules) -> Policy {
    PolicyConfig::from_toml(&rules.to_toml()).build().unwrap()
}

/// Judges the body of a request under its own rules.
fn judged(request: &GeneratedRequest) -> Judged {
    judged_as(request, &request.rules, &request.body)
}

fn judged_as(request: &GeneratedRequest, rules: &Rules, body: &[u8]) -> Judged {
    let request = Request {
        found: &table().find("POST", request.path).unwrap(),
        path: request.path,
        query: "",
        headers: &[("content-type", "application/json")],
        content: body,
        source: request.source,
    };
    judge_request(&policy(rules), request)
}

/// What goes on; nothing where it is refused.
fn sent(request: &GeneratedRequest, judged: &Judged) -> Option<Vec<u8>> {
    match judged.verdict.decision {
        Decision::Pass => Some(request.body.clone()),
        Decision::Rewrite(_) => Some(edit::apply(&request.body, judged.content.clone())),
        Decision::Reject(_) => None,
    }
}
