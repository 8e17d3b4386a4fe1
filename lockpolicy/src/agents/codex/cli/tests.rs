//! The promises of the command line, as tables of lines and as properties.

mod arguments;
mod effort_and_tier;
mod no_model;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::format;

use proptest::prelude::*;

use super::*;
use crate::agents::codex::Release;
use crate::{ModelMatch, Policy, PolicyConfig};

fn policy(text: &str) -> Policy {
    PolicyConfig::from_toml(text).build().unwrap()
}

fn force() -> Policy {
    policy("model = 'PIN'\nproxy = 'http://127.0.0.1:1/key'")
}

fn reject() -> Policy {
    policy("model = 'PIN'\nmode = 'reject'\nproxy = 'http://127.0.0.1:1/key'")
}

/// Splits at blanks; `~` stands for a blank inside an argument.
fn split(line: &str) -> Vec<Vec<u8>> {
    line.split_whitespace()
        .map(|word| word.replace('~', " ").into_bytes())
        .collect()
}

fn decide<'a>(policy: &Policy, args: &'a [Vec<u8>]) -> CommandVerdict<'a> {
    decide_for(policy, Release::Listed, args)
}

fn decide_for<'a>(policy: &Policy, release: Release, args: &'a [Vec<u8>]) -> CommandVerdict<'a> {
    let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    judge_for(policy, release, &slices)
}

fn is_unchanged(judged: &CommandVerdict<'_>) -> bool {
    judged.arguments().is_some_and(Arguments::is_unchanged)
}

/// Returns the arguments that go on where they differ from those that were judged.
fn rewritten(judged: &CommandVerdict<'_>) -> Option<Vec<Vec<u8>>> {
    let arguments = judged
        .arguments()
        .filter(|arguments| !arguments.is_unchanged());
    arguments.map(|arguments| arguments.with_overrides(&[]))
}

/// The line that runs, `=` where it is the same, `!reason` where none does; then what was attempted.
fn outcome(policy: &Policy, line: &str) -> (String, Vec<String>) {
    outcome_for(policy, Release::Listed, line)
}

fn outcome_for(policy: &Policy, release: Release, line: &str) -> (String, Vec<String>) {
    let args = split(line);
    let judged = decide_for(policy, release, &args);
    let result = match &judged.action {
        CommandAction::Refuse(rejection) => format!("!{}", rejection.reason.as_str()),
        CommandAction::Run(arguments) | CommandAction::Filter(arguments, _) => {
            let words = arguments.with_overrides(&[]);
            if arguments.is_unchanged() {
                assert_eq!(words, args, "{line}");
                "=".to_string()
            } else {
                String::from_utf8(words.join(&b' ')).unwrap()
            }
        }
    };
    let attempts = judged.verdict.attempts.into_iter();
    let attempts = attempts.map(|attempt| format!("{}:{}", attempt.place, attempt.requested));
    (result, attempts.collect())
}

const C: &str = r#"-c model="PIN" -c review""#;

fn pins() -> String {
    format!("{}_model=\"PIN\"", C.trim_end_matches('"'))
}

#[test]
fn line_that_asks_for_help_passes_byte_for_byte() {
    for line in [
        "--version",
        "-V",
        "--help",
        "exec --help",
        "exec -m x --help",
        "logout -m x --help",
        "help",
        "help exec",
        "--codex-run-as-apply-patch -m x",
    ] {
        for policy in [force(), reject()] {
            let unchanged = ("=".to_string(), Vec::new());
            assert_eq!(outcome(&policy, line), unchanged, "{line}");
            let newer = outcome_for(&policy, Release::Newer, line);
            assert_eq!(newer, unchanged, "{line}");
        }
    }
}

#[test]
fn line_without_a_model_gets_the_pin() {
    let p = pins();
    for (line, expected) in [
        ("", format!("-m PIN {p}")),
        ("hi", format!("-m PIN {p} hi")),
        ("exec hi", format!("exec -m PIN {p} hi")),
        ("e hi", format!("e -m PIN {p} hi")),
        (
            "exec resume --last",
            format!("exec resume -m PIN {p} --last"),
        ),
        ("exec fork s hi", format!("exec fork -m PIN {p} s hi")),
        (
            "exec review --uncommitted",
            format!("exec review -m PIN {p} --uncommitted"),
        ),
        ("review --uncommitted", format!("review {p} --uncommitted")),
        ("resume --last", format!("resume -m PIN {p} --last")),
        ("app-server", format!("app-server {p}")),
        ("mcp-server", format!("mcp-server {p}")),
        ("agents", format!("agents {p}")),
        ("doctor", format!("-m PIN {p} doctor")),
        ("tui", format!("-m PIN {p} tui")),
        ("hi exec --json", format!("hi exec -m PIN {p} --json")),
        ("-i f exec", format!("-m PIN {p} -i f exec")),
        ("exec -- --model x", format!("exec -m PIN {p} -- --model x")),
        ("-- exec -m x", format!("-m PIN {p} -- exec -m x")),
        (
            "exec say~--model~x",
            format!("exec -m PIN {p} say --model x"),
        ),
        ("exec -o f -- -m", format!("exec -m PIN {p} -o f -- -m")),
        (
            "-s read-only exec -C d hi",
            format!("-s read-only exec -m PIN {p} -C d hi"),
        ),
    ] {
        assert_eq!(
            outcome(&force(), line),
            (expected.clone(), Vec::new()),
            "{line}"
        );
        assert_eq!(outcome(&reject(), line), (expected, Vec::new()), "{line}");
    }
}

/// A line, what it becomes, the attempt. `{p}` stands for the pins that are put in.
const REPLACED: [[&str; 3]; 23] = [
    ["exec -m x hi", "exec {p} -m PIN hi", "-m:x"],
    ["exec -mx hi", "exec {p} -mPIN hi", "-m:x"],
    ["exec -m=x hi", "exec {p} -m=PIN hi", "-m:x"],
    ["exec --model x hi", "exec {p} --model PIN hi", "--model:x"],
    ["exec --model=x hi", "exec {p} --model=PIN hi", "--model:x"],
    ["exec --model= hi", "exec {p} --model=PIN hi", "--model:"],
    ["exec hi -m x", "exec {p} hi -m PIN", "-m:x"],
    ["-m x exec hi", "-m PIN exec -m PIN {p} hi", "-m:x"],
    ["-m x review", "-m PIN review {p}", "-m:x"],
    ["-m x", "{p} -m PIN", "-m:x"],
    ["-model x", "{p} -mPIN x", "-m:odel"],
    ["exec -m pin hi", "exec {p} -m PIN hi", "-m:pin"],
    ["exec -m ~PIN hi", "exec {p} -m PIN hi", "-m: PIN"],
    ["mcp-server -m x", "mcp-server {p} -m PIN", "-m:x"],
    ["review -m x", "review {p} -m PIN", "-m:x"],
    ["exec -m x -m y", "exec {p} -m PIN -m PIN", "-m:x -m:y"],
    [
        "exec -c model=x hi",
        "exec -m PIN -c review_model=\"PIN\" -c model=\"PIN\" hi",
        "-c model:x",
    ],
    [
        "exec -cmodel=x hi",
        "exec -m PIN -c review_model=\"PIN\" -cmodel=\"PIN\" hi",
        "-c model:x",
    ],
    [
        "exec --config=model=x",
        "exec -m PIN -c review_model=\"PIN\" --config=model=\"PIN\"",
        "--config model:x",
    ],
    [
        "review -c review_model=x",
        "review -c model=\"PIN\" -c review_model=\"PIN\"",
        "-c review_model:x",
    ],
    ["-c model=x exec", "exec -m PIN {p}", "-c model:x"],
    [
        "-c model=x exec -c a=1",
        "exec -m PIN {p} -c a=1",
        "-c model:x",
    ],
    [
        "review -c agents.a_model=x",
        "review {p} -c agents.a_model=\"PIN\"",
        "-c agents.a_model:x",
    ],
];

#[test]
fn line_with_another_model_is_forced_or_refused() {
    for [line, expected, attempts] in REPLACED {
        let (args, output) = outcome(&force(), line);
        assert_eq!(
            (args, output.join(" ")),
            (expected.replace("{p}", &pins()), attempts.to_string()),
            "{line}"
        );
        let (args, output) = outcome(&reject(), line);
        assert_eq!(
            (args.as_str(), output.join(" ")),
            ("!model_locked", attempts.to_string()),
            "{line}"
        );
    }
}

fn vec_of(text: &str) -> Vec<String> {
    alloc::vec![text.to_string()]
}

/// Options of `exec`, and the attempts.
const TAKEN_OUT: [[&str; 2]; 14] = [
    ["--oss", "--oss:oss"],
    [
        "--oss --local-provider ollama",
        "--oss:oss --local-provider:ollama",
    ],
    ["-p p", "-p:p"],
    ["-pp", "-p:p"],
    ["--profile=p", "--profile:p"],
    ["--profile-v2 p", "--profile-v2:p"],
    ["--profile-v2=p", "--profile-v2:p"],
    ["-c profile=p", "-c profile:p"],
    ["-c model_provider=x", "-c model_provider:x"],
    ["-c model_providers={x={}}", "-c model_providers:<value>"],
    [
        "-c model_providers.x.base_url=http://u:p@h",
        "-c model_providers.x.base_url:<value>",
    ],
    [
        "-c openai_base_url=http://h/v1",
        "-c openai_base_url:<address>",
    ],
    ["-c agents={r={config_file=\"/x\"}}", "-c agents:<value>"],
    ["-c MODEL=x", "-c MODEL:x"],
];

/// As over HTTP, the ordinary program passes, and no mode makes another one of it.
#[test]
fn program_other_than_the_ordinary_one_is_refused() {
    for policy in [force(), reject()] {
        let other = outcome(&policy, "exec --cyber-access-program daybreak_red hi");
        let counted = vec_of("--cyber-access-program:daybreak_red");
        assert_eq!(other, ("!setting_locked".to_string(), counted));
        let (ordinary, counted) = outcome(&policy, "exec --cyber-access-program=standard hi");
        assert!(
            ordinary.contains("--cyber-access-program=standard hi"),
            "{ordinary}"
        );
        assert!(counted.is_empty(), "{counted:?}");
    }
}

#[test]
fn option_that_selects_a_provider_is_dropped_or_refused() {
    let rest = format!("exec -m PIN {} hi", pins());
    for [options, attempts] in TAKEN_OUT {
        let line = format!("exec {options} hi");
        let (args, output) = outcome(&force(), &line);
        assert_eq!(
            (args, output.join(" ")),
            (rest.clone(), attempts.to_string()),
            "{line}"
        );
        let (args, output) = outcome(&reject(), &line);
        assert_eq!(
            (args.as_str(), output.join(" ")),
            ("!secondary", attempts.to_string()),
            "{line}"
        );
    }
    let images = outcome(&force(), "exec -i f g --oss hi");
    assert_eq!(images.0, format!("exec -m PIN {} -i=f -i=g hi", pins()));
    let remote = outcome(
        &force(),
        "resume --remote ws://h --remote-auth-token-env T --last",
    );
    assert_eq!(
        remote,
        (
            format!("resume -m PIN {} --last", pins()),
            vec_of("--remote:<address>")
        )
    );
}

#[test]
fn override_that_selects_nothing_stays_at_one_level() {
    let p = pins();
    for (line, expected) in [
        ("exec -c a.b=1 hi", format!("exec -m PIN {p} -c a.b=1 hi")),
        (
            "-c a=1 exec -c b=2 hi",
            format!("exec -m PIN -c a=1 {p} -c b=2 hi"),
        ),
        (
            "-c a=1 exec -cb=2 resume --config c=3 s",
            format!("exec resume -m PIN -c a=1 -cb=2 {p} --config c=3 s"),
        ),
        (
            "-c a=1 app-server --listen stdio://",
            format!("app-server -c a=1 {p} --listen stdio://"),
        ),
        (
            "-c openai_base_url=\"http://127.0.0.1:1/key/v1\" app-server",
            format!("app-server -c openai_base_url=\"http://127.0.0.1:1/key/v1\" {p}"),
        ),
        (
            "-i f g -c a=1 exec hi",
            format!("-i=f -i=g exec -m PIN -c a=1 {p} hi"),
        ),
        (
            "--enable x exec hi",
            format!("--enable x exec -m PIN {p} hi"),
        ),
        (
            "exec -c mcp_servers.m.env.MODEL=x",
            format!("exec -m PIN {p} -c mcp_servers.m.env.MODEL=x"),
        ),
        ("exec -c projects={\"/d\"={trust_level=\"trusted\"}}", {
            format!("exec -m PIN {p} -c projects={{\"/d\"={{trust_level=\"trusted\"}}}}")
        }),
    ] {
        assert_eq!(
            outcome(&force(), line),
            (expected.clone(), Vec::new()),
            "{line}"
        );
        assert_eq!(outcome(&reject(), line), (expected, Vec::new()), "{line}");
    }
}

#[test]
fn line_with_exactly_the_pin_stays_as_written() {
    let full = "exec --model=PIN -c model=PIN --config review_model='PIN' hi";
    let args: Vec<Vec<u8>> = full
        .split(' ')
        .map(|word| word.as_bytes().to_vec())
        .collect();
    for policy in [force(), reject()] {
        let judged = decide(&policy, &args);
        assert!(is_unchanged(&judged));
        assert_eq!(judged.verdict.model_match, ModelMatch::Exact);
        let line = split("exec -m PIN hi");
        let exact = decide(&policy, &line).verdict;
        assert_eq!(
            (exact.attempts.len(), exact.model_match),
            (0, ModelMatch::Exact)
        );
        let line = split("exec -m openai/PIN hi");
        let alias = decide(&policy, &line);
        let args = rewritten(&alias).unwrap();
        assert!(!args.contains(&b"openai/PIN".to_vec()));
        assert_eq!(
            (alias.verdict.attempts.len(), alias.verdict.model_match),
            (0, ModelMatch::Alias)
        );
        let line = split("exec hi");
        assert_eq!(
            decide(&policy, &line).verdict.model_match,
            ModelMatch::Absent
        );
    }
}

#[test]
fn line_in_report_only_is_counted_and_unchanged() {
    let audit = policy("model = 'PIN'\nmode = 'report_only'");
    let line = split("exec -m x --oss hi");
    let judged = decide(&audit, &line);
    assert!(is_unchanged(&judged));
    assert_eq!(judged.verdict.attempts.len(), 2);
    assert!(is_unchanged(&decide(&audit, &split("exec hi"))));
}

#[test]
fn command_whose_model_no_line_names_is_refused_or_left_alone() {
    for line in [
        "cloud",
        "cloud exec --env e q",
        "cloud-tasks",
        "debug app-server send-message-v2 hi",
    ] {
        assert_eq!(outcome(&force(), line).0, "!secondary", "{line}");
    }
    assert_eq!(outcome(&force(), "queue --thread t --message m").0, "=");
    let forced = outcome(
        &force(),
        "queue --thread t --message m -p p -c model_provider=x",
    );
    assert_eq!(forced.0, "queue --thread t --message m");
    assert_eq!(
        outcome(&reject(), "queue --thread t --message m -c model=x").0,
        "!model_locked"
    );
}

#[test]
fn line_with_two_readings_is_refused_in_every_mode() {
    for text in [
        "model='PIN'",
        "model='PIN'\nmode='reject'",
        "model='PIN'\nmode='report_only'",
    ] {
        assert_eq!(outcome(&policy(text), "--new exec -m x").0, "!ambiguous");
        assert_eq!(outcome(&policy(text), "archive exec").0, "!ambiguous");
        assert_eq!(outcome(&policy(text), "exec -m --oss x").0, "!malformed");
        assert_eq!(outcome(&policy(text), "exec hi -m").0, "!malformed");
    }
}

#[test]
fn argument_that_is_no_text_stays() {
    let args = alloc::vec![
        b"exec".to_vec(),
        b"\xff\xfe".to_vec(),
        b"-o".to_vec(),
        b"\x80".to_vec(),
        b"-m\xff".to_vec()
    ];
    let judged = decide(&force(), &args);
    let args = rewritten(&judged).unwrap();
    assert!(args.contains(&b"\xff\xfe".to_vec()) && args.contains(&b"\x80".to_vec()));
    assert!(args.contains(&b"-mPIN".to_vec()));
    assert_eq!(judged.verdict.attempts[0].requested, "<not a text>");
}

#[test]
fn line_without_a_policy_passes_only_where_it_runs_no_model() {
    let passes = |release, line: &str| {
        let args = split(line);
        let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        let judged = judge_without_policy(release, &slices);
        judged.is_some_and(|judged| is_unchanged(&judged))
    };
    let may_run = |line: &str| passes(Release::Listed, line);
    assert!(passes(Release::Newer, "login status"));
    assert!(!passes(Release::Newer, "login") && !passes(Release::Unknown, "completion"));
    for line in [
        "--version",
        "exec --help",
        "login",
        "completion",
        "mcp list",
        "help",
    ] {
        assert!(may_run(line), "{line}");
    }
    for line in [
        "",
        "exec hi",
        "review",
        "app-server",
        "cloud",
        "queue --thread t --message m",
        "doctor",
        "--x exec",
    ] {
        assert!(!may_run(line), "{line}");
    }
}

fn word() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(alloc::vec![
        "exec",
        "e",
        "resume",
        "review",
        "fork",
        "app-server",
        "queue",
        "archive",
        "doctor",
        "agents",
        "-m",
        "-mx",
        "-m=PIN",
        "--model",
        "--model=x",
        "-c",
        "-cmodel=x",
        "--config",
        "model=\"PIN\"",
        "review_model=x",
        "model_provider=x",
        "a=1",
        "-p",
        "-i",
        "--",
        "-",
        "",
        "--oss",
        "hi",
        "x",
        "PIN",
        "--remote",
        "--remote-auth-token-env",
        "--new",
        "--json",
        "agents={a={model=\"x\"}}",
        "model_reasoning_effort=x",
        "service_tier=fast",
        "openai/PIN",
    ]);
    prop_oneof![8 => known.prop_map(|word| word.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..5)]
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let texts = [
        "",
        "mode='reject'",
        "mode='report_only'",
        "reasoning_effort='low'\nservice_tier='priority'",
    ];
    prop::sample::select(texts.to_vec()).prop_map(|text| policy(&format!("model='PIN'\n{text}")))
}

proptest! {
    #![proptest_config(crate::tests::cases(2000))]

    #[test]
    fn rewritten_line_passes_unchanged(policy in any_policy(), newer in any::<bool>(), args in prop::collection::vec(word(), 0..9)) {
        let release = if newer { Release::Newer } else { Release::Listed };
        if let Some(args) = rewritten(&decide_for(&policy, release, &args)) {
            let again = decide_for(&policy, release, &args);
            prop_assert!(is_unchanged(&again), "{:?}", args);
            prop_assert!(again.verdict.attempts.is_empty());
        }
    }

    #[test]
    fn operands_of_a_rewritten_line_stay(args in prop::collection::vec(word(), 0..9)) {
        let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        let operands = |line: &CommandLine<'_>| -> Vec<Vec<u8>> {
            let text = |token: &Token<'_>| match token.kind {
                TokenKind::Operand(word) | TokenKind::Foreign(word) => Some(word.to_vec()),
                TokenKind::Command(_) | TokenKind::Option(_) | TokenKind::OptionArgument(_) | TokenKind::Terminator => None,
            };
            line.tokens.iter().filter_map(text).collect()
        };
        if let Some(words) = rewritten(&decide(&force(), &args)) {
            let after: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(operands(&read(&after)), operands(&read(&slices)));
            prop_assert_eq!(read(&after).name(), read(&slices).name());
        }
    }

    #[test]
    fn list_of_any_bytes_gets_a_verdict(args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..6)) {
        prop_assert!(!decide(&force(), &args).command.is_empty());
    }
}
