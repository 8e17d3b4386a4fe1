//! What the caller asks the arguments of a permitted line.

use super::*;

fn holds<'a>(args: &'a [Vec<u8>], asked: fn(&Arguments<'a>) -> bool) -> bool {
    decide(&force(), args).arguments().is_some_and(asked)
}

#[test]
fn line_that_asks_for_help_or_that_codex_calls_itself_with_is_inert() {
    for line in [
        "--version",
        "exec -m x --help",
        "help exec",
        "--codex-run-as-apply-patch",
    ] {
        assert!(holds(&split(line), Arguments::is_inert), "{line}");
    }
    for line in ["", "exec hi", "login status", "doctor"] {
        assert!(!holds(&split(line), Arguments::is_inert), "{line}");
    }
}

#[test]
fn configuration_of_the_user_is_ignored_by_its_option_alone() {
    for line in [
        "exec --ignore-user-config hi",
        "exec -m x resume --ignore-user-config --last",
    ] {
        assert!(
            holds(&split(line), Arguments::ignores_user_config),
            "{line}"
        );
    }
    for line in [
        "exec hi",
        "exec -m x --ignore-rules hi",
        "exec -- --ignore-user-config",
    ] {
        assert!(
            !holds(&split(line), Arguments::ignores_user_config),
            "{line}"
        );
    }
}

#[test]
fn command_that_opens_a_session_in_the_terminal_draws_on_it() {
    for line in ["", "hi", "-m x", "resume --last", "fork s", "agents"] {
        assert!(holds(&split(line), Arguments::is_tui), "{line}");
    }
    for line in [
        "exec hi",
        "exec resume --last",
        "review",
        "app-server",
        "login",
    ] {
        assert!(!holds(&split(line), Arguments::is_tui), "{line}");
    }
}
