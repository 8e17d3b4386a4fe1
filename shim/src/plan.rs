//! The plan for a command line: pure, and the only place that asks the policy about it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use lockpolicy::agents::codex::Release;
use lockpolicy::agents::codex::cli::{self, Arguments, CommandVerdict};
use lockpolicy::{Policy, Problems};

use crate::{CodexVersion, Process, ShimError};

/// What is to be done with a command line.
#[derive(Debug)]
pub struct Plan<'p> {
    /// The decision. Its action is to run, to filter or to refuse.
    pub verdict: CommandVerdict<'p>,
    /// The version of the codex that runs; nobody asked for it where nothing depends on it.
    pub version: CodexVersion,
}

/// Judges the command line of a process for the real codex.
///
/// What is refused for a codex that the tables describe is refused for any, so nothing is started to learn the version
/// then.
///
/// # Errors
///
/// Returns [`ShimError::Policy`] where there is no policy and the command line could run a model.
pub fn plan<'p>(
    process: &'p Process,
    policy: Result<&Policy, &Problems>,
    real: Option<&Path>,
) -> Result<Plan<'p>, ShimError> {
    let args: Vec<&[u8]> = process.args.iter().map(|arg| arg.as_bytes()).collect();
    let mut verdict = judge(&args, policy, Release::Listed)?;
    let is_same = verdict.arguments().is_none_or(Arguments::is_inert);
    let real = real.filter(|_| !is_same);
    let version = real.map_or_else(CodexVersion::default, |real| {
        CodexVersion::of(process, real)
    });
    if version.release != Release::Listed {
        verdict = judge(&args, policy, version.release)?;
    }
    Ok(Plan { verdict, version })
}

fn judge<'p>(
    args: &[&'p [u8]],
    policy: Result<&Policy, &Problems>,
    release: Release,
) -> Result<CommandVerdict<'p>, ShimError> {
    match policy {
        Ok(policy) => Ok(cli::judge_for(policy, release, args)),
        Err(problems) => cli::judge_without_policy(release, args)
            .ok_or_else(|| ShimError::Policy(problems.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::agents::codex::app_server::Server;
    use lockpolicy::agents::codex::cli::CommandAction;
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

    fn words(args: &[&str]) -> Vec<Vec<u8>> {
        args.iter().map(|arg| arg.as_bytes().to_vec()).collect()
    }

    #[test]
    fn line_with_a_policy_is_judged() {
        let force = policy("model = 'p'");
        let version = process(&["--version"]);
        let planned = plan(&version, Ok(&force), None).unwrap().verdict;
        let arguments = planned.arguments().unwrap();
        assert_eq!(arguments.with_overrides(&[]), words(&["--version"]));
        let exec = process(&["exec", "-m", "x"]);
        let forced = plan(&exec, Ok(&force), None).unwrap().verdict;
        assert_eq!(
            forced.arguments().unwrap().with_overrides(&[]),
            words(&[
                "exec",
                "-c",
                "model=\"p\"",
                "-c",
                "review_model=\"p\"",
                "-m",
                "p"
            ])
        );
        assert_eq!(
            (forced.command.as_str(), forced.verdict.attempts.len()),
            ("exec", 1)
        );
        let prompt = process(&["hi"]);
        let terminal = plan(&prompt, Ok(&force), None).unwrap().verdict;
        assert!(matches!(terminal.action, CommandAction::Run(_)));
        assert_eq!(terminal.command, "tui");
        let server = process(&["app-server"]);
        let action = plan(&server, Ok(&force), None).unwrap().verdict.action;
        assert!(matches!(action, CommandAction::Filter(_, Server::App)));
    }

    #[test]
    fn refused_line_leaves_nothing_to_run() {
        let reject = policy("model = 'p'\nmode = 'reject'");
        let process = process(&["exec", "-m", "x"]);
        let planned = plan(&process, Ok(&reject), None).unwrap().verdict;
        assert_eq!(planned.arguments(), None);
        let CommandAction::Refuse(rejection) = planned.action else {
            panic!("not refused")
        };
        assert_eq!(rejection.reason, Reason::ModelLocked);
    }

    #[test]
    fn line_without_a_policy_runs_only_where_it_runs_no_model() {
        let problems = problems();
        for args in [
            &["--version"][..],
            &["exec", "--help"],
            &["login", "status"],
            &["completion"],
        ] {
            let process = process(args);
            let planned = plan(&process, Err(&problems), None).unwrap().verdict;
            let arguments = planned.arguments().unwrap();
            assert_eq!(arguments.with_overrides(&[]), words(args));
        }
        let root = tempfile::tempdir().unwrap();
        let newer = r#"{"name":"@openai/codex","version":"9.0.0"}"#;
        std::fs::write(root.path().join("package.json"), newer).unwrap();
        std::fs::write(root.path().join("codex"), "").unwrap();
        let login = process(&["login"]);
        let planned = plan(&login, Err(&problems), Some(&root.path().join("codex")));
        assert!(matches!(planned, Err(ShimError::Policy(_))), "{planned:?}");
        for args in [&[][..], &["exec", "hi"], &["app-server"], &["resume"]] {
            assert!(
                matches!(
                    plan(&process(args), Err(&problems), None),
                    Err(ShimError::Policy(_))
                ),
                "{args:?}"
            );
        }
    }

    #[test]
    fn base_url_of_the_policys_proxy_is_no_attempt() {
        let process = process(&["-c", "openai_base_url=http://127.0.0.1:8383/v1", "exec"]);
        let rejected = |proxy: &str| {
            let reject = policy(&format!("model = 'p'\nmode = 'reject'\n{proxy}"));
            plan(&process, Ok(&reject), None)
                .unwrap()
                .verdict
                .arguments()
                .is_none()
        };
        assert!(rejected(""));
        assert!(!rejected("proxy = 'http://127.0.0.1:8383'"));
        assert!(rejected("proxy = 'off'"));
    }
}
