//! What the real codex, run by its own path, can still do at each level of assurance.

use std::time::Duration;

use fake_provider::fixture::ProxyProcess;
use fake_provider::process::{Finished, run};
use fake_provider::{Reply, Request};

use crate::embedded_codex::EmbeddedCodex;
use crate::{PIN, VERSIONS};

/// The key that only the proxy holds.
const KEY: &str = "sk-of-the-proxy";

/// Runs the real codex past the shim, with another model.
fn past(codex: &EmbeddedCodex, more: &[&str]) -> Finished {
    let mut words = vec!["exec", "--skip-git-repo-check", "-m", "other"];
    words.extend(more);
    words.push("hi");
    let mut command = codex.codex.past_the_shim(&words);
    command.env("NO_PROXY", "127.0.0.1");
    run(&mut command, Duration::from_mins(2)).unwrap()
}

/// A provider that serves nobody but the proxy.
fn takes_the_proxys_key_alone(request: &Request) -> Option<Reply> {
    let bearer = format!("Bearer {KEY}");
    if request.field("authorization") == Some(bearer.as_str()) {
        return None;
    }
    Some(Reply::json(401, r#"{"error":{"message":"no such key"}}"#))
}

#[test]
fn real_codex_by_its_own_path_is_held_as_each_assurance_level_says() {
    for version in VERSIONS {
        // Guarded: the shim is there, and it is walked around.
        let guarded = EmbeddedCodex::real(version, "force");
        assert!(past(&guarded, &[]).status.success(), "{version}");
        assert_eq!(guarded.fixture.models(), ["other"], "{version}");

        // Enforced: its configuration leads to a proxy, which another address walks around.
        let enforced = EmbeddedCodex::real(version, "force");
        let sidecar = enforced.fixture.start_proxy(&[], &[]);
        let provider = enforced.fixture.provider.url();
        let enforced = enforced.configured(&leading_to(&sidecar));
        assert!(past(&enforced, &[]).status.success(), "{version}");
        assert_eq!(enforced.fixture.models(), [PIN], "{version}");
        let around = format!("openai_base_url={provider}/v1");
        assert!(
            past(&enforced, &["-c", &around]).status.success(),
            "{version}"
        );
        assert_eq!(enforced.fixture.models(), [PIN, "other"], "{version}");

        // Sealed: no key but the proxy's. Whatever it asks, the pin runs or nothing.
        let sealed = EmbeddedCodex::real(version, "force");
        let file = sealed.codex.config().with_file_name("key");
        std::fs::write(&file, format!("{KEY}\n")).unwrap();
        let holder = sealed.fixture.start_proxy(
            &["--key", file.to_str().unwrap(), "--client-auth", "none"],
            &[],
        );
        sealed
            .fixture
            .provider
            .script(|request, _| takes_the_proxys_key_alone(request));
        let provider = sealed.fixture.provider.url();
        let sealed = sealed.configured(&leading_to(&holder));
        assert!(past(&sealed, &[]).status.success(), "{version}");
        let around = format!("openai_base_url={provider}/v1");
        let refused = past(&sealed, &["-c", &around]);
        assert!(!refused.status.success(), "{version}");
        assert!(
            refused.err().contains("401"),
            "{version}: {}",
            refused.err()
        );
        let requests = sealed.fixture.provider.requests();
        let served = requests
            .iter()
            .filter(|call| takes_the_proxys_key_alone(call).is_none());
        let served: Vec<_> = served.filter(|call| call.method == "POST").collect();
        assert_eq!(served.len(), 1, "{version}");
        assert_eq!(
            served.first().and_then(|call| call.model()).as_deref(),
            Some(PIN)
        );
        assert!(
            sealed.fixture.provider.models().len() > 1,
            "{version}: it never tried"
        );
    }
}

fn leading_to(proxy: &ProxyProcess) -> String {
    format!("openai_base_url = \"http://{}/v1\"\n", proxy.address())
}
