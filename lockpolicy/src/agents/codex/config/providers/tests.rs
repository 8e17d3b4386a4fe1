//! Configuration files, and the providers that are read from them.

use super::*;
use alloc::format;

#[test]
fn last_file_overrides_the_same_keys_of_earlier_files() {
    let providers = Providers::read([
        Layer::Own("model_provider='a'\n[model_providers.a]\nbase_url='http://a'\nquery_params={x='1'}"),
        Layer::Own("openai_base_url='http://o'\n[model_providers.a]\nhttp_headers={X-Key='1'}\n[model_providers.b]\nname='b'"),
    ])
    .unwrap();
    assert_eq!(providers.selected.as_deref(), Some("a"));
    assert_eq!(providers.openai.as_deref(), Some("http://o"));
    let a = &providers.custom["a"];
    assert_eq!(a.base_url.as_deref(), Some("http://a"));
    assert_eq!(
        (a.query.as_slice(), a.headers.as_slice()),
        (&["x".into()][..], &["x-key".into()][..])
    );
    assert_eq!(providers.custom["b"].base_url, None);
}

#[test]
fn provider_of_a_project_is_a_stranger_and_is_not_selected() {
    let project = "model_provider='evil'\nopenai_base_url='http://evil'\n[model_providers.evil]\nbase_url='http://evil'\n[model_providers.a]\nbase_url='http://evil'";
    let providers = Providers::read([
        Layer::Project(project),
        Layer::Own("[model_providers.a]\nbase_url='http://a'"),
    ])
    .unwrap();
    assert_eq!(providers.selected, None);
    assert_eq!(providers.openai, None);
    assert_eq!(providers.custom["a"].base_url.as_deref(), Some("http://a"));
    assert_eq!(providers.strangers, ["evil".to_string()].into());
}

#[test]
fn role_selects_among_the_providers_and_states_no_address() {
    let own = Layer::Own("model_provider='a'\n[model_providers.a]\n[model_providers.b]");
    let read = |role| Providers::read([own, role]);
    for role in ["model='x'", "model_provider='a'"] {
        assert_eq!(read(Layer::Role(role)), Providers::read([own]), "{role}");
        assert_eq!(
            read(Layer::ProjectRole(role)),
            Providers::read([own]),
            "{role}"
        );
    }
    for role in [
        "model_provider='b'",
        "model_provider='openai'",
        "[profiles.p]\nmodel_provider='b'",
    ] {
        assert_eq!(read(Layer::Role(role)), Providers::read([own]), "{role}");
        let refused = read(Layer::ProjectRole(role));
        assert!(matches!(refused, Err(Unreadable::Choice(_))), "{role}");
    }
    for role in [
        "[model_providers.a]\nbase_url='http://evil'",
        "model_providers={}",
        "openai_base_url='http://evil'",
        "experimental_realtime_ws_base_url='http://evil'",
    ] {
        assert_eq!(read(Layer::Role(role)), Err(Unreadable::Address), "{role}");
        assert_eq!(
            read(Layer::ProjectRole(role)),
            Err(Unreadable::Address),
            "{role}"
        );
    }
    let signed = read(Layer::Role("model_provider='amazon-bedrock'"));
    assert!(matches!(signed, Err(Unreadable::Provider(_))));
}

#[test]
fn profile_of_a_project_selects_no_provider_of_the_user() {
    let own = Layer::Own("model_provider='a'\n[model_providers.a]\n[model_providers.b]");
    let read = |id: &str| {
        let project =
            format!("profile='p'\n[profiles.p]\nmodel_provider='{id}'\n[model_providers.n]");
        Providers::read([Layer::Project(&project), own])
    };
    assert!(read("a").is_ok() && read("n").is_ok());
    for id in ["b", "openai", "ollama", "amazon-bedrock"] {
        assert_eq!(read(id), Err(Unreadable::Choice(id.to_string())));
    }
}

#[test]
fn configuration_names_the_files_of_its_roles() {
    let text =
        "[agents]\nmax_depth=1\n[agents.a]\nconfig_file='a.toml'\n[agents.b]\ndescription='b'";
    assert_eq!(role_files(text), ["a.toml"]);
    assert!(role_files("[agents").is_empty());
}

#[test]
fn provider_without_an_address_to_override_is_refused() {
    for file in [
        "model_provider='amazon-bedrock'",
        "model_provider='gcp'",
        "model_provider='nowhere'",
        "profile='p'\n[profiles.p]\nmodel_provider='amazon-bedrock'",
    ] {
        assert!(
            matches!(
                Providers::read([Layer::Own(file)]),
                Err(Unreadable::Provider(_))
            ),
            "{file}"
        );
    }
    assert_eq!(Providers::read([Layer::Own("a")]), Err(Unreadable::Syntax));
    for file in [
        "",
        "model_provider='ollama'",
        "model_provider=1",
        "[profiles.p]\nmodel_provider='amazon-bedrock'",
    ] {
        assert!(Providers::read([Layer::Own(file)]).is_ok(), "{file}");
    }
}

#[test]
fn entry_that_nobody_selects_stops_nothing() {
    for url in [
        "",
        "localhost:1/v1",
        "${VAR}/v1",
        "wss://h/v1",
        "https://<name>.h/v1",
    ] {
        let entry = format!("[model_providers.x]\nbase_url='{url}'");
        assert!(Providers::read([Layer::Own(&entry)]).is_ok(), "{url}");
        let file = format!("model_provider='x'\n{entry}");
        let error = Providers::read([Layer::Own(&file)])
            .unwrap_err()
            .to_string();
        let expected = "the base URL of the provider `x` cannot be called: it ";
        assert!(error.starts_with(expected), "{error}");
    }
    let file = "model_provider='amazon-bedrock'";
    assert!(Providers::read([Layer::Own(file), Layer::Own("model_provider='openai'")]).is_ok());
}

#[test]
fn own_provider_with_an_address_that_cannot_be_called_stops_where_it_is_selected() {
    let address = "openai_base_url='h/v1'\n[model_providers.b]\nbase_url='http://b/v1'";
    let read = |selects: &str| Providers::read([Layer::Own(&format!("{selects}\n{address}"))]);
    let error = Unreadable::BaseUrl("openai".to_string(), BaseUrlError::Scheme);
    assert_eq!(read(""), Err(error.clone()));
    assert_eq!(read("model_provider='openai'"), Err(error));
    assert!(read("model_provider='b'").is_ok());
}

#[test]
fn provider_of_this_machine_is_local_unless_the_configuration_defines_it() {
    for (file, is_local) in [
        ("", false),
        ("model_provider='openai'", false),
        ("model_provider='ollama'", true),
        ("model_provider='lmstudio'", true),
        ("model_provider='b'\n[model_providers.b]", false),
        ("model_provider='ollama'\n[model_providers.b]", true),
        ("model_provider='ollama'\n[model_providers.ollama]", false),
    ] {
        let providers = Providers::read([Layer::Own(file)]).unwrap();
        assert_eq!(providers.selects_local(), is_local, "{file}");
    }
}
