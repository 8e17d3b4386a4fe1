//! The commands of a page: the lines of its shell blocks, and what stands in backticks and begins as a command.

/// All of them, each as it would be typed.
pub(crate) fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block = None;
    for line in page.lines() {
        match (line.trim().strip_prefix("```"), block) {
            (Some(language), None) => block = Some(SHELLS.contains(&language)),
            (Some(_), Some(_)) => block = None,
            (None, Some(true)) => found.extend(typed(line)),
            (None, Some(false)) => {}
            (None, None) => found.extend(spans(line)),
        }
    }
    found
}

/// A line of a block without its prompt and without what is said of it.
fn typed(line: &str) -> Option<String> {
    let line = line.trim();
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let command = line.split(" # ").next()?.trim();
    (!command.is_empty() && !command.starts_with('#')).then(|| command.to_owned())
}

/// What stands in backticks and begins as a command.
fn spans(line: &str) -> Vec<String> {
    let spans = line.split('`').skip(1).step_by(2);
    let commands = spans.filter(|span| is_command(span));
    commands.map(str::to_owned).collect()
}

/// A word alone is the name of a program; with more behind it, somebody may type it.
fn is_command(span: &str) -> bool {
    let mut words = span
        .split_whitespace()
        .skip_while(|word| *word == "sudo" || is_setting(word));
    let Some(first) = words.next() else {
        return false;
    };
    let whole = ["./check", "./demo", ".ci/run"].contains(&first);
    let begins = PROGRAMS.contains(&first) || PLACES.iter().any(|place| first.starts_with(place));
    whole || (begins && span.contains(' '))
}

/// `NAME=value` before a command.
fn is_setting(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    })
}

/// The languages of blocks that are typed into a shell.
const SHELLS: [&str; 4] = ["console", "sh", "bash", "shell"];
const PLACES: [&str; 4] = ["deploy/", "target/", "tests/tools/", "tools/"];
const PROGRAMS: [&str; 24] = [
    "apt-get",
    "cargo",
    "chmod",
    "chown",
    "codex",
    "cp",
    "curl",
    "docker",
    "dpkg",
    "echo",
    "export",
    "helm",
    "iptables",
    "journalctl",
    "just",
    "kubectl",
    "model-lock",
    "nft",
    "npm",
    "openclaw",
    "pip",
    "promtool",
    "systemctl",
    "umount",
];

#[test]
fn commands_are_recognized_and_names_are_not() {
    let page = "`model-lock` and `model-lock check`, `STATSD_HOST`, `A=1 sudo nft -f x`, `a b`, `./check`\n\
                ```toml\nmodel-lock no\n```\n  ```console\n  $ one two  # said\n  # said\nthree\n  ```\n`cp a b`";
    let expected = [
        "model-lock check",
        "A=1 sudo nft -f x",
        "./check",
        "one two",
        "three",
        "cp a b",
    ];
    assert_eq!(commands(page), expected);
}
