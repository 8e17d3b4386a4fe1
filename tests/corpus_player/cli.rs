//! Cases about how the program is started, changed and asked.
//!
//! The corpus was written before the command line was: `--mode` and `--model` are said in the
//! environment, `--config` is `--policy`, and what stands there twice stands twice in a policy file.

use std::path::Path;
use std::process::Command;

use fake_provider::process;

use policy_corpus::exchange::Seen;

use crate::corpus_player::case::{Case, Expect};
use crate::corpus_player::client::{Client, Manner};
use crate::corpus_player::oracle::document;
use crate::corpus_player::server::{PROGRAM, Server};
use crate::corpus_player::upstream::{Plan, Upstream};
use crate::corpus_player::{PATIENCE, PIN};

const OTHER: &str = r#"{"model":"other-model","input":"hi"}"#;
/// The key that the proxy has.
const KEY: &str = "sk-of-the-proxy";
const APPROVED: &str = r#"{"model":"gpt-5.5","input":"hi"}"#;

/// What differs from what the case expects.
pub(crate) fn play(case: &Case, mode: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in &case.request.files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    let upstream = Upstream::start();
    let mut command = translate(case, mode, directory.path(), &upstream);
    let expect = case.expect(mode);
    if expect.outcome == "credential_replaced_or_refused" {
        let key = directory.path().join("key");
        std::fs::write(&key, KEY).unwrap();
        command.arg("--key").arg(key);
        command.args(["--client-auth", "none", "--allow-host", "proxy.test"]);
    }
    let result = match expect.outcome.as_str() {
        "refuse_to_start" => ends(&mut command, expect),
        "request_fails" => Err("the program has no door by which to make it panic".to_owned()),
        outcome => match Server::run(&mut command, upstream) {
            Err(output) => Err(format!("does not start: {output}")),
            Ok(server) => match outcome {
                "starts" => holds(&server, expect),
                "keeps_previous" => keeps(&server, expect, directory.path()),
                "credential_replaced_or_refused" => credential(&server),
                "proxy_decides" => background(&server, expect),
                "no_runtime_policy_change" => admin(&server, &case.request.argv, mode),
                other => Err(format!("outcome {other:?}?")),
            },
        },
    };
    result.err().into_iter().collect()
}

/// The command line of the case in the words of the program.
fn translate(case: &Case, mode: &str, files: &Path, upstream: &Upstream) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().envs(&case.request.env);
    command.args(["serve", "--listen", "127.0.0.1:0", "--idle-timeout", "0s"]);
    let is_start = ["proxy-start", "fault-injection"].map(Some);
    let mut arguments = [].iter();
    if is_start.contains(&case.request.kind.as_deref()) {
        arguments = case.request.argv.iter();
    } else {
        // These are about a client: the proxy before it is an ordinary one.
        command
            .env("OPENCLAW_MODEL", PIN)
            .env("OPENCLAW_MODEL_LOCK_MODE", mode);
    }
    let (mut modes, mut has_upstream) = (Vec::new(), false);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value").as_str();
        match argument.as_str() {
            "--model" => drop(command.env("OPENCLAW_MODEL", value())),
            "--mode" => modes.push(value()),
            "--config" => {
                let name = value().trim_start_matches("{FILE:").trim_end_matches('}');
                command.arg("--policy").arg(files.join(name));
            }
            other => {
                has_upstream |= other == "--upstream";
                command.arg(other);
            }
        }
    }
    match modes.as_slice() {
        [] => {}
        [mode] => drop(command.env("OPENCLAW_MODEL_LOCK_MODE", mode)),
        modes => {
            let lines: Vec<String> = modes
                .iter()
                .map(|mode| format!("mode = '{mode}'\n"))
                .collect();
            let path = files.join("twice");
            std::fs::write(&path, lines.concat()).unwrap();
            command.arg("--policy").arg(path);
        }
    }
    if !has_upstream {
        command.args(["--upstream", &upstream.url()]);
    }
    command
}

/// It ends by itself with a status of its own, says why, and has listened to nobody.
fn ends(command: &mut Command, expect: &Expect) -> Result<(), String> {
    assert_eq!(
        (expect.exit.as_deref(), expect.listens),
        (Some("non-zero"), Some(false))
    );
    let finished = process::run(command, PATIENCE).map_err(|error| error.to_string())?;
    let (status, output) = (finished.status.code(), finished.err());
    // 78: the configuration; 64: no flag of ours.
    if !matches!(status, Some(78 | 64)) || output.is_empty() || output.contains("listening") {
        return Err(format!("status {status:?}: {output}"));
    }
    Ok(())
}

/// One request of its own connection: the status, and what reached the provider.
fn ask(server: &Server, fields: &str, body: &str) -> (Option<u16>, Vec<Seen>) {
    server.upstream.begin(Plan::default());
    let request = format!(
        "POST /v1/responses HTTP/1.1\r\nHost: proxy.test\r\nContent-Type: application/json\r\n{fields}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let status = send(server.address, &request);
    let connections = server.upstream.end();
    (
        status,
        connections
            .into_iter()
            .flat_map(|connection| connection.requests)
            .collect(),
    )
}

fn send(address: std::net::SocketAddr, request: &str) -> Option<u16> {
    let mut client = Client::connect(address);
    let manner = Manner {
        answers: 1,
        ..Manner::default()
    };
    client.http1(request.as_bytes(), manner);
    client.answers.statuses.first().copied()
}

/// The policy of the case's file is the one that holds: `reject`, and its model.
fn holds(server: &Server, expect: &Expect) -> Result<(), String> {
    let pin = expect.effective_model.as_deref().unwrap_or(PIN);
    let (status, seen) = ask(server, "", &format!(r#"{{"model":"{pin}"}}"#));
    if status != Some(200) || seen.len() != 1 {
        // Through the proxy of the environment, where nobody listens, nothing would have come.
        return Err(format!("approved: {status:?}, {} calls", seen.len()));
    }
    match ask(server, "", OTHER) {
        (Some(400), seen) if seen.is_empty() => Ok(()),
        (status, seen) => Err(format!("unapproved: {status:?}, {} calls", seen.len())),
    }
}

/// A file that is no policy any more changes nothing.
fn keeps(server: &Server, expect: &Expect, files: &Path) -> Result<(), String> {
    holds(server, expect)?;
    std::fs::copy(files.join("c.reload"), files.join("c")).unwrap();
    server.daemon.signal("HUP").unwrap();
    let kept = |line: &str| line.contains("policy_reload") && line.contains("kept");
    if server.daemon.wait_for(kept, PATIENCE).is_none() {
        return Err(format!("no word of the file: {:?}", server.daemon.lines()));
    }
    holds(server, expect)
}

/// Where the proxy has a key, the client's own goes no further: the proxy's stands in its place.
fn credential(server: &Server) -> Result<(), String> {
    let (status, seen) = ask(server, "Authorization: Bearer sk-other\r\n", APPROVED);
    let is_replaced = |seen: &Seen| {
        let all: Vec<_> = seen
            .headers
            .iter()
            .filter(|(_, value)| value.contains("sk-"))
            .collect();
        matches!(all.as_slice(), [(name, value)] if name == "authorization" && *value == format!("Bearer {KEY}"))
    };
    if status == Some(200) && seen.len() == 1 && seen.iter().all(is_replaced) {
        Ok(())
    } else {
        Err(format!("{status:?}, and the client's key was not replaced"))
    }
}

/// The calls that codex makes by itself run on the pin.
fn background(server: &Server, expect: &Expect) -> Result<(), String> {
    assert_eq!(expect.force_upstream_models, [PIN]);
    for kind in ["guardian", "compact", "memory_consolidation"] {
        let (status, seen) = ask(server, &format!("x-openai-subagent: {kind}\r\n"), OTHER);
        let judged = seen
            .iter()
            .try_for_each(|seen| document("openai", "/v1/responses", &seen.body));
        if !(status == Some(200) && seen.len() == 1 && judged == Ok(())) {
            return Err(format!(
                "{kind}: {status:?}, {} calls, {judged:?}",
                seen.len()
            ));
        }
    }
    Ok(())
}

/// Whatever is asked on the port beside the other changes no policy, and the paths are not there on
/// the port of the clients either.
fn admin(server: &Server, argv: &[String], mode: &str) -> Result<(), String> {
    let address = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap()
    };
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .env("OPENCLAW_MODEL", PIN)
        .env("OPENCLAW_MODEL_LOCK_MODE", mode)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            &address.to_string(),
        ]);
    let upstream = Upstream::start();
    command.args(["--idle-timeout", "0s", "--upstream", &upstream.url()]);
    let with_admin = Server::run(&mut command, upstream)?;
    let body = r#"{"mode":"report_only","model":"other-model"}"#;
    for method in [argv[0].as_str(), "POST", "PUT", "PATCH", "DELETE"] {
        for path in [
            argv[1].as_str(),
            "/config",
            "/policy",
            "/mode",
            "/-/reload",
            "/quitquitquit",
        ] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: proxy.test\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            for address in [address, with_admin.address, server.address] {
                // What holds may be read there; that it still holds is seen below.
                match send(address, &request) {
                    Some(200) if path == "/policy" => {}
                    Some(400..=499) => {}
                    status => return Err(format!("{method} {path}: {status:?}")),
                }
            }
        }
    }
    let (status, seen) = ask(&with_admin, "", OTHER);
    let is_held = match mode {
        "reject" => status == Some(400) && seen.is_empty(),
        _ => seen.len() == 1 && document("openai", "/v1/responses", &seen[0].body).is_ok(),
    };
    is_held
        .then_some(())
        .ok_or_else(|| format!("{status:?}, {} calls", seen.len()))
}
