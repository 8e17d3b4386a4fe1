//! What codex asks for by itself: it compacts a long thread and writes memories of old ones, on models
//! of its own choice. Refusing that would break its work, so the pin runs in `reject` too (rule 11).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fake_provider::rpc::Server;
use fake_provider::{Reply, Request};

use crate::PIN;
use crate::locked_codex::{EnforcementPoints, LockedCodex};

/// The oldest and the newest, and the model that each writes memories with.
const ENDS: [(&str, &str); 2] = [("0.125.0", "gpt-5.4-mini"), ("0.169.0", "gpt-6-luna")];

/// Neither the pin nor what codex would choose.
const OTHER: &str = "gpt-5.4";

#[test]
fn compaction_runs_the_approved_model() {
    for (version, _) in ENDS {
        for mode in ["force", "reject"] {
            let codex = LockedCodex::new(version, EnforcementPoints::Proxy, mode);
            codex.fixture.provider.script(|request, _| {
                is_compaction(request).then(|| Reply::Output(vec![COMPACTED.into()]))
            });
            let thread = recorded(&codex);
            let before = codex.fixture.provider.requests().len();
            let mut server = Server::start(codex.codex.command(&["app-server"]));
            let params = format!(r#"{{"threadId":"{thread}"}}"#);
            server.thread("thread/resume", &params);
            server.ask("thread/compact/start", &params);
            server.receive(|output| output.text_at(&["method"]) == Some("turn/completed"));
            server.end();
            let mut arrived = codex.fixture.provider.requests().split_off(before);
            arrived.retain(|request| request.method == "POST");
            assert!(
                arrived.iter().all(is_compaction),
                "{version} {mode} {arrived:?}"
            );
            assert_eq!(models(&arrived), [PIN], "{version} {mode}");
            codex
                .fixture
                .wait_for_log(&[OTHER, "\"forced\"", "\"background\""]);
            codex.fixture.wait_for_attempt(&[
                "result:forced",
                "surface:http",
                "source:background",
                mode,
            ]);
        }
    }
}

#[test]
fn memories_are_written_by_the_approved_model() {
    for (version, own) in ENDS {
        for mode in ["force", "reject"] {
            for websocket in [false, true] {
                let case = format!("{version} {mode} websocket: {websocket}");
                let codex = LockedCodex::new(version, EnforcementPoints::Proxy, mode);
                recorded(&codex);
                grow_old(&codex);
                codex.fixture.provider.take_websockets(websocket);
                let before = codex.fixture.models().len();
                let mut server = Server::start(codex.codex.command(&["app-server"]));
                // codex looks for old threads when one begins; the first may come before it knows of any.
                for _ in 0..2 {
                    let thread = server.thread("thread/start", &format!(r#"{{"model":"{PIN}"}}"#));
                    server.turn(&thread, "");
                }
                let surface = if websocket { "websocket" } else { "http" };
                codex
                    .fixture
                    .wait_for_log(&[own, "\"forced\"", "\"background\"", surface]);
                let surface = format!("surface:{surface}");
                codex.fixture.wait_for_attempt(&[
                    "result:forced",
                    "source:background",
                    &surface,
                    mode,
                ]);
                server.end();
                let mut ran = codex.fixture.models().split_off(before);
                ran.extend(codex.fixture.provider.message_models());
                assert!(
                    ran.len() >= 3 && ran.iter().all(|model| model == PIN),
                    "{case}: {ran:?}"
                );
            }
        }
    }
}

/// A thread on another model that was recorded where nothing was locked.
fn recorded(codex: &LockedCodex) -> String {
    let direct = format!("openai_base_url=\"{}/v1\"", codex.fixture.provider.url());
    let finished = codex.exec(&["-c", &direct, "-m", OTHER, "hi"]);
    assert!(finished.status.success(), "{}", finished.err());
    let rollout = rollouts(&codex.codex.home().join("sessions")).remove(0);
    let name = rollout.file_stem().unwrap().to_str().unwrap();
    name.split_at(name.len() - 36).1.to_owned()
}

/// Makes the recorded thread one that a person had two days ago and that codex has no memory of.
fn grow_old(codex: &LockedCodex) {
    let home = codex.codex.home();
    for entry in fs::read_dir(&home).unwrap() {
        let place = entry.unwrap().path();
        if place.to_str().unwrap().contains(".sqlite") {
            fs::remove_file(place).unwrap();
        }
    }
    let rollout = rollouts(&home.join("sessions")).remove(0);
    let text = fs::read_to_string(&rollout).unwrap();
    fs::write(
        &rollout,
        text.replacen(r#""source":"exec""#, r#""source":"cli""#, 1),
    )
    .unwrap();
    let then = SystemTime::now() - Duration::from_hours(48);
    let file = fs::File::options().append(true).open(&rollout).unwrap();
    file.set_modified(then).unwrap();
    let config = fs::read_to_string(home.join("config.toml")).unwrap();
    let more = "[features]\nmemories = true\n[memories]\nmin_rollout_idle_hours = 1\n";
    fs::write(home.join("config.toml"), config + more).unwrap();
}

/// Every recorded thread below a directory.
fn rollouts(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (directories, files): (Vec<_>, Vec<_>) = entries.partition(|place| place.is_dir());
    directories
        .iter()
        .flat_map(|place| rollouts(place))
        .chain(files)
        .collect()
}

fn is_compaction(request: &Request) -> bool {
    let metadata = request.field("x-codex-turn-metadata").unwrap_or_default();
    request.path().ends_with("/responses/compact")
        || metadata.contains(r#""request_kind":"compaction""#)
}

fn models(requests: &[Request]) -> Vec<String> {
    requests
        .iter()
        .map(|request| request.model().unwrap())
        .collect()
}

/// What stands for the thread's past afterwards.
const COMPACTED: &str = r#"{"type":"compaction","id":"cmp_fake","encrypted_content":"x"}"#;
