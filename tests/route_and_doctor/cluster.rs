//! A cluster's pods, as far as there is none: a network for each, with the shipped policies as rules of its own.
//!
//! `cluster.py` reads the policies of the manifest as Kubernetes says that they are meant. Whether a network enforces them is
//! that network's.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use fake_provider::FakeProvider;
use fake_provider::json::Json;
use fake_provider::process::{self, Daemon, Finished};

use crate::PIN;
use crate::machine::{LONG, Machine, PROGRAM};
use crate::net::{FAR, Net, can_wire, node};

const AGENT: &str = "10.244.0.2";
const GATEWAY: &str = "10.244.0.3";
const DNS: &str = "10.244.0.4";
const STRANGER: &str = "10.244.0.5";

/// Who is where, with what the policies select by.
const PODS: &str = r#"{
    "agent": {"address": "10.244.0.2", "namespace": {}, "labels":
        {"app.kubernetes.io/instance": "openclaw", "app.kubernetes.io/component": "agent"}},
    "gateway": {"address": "10.244.0.3", "namespace": {}, "labels":
        {"app.kubernetes.io/instance": "openclaw", "app.kubernetes.io/component": "gateway"}},
    "dns": {"address": "10.244.0.4", "namespace": {"kubernetes.io/metadata.name": "kube-system"}, "labels": {"k8s-app": "kube-dns"}},
    "stranger": {"address": "10.244.0.5", "namespace": {}, "labels": {}}
}"#;

/// What the manifest says: the rules of each pod, and the files of its config maps.
struct Manifest {
    rules: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

impl Manifest {
    fn read() -> Self {
        let mut command = Command::new(fake_provider::tool("kubernetes", &[]));
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/route_and_doctor/cluster.py"
            ))
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/deploy/kubernetes/plain/gateway.yaml"
            ))
            .arg(PODS);
        let read = process::run(&mut command, LONG).unwrap();
        assert!(read.status.success(), "{}", read.err());
        let output = Json::parse(&read.stdout).unwrap();
        let texts = |of: &str, names: &[&str]| {
            let text = |name: &&str| output.text_at(&[of, name]).unwrap().to_owned();
            names
                .iter()
                .map(|name| ((*name).to_owned(), text(name)))
                .collect()
        };
        Self {
            rules: texts("rules", &["agent", "gateway", "dns", "stranger"]),
            files: texts("files", &["policy.toml", "managed_config.toml"]),
        }
    }

    /// Puts a pod under its policies.
    fn enforce(&self, pod: &str, net: &Net, machine: &Machine) {
        let name = format!("{pod}.nft");
        machine.write(&name, self.rules.get(pod).unwrap());
        let mut nft = Command::new("nft");
        nft.arg("-f").arg(machine.place(&name));
        let loaded = net.within(|| process::run(&mut nft, LONG).unwrap());
        assert!(loaded.status.success(), "{pod}: {}", loaded.err());
    }
}

/// Whether somebody answers there.
fn reaches(net: &Net, address: &str, port: u16) -> bool {
    let to = SocketAddr::new(address.parse().unwrap(), port);
    net.within(|| TcpStream::connect_timeout(&to, Duration::from_secs(5)).is_ok())
}

/// The agent's container: the files of the manifest where it mounts them, the shim first, a placeholder for a key.
fn container(manifest: &Manifest) -> Machine {
    let mut machine = Machine::new();
    machine.show_program("bin");
    machine.show(&fake_provider::codex("0.169.0"), "real");
    machine.write(
        "root/etc/model-lock/policy.toml",
        manifest.files.get("policy.toml").unwrap(),
    );
    machine.write(
        "root/etc/codex/managed_config.toml",
        manifest.files.get("managed_config.toml").unwrap(),
    );
    let profile = format!("PATH={}:/usr/bin:/bin\n", machine.place("bin").display());
    machine.write("root/etc/profile.d/model-lock.sh", &profile);
    let hosts = format!(
        "127.0.0.1 localhost\n{GATEWAY} openclaw-model-lock\n{} api.openai.com chatgpt.com\n",
        FAR[0]
    );
    machine.write("root/etc/hosts", &hosts);
    machine.write(
        "home/.codex/auth.json",
        r#"{"OPENAI_API_KEY":"sk-placeholder"}"#,
    );
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(machine.place("home/.codex/auth.json"), mode).unwrap();
    machine.be_agent();
    machine
}

/// The gateway's container, with the arguments of the manifest but for the key and for where the provider is.
fn gateway(net: &Net, policy: &std::path::Path) -> Daemon {
    let mut serve = Command::new(PROGRAM);
    serve
        .env_clear()
        .args([
            "serve",
            "--listen=0.0.0.0:8383",
            "--admin=0.0.0.0:8384",
            "--upstream",
        ])
        .arg(format!("http://{}:443", FAR[0]))
        .arg("--policy")
        .arg(policy);
    let daemon = net.within(|| Daemon::start(&mut serve).unwrap());
    let up = daemon.wait_for(|line| line.contains("listening"), LONG);
    assert!(
        up.is_some(),
        "the gateway does not listen: {:?}",
        daemon.lines()
    );
    daemon
}

/// Runs a program in the agent's container and network.
fn as_agent(machine: &Machine, net: &Net, program: &str, arguments: &[&str]) -> Finished {
    let mut command = machine.command(machine.place(program), arguments);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "CODEX_API_KEY"] {
        command.env_remove(name);
    }
    let [shim, real] = ["bin", "real/bin"].map(|name| machine.place(name));
    let path = format!("{}:{}:/usr/bin:/bin", shim.display(), real.display());
    command.env("PATH", path);
    net.within(|| process::run(&mut command, LONG).unwrap())
}

#[test]
fn agent_pod_reaches_the_gateway_alone() {
    if !can_wire() {
        return;
    }
    let manifest = Manifest::read();
    let (node, pods) = node(&[AGENT, GATEWAY, DNS, STRANGER]);
    let [agent, gate, dns, stranger] = &pods[..] else {
        panic!("four pods")
    };
    node.within(|| {
        let provider = FakeProvider::start_on((FAR[0], 443)).unwrap();
        let _names = dns.within(|| TcpListener::bind((DNS, 53)).unwrap());
        // An address of the cluster, with the provider's port.
        let _private = stranger.within(|| TcpListener::bind((STRANGER, 443)).unwrap());
        let machine = container(&manifest);
        let _gateway = gateway(gate, &machine.root().join("etc/model-lock/policy.toml"));
        let ways = [(GATEWAY, 8383), (GATEWAY, 8384), (DNS, 53), (FAR[0], 443)];
        let reached = |net| ways.map(|(address, port)| reaches(net, address, port));
        assert_eq!(reached(agent), [true; 4], "without policies");
        assert_eq!(reached(stranger), [true; 4], "without policies");
        assert!(reaches(gate, STRANGER, 443), "without policies");

        for (pod, net) in [
            ("agent", agent),
            ("gateway", gate),
            ("dns", dns),
            ("stranger", stranger),
        ] {
            manifest.enforce(pod, net, &machine);
        }
        assert_eq!(reached(agent), [true, false, true, false]);
        assert_eq!(reached(stranger), [false, false, true, true]);
        assert!(reaches(gate, FAR[0], 443) && !reaches(gate, STRANGER, 443));

        let request = ["doctor", "--require", "sealed"];
        let sealed = as_agent(&machine, agent, "bin/model-lock", &request);
        assert_eq!(
            sealed.status.code(),
            Some(0),
            "{}{}",
            sealed.out(),
            sealed.err()
        );
        let exec = ["exec", "--skip-git-repo-check", "-m", "evil", "hi"];
        let turn = as_agent(&machine, agent, "real/bin/codex", &exec);
        assert!(turn.status.success(), "{}", turn.err());
        let mut calls = provider.requests();
        calls.retain(|call| call.method == "POST");
        let models: Vec<_> = calls.iter().map(|call| call.model().unwrap()).collect();
        assert_eq!(models, [PIN]);
    });
}
