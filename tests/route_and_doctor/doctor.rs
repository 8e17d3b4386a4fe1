//! Machines that are prepared for each level, and machines where one thing is amiss.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};

use fake_provider::FakeProvider;
use fake_provider::fixture::{Fixture, ProxyProcess};
use fake_provider::json::Json;
use fake_provider::process::{self, Finished};

use crate::PIN;
use crate::machine::{AGENT, LONG, Machine, PROGRAM};

/// A machine that is sealed, until something is changed.
pub(crate) struct Examined {
    pub(crate) machine: Machine,
    pub(crate) fixture: Fixture,
    env: BTreeMap<&'static str, String>,
    /// The directories of `PATH` before those of the system.
    path: Vec<&'static str>,
}

impl Examined {
    fn sealed() -> Self {
        Self::before(FakeProvider::start().unwrap())
    }

    /// The same, before a provider that is there already.
    pub(crate) fn before(provider: FakeProvider) -> Self {
        let mut machine = Machine::new();
        let below = env!("CARGO_TARGET_TMPDIR").as_ref();
        let fixture = Fixture::before(provider, PROGRAM.as_ref(), below, "force").with_proxy(&[]);
        let address = format!("http://{}", fixture.address());
        let bin = machine.place("bin");
        machine.show_program("bin");
        machine.show(&fake_provider::codex("0.169.0"), "real");
        let policy = format!("model = \"{PIN}\"\nproxy = \"{address}\"\n");
        machine.write("root/etc/model-lock/policy.toml", &policy);
        let root = machine.root();
        let route = [
            "route",
            "codex",
            "--yes",
            "--proxy",
            &address,
            "--root",
            root.to_str().unwrap(),
        ];
        assert!(machine.model_lock(&route).status.success());
        let profile = format!("PATH={}:/usr/bin:/bin\n", bin.display());
        machine.write("root/etc/profile.d/model-lock.sh", &profile);
        machine.write("root/etc/hosts", &hosts("127.0.0.78"));
        machine.write(
            "home/.codex/auth.json",
            r#"{"OPENAI_API_KEY":"sk-placeholder"}"#,
        );
        let auth = machine.place("home/.codex/auth.json");
        fs::set_permissions(auth, fs::Permissions::from_mode(0o600)).unwrap();
        machine.be_agent();
        let env = BTreeMap::from([
            ("STATSD_HOST", fixture.statsd.address().ip().to_string()),
            ("STATSD_PORT", fixture.statsd.address().port().to_string()),
        ]);
        Self {
            machine,
            fixture,
            env,
            path: vec!["bin", "real/bin"],
        }
    }

    /// The policy in the environment, nothing else prepared.
    fn unrouted(mut self) -> Self {
        for name in [
            "codex/managed_config.toml",
            "codex/requirements.toml",
            "model-lock/policy.toml",
        ] {
            fs::remove_file(self.machine.root().join("etc").join(name)).unwrap();
        }
        self.env.insert("OPENCLAW_MODEL", PIN.to_owned());
        self
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.env.insert(name, value.to_owned());
        self
    }

    pub(crate) fn write(self, name: &str, text: &str) -> Self {
        self.machine.write(name, text);
        self
    }

    fn on_path(mut self, path: &[&'static str]) -> Self {
        self.path = path.to_vec();
        self
    }

    pub(crate) fn run(&self, flags: &[&str]) -> Finished {
        let program = self.machine.place("bin/model-lock");
        let mut command = self
            .machine
            .command(program, &[&["doctor"], flags].concat());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "CODEX_API_KEY"] {
            command.env_remove(name);
        }
        let mut path: Vec<_> = self
            .path
            .iter()
            .map(|name| self.machine.place(name))
            .collect();
        path.extend(["/usr/bin".into(), "/bin".into()]);
        command
            .env("PATH", std::env::join_paths(path).unwrap())
            .envs(&self.env);
        process::run(&mut command, LONG).unwrap()
    }

    /// The level, and the names of what was found.
    fn examine(&self) -> (String, Vec<String>) {
        let finished = self.run(&["--json"]);
        let output = Json::parse(&finished.stdout);
        let output = output.unwrap_or_else(|| panic!("{} {}", finished.out(), finished.err()));
        let names = output
            .get("findings")
            .unwrap()
            .items()
            .iter()
            .map(|finding| {
                assert!(!finding.text_at(&["what_to_do"]).unwrap().is_empty());
                finding.text_at(&["name"]).unwrap().to_owned()
            });
        let names = names.filter(|name| name != "other_codex").collect();
        // Whatever was tried, nothing went on to a provider.
        assert_eq!(self.fixture.provider.bytes_received(), 0);
        (output.text_at(&["level"]).unwrap().to_owned(), names)
    }

    #[track_caller]
    pub(crate) fn is(&self, level: &str, findings: &[&str]) {
        let (found, names) = self.examine();
        assert_eq!(
            (found.as_str(), names),
            (level, findings.iter().map(ToString::to_string).collect())
        );
    }
}

/// Where the providers are: an address where nobody listens, or somebody.
fn hosts(address: &str) -> String {
    format!("127.0.0.1 localhost\n{address} api.openai.com chatgpt.com\n")
}

/// Starts a proxy that approves another model.
fn other_policy(fixture: &Fixture) -> ProxyProcess {
    let mut lock = fixture.lock.clone();
    "gpt-other".clone_into(&mut lock.model);
    ProxyProcess::start(&lock, &fixture.provider.url(), &[], &[]).unwrap()
}

#[test]
fn doctor_on_a_sealed_machine_reports_sealed() {
    let examined = Examined::sealed();
    examined.is("sealed", &[]);
    let finished = examined.run(&["--require", "sealed"]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.out());
    assert!(
        finished.out().starts_with("level: sealed\n"),
        "{}",
        finished.out()
    );
    // The proxy counts that it was asked something; no trial is an attempt.
    let counted = examined.fixture.statsd.lines().concat();
    assert!(!counted.contains("override_attempts"), "{counted}");
}

#[test]
fn doctor_on_an_enforced_machine_reports_enforced() {
    let examined = Examined::sealed().unrouted();
    examined.is("enforced", &["policy_open", "route_missing"]);
    let sidecar = format!("http://{}", examined.fixture.address());
    let examined = examined.with("MODEL_LOCK_PROXY", &sidecar);
    examined.is("enforced", &["policy_open", "route_missing"]);
    let examined = examined.with("OPENCLAW_MODEL_LOCK_MODE", "reject");
    examined.is(
        "guarded",
        &["proxy_other_policy", "policy_open", "route_missing"],
    );
    for (level, status) in [("guarded", 0), ("enforced", 3), ("sealed", 3)] {
        let finished = examined.run(&["--require", level]);
        assert_eq!(
            finished.status.code(),
            Some(status),
            "{level} {}",
            finished.out()
        );
    }
}

#[test]
fn doctor_on_a_guarded_machine_reports_guarded() {
    for mode in ["force", "reject"] {
        let examined = Examined::sealed()
            .unrouted()
            .with("MODEL_LOCK_PROXY", "off");
        let examined = examined.with("OPENCLAW_MODEL_LOCK_MODE", mode);
        examined.is("guarded", &["proxy_off", "policy_open", "route_missing"]);
    }
}

#[test]
fn doctor_with_a_broken_shim_names_each_fault() {
    Examined::sealed()
        .on_path(&["real/bin"])
        .is("open", &["no_shim"]);
    Examined::sealed()
        .on_path(&["real/bin", "bin"])
        .is("open", &["shim_not_first"]);
    Examined::sealed()
        .on_path(&["bin"])
        .is("open", &["no_codex"]);
    let examined = Examined::sealed();
    let profile = format!(
        "PATH={}:/usr/bin:/bin\n",
        examined.machine.place("real/bin").display()
    );
    let examined = examined.write("root/etc/profile.d/model-lock.sh", &profile);
    examined.is("open", &["login_shell"]);
    let broken = Examined::sealed().on_path(&["bin", "broken"]);
    let broken = broken.write(
        "broken/codex",
        "#!/bin/sh\necho it does not run >&2\nexit 1\n",
    );
    let codex = broken.machine.place("broken/codex");
    fs::set_permissions(codex, fs::Permissions::from_mode(0o755)).unwrap();
    // It tells no version either.
    let found = [
        "shim_check_failed",
        "route_check_failed",
        "codex_unverified",
    ];
    broken.is("open", &found);
}

#[test]
fn doctor_with_a_broken_policy_names_each_fault() {
    Examined::sealed()
        .write("root/etc/model-lock/policy.toml", "mode = \"force\"\n")
        .is("open", &["no_policy"]);
    let audit = Examined::sealed()
        .unrouted()
        .with("OPENCLAW_MODEL_LOCK_MODE", "report_only");
    audit.is(
        "open",
        &[
            "report_only",
            "shim_bypassed",
            "proxy_ineffective",
            "policy_open",
            "route_missing",
        ],
    );
    let mine = Examined::sealed();
    chown(
        mine.machine.root().join("etc/model-lock/policy.toml"),
        Some(AGENT),
        None,
    )
    .unwrap();
    mine.is("enforced", &["policy_open"]);
}

#[test]
fn doctor_with_a_broken_proxy_names_each_fault() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let silent = Examined::sealed()
        .unrouted()
        .with("MODEL_LOCK_PROXY", &format!("http://{closed}"));
    silent.is(
        "guarded",
        &["proxy_unreachable", "policy_open", "route_missing"],
    );
    let other = FakeProvider::start().unwrap();
    let strange = Examined::sealed()
        .unrouted()
        .with("MODEL_LOCK_PROXY", &other.url());
    strange.is(
        "guarded",
        &["proxy_not_ours", "policy_open", "route_missing"],
    );
    let examined = Examined::sealed().unrouted();
    let stranger = other_policy(&examined.fixture);
    let address = format!("http://{}", stranger.address());
    let examined = examined.with("MODEL_LOCK_PROXY", &address);
    examined.is(
        "guarded",
        &["proxy_other_policy", "policy_open", "route_missing"],
    );
}

#[test]
fn doctor_with_a_broken_route_names_each_fault() {
    let managed = "root/etc/codex/managed_config.toml";
    let writable = Examined::sealed();
    chown(writable.machine.place(managed), Some(AGENT), None).unwrap();
    writable.is("enforced", &["route_writable"]);

    let examined = Examined::sealed();
    let lines = |skip: &str| {
        let text = fs::read_to_string(examined.machine.place(managed)).unwrap();
        let kept = text.lines().filter(|line| !line.starts_with(skip));
        kept.fold(String::new(), |text, line| text + line + "\n")
    };
    let (half, whole) = (lines("model_provider"), lines("nothing"));
    let examined = examined.write(managed, &half);
    fs::remove_file(examined.machine.root().join("etc/codex/requirements.toml")).unwrap();
    examined.is("enforced", &["route_ignored"]);
    let examined = examined.write(managed, &whole.replace(PIN, "gpt-other"));
    examined.is("enforced", &["route_other_model"]);
    let elsewhere = whole.replace(&examined.fixture.address().to_string(), "127.0.0.1:9");
    let examined = examined.write(managed, &elsewhere);
    examined.is("guarded", &["proxy_bypassed", "route_elsewhere"]);

    let variable = Examined::sealed().with("HTTP_PROXY", "http://127.0.0.1:9");
    variable.is("enforced", &["proxy_variable"]);
    variable.with("NO_PROXY", "127.0.0.1").is("sealed", &[]);
}

#[test]
fn doctor_with_a_broken_environment_names_each_fault() {
    let key = format!("sk-proj-{}", "0123456789".repeat(5));
    Examined::sealed()
        .with("OPENAI_API_KEY", &key)
        .is("enforced", &["key_visible"]);
    let auth = format!("{{\"OPENAI_API_KEY\":\"{key}\"}}");
    let examined = Examined::sealed().write("home/.codex/auth.json", &auth);
    examined.is("enforced", &["key_visible"]);
    assert!(!examined.run(&[]).out().contains("0123456789"));
    let place = examined.machine.place("home/.codex/auth.json");
    fs::set_permissions(place, fs::Permissions::from_mode(0o644)).unwrap();
    examined
        .write("home/.codex/auth.json", "{}")
        .is("sealed", &["auth_open", "auth_unrecognized"]);

    let provider = TcpListener::bind("127.0.0.77:443").unwrap();
    let open = Examined::sealed().write("root/etc/hosts", &hosts("127.0.0.77"));
    open.is("enforced", &["egress_open", "egress_open"]);
    drop(provider);

    let closed = std::net::UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    Examined::sealed()
        .with("STATSD_PORT", &closed.port().to_string())
        .is("sealed", &["statsd_unreachable"]);
    Examined::sealed()
        .with("STATSD_HOST", "")
        .is("sealed", &["statsd_off"]);
}

/// What the examined's own files prefer would be called by the proxy that the shim brings along, with whatever
/// key the environment has for it.
#[test]
fn doctor_never_calls_a_configured_provider() {
    // The second lies above the command line, so that the shim cannot lead it.
    let around = ["proxy_bypassed", "policy_open", "route_missing"];
    for (file, level, findings) in [
        ("config.toml", "enforced", &around[1..]),
        ("managed_config.toml", "guarded", &around),
    ] {
        let examined = Examined::sealed().unrouted().with("CORP_KEY", "corp");
        let provider = format!(
            "model_provider = \"corp\"\n[model_providers.corp]\nname = \"corp\"\nbase_url = \"{}/v1\"\nwire_api = \"responses\"\nenv_key = \"CORP_KEY\"\n",
            examined.fixture.provider.url()
        );
        let examined = examined.write(&format!("root/etc/codex/{file}"), &provider);
        examined.is(level, findings);
    }
}
