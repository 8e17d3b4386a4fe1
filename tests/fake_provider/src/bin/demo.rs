//! The main job, shown: a real codex that asks for another model, and what came of it.
//!
//! `demo MODEL_LOCK CODEX SCRATCH`: the two programs, and a directory to work in. Everything is on loopback.
//! It fails where what it shows is not what was promised.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use fake_provider::fixture::{Codex, LockSettings, ProxyProcess, Transport};
use fake_provider::process::Finished;
use fake_provider::{FakeProvider, Reply, Request, StatsdServer, call};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            writeln!(io::stderr(), "demo: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [program, codex, scratch] = arguments.as_slice() else {
        return Err("usage: demo MODEL_LOCK CODEX SCRATCH".into());
    };
    let place = Place {
        program: fs::canonicalize(program)?,
        codex: fs::canonicalize(codex)?,
        scratch: fs::canonicalize(scratch)?,
    };
    let mut out = io::stdout();
    let version = Codex::new(
        &place.codex,
        "http://127.0.0.1:9/v1",
        Transport::Http,
        &place.scratch,
    )?
    .run(&["--version"])?;
    writeln!(
        out,
        "\n  codex       {} (the real one)",
        version.out().trim()
    )?;
    writeln!(out, "  approved    {PIN}")?;
    writeln!(
        out,
        "  provider    a stand-in on loopback that records every byte"
    )?;
    let mut kept = true;
    for mode in ["force", "reject"] {
        writeln!(out, "\n{mode}\n")?;
        for case in CASES {
            kept &= show(&mut out, &case, &case.play(mode, &place)?, mode)?;
        }
    }
    let verdict = if kept {
        "All of it is as promised."
    } else {
        "NOT as promised: see the lines marked with !"
    };
    writeln!(out, "{verdict}")?;
    Ok(kept)
}

/// Where the programs are.
struct Place {
    program: PathBuf,
    codex: PathBuf,
    scratch: PathBuf,
}

/// One way to ask for another model.
struct Case {
    title: &'static str,
    arguments: &'static [&'static str],
    shim: bool,
    subagent: bool,
}

/// What came of it.
struct Outcome {
    /// The models of the calls that reached the provider: codex's own, and its sub-agent's.
    parent: Vec<String>,
    child: Vec<String>,
    bytes: usize,
    finished: Finished,
    counted: Option<String>,
}

impl Case {
    fn play(&self, mode: &str, place: &Place) -> io::Result<Outcome> {
        let (provider, statsd) = (FakeProvider::start()?, Arc::new(StatsdServer::start()?));
        let lock = LockSettings {
            program: place.program.clone(),
            model: PIN.to_owned(),
            mode: mode.to_owned(),
            statsd: statsd.address(),
        };
        let proxy = ProxyProcess::start(&lock, &provider.url(), &[], &[])?;
        let base = format!("http://{}/v1", proxy.address());
        let mut codex = Codex::new(&place.codex, &base, Transport::Http, &place.scratch)?;
        if self.shim {
            codex = codex.behind_shim(&lock)?;
        }
        if self.subagent {
            ask_for_subagent(&provider, &statsd, mode == "force");
        }
        let finished = codex.run(self.arguments)?;
        let counted = statsd.wait_for(is_attempt, SOON);
        let calls = provider
            .requests()
            .into_iter()
            .filter(|request| request.method == "POST");
        let (children, parents): (Vec<_>, Vec<_>) = calls.partition(is_subagent);
        let models = |calls: Vec<Request>| {
            calls
                .iter()
                .map(|call| call.model().unwrap_or_default())
                .collect()
        };
        let (parent, child) = (models(parents), models(children));
        Ok(Outcome {
            parent,
            child,
            bytes: provider.bytes_received(),
            finished,
            counted,
        })
    }

    /// What has to have reached the provider, whether anything may, and how codex has to end.
    fn is_kept(&self, outcome: &Outcome, mode: &str) -> bool {
        let only_pin = outcome
            .parent
            .iter()
            .chain(&outcome.child)
            .all(|model| model == PIN);
        let (calls, status) = match (mode, self.subagent, self.shim) {
            ("force", true, _) => (outcome.parent.len() >= 2 && outcome.child.len() == 1, 0),
            ("force", false, _) => (outcome.parent.len() == 1, 0),
            (_, true, _) => (outcome.parent.len() >= 2 && outcome.child.is_empty(), 0),
            (_, false, true) => (outcome.bytes == 0, 77),
            (_, false, false) => (outcome.bytes == 0, 1),
        };
        only_pin
            && calls
            && outcome.finished.status.code() == Some(status)
            && outcome.counted.is_some()
    }
}

/// The provider's first answer is a tool call that starts a sub-agent on another model. What the parent
/// asks next is held until it is known what became of the sub-agent.
fn ask_for_subagent(provider: &FakeProvider, statsd: &Arc<StatsdServer>, comes: bool) {
    let statsd = Arc::clone(statsd);
    provider.script(move |request, record| {
        if is_subagent(request) {
            return None;
        }
        if record
            .requests()
            .iter()
            .filter(|request| request.method == "POST")
            .count()
            == 1
        {
            let arguments = format!(r#"{{"message":"say hi","model":"{OTHER}"}}"#);
            return Some(Reply::Output(vec![call(
                "spawn_agent",
                Some("multi_agent_v1"),
                &arguments,
            )]));
        }
        if comes {
            record.wait_until(|requests| requests.iter().any(is_subagent), SOON);
        } else {
            statsd.wait_for(is_attempt, SOON);
        }
        None
    });
}

fn is_subagent(request: &Request) -> bool {
    request.method == "POST" && request.field("x-openai-subagent").is_some()
}

fn is_attempt(line: &str) -> bool {
    line.contains("override_attempts") && !line.contains(":0|c")
}

fn show(out: &mut impl Write, case: &Case, outcome: &Outcome, mode: &str) -> io::Result<bool> {
    let kept = case.is_kept(outcome, mode);
    let mark = if kept { ' ' } else { '!' };
    let named = |models: &[String]| {
        if models.is_empty() {
            "nothing".to_owned()
        } else {
            models.join(", ")
        }
    };
    let mut reached = named(&outcome.parent);
    if case.subagent {
        reached = format!(
            "{reached} from codex, {} from its sub-agent",
            named(&outcome.child)
        );
    }
    let status = outcome.finished.status;
    writeln!(out, "{mark} {}", case.title)?;
    writeln!(
        out,
        "{mark}     asked      codex {}",
        case.arguments.join(" ")
    )?;
    if case.subagent {
        writeln!(
            out,
            "{mark}     tool call  spawn_agent {{\"model\":\"{OTHER}\"}}"
        )?;
    }
    writeln!(
        out,
        "{mark}     reached    {reached} ({} bytes)",
        outcome.bytes
    )?;
    writeln!(
        out,
        "{mark}     codex      {status}, {}",
        reply(&outcome.finished)
    )?;
    writeln!(
        out,
        "{mark}     StatsD     {}\n",
        outcome.counted.as_deref().unwrap_or("nothing")
    )?;
    if !kept {
        writeln!(out, "{}", outcome.finished.err())?;
    }
    Ok(kept)
}

/// What codex's user saw: the answer, or the line that says why there is none.
fn reply(finished: &Finished) -> String {
    let (out, err) = (finished.out(), finished.err());
    let refusal = err.lines().find(|line| line.contains("not permitted"));
    refusal
        .or_else(|| out.lines().next())
        .unwrap_or("nothing")
        .to_owned()
}

/// The approved model.
const PIN: &str = "gpt-5.5";
/// The one that is asked for. It is in codex's catalog, so codex itself has nothing against it.
const OTHER: &str = "gpt-6-luna";
const CASES: [Case; 3] = [
    Case {
        title: "on the command line, codex found on PATH: the shim stands first",
        arguments: &["exec", "--skip-git-repo-check", "-m", OTHER, "hi"],
        shim: true,
        subagent: false,
    },
    Case {
        title: "on the command line, past the shim by the real codex's own path: the proxy is met",
        arguments: &["exec", "--skip-git-repo-check", "-m", OTHER, "hi"],
        shim: false,
        subagent: false,
    },
    Case {
        title: "by the model itself, for a sub-agent: no command line shows it, the proxy sees it",
        arguments: &[
            "exec",
            "--skip-git-repo-check",
            "-m",
            PIN,
            "use a sub-agent",
        ],
        shim: true,
        subagent: true,
    },
];
const SOON: Duration = Duration::from_secs(10);
