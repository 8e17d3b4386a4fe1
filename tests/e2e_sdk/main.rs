//! The official `openai` SDKs for Python and Node.js through the proxy.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use standin::json::Json;
use standin::lab::{Lock, Proxy};
use standin::{Standin, Statsd, Tap, process};

const PIN: &str = "gpt-5.5";
const KINDS: [&str; 5] = [
    "responses",
    "responses-stream",
    "chat",
    "chat-stream",
    "completions",
];

#[derive(Clone, Copy, Debug)]
enum Sdk {
    Node,
    Python,
}

impl Sdk {
    const ALL: [Self; 2] = [Self::Node, Self::Python];

    /// The SDK, installed where it is not there yet, as a command that lacks base URL, kind and model.
    fn command(self) -> Command {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let (script, client) = match self {
            Self::Node => ("sdk-node", "client.mjs"),
            Self::Python => ("sdk-python", "client.py"),
        };
        let output = Command::new(here.join("tools").join(script))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let tool = String::from_utf8(output.stdout).unwrap();
        let client = here.join("e2e_sdk").join(client);
        let mut command = match self {
            Self::Node => Command::new("node"),
            Self::Python => Command::new(tool.trim_end()),
        };
        command.arg(client);
        if let Self::Node = self {
            command.arg(tool.trim_end());
        }
        for name in [
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
            "OPENAI_BASE_URL",
        ] {
            command.env_remove(name);
        }
        command
    }
}

struct Bench {
    provider: Standin,
    statsd: Statsd,
    tap: Tap,
    _proxy: Proxy,
}

impl Bench {
    fn new(mode: &str) -> Self {
        let (provider, statsd) = (Standin::start().unwrap(), Statsd::start().unwrap());
        let lock = Lock {
            program: env!("CARGO_BIN_EXE_model-lock").into(),
            model: PIN.into(),
            mode: mode.into(),
            statsd: statsd.address(),
        };
        let proxy = Proxy::start(&lock, &provider.url(), &[]).unwrap();
        let tap = Tap::start(proxy.address()).unwrap();
        Self {
            provider,
            statsd,
            tap,
            _proxy: proxy,
        }
    }

    fn call(&self, sdk: Sdk, kind: &str, model: &str) -> Json {
        let base = format!("http://{}/v1", self.tap.address());
        let finished = process::run(
            sdk.command().args([&base, kind, model]),
            Duration::from_mins(1),
        );
        let finished = finished.unwrap();
        let json = Json::parse(&finished.stdout);
        json.unwrap_or_else(|| panic!("{sdk:?} {kind}: {} {}", finished.out(), finished.err()))
    }
}

#[test]
fn force_runs_the_pin() {
    for sdk in Sdk::ALL {
        for kind in KINDS {
            let bench = Bench::new("force");
            let answer = bench.call(sdk, kind, "other");
            assert_eq!(
                answer.text_at(&["text"]),
                Some("The provider ran gpt-5.5."),
                "{sdk:?} {kind}"
            );
            let models: Vec<_> = bench
                .provider
                .requests()
                .iter()
                .map(|r| r.model().unwrap())
                .collect();
            assert_eq!(models, [PIN], "{sdk:?} {kind}");
            let is_told = |line: &str| line.contains("result:forced") && !line.contains(":0|c");
            assert!(
                bench
                    .statsd
                    .wait_for(is_told, Duration::from_secs(10))
                    .is_some()
            );
        }
    }
}

#[test]
fn reject_is_an_error_that_the_sdk_knows() {
    for sdk in Sdk::ALL {
        for kind in KINDS {
            let bench = Bench::new("reject");
            let error = bench.call(sdk, kind, "other");
            let told = |name| error.text_at(&[name]);
            let case = format!("{sdk:?} {kind}: {error:?}");
            assert_eq!(told("error"), Some("BadRequestError"), "{case}");
            assert_eq!(
                error.get("status"),
                Some(&Json::Number("400".into())),
                "{case}"
            );
            assert_eq!(told("code"), Some("model_locked"), "{case}");
            assert_eq!(told("param"), Some("model"), "{case}");
            assert_eq!(told("type"), Some("invalid_request_error"), "{case}");
            assert!(told("id").is_some_and(|id| !id.is_empty()), "{case}");
            assert!(told("message").unwrap().contains("`other`"), "{case}");
            assert!(
                !told("message").unwrap().contains(PIN),
                "the pin is told only where disclosed: {case}"
            );
            // No retry, and nothing upstream.
            assert_eq!(bench.tap.calls().len(), 1, "{case}");
            assert!(bench.provider.connections().is_empty(), "{case}");
        }
    }
}

#[test]
fn reject_passes_the_pin() {
    for sdk in Sdk::ALL {
        for kind in KINDS {
            let bench = Bench::new("reject");
            let answer = bench.call(sdk, kind, PIN);
            assert_eq!(
                answer.text_at(&["text"]),
                Some("The provider ran gpt-5.5."),
                "{sdk:?} {kind}"
            );
        }
    }
}
