//! A provider that serves another model than was sent: seen, told and, where the policy says so, ended.

use std::path::Path;
use std::time::Duration;

use fake_provider::fixture::{Codex, Lock, Proxy, Scratch, Transport};
use fake_provider::process::Finished;
use fake_provider::{Declare, FakeProvider, Statsd};

use crate::{PIN, VERSIONS};

/// A name, how codex asks, and what the provider says.
type Way = (&'static str, Transport, fn(String) -> Declare);

/// The ways in which the provider says that it has rerouted.
const WAYS: [Way; 4] = [
    ("header", Transport::Http, Declare::Header),
    ("SSE", Transport::Http, Declare::Content),
    ("header and SSE", Transport::WebSocket, Declare::Model),
    ("WebSocket", Transport::WebSocket, Declare::Content),
];

struct Bench {
    provider: FakeProvider,
    proxy: Proxy,
    statsd: Statsd,
    codex: Codex,
    _scratch: Scratch,
}

impl Bench {
    fn new(version: &str, way: &Way, on_mismatch: &str) -> Self {
        let (name, transport, declare) = *way;
        let (provider, statsd) = (FakeProvider::start().unwrap(), Statsd::start().unwrap());
        provider.declare(declare("gpt-6-luna".to_owned()));
        provider.take_websockets(name == "WebSocket");
        let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let scratch = Scratch::new(below).unwrap();
        let policy = scratch.path().join("policy.toml");
        std::fs::write(&policy, format!("on_mismatch = \"{on_mismatch}\"")).unwrap();
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: "force".into(),
            statsd: statsd.address(),
        };
        let flags = ["--policy", policy.to_str().unwrap()];
        let proxy = Proxy::start(&lock, &provider.url(), &flags).unwrap();
        let base = format!("http://{}/v1", proxy.address());
        let codex = Codex::new(&fake_provider::codex(version), &base, transport, below).unwrap();
        Self {
            provider,
            proxy,
            statsd,
            codex,
            _scratch: scratch,
        }
    }

    fn exec(&self) -> Finished {
        let arguments = ["exec", "--skip-git-repo-check", "-m", "other", "hi"];
        self.codex.run(&arguments).unwrap()
    }

    /// The receipt of a mismatch, and its count.
    fn told(&mut self) -> String {
        let soon = Duration::from_secs(10);
        let mismatch = |line: &str| line.contains("served:") && line.contains("result:mismatch");
        let counted = self.statsd.wait_for(mismatch, soon);
        assert!(counted.is_some(), "{:#?}", self.statsd.lines());
        let receipt = |line: &str| {
            line.contains(r#""event":"receipt""#) && line.contains(r#""result":"mismatch""#)
        };
        let line = self.proxy.daemon().wait_for(receipt, soon);
        line.unwrap_or_else(|| panic!("no receipt in {:#?}", self.proxy.daemon().lines()))
    }
}

#[test]
fn served_mismatch_is_counted_and_logged_wherever_declared() {
    for version in VERSIONS {
        for way in &WAYS {
            let mut bench = Bench::new(version, way, "log");
            let finished = bench.exec();
            let case = format!("{version} {}: {}", way.0, finished.err());
            assert!(finished.status.success(), "{case}");
            let receipt = bench.told();
            for member in [
                r#""requested_model":"other""#,
                r#""sent_model":"gpt-5.5""#,
                r#""served_model":"gpt-6-luna""#,
                r#""gen_ai.original.model":"other""#,
                r#""gen_ai.request.model":"gpt-5.5""#,
                r#""gen_ai.response.model":"gpt-6-luna""#,
                r#""request_id":"req_"#,
                r#""policy_hash":""#,
            ] {
                assert!(receipt.contains(member), "{member} {receipt} {case}");
            }
            assert!(!receipt.contains(r#""failed":true"#), "{receipt} {case}");
        }
    }
}

#[test]
fn served_mismatch_with_fail_ends_the_turn_and_shows_no_response() {
    for version in VERSIONS {
        for way in &WAYS {
            let mut bench = Bench::new(version, way, "fail");
            let finished = bench.exec();
            let case = format!("{version} {}: {}", way.0, finished.err());
            assert!(!finished.status.success(), "{case}");
            assert!(
                finished
                    .err()
                    .contains("another model was served: `gpt-6-luna`"),
                "{case}"
            );
            assert!(!finished.out().contains("The provider ran"), "{case}");
            let receipt = bench.told();
            assert!(receipt.contains(r#""failed":true"#), "{receipt} {case}");
            // Another try would be served by the same model.
            let posts = bench.provider.requests();
            let posts = posts.iter().filter(|request| request.method == "POST");
            assert!(posts.count() <= 1, "{case}");
        }
    }
}
