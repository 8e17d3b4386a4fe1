//! On a terminal everything is as without the shim, but for the model.

use std::fs;
use std::process::Command;

use crate::PIN;
use crate::embedded_codex::EmbeddedCodex;
use crate::screen::Screen;

/// A provider that needs no login, in a directory that is trusted.
fn codex(version: &str) -> EmbeddedCodex {
    let codex = EmbeddedCodex::real(version, "force");
    let work = codex.codex.work().display().to_string();
    codex.configured(&format!(
        r#"
model = "gpt-5.4"
model_provider = "lab"
[model_providers.lab]
name = "lab"
base_url = "{{A}}/v1"
wire_api = "responses"
env_key = "CODEX_API_KEY"
[projects."{work}"]
trust_level = "trusted"
[analytics]
enabled = false
"#
    ))
}

/// The answer of the stand-in, which says what reached it.
const ANSWER: &str = "The provider ran gpt-5.5.";

/// Starts the interface with a prompt and waits for the answer. Whatever it offers is taken: where it
/// offers another model, that is one more way to ask for one.
fn prompted(codex: &EmbeddedCodex) -> Screen {
    answered(&codex.codex.command(&["-m", "other", "say hi"]), ANSWER)
}

/// An interface that has been answered and works at nothing: codex 0.125.0 waits for ever, with the shim and
/// without, where Ctrl-C comes in the moment in which a turn ends.
fn answered(command: &Command, answer: &str) -> Screen {
    let mut screen = Screen::start(command);
    screen.keys_until("\r", 0, answer);
    screen.wait_until_idle();
    screen
}

#[test]
fn tui_upgrade_offer_does_not_change_the_model() {
    let codex = codex("0.169.0");
    let screen = prompted(&codex);
    assert!(screen.behind(0).contains("Try new model"));
    let config = fs::read_to_string(codex.codex.config()).unwrap();
    assert!(config.contains("model = \"gpt-6-sol\""), "{config}");
    let models = codex.fixture.models();
    assert!(models.iter().all(|model| model == PIN), "{models:?}");
    codex
        .fixture
        .wait_for_attempt(&["result:forced", "surface:http", "source:user"]);
}

#[test]
fn tui_model_menu_does_not_change_the_model() {
    for (version, chosen) in [("0.169.0", "gpt-6-astra"), ("0.125.0", "gpt-5.4")] {
        let codex = codex(version);
        let mut screen = prompted(&codex);
        let length = screen.length();
        screen.keys("/model");
        screen.wait_behind(length, "choose what model");
        screen.keys_until("\r", length, "Select Model");
        screen.keys("2");
        screen.keys_until("\r", length, "Model changed to");
        let length = screen.length();
        screen.keys("and again");
        screen.wait_behind(length, "again");
        screen.keys_until("\r", length, ANSWER);
        let config = fs::read_to_string(codex.codex.config()).unwrap();
        assert!(
            config.contains(&format!("model = \"{chosen}\"")),
            "{config}"
        );
        let models = codex.fixture.models();
        let all = models.len() >= 2 && models.iter().all(|model| model == PIN);
        assert!(all, "{version}: {models:?}");
    }
}

#[test]
fn tui_ends_as_without_the_shim() {
    for version in ["0.169.0", "0.125.0"] {
        let locked = codex(version);
        let mut screen = prompted(&locked);
        let ours = screen.end_by("\x03").to_string();
        let free = codex(version);
        let mut command = free.codex.command(&["-m", "gpt-5.5", "say hi"]);
        command
            .env("MODEL_LOCK_PROXY", "off")
            .env("NO_PROXY", "127.0.0.1");
        // It takes the model that is offered.
        let mut screen = answered(&command, "The provider ran");
        assert_eq!(ours, screen.end_by("\x03").to_string(), "{version}");
    }
}

#[test]
fn tui_daemon_is_not_started() {
    let codex = codex("0.169.0");
    let _screen = prompted(&codex);
    let home = codex.codex.config().with_file_name("packages");
    assert!(!home.exists(), "a daemon was installed");
}

#[test]
fn tui_window_size_reaches_codex() {
    let codex = EmbeddedCodex::script(
        "trap 'stty size' WINCH; stty size; while :; do read -r x; done",
        "force",
    );
    let screen = Screen::start(&codex.codex.command(&["exec", "hi"]));
    screen.wait_for("40 120");
    screen.resize(20, 80);
    screen.wait_for("20 80");
}

#[test]
fn tui_keyboard_interrupt_reaches_codex() {
    let codex = EmbeddedCodex::script(
        "trap 'echo interrupted; exit 5' INT; echo ready; while :; do read -r x; done",
        "force",
    );
    let mut screen = Screen::start(&codex.codex.command(&["exec", "hi"]));
    screen.wait_for("ready");
    screen.keys("\x03");
    screen.wait_for("interrupted");
    assert_eq!(screen.end().code(), Some(5));
}

#[test]
fn tui_is_stopped_and_continued_by_a_shell() {
    let codex = EmbeddedCodex::script(
        // Nothing is forked: a signal that comes right then may stop a half of it.
        r#"echo ready; while read -r line; do echo "$line"; done; exit 6"#,
        "force",
    );
    let command = codex.codex.command(&["exec", "hi"]);
    let mut shell = Command::new("/bin/bash");
    shell.args(["--norc", "-i"]).current_dir(codex.codex.work());
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    let mut screen = Screen::start(shell.env("PS1", "> "));
    // What is typed before the shell reads may be taken in another way.
    screen.wait_for("> ");
    screen.keys("codex exec hi\r");
    screen.wait_for("ready");
    let length = screen.length();
    screen.keys("\x1a");
    screen.wait_behind(length, "Stopped");
    screen.wait_behind(length, "> ");
    let length = screen.length();
    screen.keys("fg\r");
    screen.wait_behind(length, "codex exec hi");
    let length = screen.length();
    screen.keys("one line\r");
    screen.wait_behind(length, "one line\r\none line");
    let length = screen.length();
    screen.keys("\x04");
    screen.wait_behind(length, "> ");
    screen.keys("echo status: $?\r");
    screen.wait_for("status: 6");
}
