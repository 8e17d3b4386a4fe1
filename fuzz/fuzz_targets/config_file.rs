//! A configuration file that is read is TOML, and every provider that it defines gets the proxy's address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::agents::codex::config::{Layer, Providers, ProxyTarget};

const PROXY: &str = "http://127.0.0.1:1";

fuzz_target!(|text: &str| {
    let Ok(providers) = Providers::read([Layer::Own(text)]) else {
        return;
    };
    let file: toml::Table = toml::from_str(text).expect("what was read is TOML");
    let overrides = providers.overrides(ProxyTarget::Routes(PROXY));
    let mut changed = toml::Table::new();
    for own in &overrides {
        assert!(serde_json::from_str::<serde_json::Value>(&own.json).is_ok(), "{own:?}");
        changed.extend(toml::from_str::<toml::Table>(&own.text).expect("an override is TOML"));
    }
    let defined = file.get("model_providers").and_then(toml::Value::as_table);
    for id in defined.into_iter().flat_map(toml::Table::keys) {
        let url = changed.get("model_providers").and_then(|all| all.get(id)?.get("base_url"));
        let url = url.and_then(toml::Value::as_str);
        assert!(url.is_some_and(|url| url.starts_with(PROXY)), "{id}");
    }
});
