//! A thousand calls through both doors, and what they come to.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use fake_provider::fixture::{Codex, Fixture, Transport};
use fake_provider::http_client::post;
use fake_provider::process::run;
use fake_provider::{Declare, fixture};

use crate::SOON;

/// A metric, its tags, and what it comes to.
pub(crate) type ModelChoice = (&'static str, &'static [(&'static str, &'static str)], u64);

/// How often each kind of call is made to the proxy, and the shim is started in each way.
const ROUNDS: usize = 160;
const STARTS: usize = 20;

/// A model's name that would forge a tag, a line or a label, were it in one.
const FORGED: &[u8] = br#"{"model":"x\"} 1\nevil_total 7\n|#a:b"}"#;
const EXACT: &[u8] = br#"{"model":"gpt-5.5"}"#;
const OTHER: &[u8] = br#"{"model":"other"}"#;

/// One round; each is answered with the status at its end.
const CALLS: [(&str, &str, &[u8], u16); 6] = [
    ("/v1/responses", "", EXACT, 200),
    ("/v1/chat/completions", "", EXACT, 200),
    ("/v1/responses", "", FORGED, 200),
    ("/v1/responses", "", b"[]", 400),
    ("/v1/responses", "x-openai-subagent: review\r\n", OTHER, 200),
    ("/v1/elsewhere", "", OTHER, 404),
];

/// What a thousand calls come to, in the order of their names.
pub(crate) const WANTED: [ModelChoice; 11] = [
    (
        "override_attempts",
        &[
            ("mode", "force"),
            ("result", "forced"),
            ("surface", "argv"),
            ("source", "user"),
            ("capability", "generation"),
        ],
        20,
    ),
    (
        "override_attempts",
        &[
            ("mode", "force"),
            ("result", "forced"),
            ("surface", "http"),
            ("source", "subagent"),
            ("capability", "generation"),
        ],
        160,
    ),
    (
        "override_attempts",
        &[
            ("mode", "force"),
            ("result", "forced"),
            ("surface", "http"),
            ("source", "user"),
            ("capability", "generation"),
        ],
        160,
    ),
    (
        "requests",
        &[
            ("mode", "force"),
            ("surface", "argv"),
            ("model_match", "absent"),
        ],
        20,
    ),
    (
        "requests",
        &[
            ("mode", "force"),
            ("surface", "argv"),
            ("model_match", "other"),
        ],
        20,
    ),
    (
        "requests",
        &[
            ("mode", "force"),
            ("surface", "http"),
            ("model_match", "exact"),
        ],
        320,
    ),
    (
        "requests",
        &[
            ("mode", "force"),
            ("surface", "http"),
            ("model_match", "none"),
        ],
        160,
    ),
    (
        "requests",
        &[
            ("mode", "force"),
            ("surface", "http"),
            ("model_match", "other"),
        ],
        320,
    ),
    ("served", &[("result", "variant"), ("surface", "http")], 640),
    (
        "undecidable",
        &[("reason", "not_json"), ("surface", "http")],
        160,
    ),
    (
        "undecidable",
        &[("reason", "unknown_operation"), ("surface", "http")],
        160,
    ),
];

/// Whether the proxy counts it: what the shim counts goes to the daemon alone.
pub(crate) fn is_the_proxys((_, tags, _): &ModelChoice) -> bool {
    !tags.contains(&("surface", "argv"))
}

/// A proxy and a codex behind the shim.
pub(crate) struct Run {
    fixture: Fixture,
    codex: Codex,
    tags: &'static str,
}

impl Run {
    /// Counts go to a daemon, with tags as it wants them.
    pub(crate) fn start(statsd: SocketAddr, tags: &'static str) -> Self {
        let mut fixture = fixture!("force").counting_to(statsd);
        fixture.restart_proxy_in(&["--admin", "127.0.0.1:0"], &[("STATSD_TAGS", tags)]);
        let script = fixture.directory.path().join("script");
        fs::write(&script, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        let codex = fixture.codex(&script, &fixture.provider.url(), Transport::Http);
        Self {
            codex: codex.behind_shim(&fixture.lock).unwrap(),
            fixture,
            tags,
        }
    }

    /// The proxy's admin port.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.fixture.proxy().admin().unwrap()
    }

    /// Makes a thousand calls.
    pub(crate) fn call(&self) {
        let snapshot = Declare::Content("gpt-5.5-2026-04-01".to_owned());
        self.fixture.provider.declare(snapshot);
        let mut client = self.fixture.client();
        for _ in 0..ROUNDS {
            for (path, fields, body, status) in CALLS {
                assert_eq!(client.call(&post(path, fields, body)).status, status);
            }
        }
        for _ in 0..STARTS {
            self.start_codex(&["exec", "-m", "other", "hi"]);
            self.start_codex(&["exec", "hi"]);
        }
    }

    fn start_codex(&self, arguments: &[&str]) {
        let mut command = self.codex.command(arguments);
        let finished = run(command.env("STATSD_TAGS", self.tags), SOON).unwrap();
        assert!(finished.status.success(), "{}", finished.err());
    }
}
