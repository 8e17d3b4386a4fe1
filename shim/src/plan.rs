//! A process and a policy to what shall run: pure, and the only place that asks the policy.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use lockpolicy::agents::codex::app_server::Server;
use lockpolicy::agents::codex::cli::{self, Outcome};
use lockpolicy::agents::codex::config::Override;
use lockpolicy::{Decision, Policy, Problems, Rejection};

use crate::{Process, ShimError};

/// What shall run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The arguments of the real program.
    pub args: Vec<OsString>,
    /// What the policy says; `None` where there is no policy and none is needed.
    pub verdict: Option<Verdict>,
    /// Whether its model calls can be led through a proxy.
    pub runs: bool,
    /// The server that the shim stays before, to judge what is asked of it.
    pub server: Option<Server>,
}

/// What the policy says about a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The sub-command; `tui` where there is none.
    pub command: String,
    /// The verdict to report.
    pub verdict: lockpolicy::Verdict,
    /// Why nothing shall run.
    pub rejection: Option<Rejection>,
}

/// Puts what leads codex through a proxy into its command line.
pub(crate) fn lead(process: &Process, policy: &Policy, overrides: &[Override]) -> Vec<OsString> {
    let args: Vec<&[u8]> = process.args.iter().map(|arg| arg.as_bytes()).collect();
    match cli::judge_and_lead(policy, &args, overrides).outcome {
        Outcome::Pass => process.args.clone(),
        Outcome::Reject(_) => Vec::new(),
        Outcome::Rewrite(args) => args.into_iter().map(OsString::from_vec).collect(),
    }
}

/// Judges the command line of a process.
///
/// # Errors
///
/// [`ShimError::Policy`] where there is no policy and the command line could run a model.
pub fn plan(process: &Process, policy: Result<&Policy, &Problems>) -> Result<Plan, ShimError> {
    let args: Vec<&[u8]> = process.args.iter().map(|arg| arg.as_bytes()).collect();
    let policy = match policy {
        Ok(policy) => policy,
        Err(problems) if cli::may_run_model(&args) => {
            return Err(ShimError::Policy(problems.clone()));
        }
        Err(_) => {
            return Ok(Plan {
                args: process.args.clone(),
                verdict: None,
                runs: false,
                server: None,
            });
        }
    };
    let ruling = cli::judge(policy, &args);
    let (args, rejection) = match ruling.outcome {
        Outcome::Pass => (process.args.clone(), None),
        Outcome::Reject(rejection) => (Vec::new(), Some(rejection)),
        Outcome::Rewrite(args) => (args.into_iter().map(OsString::from_vec).collect(), None),
    };
    let command = if ruling.command.is_empty() {
        "tui".to_owned()
    } else {
        ruling.command
    };
    let decision = rejection.clone().map_or(Decision::Pass, Decision::Reject);
    let verdict = Verdict {
        command,
        verdict: lockpolicy::Verdict {
            decision,
            attempts: ruling.attempts,
            model_match: ruling.model_match,
            choice: None,
        },
        rejection,
    };
    Ok(Plan {
        args,
        verdict: Some(verdict),
        runs: ruling.runs,
        server: ruling.server,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::{PolicyConfig, Reason};

    fn process(args: &[&str]) -> Process {
        Process {
            args: args.iter().map(Into::into).collect(),
            ..Process::default()
        }
    }

    fn policy(text: &str) -> Policy {
        PolicyConfig::from_toml(text).build().unwrap()
    }

    fn problems() -> Problems {
        PolicyConfig::from_toml("mode = 'x'").build().unwrap_err()
    }

    #[test]
    fn with_a_policy_the_line_is_judged() {
        let force = policy("model = 'p'");
        let planned = |args: &[&str]| plan(&process(args), Ok(&force)).unwrap();
        assert_eq!(planned(&["--version"]).args, ["--version"]);
        let forced = planned(&["exec", "-m", "x"]);
        assert_eq!(
            forced.args,
            [
                "exec",
                "-c",
                "model=\"p\"",
                "-c",
                "review_model=\"p\"",
                "-m",
                "p"
            ]
        );
        let verdict = forced.verdict.unwrap();
        assert_eq!(
            (verdict.command.as_str(), verdict.verdict.attempts.len()),
            ("exec", 1)
        );
        let terminal = planned(&["hi"]);
        assert_eq!(terminal.server, None);
        assert_eq!(terminal.verdict.unwrap().command, "tui");
        assert_eq!(planned(&["app-server"]).server, Some(Server::App));
    }

    #[test]
    fn a_refusal_leaves_nothing_to_run() {
        let reject = policy("model = 'p'\nmode = 'reject'");
        let planned = plan(&process(&["exec", "-m", "x"]), Ok(&reject)).unwrap();
        assert_eq!(planned.args, Vec::<OsString>::new());
        assert_eq!(
            planned.verdict.unwrap().rejection.unwrap().reason,
            Reason::ModelLocked
        );
    }

    #[test]
    fn without_a_policy_only_what_runs_no_model_runs() {
        let problems = problems();
        for args in [
            &["--version"][..],
            &["exec", "--help"],
            &["login", "status"],
            &["completion"],
        ] {
            let planned = plan(&process(args), Err(&problems)).unwrap();
            assert_eq!(
                (planned.args, planned.verdict),
                (args.iter().map(Into::into).collect(), None)
            );
        }
        for args in [&[][..], &["exec", "hi"], &["app-server"], &["resume"]] {
            assert!(
                matches!(
                    plan(&process(args), Err(&problems)),
                    Err(ShimError::Policy(_))
                ),
                "{args:?}"
            );
        }
    }

    #[test]
    fn the_operators_proxy_is_no_attempt() {
        let process = process(&["-c", "openai_base_url=http://127.0.0.1:8383/v1", "exec"]);
        let rejected = |proxy: &str| {
            let reject = policy(&format!("model = 'p'\nmode = 'reject'\n{proxy}"));
            let verdict = plan(&process, Ok(&reject)).unwrap().verdict.unwrap();
            verdict.rejection.is_some()
        };
        assert!(rejected(""));
        assert!(!rejected("proxy = 'http://127.0.0.1:8383'"));
        assert!(rejected("proxy = 'off'"));
    }
}
