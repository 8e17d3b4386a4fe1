//! The command from outside: what bad input gets, what is printed, logged and counted.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod explain;
mod input;
mod serve;
mod served;
mod shim;

use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

/// The program with nothing of our own environment.
fn program(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .args(arguments)
        .envs(variables.iter().copied());
    command
}

/// Status, standard output, the lines of standard error.
fn finish(mut command: Command) -> (i32, String, Vec<String>) {
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        errors,
    )
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, Vec<String>) {
    finish(program(arguments, variables))
}

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
