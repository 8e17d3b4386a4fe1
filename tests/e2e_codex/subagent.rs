//! The model itself asks for a sub-agent on another model: no command line shows it, the wire does.

use std::sync::Arc;
use std::time::Duration;

use fake_provider::fixture::Transport;
use fake_provider::{Reply, Request, call};

use crate::locked_codex::{EnforcementPoints, LockedCodex};

/// How each version is asked for a sub-agent: version, parent (the pin), tool namespace, child.
const SPAWNS: [(&str, &str, Option<&str>, &str); 4] = [
    ("0.125.0", "gpt-5.4", None, "gpt-5.4-mini"),
    ("0.154.0", "gpt-5.5", Some("multi_agent_v1"), "gpt-5.6-luna"),
    ("0.169.0", "gpt-5.5", Some("multi_agent_v1"), "gpt-6-luna"),
    ("0.171.0", "gpt-5.5", Some("multi_agent_v1"), "gpt-6-luna"),
];

/// What came of it.
struct Spawned {
    codex: LockedCodex,
    case: String,
}

/// Runs a codex whose provider answers the first call with a `spawn_agent` call. The parent's second
/// answer is held until it is known what became of the child, so that the parent's end cuts nothing.
fn spawn(
    spawn: (&str, &str, Option<&'static str>, &'static str),
    points: EnforcementPoints,
    mode: &str,
) -> Spawned {
    let (version, pin, namespace, child) = spawn;
    let codex = LockedCodex::build(version, points, mode, pin, Transport::WebSocket);
    let (statsd, refused) = (Arc::clone(&codex.fixture.statsd), mode == "reject");
    codex.fixture.provider.script(move |request, record| {
        let arguments = format!(r#"{{"message":"say hi","model":"{child}"}}"#);
        match (is_child(request), has_output(request), refused) {
            (true, ..) => {}
            (false, false, _) => {
                return Some(Reply::Output(vec![call(
                    "spawn_agent",
                    namespace,
                    &arguments,
                )]));
            }
            (false, true, true) => {
                statsd.wait_for(
                    |line| line.contains("result:rejected") && !line.contains(":0|c"),
                    HELD,
                );
            }
            (false, true, false) => {
                record.wait_until(|requests| requests.iter().any(is_child), HELD);
            }
        }
        None
    });
    let finished = codex.exec(&["-m", pin, "hi"]);
    let case = format!("{version} {points:?} {mode}: {}", finished.err());
    assert!(finished.status.success(), "{case}");
    Spawned { codex, case }
}

fn is_child(request: &Request) -> bool {
    request.method == "POST" && request.field("x-openai-subagent").is_some()
}

fn has_output(request: &Request) -> bool {
    request.json().is_some_and(|body| {
        let items = body
            .get("input")
            .map(|input| input.items().to_vec())
            .unwrap_or_default();
        items
            .iter()
            .any(|item| item.text_at(&["type"]) == Some("function_call_output"))
    })
}

impl Spawned {
    fn models(&self, child: bool) -> Vec<String> {
        let requests = self.codex.fixture.provider.requests();
        let calls = requests
            .iter()
            .filter(|r| r.method == "POST" && is_child(r) == child);
        calls.map(|call| call.model().unwrap()).collect()
    }

    /// The parent has called again with the tool's output; a third call may tell it of the child's end.
    fn assert_parent_ran(&self, pin: &str) {
        let models = self.models(false);
        assert!((2..=3).contains(&models.len()), "{models:?} {}", self.case);
        assert!(
            models.iter().all(|model| model == pin),
            "{models:?} {}",
            self.case
        );
    }
}

#[test]
fn subagent_without_proxy_runs_another_model() {
    // The shim sees no wire; design and threat model say so. If this fails, they can be changed.
    for case in SPAWNS {
        for points in [EnforcementPoints::None, EnforcementPoints::Shim] {
            let spawned = spawn(case, points, "force");
            assert_eq!(spawned.models(true), [case.3], "{}", spawned.case);
            spawned.assert_parent_ran(case.1);
        }
    }
}

#[test]
fn subagent_behind_the_proxy_is_forced() {
    for case in SPAWNS {
        for points in [
            EnforcementPoints::Proxy,
            EnforcementPoints::Both,
            EnforcementPoints::Embedded,
        ] {
            let spawned = spawn(case, points, "force");
            assert_eq!(spawned.models(true), [case.1], "{}", spawned.case);
            spawned.assert_parent_ran(case.1);
            spawned.codex.fixture.wait_for_attempt(&[
                "mode:force",
                "result:forced",
                "surface:http",
                "source:subagent",
            ]);
        }
    }
}

#[test]
fn subagent_in_reject_is_refused_and_the_parent_continues() {
    for case in SPAWNS {
        for points in [
            EnforcementPoints::Proxy,
            EnforcementPoints::Both,
            EnforcementPoints::Embedded,
        ] {
            let spawned = spawn(case, points, "reject");
            assert_eq!(spawned.models(true), [""; 0], "{}", spawned.case);
            spawned.assert_parent_ran(case.1);
            spawned.codex.fixture.wait_for_attempt(&[
                "mode:reject",
                "result:rejected",
                "surface:http",
                "source:subagent",
            ]);
        }
    }
}

/// How long a parent is held at most.
const HELD: Duration = Duration::from_secs(20);
