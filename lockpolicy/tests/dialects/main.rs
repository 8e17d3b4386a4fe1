//! The data of the dialects: what holds of every operation that any of them lists, cases of each, and
//! the page that is made from them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod cases;
mod every;
mod page;
mod pinned_cases;
mod tool_types;
mod words;

use lockpolicy::dialect::{Dialect, Found, Table};
use lockpolicy::http::{Request, judge_request};
use lockpolicy::{Decision, Policy, PolicyConfig, Rejection, Source, edit};

/// A policy with a pin for each capability.
const PINS: &str = "model='p-generation'\n[pins]\naudio='p-audio'\nembedding='p-embedding'\n\
                    image='p-image'\nmoderation='p-moderation'\nvideo='p-video'\n";

fn policy(mode: &str, rest: &str) -> Policy {
    PolicyConfig::from_toml(&format!("mode='{mode}'\n{rest}"))
        .build()
        .unwrap()
}

/// All dialects, one by one.
fn dialects() -> Vec<Dialect> {
    lockpolicy::dialect::names()
        .flat_map(|name| Table::of([name]).unwrap().dialects().to_vec())
        .collect()
}

/// Asks, and answers with the target and the content that go on.
fn ask(
    policy: &Policy,
    found: &Found<'_>,
    target: &str,
    content: &str,
) -> Result<(String, String), Rejection> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = [("content-type", "application/json")];
    let request = Request {
        found,
        path,
        query,
        headers: if content.is_empty() { &[] } else { &headers },
        content: content.as_bytes(),
        source: Source::User,
    };
    let judged = judge_request(policy, request);
    let cut = |text: &str, edits| String::from_utf8(edit::apply(text.as_bytes(), edits)).unwrap();
    match judged.verdict.decision {
        Decision::Reject(rejection) => Err(rejection),
        Decision::Pass | Decision::Rewrite(_) => {
            let query = cut(query, judged.query);
            let mark = if query.is_empty() { "" } else { "?" };
            let target = [&cut(path, judged.path), mark, &query].concat();
            Ok((target, cut(content, judged.content)))
        }
    }
}
