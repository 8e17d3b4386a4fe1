//! The table of codex's command line against what the real programs print.
//!
//! A codex that is not in the table is read wrongly, and a shim that reads wrongly opens the lock.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use fake_provider::json::Json;
use lockpolicy::agents::codex::VERIFIED;
use lockpolicy::agents::codex::app_server::app_server_methods;
use lockpolicy::agents::codex::cli::{self, OptionSpec, ROOT, Takes};

/// Options that work and that no help of these versions tells of. `permissions-profile` and `profile-v2` were printed from
/// 0.131 to 0.133.
const HIDDEN: [&str; 5] = [
    "experimental-json",
    "managed-daemon",
    "permissions-profile",
    "profile-v2",
    "yolo",
];

/// One line of the options in a help text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    letter: Option<u8>,
    long: String,
    takes: Takes_,
}

/// [`Takes`] in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Takes_ {
    Nothing,
    One,
    Many,
}

impl From<&OptionSpec> for Listed {
    fn from(spec: &OptionSpec) -> Self {
        let takes = match spec.takes {
            Takes::Nothing => Takes_::Nothing,
            Takes::One => Takes_::One,
            Takes::Many => Takes_::Many,
        };
        Self {
            letter: spec.letter,
            long: spec.long.to_owned(),
            takes,
        }
    }
}

/// What one version knows: the help of each command, by its words.
type Help = BTreeMap<Vec<&'static str>, String>;

struct Codex {
    program: PathBuf,
    home: tempfile::TempDir,
}

impl Codex {
    fn install(version: &str) -> Self {
        let program = fake_provider::codex(version);
        Self {
            program,
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// The help of every command of the table that this version knows.
    fn help(&self) -> Help {
        let mut known = Help::new();
        self.walk(&ROOT, &mut Vec::new(), &mut known);
        known
    }

    fn walk(
        &self,
        command: &'static cli::Command,
        words: &mut Vec<&'static str>,
        known: &mut Help,
    ) {
        let text = self.ask(words);
        if !is_about(&text, words) {
            return;
        }
        known.insert(words.clone(), text);
        for child in command.children {
            words.push(child.name);
            self.walk(child, words, known);
            words.pop();
        }
    }

    fn ask(&self, words: &[&str]) -> String {
        self.output(&[words, &["--help"]].concat())
    }

    /// The methods of JSON-RPC that this version prints.
    fn methods(&self) -> BTreeSet<String> {
        let place = self.home.path().join("schema");
        let out = place.to_str().unwrap();
        let words = [
            "app-server",
            "generate-json-schema",
            "--experimental",
            "-o",
            out,
        ];
        self.output(&words);
        let schema = std::fs::read(place.join("ClientRequest.json")).unwrap();
        let schema = Json::parse(&schema).unwrap();
        let requests = schema.get("oneOf").unwrap().items();
        let name = |request: &Json| {
            let names = request.get("properties")?.get("method")?.get("enum")?;
            Some(names.items().first()?.text()?.to_owned())
        };
        requests
            .iter()
            .map(|request| name(request).unwrap())
            .collect()
    }

    fn output(&self, words: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .env_clear()
            .env("CODEX_HOME", self.home.path())
            .env("HOME", self.home.path());
        String::from_utf8(command.stdin(Stdio::null()).output().unwrap().stdout).unwrap()
    }
}

/// Whether a help text is about this command: to a version that does not know it, it is a prompt.
fn is_about(help: &str, words: &[&str]) -> bool {
    let usage = help
        .lines()
        .find_map(|line| line.strip_prefix("Usage: codex"))
        .unwrap_or_default();
    let called = usage
        .split_whitespace()
        .take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    called.eq(words.iter().copied())
}

/// The sub-commands and their aliases that a help text lists.
fn listed_commands(help: &str) -> Vec<(String, Vec<String>)> {
    let Some((_, list)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let lines: Vec<&str> = list
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("  "))
        .collect();
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for line in lines {
        if let Some(name) = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '))
            .and_then(|rest| rest.split(' ').next())
        {
            commands.push((name.to_owned(), Vec::new()));
        }
        let aliases = line
            .split_once("[aliases: ")
            .or_else(|| line.split_once("[alias: "));
        if let (Some((_, aliases)), Some((_, of))) = (aliases, commands.last_mut()) {
            of.extend(aliases.trim_end_matches(']').split(", ").map(str::to_owned));
        }
    }
    commands.retain(|(name, _)| name != "help" && !name.is_empty());
    commands
}

/// The options that a help text lists.
fn listed_options(help: &str) -> BTreeSet<Listed> {
    let Some((_, list)) = help.split_once("\nOptions:\n") else {
        return BTreeSet::new();
    };
    list.lines().filter_map(listed_option).collect()
}

/// `  -m, --model <MODEL>` or `      --oss`.
fn listed_option(line: &str) -> Option<Listed> {
    let (letter, rest) = if let Some(rest) = line.strip_prefix("      --") {
        (None, rest)
    } else {
        let (letter, rest) = line.strip_prefix("  -")?.split_once(", --")?;
        (letter.bytes().next(), rest)
    };
    let end = rest.find([' ', '=', '[']).unwrap_or(rest.len());
    let (long, argument) = rest.split_at(end);
    let takes = match argument.trim_end() {
        "" => Takes_::Nothing,
        argument if argument.ends_with("...") => Takes_::Many,
        _ => Takes_::One,
    };
    Some(Listed {
        letter,
        long: long.to_owned(),
        takes,
    })
}

fn find(words: &[&str]) -> &'static cli::Command {
    words.iter().fold(&ROOT, |command, word| {
        command
            .child(word.as_bytes())
            .unwrap_or_else(|| panic!("{words:?}"))
    })
}

/// Every command of the table, with the words that call it.
fn table() -> Vec<(Vec<&'static str>, &'static cli::Command)> {
    let mut all = vec![(Vec::new(), &ROOT)];
    let mut next = 0;
    while let Some((words, command)) = all.get(next).cloned() {
        all.extend(
            command
                .children
                .iter()
                .map(|child| ([&words[..], &[child.name]].concat(), child)),
        );
        next += 1;
    }
    all
}

/// What is wrong with the table for one version.
fn differences(version: &str, help: &Help) -> Vec<String> {
    let mut wrong = Vec::new();
    for (words, text) in help {
        let command = find(words);
        let known: BTreeSet<Listed> = command
            .own_options()
            .chain(cli::GLOBAL)
            .map(Listed::from)
            .collect();
        for option in listed_options(text).difference(&known) {
            wrong.push(format!("{version} {words:?}: the table lacks {option:?}"));
        }
        for (name, aliases) in listed_commands(text) {
            match command.child(name.as_bytes()) {
                Some(child)
                    if aliases
                        .iter()
                        .all(|alias| command.child(alias.as_bytes()) == Some(child)) => {}
                found => wrong.push(format!(
                    "{version} {words:?}: {name} with {aliases:?} is {found:?}"
                )),
            }
        }
    }
    wrong
}

#[test]
fn option_table_equals_the_help_of_codex() {
    let versions: Vec<(&str, Help)> = VERIFIED
        .map(|version| (version, Codex::install(version).help()))
        .into();
    let mut wrong: Vec<String> = versions
        .iter()
        .flat_map(|(version, help)| differences(version, help))
        .collect();
    let printed: BTreeSet<Listed> = versions
        .iter()
        .flat_map(|(_, help)| help.values())
        .flat_map(|text| listed_options(text))
        .collect();
    assert!(printed.len() > 100, "help is read wrongly: {printed:?}");
    for (words, command) in table() {
        let knowing = versions
            .iter()
            .filter(|(_, help)| help.contains_key(&words))
            .count();
        let parent = words.split_last().map_or(&[][..], |(_, parent)| parent);
        let possible = versions
            .iter()
            .filter(|(_, help)| help.contains_key(parent))
            .count();
        if knowing == 0 || command.everywhere != (knowing == possible) {
            wrong.push(format!(
                "{words:?}: known to {knowing} of {possible} versions"
            ));
        }
        let options = command.own_options().map(Listed::from);
        let unknown = options
            .filter(|option| !printed.contains(option) && !HIDDEN.contains(&option.long.as_str()));
        wrong.extend(unknown.map(|option| format!("{words:?}: no version prints {option:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn method_table_equals_the_schema_of_codex() {
    let mut printed = BTreeSet::new();
    for version in VERIFIED {
        printed.append(&mut Codex::install(version).methods());
    }
    assert!(
        printed.len() > 150,
        "the schemas are read wrongly: {printed:?}"
    );
    let listed: BTreeSet<String> = app_server_methods().map(str::to_owned).collect();
    let differs: Vec<&String> = printed.symmetric_difference(&listed).collect();
    assert!(differs.is_empty(), "{differs:?}");
    assert_eq!(listed.len(), app_server_methods().count());
}
