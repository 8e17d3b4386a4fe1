//! What the manifests say: the shim comes first and read-only, the gateway alone has a way out, nothing runs as root.

use crate::text::file;

const FORMS: [&str; 2] = ["gateway", "sidecar"];

/// The documents of a file, each with its kind and name.
fn documents(form: &str) -> Vec<(String, String)> {
    let text = file(&format!("deploy/kubernetes/plain/{form}.yaml"));
    let named = |document: &str| {
        let kind = document
            .lines()
            .find_map(|line| line.strip_prefix("kind: "));
        let name = document
            .lines()
            .find_map(|line| line.strip_prefix("  name: "));
        format!("{}/{}", kind.unwrap(), name.unwrap())
    };
    text.split("\n---\n")
        .map(|document| (named(document), document.to_owned()))
        .collect()
}

fn document(form: &str, name: &str) -> String {
    let mut documents = documents(form).into_iter();
    documents
        .find(|(found, _)| found == name)
        .unwrap_or_else(|| panic!("no {name}"))
        .1
}

/// The lines of a text without their indentation, as one text: a sequence of lines can be looked for in it.
fn flat(text: &str) -> String {
    text.lines()
        .map(|line| [line.trim(), "\n"].concat())
        .collect()
}

#[test]
fn manifests_of_each_form_have_their_parts() {
    let names = |form| {
        documents(form)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    let own = [
        "Deployment/openclaw-model-lock",
        "Service/openclaw-model-lock",
        "PodDisruptionBudget/openclaw-model-lock",
        "HorizontalPodAutoscaler/openclaw-model-lock",
    ];
    let common = [
        "Namespace/openclaw",
        "ConfigMap/openclaw-model-lock-policy",
        "ConfigMap/openclaw-model-lock-route",
    ];
    let gateway = [
        &common[..],
        &own,
        &[
            "NetworkPolicy/openclaw-model-lock-agent",
            "NetworkPolicy/openclaw-model-lock-gateway",
            "Deployment/openclaw-model-lock-agent",
        ],
    ]
    .concat();
    assert_eq!(names("gateway"), gateway);
    assert_eq!(
        names("sidecar"),
        [
            &common[..],
            &[
                "NetworkPolicy/openclaw-model-lock-agent",
                "Deployment/openclaw-model-lock-agent"
            ]
        ]
        .concat()
    );
}

/// The image installs itself; the agent has the place read-only and first on its `PATH`. A pod whose installation fails does
/// not start, and nothing makes the failure pass: there is no shell in it that could.
#[test]
fn shim_installation_that_fails_keeps_the_agent_from_starting() {
    for form in FORMS {
        let agent = flat(&document(form, "Deployment/openclaw-model-lock-agent"));
        let (init, containers) = agent.split_once("\ncontainers:\n").unwrap();
        let init = init.split_once("initContainers:\n").unwrap().1;
        assert!(
            init.contains("args: [install, --to, /tools/bin]\n"),
            "{form}"
        );
        assert!(
            !init.contains("command:") && !init.contains("sh\n"),
            "{form}"
        );
        assert!(
            containers.contains("- name: PATH\nvalue: /tools/bin:"),
            "{form}"
        );
        assert!(
            containers.contains("- name: tools\nmountPath: /tools\nreadOnly: true\n"),
            "{form}"
        );
        assert!(
            containers.contains("- name: policy\nmountPath: /etc/model-lock\nreadOnly: true\n"),
            "{form}"
        );
        assert!(
            containers.contains("- name: route\nmountPath: /etc/codex\nreadOnly: true\n"),
            "{form}"
        );
        assert!(
            containers.contains("- name: OPENCLAW_CODEX_APP_SERVER_BIN\nvalue: /tools/bin/codex\n"),
            "{form}"
        );
        assert!(
            containers.contains("- name: tools\nemptyDir: {}\n"),
            "{form}"
        );
    }
}

/// The sidecar starts before the agent and ends after it: an init container that is kept running.
#[test]
fn sidecar_is_a_native_one() {
    let agent = flat(&document("sidecar", "Deployment/openclaw-model-lock-agent"));
    let init = agent.split_once("\ncontainers:\n").unwrap().0.to_owned();
    assert!(init.contains("- name: model-lock\nrestartPolicy: Always\n"));
    assert!(init.contains("- --listen=127.0.0.1:8383\n"));
    assert!(init.contains("startupProbe:\nhttpGet: {path: /readyz, port: admin}\n"));
    assert!(
        !flat(&document("gateway", "Deployment/openclaw-model-lock-agent"))
            .contains("restartPolicy")
    );
}

/// From the agents to the gateway and to where names are looked up, and nowhere else.
#[test]
fn network_policy_gives_egress_to_the_gateway_alone() {
    let agent = document("gateway", "NetworkPolicy/openclaw-model-lock-agent");
    assert!(!agent.contains("ipBlock") && !agent.contains("443"));
    let agent = flat(&agent);
    assert!(agent.contains("policyTypes: [Egress]\n"));
    assert_eq!(agent.matches("- to:\n").count(), 2);
    assert!(agent.contains("component: gateway\nports:\n- {protocol: TCP, port: 8383}\n"));
    assert!(agent.contains("k8s-app: kube-dns\nports:\n- {protocol: UDP, port: 53}\n"));
    let gateway = flat(&document(
        "gateway",
        "NetworkPolicy/openclaw-model-lock-gateway",
    ));
    assert!(gateway.contains("policyTypes: [Ingress, Egress]\n") && gateway.contains("ipBlock:\n"));
    assert!(
        gateway.contains("- 169.254.0.0/16\n"),
        "the metadata of the cloud is no provider"
    );
    assert_eq!(gateway.matches("- from:\n").count(), 1);
}

#[test]
fn containers_run_without_root_and_extra_privileges() {
    for (name, document) in FORMS.iter().flat_map(|form| documents(form)) {
        if !name.starts_with("Deployment/") {
            continue;
        }
        let containers = document.matches("imagePullPolicy:").count();
        assert_eq!(
            document.matches("allowPrivilegeEscalation: false").count(),
            containers,
            "{name}"
        );
        assert_eq!(
            document.matches("drop: [ALL]").count(),
            containers,
            "{name}"
        );
        assert!(
            document.contains("runAsNonRoot: true") && document.contains("type: RuntimeDefault"),
            "{name}"
        );
        assert!(
            document.contains("automountServiceAccountToken: false"),
            "{name}"
        );
        assert!(
            !document.contains(":latest") && !document.contains("hostNetwork"),
            "{name}"
        );
    }
}

/// The provider's key is mounted where the proxy runs, and in no other container.
#[test]
fn provider_key_is_mounted_in_the_proxy_alone() {
    let mount = "- name: provider-key\nmountPath: /run/provider\nreadOnly: true\n";
    let gateway = flat(&document("gateway", "Deployment/openclaw-model-lock"));
    assert!(gateway.contains("- --key=/run/provider/key\n") && gateway.contains(mount));
    let clients = "- name: client-tokens\nmountPath: /run/clients\nreadOnly: true\n";
    assert!(
        gateway.contains("- --client-tokens=/run/clients/tokens\n") && gateway.contains(clients)
    );
    let agent = flat(&document("gateway", "Deployment/openclaw-model-lock-agent"));
    assert!(!agent.contains("provider-key") && !agent.contains("secret"));
    let pod = flat(&document("sidecar", "Deployment/openclaw-model-lock-agent"));
    let (init, containers) = pod.split_once("containers:\n- name: agent\n").unwrap();
    assert_eq!(
        (
            init.matches(mount).count(),
            containers.matches(mount).count()
        ),
        (1, 0)
    );
}

/// The probes ask what the admin port answers, on the port that is opened for it.
#[test]
fn probes_ask_the_admin_port() {
    let gateway = flat(&document("gateway", "Deployment/openclaw-model-lock"));
    for line in [
        "- --admin=0.0.0.0:8384",
        "- name: admin\ncontainerPort: 8384",
        "livenessProbe:\nhttpGet: {path: /livez, port: admin}",
        "readinessProbe:\nhttpGet: {path: /readyz, port: admin}",
    ] {
        assert!(gateway.contains(line), "{line}");
    }
}
