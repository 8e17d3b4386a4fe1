//! A policy file that its user cannot change, and what that user may try instead.

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use fake_provider::http_client::post_to;
use fake_provider::process::{self, Daemon};

use crate::PIN;
use crate::machine::{LONG, Machine};

/// A machine with a policy file of root's, on which commands are run by another user.
fn machine(policy: &str) -> Machine {
    let mut machine = Machine::new();
    machine.show_program("bin");
    machine.write("root/etc/model-lock/policy.toml", policy);
    machine.be_agent();
    machine
}

fn policy() -> String {
    format!("model = \"{PIN}\"\n")
}

#[test]
fn environment_that_weakens_is_ignored_and_named() {
    let machine = machine(&policy());
    let mut command = machine.command(machine.place("bin/model-lock"), &["check"]);
    command
        .env("OPENCLAW_MODEL", "other")
        .env("MODEL_LOCK_PROXY", "off")
        .env("MODEL_LOCK_UPSTREAM", "http://127.0.0.1:1")
        .env("SSL_CERT_FILE", "/tmp/own.pem");
    let checked = process::run(&mut command, LONG).unwrap();
    let out = checked.out();
    assert!(out.contains(&format!("model = {PIN}\n")), "{out}");
    for name in ["MODEL_LOCK_UPSTREAM", "HTTPS_PROXY", "SSL_CERT_FILE"] {
        assert!(
            out.contains(&format!("warning = {name} is ignored")),
            "{out}"
        );
    }
    assert!(!out.contains("user namespace"), "{out}");
}

/// Sends a call through `serve` to a provider that has no address; returns whether a forward proxy was asked for it.
fn asks_forward_proxy(policy: &str, forward_proxy: TcpListener, variable: &str) -> bool {
    let machine = machine(policy);
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        "https://provider.invalid",
    ];
    let mut command = machine.command(machine.place("bin/model-lock"), &arguments);
    command.env("HTTPS_PROXY", variable);
    let daemon = Daemon::start(&mut command).unwrap();
    let listening = daemon.wait_for(|line| line.contains(r#""event":"listening""#), LONG);
    let listening = listening.unwrap_or_else(|| panic!("{:?}", daemon.lines()));
    let (_, address) = listening.split_once(r#""address":""#).unwrap();
    let address = address.split('"').next().unwrap();
    let (asked, asks) = mpsc::channel();
    // It takes the connection and says no more: the call fails then.
    std::thread::spawn(move || asked.send(forward_proxy.accept().map(drop)));
    let body = format!(r#"{{"model":"{PIN}","input":"hi"}}"#);
    let answer = post_to(&format!("http://{address}/v1/responses"), body.as_bytes());
    assert_eq!(answer.status, 502);
    asks.recv_timeout(Duration::from_millis(100)).is_ok()
}

#[test]
fn forward_proxy_of_the_environment_is_not_asked_and_that_of_the_policy_is() {
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let own = listen();
    let variable = url(&own);
    assert!(!asks_forward_proxy(&policy(), own, &variable));
    let operators = listen();
    let text = format!("{}forward_proxy = \"{}\"\n", policy(), url(&operators));
    assert!(asks_forward_proxy(&text, operators, "http://127.0.0.1:1"));
}

#[test]
fn policy_file_of_a_private_user_namespace_is_reported() {
    let machine = machine(&policy());
    machine.write("work/mine.toml", "model = \"other\"\n");
    let script = "mount --bind work/mine.toml /etc/model-lock/policy.toml && exec \"$0\" \"$@\"";
    for verb in ["check", "doctor"] {
        let program = machine.place("bin/model-lock");
        let program = program.to_str().unwrap();
        let arguments = ["-Urm", "sh", "-c", script, program, verb];
        let mut command = machine.command("unshare", &arguments);
        command.current_dir(machine.place(""));
        let found = process::run(&mut command, LONG).unwrap();
        let text = [found.out(), found.err()].concat();
        let what = "runs in a user namespace of its own";
        assert!(text.contains(what), "{verb}: {text}");
    }
}
