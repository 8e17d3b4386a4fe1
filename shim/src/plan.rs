//! The plan for a command line: pure, and the only place that asks the policy about it.

use std::os::unix::ffi::OsStrExt as _;

use lockpolicy::agents::codex::cli::{self, CommandVerdict};
use lockpolicy::{Policy, Problems};

use crate::{Process, ShimError};

/// Judges the command line of a process. The action of the verdict is the plan: run, filter or refuse.
///
/// # Errors
///
/// Returns [`ShimError::Policy`] where there is no policy and the command line could run a model.
pub fn plan<'p>(
    process: &'p Process,
    policy: Result<&Policy, &Problems>,
) -> Result<CommandVerdict<'p>, ShimError> {
    let args: Vec<&[u8]> = process.args.iter().map(|arg| arg.as_bytes()).collect();
    match policy {
        Ok(policy) => Ok(cli::judge(policy, &args)),
        Err(problems) => {
            cli::judge_without_policy(&args).ok_or_else(|| ShimError::Policy(problems.clone()))
        }
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
        let planned = plan(&version, Ok(&force)).unwrap();
        let arguments = planned.arguments().unwrap();
        assert_eq!(arguments.with_overrides(&[]), words(&["--version"]));
        let exec = process(&["exec", "-m", "x"]);
        let forced = plan(&exec, Ok(&force)).unwrap();
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
        let terminal = plan(&prompt, Ok(&force)).unwrap();
        assert!(matches!(terminal.action, CommandAction::Run(_)));
        assert_eq!(terminal.command, "tui");
        let server = process(&["app-server"]);
        let action = plan(&server, Ok(&force)).unwrap().action;
        assert!(matches!(action, CommandAction::Filter(_, Server::App)));
    }

    #[test]
    fn refused_line_leaves_nothing_to_run() {
        let reject = policy("model = 'p'\nmode = 'reject'");
        let process = process(&["exec", "-m", "x"]);
        let planned = plan(&process, Ok(&reject)).unwrap();
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
            let planned = plan(&process, Err(&problems)).unwrap();
            let arguments = planned.arguments().unwrap();
            assert_eq!(arguments.with_overrides(&[]), words(args));
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
    fn base_url_of_the_policys_proxy_is_no_attempt() {
        let process = process(&["-c", "openai_base_url=http://127.0.0.1:8383/v1", "exec"]);
        let rejected = |proxy: &str| {
            let reject = policy(&format!("model = 'p'\nmode = 'reject'\n{proxy}"));
            plan(&process, Ok(&reject)).unwrap().arguments().is_none()
        };
        assert!(rejected(""));
        assert!(!rejected("proxy = 'http://127.0.0.1:8383'"));
        assert!(rejected("proxy = 'off'"));
    }
}
