//! What the compose files say: who is on which network, who has which volume, and that each profile is whole.

use std::collections::BTreeSet;

use crate::text::{below, file, tops};

const COMPOSE: &str = "deploy/compose/compose.yaml";

/// Without the profile nothing is added to a stack: every service has one, and none has another's.
#[test]
fn compose_services_are_each_in_a_profile() {
    let compose = file(COMPOSE);
    let services = below(&compose, "services");
    let profiles = [
        "model-lock",
        "openclaw",
        "statsd-exporter",
        "prometheus",
        "grafana",
    ];
    assert_eq!(tops(&services), profiles);
    for service in profiles {
        let profile = below(&services, &format!("{service}/profiles"));
        let expected = if ["model-lock", "openclaw"].contains(&service) {
            "openclaw"
        } else {
            "observability"
        };
        assert_eq!(tops(&profile), [expected], "{service}");
    }
}

/// The agent is on the network that leads nowhere, and on no other; the proxy alone is on one with a way out too.
#[test]
fn compose_agent_has_no_egress_but_the_proxy() {
    let compose = file(COMPOSE);
    assert_eq!(
        tops(&below(&compose, "services/openclaw/networks")),
        ["openclaw-internal"]
    );
    assert_eq!(
        tops(&below(&compose, "services/model-lock/networks")),
        ["openclaw-internal", "local-network"]
    );
    assert_eq!(
        below(&compose, "networks/openclaw-internal").trim(),
        "internal: true"
    );
    assert!(below(&compose, "networks/local-network").contains("external: true"));
    assert!(!below(&compose, "services/openclaw").contains("ports:"));
    assert!(!below(&compose, "services/openclaw").contains("network_mode"));
}

#[test]
fn compose_agent_equals_the_original_service() {
    let compose = file(COMPOSE);
    let openclaw = below(&compose, "services/openclaw");
    assert!(openclaw.contains("user: ${OPENCLAW_DOCKER_USER:-app}\n"));
    assert!(openclaw.contains("restart: unless-stopped\n"));
    let names = below(&openclaw, "environment");
    for name in [
        "OPENCLAW_MODEL",
        "OPENCLAW_MODEL_LOCK_MODE",
        "CODEX_HOME",
        "CODEX_CONFIG_HOME",
        "CODEX_CONFIG_PATH",
        "CODEX_VOLUME_PATH",
        "CODEX_ENV",
        "MOONMIND_URL",
        "MOONMIND_API_TOKEN",
        "MODEL_LOCK_PROXY",
    ] {
        assert!(names.contains(&format!("{name}: ")), "{name}");
    }
    let volumes = below(&openclaw, "volumes");
    let volumes: Vec<_> = tops(&volumes)
        .iter()
        .map(|volume| volume.split(':').next().unwrap())
        .collect();
    assert_eq!(volumes, ["openclaw_data", "openclaw_codex_auth_volume"]);
    let stack = file("deploy/compose/compose.local-network.yaml");
    assert_eq!(
        tops(&below(&stack, "services/openclaw/depends_on")),
        ["api"]
    );
    assert_eq!(
        tops(&below(&stack, "services/openclaw/networks")),
        ["openclaw-internal", "local-network"]
    );
}

/// The agent starts when the proxy says that it is ready: the image's own health check asks where the proxy answers.
#[test]
fn compose_agent_waits_for_a_ready_proxy() {
    let compose = file(COMPOSE);
    assert_eq!(
        below(&compose, "services/openclaw/depends_on/model-lock").trim(),
        "condition: service_healthy"
    );
    let proxy = below(&compose, "services/model-lock");
    assert!(!proxy.contains("--admin") && !proxy.contains("MODEL_LOCK_ADMIN"));
    assert!(!proxy.contains("healthcheck"), "the image has one");
    let image = file("Dockerfile");
    assert!(image.contains("\nENV MODEL_LOCK_ADMIN=127.0.0.1:8384\n"));
    let check = image
        .lines()
        .find_map(|line| line.strip_prefix("HEALTHCHECK "));
    let (_, asks) = check.unwrap().split_once(" CMD ").unwrap();
    assert_eq!(asks, r#"["/usr/local/bin/model-lock", "health"]"#);
}

/// A model that is set and empty stays empty, so that the start fails; the proxy and the agent get the same policy.
#[test]
fn compose_with_empty_model_does_not_use_the_default() {
    let compose = file(COMPOSE);
    assert!(
        !compose.contains("OPENCLAW_MODEL:-") && !compose.contains("OPENCLAW_MODEL_LOCK_MODE:-")
    );
    assert_eq!(
        compose.matches("${OPENCLAW_MODEL-gpt-5.3-codex}").count(),
        5
    );
    assert_eq!(
        compose.matches("${OPENCLAW_MODEL_LOCK_MODE-force}").count(),
        3
    );
}

/// The volume that other workers share is nowhere in what is deployed, nor are their models.
#[test]
fn compose_touches_nothing_of_another_worker() {
    let files = [
        COMPOSE,
        "deploy/compose/compose.local-network.yaml",
        "deploy/compose/.env-template",
        "deploy/compose/openclaw/Dockerfile",
        "deploy/compose/openclaw/entrypoint.sh",
        "deploy/kubernetes/chart/values.yaml",
        "deploy/kubernetes/chart/templates/agent.yaml",
    ];
    for name in files {
        let text = file(name)
            .replace("openclaw_codex_auth_volume", "")
            .replace("OPENCLAW_CODEX_VOLUME_NAME", "");
        for shared in [
            "codex_auth_volume",
            "CODEX_VOLUME_NAME",
            "CODEX_MODEL",
            "MOONMIND_CODEX_MODEL",
        ] {
            assert!(!text.contains(shared), "{shared} in {name}");
        }
    }
}

#[test]
fn env_template_has_the_variables_and_defaults_of_the_compose_file() {
    let template = file("deploy/compose/.env-template");
    let set: Vec<_> = template
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    assert_eq!(
        set,
        [
            "OPENCLAW_MODEL=gpt-5.3-codex",
            "OPENCLAW_MODEL_LOCK_MODE=force",
            "OPENCLAW_CODEX_VOLUME_NAME=openclaw_codex_auth_volume",
            "OPENCLAW_CODEX_VOLUME_PATH=/home/app/.codex",
            "OPENCLAW_DOCKER_USER=app",
        ]
    );
    let compose = file(COMPOSE);
    for (name, default) in set.iter().map(|line| line.split_once('=').unwrap()) {
        let plain = format!("${{{name}-{default}}}");
        assert!(
            compose.contains(&plain)
                || compose.contains(&plain.replace('-', ":-").replace("gpt:-5.3:-", "gpt-5.3-")),
            "{name}"
        );
    }
}

/// The file that gives the proxy a key gives it to the proxy alone, and takes nothing from its command.
#[test]
fn provider_key_is_mounted_in_the_proxy_alone() {
    let own = file("deploy/compose/compose.key.yaml");
    assert_eq!(tops(&below(&own, "services")), ["model-lock"]);
    assert_eq!(
        tops(&below(&own, "services/model-lock/secrets")),
        ["provider_key", "client_tokens"]
    );
    let command = |text: &str| {
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("command: ["));
        line.unwrap().trim_end_matches(']').to_owned()
    };
    let added = [
        "--key",
        "/run/secrets/provider_key",
        "--client-tokens",
        "/run/secrets/client_tokens",
    ];
    let expected = added.iter().fold(command(&file(COMPOSE)), |all, word| {
        format!("{all}, \"{word}\"")
    });
    assert_eq!(command(&own), expected);
}

/// Every image has its version.
#[test]
fn image_versions_are_pinned() {
    let compose = file(COMPOSE);
    let images = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("image: "));
    let dockerfile = file("deploy/compose/openclaw/Dockerfile");
    let bases = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("FROM node:"));
    let images: Vec<_> = images.chain(bases).collect();
    assert_eq!(images.len(), 6, "{images:?}");
    assert!(
        images
            .iter()
            .all(|image| image.contains(|c: char| c.is_ascii_digit()) || image.contains("local")),
        "{images:?}"
    );
    assert!(!compose.contains(":latest") && !dockerfile.contains("latest"));
}

/// What `StatsD` sends gets the names that `/metrics` has, and so all that the one set of rules and the one dashboard ask for.
#[test]
fn statsd_mapping_yields_the_metrics_of_rules_and_dashboard() {
    let mapping = file("deploy/compose/observability/statsd-mapping.yml");
    let page = file("docs/reference/metrics.md");
    let mut known = BTreeSet::new();
    for (from, to) in mapping.lines().zip(mapping.lines().skip(1)) {
        let (Some(from), Some(to)) = (
            from.trim().strip_prefix("- match: model_lock."),
            to.trim().strip_prefix("name: "),
        ) else {
            continue;
        };
        let [plain, name] = [from, to].map(|name| name.trim_end_matches("_bucket"));
        let row = format!("| `model_lock.{plain}` | `{name}` |");
        assert!(page.contains(&row), "{row}");
        assert_eq!(from.ends_with("_bucket"), to.ends_with("_bucket"), "{from}");
        known.insert(to.to_owned());
    }
    let request = file("deploy/prometheus/rules.yml") + &file("deploy/grafana/model-lock.json");
    let names = request
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("model_lock_"));
    let names: BTreeSet<_> = names.map(str::to_owned).collect();
    assert_eq!(names, known);
}

/// What is mounted is there, where the path begins: beside the file.
#[test]
fn mounted_files_exist() {
    let compose = file(COMPOSE);
    let mounts = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- .")?.split(':').next());
    let mounts: Vec<_> = mounts.collect();
    assert_eq!(mounts.len(), 6, "{mounts:?}");
    for mount in mounts {
        let place = format!("deploy/compose/.{mount}");
        assert!(crate::stage::of_the_repository(&place).exists(), "{place}");
    }
    // What the mounts put where, the programs look for there.
    let prometheus = file("deploy/compose/observability/prometheus.yml");
    assert!(prometheus.contains("- /etc/prometheus/rules.yml\n"));
    assert!(compose.contains("- ../prometheus/rules.yml:/etc/prometheus/rules.yml:ro\n"));
    let provider = file("deploy/compose/observability/grafana/dashboards/provider.yml");
    assert!(provider.contains("path: /etc/grafana/model-lock\n"));
    assert!(compose.contains("- ../grafana:/etc/grafana/model-lock:ro\n"));
}

/// With that of an account on the same origin, codex would go past the proxy.
#[test]
fn codex_configuration_sets_one_base_url() {
    for name in [
        COMPOSE,
        "deploy/kubernetes/plain/gateway.yaml",
        "deploy/kubernetes/plain/sidecar.yaml",
    ] {
        assert_eq!(file(name).matches("base_url =").count(), 1, "{name}");
        assert!(
            file(name).contains(" openai_base_url = \"http://"),
            "{name}"
        );
    }
}

/// Each number has its line, and each file that a line names is there.
#[test]
fn requirement_table_is_complete_and_its_files_exist() {
    let page = file("docs/design/deployment.md");
    let counts = [8, 5, 17, 7, 5];
    for (section, count) in counts.iter().enumerate() {
        for number in 1..=*count {
            let head = format!("| {}.{number} | ", section + 1);
            assert_eq!(
                page.lines().filter(|line| line.starts_with(&head)).count(),
                1,
                "{head}"
            );
        }
    }
    let places = page
        .split('`')
        .filter(|text| text.contains('/') && text.ends_with(|c: char| c.is_ascii_lowercase()));
    let places: Vec<_> = places
        .filter(|text| {
            ["tests/", "shim/", "lockpolicy/", "deploy/"]
                .iter()
                .any(|top| text.starts_with(top))
        })
        .collect();
    assert!(places.len() > 40, "{places:?}");
    for place in places {
        assert!(crate::stage::of_the_repository(place).exists(), "{place}");
    }
}

/// Each alert is in the runbook, and each alert of the runbook is one of them.
#[test]
fn alerts_and_runbook_sections_are_the_same() {
    let rules = file("deploy/prometheus/rules.yml");
    let alerts = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: BTreeSet<_> = alerts.collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    let runbook = file("docs/guide/runbook.md");
    let heads = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("| `ModelLock")?.split('|').next());
    let heads: String = heads.map(|head| ["`ModelLock", head].concat()).collect();
    let output: BTreeSet<_> = heads
        .split('`')
        .filter(|word| word.starts_with("ModelLock"))
        .collect();
    assert_eq!(output, alerts);
}
