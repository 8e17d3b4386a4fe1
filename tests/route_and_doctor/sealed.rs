//! The sealed host, by the rule that is shipped: its agent reaches the proxy and nothing else, and doctor says so.
//!
//! The host is a network namespace with a wire to another, in which the provider is.

use std::process::Command;

use fake_provider::FakeProvider;
use fake_provider::process;

use crate::PIN;
use crate::doctor::Examined;
use crate::machine::{AGENT, LONG};
use crate::net::{FAR, Net, can_wire, wired};

/// A host that is prepared but for the rule.
struct Host {
    examined: Examined,
    /// The provider at its own port, where it would be called past the proxy.
    direct: [FakeProvider; 2],
}

/// Does something on a host, which is gone then with all that is on it.
fn on_a_host(work: impl FnOnce(&Host) + Send) {
    if !can_wire() {
        return;
    }
    let [net, internet] = wired();
    net.within(|| work(&Host::new(&internet)));
}

impl Host {
    fn new(internet: &Net) -> Self {
        let provider =
            |to: String| internet.within(|| FakeProvider::start_on(to.as_str()).unwrap());
        let direct = FAR.map(|address| provider(at(address, 443)));
        let names = FAR.map(|address| format!("{address} api.openai.com chatgpt.com\n"));
        let hosts = format!("127.0.0.1 localhost\n{}", names.concat());
        let examined = Examined::before(provider(at(FAR[0], 80))).write("root/etc/hosts", &hosts);
        let passwd = examined.machine.root().join("etc/passwd");
        let passwd = std::fs::read_to_string(passwd).unwrap();
        let agent = format!("{passwd}agent:x:{AGENT}:{AGENT}::/:/bin/sh\n");
        let examined = examined.write("root/etc/passwd", &agent);
        Self { examined, direct }
    }

    /// Loads rules, with the names of users that the host has.
    fn load(&self, rules: &str) {
        let mut nft = Command::new("unshare");
        let passwd = self.examined.machine.root().join("etc/passwd");
        nft.args([
            "-m",
            "sh",
            "-c",
            "mount --bind \"$1\" /etc/passwd && nft -f \"$2\"",
            "sh",
        ]);
        nft.arg(passwd).arg(rules);
        let loaded = process::run(&mut nft, LONG).unwrap();
        assert!(loaded.status.success(), "{}", loaded.err());
    }

    /// Whether the provider can be called from here by its addresses, as the agent and as another user.
    fn calls(user: u32) -> [bool; 2] {
        FAR.map(|address| {
            let mut call = Command::new("setpriv");
            let flags = [format!("--reuid={user}"), format!("--regid={user}")];
            let dial = format!("exec 3<>/dev/tcp/{address}/443");
            call.args(flags)
                .args(["--clear-groups", "timeout", "20", "bash", "-c", &dial]);
            let called = process::run(&mut call, LONG).unwrap();
            called.status.success()
        })
    }
}

fn at(address: &str, port: u16) -> String {
    std::net::SocketAddr::new(address.parse().unwrap(), port).to_string()
}

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/systemd/agent.nft");
/// Neither root nor the agent.
const ANOTHER: u32 = 65533;

#[test]
fn shipped_firewall_rule_seals_the_host() {
    on_a_host(|host| {
        assert_eq!(Host::calls(AGENT), [true, true]);
        host.examined
            .is("enforced", &["egress_open", "egress_open"]);

        host.load(RULES);
        let reached = (Host::calls(AGENT), Host::calls(ANOTHER));
        assert_eq!(reached, ([false, false], [true, true]));
        host.examined.is("sealed", &[]);
        let finished = host.examined.run(&["--require", "sealed"]);
        assert_eq!(finished.status.code(), Some(0), "{}", finished.out());

        // Loading it again changes nothing.
        host.load(RULES);
        assert_eq!(Host::calls(AGENT), [false, false]);
        let mut undo = Command::new("nft");
        let undone = process::run(undo.args(["delete", "table", "inet", "model_lock"]), LONG);
        assert!(undone.unwrap().status.success());
        assert_eq!(Host::calls(AGENT), [true, true]);
    });
}

/// Started by its own path, with all that it has to go elsewhere: what runs is the pin, by the proxy.
#[test]
fn codex_on_a_sealed_host_runs_the_approved_model() {
    on_a_host(|host| {
        host.load(RULES);
        let elsewhere = "openai_base_url=\"http://198.51.100.1:443/v1\"";
        let request = [
            "exec",
            "--skip-git-repo-check",
            "-m",
            "evil",
            "-c",
            elsewhere,
            "hi",
        ];
        let mut command = host
            .examined
            .machine
            .command(fake_provider::codex("0.169.0"), &request);
        command.env_remove("HTTP_PROXY").env_remove("HTTPS_PROXY");
        let turn = process::run(&mut command, LONG).unwrap();
        assert!(turn.status.success(), "{}", turn.err());
        let calls = host.examined.fixture.provider.requests();
        let calls = calls.iter().filter(|call| call.method == "POST");
        let models: Vec<_> = calls.map(|call| call.model().unwrap()).collect();
        assert_eq!(models, [PIN]);
        let mut direct = host.direct.iter().map(FakeProvider::bytes_received);
        assert!(direct.all(|bytes| bytes == 0));
    });
}

/// A rule for one family leaves the other: doctor tries every address of a provider.
#[test]
fn firewall_rule_for_one_address_family_does_not_seal() {
    let rule = std::fs::read_to_string(RULES).unwrap();
    for family in ["ip", "ip6"] {
        on_a_host(|host| {
            let machine = &host.examined.machine;
            let name = format!("root/{family}.nft");
            machine.write(
                &name,
                &rule.replace("table inet", &format!("table {family}")),
            );
            host.load(machine.place(&name).to_str().unwrap());
            assert_eq!(Host::calls(AGENT), [family != "ip", family != "ip6"]);
            host.examined
                .is("enforced", &["egress_open", "egress_open"]);
        });
    }
}
