//! The tokenizer against clap, which codex parses with: wherever clap accepts a line, both read the
//! same commands, models, overrides and operands.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use lockpolicy::agents::codex::Release;
use lockpolicy::agents::codex::cli::{
    self, CommandAction, CommandLine, GLOBAL, ModelSource, Operands, OptionSpec, ROOT, Role, Takes,
    TokenKind,
};
use lockpolicy::{PolicyConfig, Setting};
use proptest::prelude::*;

/// One level of a line: command, models, overrides, operands.
type Level = (String, Vec<OsString>, Vec<OsString>, Vec<OsString>);

/// clap's command of the same table.
fn clap_command(command: &'static cli::Command) -> clap::Command {
    clap_command_without(command, "")
}

/// clap's command of a table that lacks the commands of a name.
fn clap_command_without(command: &'static cli::Command, absent: &str) -> clap::Command {
    let name = if command.name.is_empty() {
        "codex"
    } else {
        command.name
    };
    let mut built = clap::Command::new(name)
        .version("1")
        .disable_version_flag(true)
        .disable_help_flag(true)
        .subcommand_negates_reqs(true)
        .visible_aliases(command.aliases);
    for spec in command.own_options().chain(GLOBAL) {
        built = built.arg(clap_option(spec));
    }
    let operand = |id: &'static str| Arg::new(id).value_parser(value_parser!(OsString));
    if command.operands == Operands::OtherProgram {
        built = built.arg(
            operand("operand")
                .num_args(0..)
                .trailing_var_arg(true)
                .action(ArgAction::Append),
        );
    } else {
        // A session and a prompt; a command that can be followed by another takes a prompt alone.
        built = built.arg(operand("operand"));
        if command.operands != Operands::Prompt {
            built = built.arg(operand("second"));
        }
    }
    let present = command.children.iter().filter(|child| child.name != absent);
    built.subcommands(present.map(|child| clap_command_without(child, absent)))
}

fn clap_option(spec: &'static OptionSpec) -> Arg {
    let mut arg = Arg::new(spec.long).long(spec.long);
    if let Some(letter) = spec.letter {
        arg = arg.short(char::from(letter));
    }
    let action = match (spec.role, spec.long, spec.takes) {
        (Role::Help, "version", _) => ArgAction::Version,
        (Role::Help, ..) => ArgAction::Help,
        (_, _, Takes::Nothing) => ArgAction::Count,
        (_, _, Takes::One | Takes::Many) => ArgAction::Append,
    };
    let arg = arg.action(action);
    match spec.takes {
        Takes::Nothing => arg,
        Takes::One => arg.value_parser(value_parser!(OsString)),
        Takes::Many => arg.value_parser(value_parser!(OsString)).num_args(1..),
    }
}

/// What clap reads.
fn by_clap(mut matches: &ArgMatches) -> Vec<Level> {
    let mut levels = Vec::new();
    let mut name = String::new();
    loop {
        let all = |id: &str| -> Vec<OsString> {
            let values = matches.try_get_many::<OsString>(id).ok().flatten();
            values
                .map(|values| values.cloned().collect())
                .unwrap_or_default()
        };
        let operands = [all("operand"), all("second")].concat();
        levels.push((name, all("model"), all("config"), operands));
        let Some((child, inner)) = matches.subcommand() else {
            return levels;
        };
        name = String::from(child);
        matches = inner;
    }
}

/// What the tokenizer reads.
fn by_us(line: &CommandLine<'_>) -> Vec<Level> {
    let level = |(level, command): (usize, &&'static cli::Command)| {
        let mut found: Level = (command.name.to_owned(), Vec::new(), Vec::new(), Vec::new());
        for token in line.tokens.iter().filter(|token| token.level == level) {
            match &token.kind {
                TokenKind::Operand(word) | TokenKind::Foreign(word) => found.3.push(os(word)),
                TokenKind::Option(written) => match (written.role(), written.argument()) {
                    (Role::Selects(Setting::Model(_)), Some(model)) => found.1.push(os(model)),
                    (Role::Config, Some(config)) => found.2.push(os(config)),
                    _ => {}
                },
                TokenKind::Command(_) | TokenKind::OptionArgument(_) | TokenKind::Terminator => {}
            }
        }
        found
    };
    line.path.iter().enumerate().map(level).collect()
}

fn os(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

fn word() -> impl Strategy<Value = Vec<u8>> {
    let words = vec![
        "exec",
        "e",
        "resume",
        "review",
        "fork",
        "app-server",
        "login",
        "mcp",
        "add",
        "sandbox",
        "queue",
        "plugin",
        "-m",
        "-mx",
        "-m=x",
        "--model",
        "--model=x",
        "--model=",
        "-c",
        "-cmodel=x",
        "-c=a=b",
        "--config",
        "--config=a",
        "-p",
        "-pp",
        "-i",
        "-if",
        "--image",
        "--image=f",
        "--",
        "-",
        "",
        "--oss",
        "hi",
        "x",
        "--help",
        "-h",
        "-hx",
        "-V",
        "-o",
        "--json",
        "-5",
        "--base",
        "--last",
        "-s",
        "--unknown",
        "-Z",
    ];
    let known = prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec());
    prop_oneof![12 => known, 1 => prop::collection::vec(any::<u8>().prop_filter("no NUL", |byte| *byte != 0), 0..4)]
}

fn agrees(clap: &clap::Command, args: &[Vec<u8>]) -> Result<bool, TestCaseError> {
    let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    let line = cli::read(&slices);
    let words = std::iter::once(OsString::from("codex")).chain(args.iter().map(|arg| os(arg)));
    match clap.clone().try_get_matches_from(words) {
        Ok(matches) => {
            prop_assert_eq!(by_us(&line), by_clap(&matches), "{:?}", args);
            prop_assert!(!line.help && line.bare.is_none(), "{:?}", args);
            Ok(true)
        }
        Err(error)
            if error.kind() == ErrorKind::DisplayHelp
                && line.path.iter().any(|command| command.name == "help") =>
        {
            Ok(true)
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            prop_assert!(line.help, "{:?}", args);
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

#[test]
fn command_line_is_read_as_the_reference_parser_reads_it() {
    let clap = clap_command(&ROOT);
    let mut accepted = 0;
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let lines = prop::collection::vec(word(), 0..7);
    let count = std::cell::Cell::new(0);
    runner
        .run(&lines, |args| {
            count.set(count.get() + u32::from(agrees(&clap, &args)?));
            Ok(())
        })
        .unwrap();
    accepted += count.get();
    assert!(
        accepted > 400,
        "clap accepted only {accepted} lines: the test proves nothing"
    );
}

/// Returns what is wrong with a line that a codex without some command would read, if anything.
fn unlocked(clap: &clap::Command, judged: &cli::CommandVerdict<'_>) -> Option<String> {
    let arguments = judged.arguments()?;
    let args = arguments.with_overrides(&[]);
    let words = std::iter::once(OsString::from("codex")).chain(args.iter().map(|arg| os(arg)));
    let levels = by_clap(&clap.clone().try_get_matches_from(words).ok()?);
    let path = levels.iter().skip(1);
    let command = path.fold(&ROOT, |command, (name, ..)| {
        command.child(name.as_bytes()).unwrap_or(command)
    });
    let (_, _, own, _) = levels.last()?;
    // 0.154 forgets the overrides of the levels above as soon as a level has one of its own.
    let counts = |index: usize| own.is_empty() || index + 1 == levels.len();
    let configs = levels
        .iter()
        .enumerate()
        .filter(|(index, _)| counts(*index));
    let configs: Vec<&OsString> = configs
        .flat_map(|(_, (_, _, configs, _))| configs)
        .collect();
    let models: Vec<&OsString> = levels.iter().flat_map(|(_, models, ..)| models).collect();
    let is_pinned = models.iter().any(|model| *model == "PIN")
        || configs.iter().any(|config| *config == "model=\"PIN\"");
    let is_other = |config: &&OsString| {
        let text = config.to_string_lossy();
        text.starts_with("model=") && text != "model=\"PIN\""
    };
    let another = models.iter().any(|model| *model != "PIN") || configs.iter().any(is_other);
    let is_served = command.server.is_some() && !matches!(judged.action, CommandAction::Filter(..));
    match command.model {
        ModelSource::None | ModelSource::Session => None,
        ModelSource::CommandLine if is_pinned && !another && !is_served => None,
        ModelSource::CommandLine | ModelSource::RemoteClient | ModelSource::ServiceChosen => {
            Some(format!("{} runs: {levels:?}", command.name))
        }
    }
}

#[test]
fn codex_that_lacks_a_command_runs_the_pin_or_nothing() {
    let names: Vec<&str> = ROOT.children.iter().map(|child| child.name).collect();
    let lacking: Vec<clap::Command> = names
        .iter()
        .map(|name| clap_command_without(&ROOT, name))
        .collect();
    let policy = PolicyConfig::from_toml("model = 'PIN'").build().unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let absent = prop::sample::select((0..names.len()).collect::<Vec<usize>>());
    let behind = prop::collection::vec(word(), 0..5);
    let before = prop::collection::vec(word(), 0..2);
    let ran = std::cell::Cell::new(0);
    runner
        .run(&(before, absent, behind), |(before, absent, behind)| {
            let args = [before, vec![names[absent].as_bytes().to_vec()], behind].concat();
            let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            let judged = cli::judge_for(&policy, Release::Newer, &slices);
            ran.set(ran.get() + u32::from(judged.arguments().is_some()));
            prop_assert_eq!(unlocked(&lacking[absent], &judged), None, "{:?}", args);
            Ok(())
        })
        .unwrap();
    assert!(ran.get() > 400, "only {} lines ran", ran.get());
}
