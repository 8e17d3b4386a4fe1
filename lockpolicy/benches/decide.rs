//! Describes what a decision costs, beside two floors: looking at every byte, and `serde_json` skipping a text.
//!
//! Compare within one run only: machines differ, ratios hardly.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lockpolicy::dialect::Table;
use lockpolicy::http::{Judged, Request, judge_request};
use lockpolicy::{Policy, PolicyConfig, Source};

const PATH: &str = "/v1/responses";
const HEADERS: [(&str, &str); 1] = [("content-type", "application/json")];

/// Source code as tools print it: lines, indents, quotes.
const OUTPUT: &str = "    let total = items.iter().map(|item| item.price).sum::<u64>();\\n    println!(\\\"{total}\\\");\\n";

/// A turn as codex sends it: instructions, tools with schemas, and a history that grows.
fn body(size: usize, model_first: bool) -> Vec<u8> {
    let tool = r#"{"type":"function","name":"shell","strict":false,"parameters":{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"}},"timeout_ms":{"type":"number"}},"required":["command"]}}"#;
    let head = format!(
        r#""instructions":"{}","tools":[{}],"tool_choice":"auto","stream":true,"input":["#,
        "You are a coding agent. ".repeat((size / 200).min(400)),
        [tool; 4].join(","),
    );
    let mut items = Vec::new();
    let mut length = head.len();
    while length < size {
        let item = format!(
            r#"{{"type":"function_call_output","call_id":"call_{}","output":"{}"}}"#,
            items.len(),
            OUTPUT.repeat(12),
        );
        length += item.len();
        items.push(item);
    }
    let rest = format!("{head}{}]", items.join(","));
    let text = if model_first {
        format!(r#"{{"model":"gpt-5.5",{rest}}}"#)
    } else {
        format!(r#"{{{rest},"model":"gpt-5.5"}}"#)
    };
    text.into_bytes()
}

/// Nothing but places that may select a model: as many of them as fit.
fn dense(size: usize) -> Vec<u8> {
    let tools = [r#"{"type":"function"}"#].repeat(size / 20).join(",");
    format!(r#"{{"model":"gpt-5.5","input":"hi","tools":[{tools}]}}"#).into_bytes()
}

fn decide(policy: &Policy, table: &Table, content: &[u8]) -> Judged {
    let request = Request {
        found: &table.find("POST", PATH).unwrap(),
        path: PATH,
        query: "",
        headers: &HEADERS,
        content,
        source: Source::User,
    };
    judge_request(policy, request)
}

fn decisions(c: &mut Criterion) {
    let policy = PolicyConfig::from_toml("model = 'gpt-5.5'")
        .build()
        .unwrap();
    let other = PolicyConfig::from_toml("model = 'gpt-5'").build().unwrap();
    let table = Table::of(["openai", "chatgpt"]).unwrap();
    let bodies = [
        ("1KiB", body(1 << 10, true)),
        ("32KiB", body(32 << 10, true)),
        ("1MiB model first", body(1 << 20, true)),
        ("1MiB model last", body(1 << 20, false)),
        ("10MiB model last", body(10 << 20, false)),
        ("64KiB of tools", dense(64 << 10)),
        ("1.2MiB of tools", dense(1_250_000)),
    ];
    let mut group = c.benchmark_group("decide");
    group.sample_size(20);
    for (name, body) in &bodies {
        group.throughput(Throughput::Bytes(u64::try_from(body.len()).unwrap()));
        let mut bench = |what: &str, run: &dyn Fn(&[u8])| {
            group.bench_with_input(BenchmarkId::new(what, name), body, |b, body| {
                b.iter(|| run(black_box(body)));
            });
        };
        bench("pass", &|body| {
            black_box(decide(&policy, &table, body));
        });
        bench("rewrite", &|body| {
            let judged = decide(&other, &table, body);
            black_box(lockpolicy::edit::pieces(body.len(), judged.content));
        });
        bench("floor: utf8", &|body| {
            black_box(core::str::from_utf8(body).is_ok());
        });
        bench("floor: memchr2", &|body| {
            black_box(memchr::memchr2_iter(b'"', b'\\', body).count());
        });
        bench("floor: serde_json skips", &|body| {
            black_box(serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok());
        });
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
