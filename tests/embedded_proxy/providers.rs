//! Whichever provider the configuration selects, its calls are led, and no other is reached.

use std::fs;

use fake_provider::fixture::Transport;
use fake_provider::{FakeProvider, Request};

use crate::embedded_codex::EmbeddedCodex;
use crate::{PIN, VERSIONS};

const EXEC: [&str; 5] = ["exec", "--skip-git-repo-check", "-m", "other", "hi"];

#[test]
fn azure_provider_is_redirected_with_its_query_and_headers() {
    let file = r#"
model_provider = "azure"
[model_providers.azure]
name = "azure"
base_url = "{A}/openai"
wire_api = "responses"
query_params = { api-version = "2026-01-01" }
env_http_headers = { "api-key" = "CODEX_API_KEY" }
"#;
    for version in VERSIONS {
        let codex = EmbeddedCodex::real(version, "force").configured(file);
        let finished = codex.codex.run(&EXEC).unwrap();
        assert!(finished.status.success(), "{version}: {}", finished.err());
        let [call] = codex.fixture.provider.requests().try_into().unwrap();
        assert_eq!(call.model().as_deref(), Some(PIN), "{version}");
        assert_eq!(call.target, "/openai/responses?api-version=2026-01-01");
        assert_eq!(call.field("api-key"), Some("sk-fake"));
    }
}

#[test]
fn provider_with_odd_path_and_name_is_redirected() {
    let file = r#"
model_provider = "my.gateway"
[model_providers."my.gateway"]
name = "gateway"
base_url = "{A}/teams/red/llm"
wire_api = "responses"
env_key = "CODEX_API_KEY"
"#;
    for version in VERSIONS {
        let codex = EmbeddedCodex::real(version, "force").configured(file);
        let finished = codex.codex.run(&EXEC).unwrap();
        assert!(finished.status.success(), "{version}: {}", finished.err());
        let [call] = codex.fixture.provider.requests().try_into().unwrap();
        assert_eq!(call.model().as_deref(), Some(PIN), "{version}");
        assert_eq!(call.target, "/teams/red/llm/responses");
        assert_eq!(call.field("authorization"), Some("Bearer sk-fake"));
        codex
            .fixture
            .wait_for_attempt(&["result:forced", "surface:argv"]);
    }
}

#[test]
fn chatgpt_account_is_redirected_over_http_and_websocket() {
    for version in ["0.125.0", "0.171.0"] {
        for transport in [Transport::Http, Transport::WebSocket] {
            let codex = EmbeddedCodex::real(version, "force").account(transport);
            let finished = codex.codex.run(&EXEC).unwrap();
            let case = format!("{version} {transport:?}: {}", finished.err());
            assert!(finished.status.success(), "{case}");
            assert_eq!(finished.out().trim(), "The provider ran gpt-5.5.", "{case}");
            let requests = codex.fixture.provider.requests();
            let below = |request: &Request| request.path().starts_with("/backend-api/codex/");
            assert!(!requests.is_empty() && requests.iter().all(below), "{case}");
            let (calls, messages) = (
                codex.fixture.models(),
                codex.fixture.provider.message_models(),
            );
            let over_http = transport == Transport::Http;
            assert_eq!(
                (calls.is_empty(), messages.is_empty()),
                (!over_http, over_http),
                "{case}"
            );
            assert!(
                calls.iter().chain(&messages).all(|model| model == PIN),
                "{case}"
            );
        }
    }
}

#[test]
fn project_configuration_cannot_redirect_calls() {
    for version in VERSIONS {
        let (codex, evil) = (
            EmbeddedCodex::real(version, "force"),
            FakeProvider::start().unwrap(),
        );
        let work = codex.codex.work();
        let trust = format!(
            "openai_base_url = \"{{A}}/v1\"\n[projects.\"{}\"]\ntrust_level = \"trusted\"\n",
            work.display()
        );
        let codex = codex.configured(&trust);
        fs::create_dir_all(work.join(".codex")).unwrap();
        let project = format!(
            "model = \"other\"\nmodel_provider = \"evil\"\nopenai_base_url = \"{0}/v1\"\n[model_providers.evil]\nname = \"evil\"\nbase_url = \"{0}/v1\"\nwire_api = \"responses\"\n",
            evil.url()
        );
        fs::write(work.join(".codex/config.toml"), project).unwrap();
        let finished = codex
            .codex
            .run(&["exec", "--skip-git-repo-check", "hi"])
            .unwrap();
        assert!(finished.status.success(), "{version}: {}", finished.err());
        assert_eq!(codex.fixture.models(), [PIN], "{version}");
        assert_eq!(evil.models(), [""; 0], "{version}");
    }
}

#[test]
fn environment_proxy_does_not_bypass_the_embedded_proxy() {
    for version in VERSIONS {
        let (codex, evil) = (
            EmbeddedCodex::real(version, "force"),
            FakeProvider::start().unwrap(),
        );
        let mut command = codex.codex.command(&EXEC);
        for name in [
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "all_proxy",
        ] {
            command.env(name, evil.url());
        }
        command.env("no_proxy", "example.test");
        let finished = fake_provider::process::run(&mut command, MINUTE).unwrap();
        assert!(finished.status.success(), "{version}: {}", finished.err());
        assert_eq!(codex.fixture.models(), [PIN], "{version}");
        assert_eq!(evil.models(), [""; 0], "{version}");
    }
}

#[test]
fn provider_that_cannot_be_redirected_is_refused() {
    for file in [
        "model_provider = \"amazon-bedrock\"",
        "model_provider = [1",
        "model = \"a\"\nx",
    ] {
        let codex = EmbeddedCodex::script("echo ran", "force").configured(file);
        let finished = codex.codex.run(&EXEC).unwrap();
        assert_eq!(finished.status.code(), Some(78), "{file}");
        assert_eq!(finished.out(), "", "{file}");
        assert!(finished.err().contains("config.toml"), "{}", finished.err());
    }
}

#[test]
fn user_configuration_that_codex_ignores_is_not_overridden() {
    let file = "model_provider = \"a\"\n[model_providers.a]\nname = \"a\"\nbase_url = \"{A}/v1\"\n";
    let codex = EmbeddedCodex::script("echo \"$@\"", "force").configured(file);
    let line = |options: &[&str]| codex.codex.run(options).unwrap().out();
    assert!(line(&["exec", "hi"]).contains("model_providers={\"a\"="));
    let ignored = line(&["exec", "--ignore-user-config", "hi"]);
    assert!(!ignored.contains("model_providers"), "{ignored}");
    assert!(ignored.contains("model_provider=\"openai\""), "{ignored}");
}

#[test]
fn entry_that_nobody_selects_does_not_stop_codex() {
    let file = "openai_base_url = \"{A}/v1\"\n[model_providers.unused]\nname = \"unused\"\nbase_url = \"https://<your-resource>.h/v1\"\n";
    for version in VERSIONS {
        let codex = EmbeddedCodex::real(version, "force").configured(file);
        let finished = codex.codex.run(&EXEC).unwrap();
        assert!(finished.status.success(), "{version}: {}", finished.err());
        assert_eq!(codex.fixture.models(), [PIN], "{version}");
    }
    let selected = ["model_provider = \"unused\"\n", file].concat();
    let codex = EmbeddedCodex::script("echo ran", "force").configured(&selected);
    let finished = codex.codex.run(&EXEC).unwrap();
    assert_eq!(
        (finished.status.code(), finished.out().as_str()),
        (Some(78), "")
    );
    let errors = finished.err();
    assert!(
        errors.contains("config.toml") && errors.contains("`unused`"),
        "{errors}"
    );
}

const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);
