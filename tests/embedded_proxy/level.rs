//! What the real codex, run by its own path, can still do at each level of assurance.

use std::time::Duration;

use fake_provider::fixture::{Lock, Proxy};
use fake_provider::process::{Finished, run};
use fake_provider::{FakeProvider, Reply, Request, Statsd};

use crate::place::{Place, models};
use crate::{PIN, VERSIONS};

/// The key that only the proxy holds.
const KEY: &str = "sk-of-the-proxy";

/// Runs the real codex past the shim, with another model.
fn past(place: &Place, more: &[&str]) -> Finished {
    let mut words = vec!["exec", "--skip-git-repo-check", "-m", "other"];
    words.extend(more);
    words.push("hi");
    let mut command = place.codex.past_the_shim(&words);
    command.env("NO_PROXY", "127.0.0.1");
    run(&mut command, Duration::from_mins(2)).unwrap()
}

fn proxy(provider: &FakeProvider, statsd: &Statsd, flags: &[&str]) -> Proxy {
    let lock = Lock {
        program: env!("CARGO_BIN_EXE_model-lock").into(),
        model: PIN.into(),
        mode: "force".into(),
        statsd: statsd.address(),
    };
    Proxy::start(&lock, &provider.url(), flags).unwrap()
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
        let guarded = Place::real(version, "force");
        assert!(past(&guarded, &[]).status.success(), "{version}");
        assert_eq!(guarded.models(), ["other"], "{version}");

        // Enforced: its configuration leads to a proxy, which another address walks around.
        let enforced = Place::real(version, "force");
        let statsd = Statsd::start().unwrap();
        let sidecar = proxy(&enforced.provider, &statsd, &[]);
        let provider = enforced.provider.url();
        let enforced = enforced.configured(&leading_to(&sidecar));
        assert!(past(&enforced, &[]).status.success(), "{version}");
        assert_eq!(enforced.models(), [PIN], "{version}");
        let around = format!("openai_base_url={provider}/v1");
        assert!(
            past(&enforced, &["-c", &around]).status.success(),
            "{version}"
        );
        assert_eq!(enforced.models(), [PIN, "other"], "{version}");

        // Sealed: no key but the proxy's. Whatever it asks, the pin runs or nothing.
        let sealed = Place::real(version, "force");
        let file = sealed.codex.config().with_file_name("key");
        std::fs::write(&file, format!("{KEY}\n")).unwrap();
        let holder = proxy(
            &sealed.provider,
            &statsd,
            &["--key", file.to_str().unwrap()],
        );
        sealed
            .provider
            .script(|request, _| takes_the_proxys_key_alone(request));
        let provider = sealed.provider.url();
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
        let requests = sealed.provider.requests();
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
            models(&sealed.provider).len() > 1,
            "{version}: it never tried"
        );
    }
}

fn leading_to(proxy: &Proxy) -> String {
    format!("openai_base_url = \"http://{}/v1\"\n", proxy.address())
}
