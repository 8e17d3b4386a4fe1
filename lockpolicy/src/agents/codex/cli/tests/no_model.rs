//! Commands that run no model, and a codex that may not know them.

use super::*;

/// Lines whose command runs no model, with `{p}` where the pin goes.
const NO_MODEL: [&str; 21] = [
    "{p} login",
    "{p} login status",
    "{p} logout",
    "{p} completion bash",
    "{p} mcp list",
    "{p} mcp add n --env A=b -- codex -m x",
    "{p} features list",
    "--enable a {p} features list",
    "-p p {p} mcp list",
    "-i=f -c a=1 {p} mcp list",
    "{p} sandbox codex exec -m x",
    "{p} sandbox python -m pytest",
    "{p} sandbox -p p -- ls",
    "{p} plugin add x -m y",
    "{p} app-server generate-ts -o d -p prettier",
    "{p} execpolicy check -r f rm -m x",
    "{p} apply t",
    "{p} cloud list",
    "{p} debug models",
    "{p} archive session",
    "{p} doctor --json",
];

#[test]
fn command_that_runs_no_model_gets_the_pin_before_its_name() {
    let pins = format!("-m PIN {}", pins());
    for line in NO_MODEL {
        let expected = (line.replace("{p}", &pins), Vec::new());
        let line = line.replace("{p} ", "");
        for policy in [force(), reject()] {
            assert_eq!(outcome(&policy, &line), expected, "{line}");
            if !line.starts_with("-p") && !line.contains("sandbox -p") {
                let newer = outcome_for(&policy, Release::Newer, &line);
                assert_eq!(newer, expected, "{line}");
            }
        }
    }
    let own = outcome(&reject(), "-m x -c model=y logout");
    let expected = "-m x -c model=y -c review_model=\"PIN\" logout";
    assert_eq!(own, (expected.to_string(), Vec::new()));
}

#[test]
fn newer_codex_may_take_any_command_for_a_prompt() {
    let p = pins();
    for (line, forced, rejected) in [
        ("logout -m x", format!("{p} logout -m PIN"), "!model_locked"),
        ("-m x logout", format!("-m PIN {p} logout"), "!model_locked"),
        ("login -p p", format!("-m PIN {p} login"), "!secondary"),
        ("completion exec -m x", "!ambiguous".into(), "!ambiguous"),
        ("apply exec", "!ambiguous".into(), "!ambiguous"),
        ("debug app-server", "!ambiguous".into(), "!ambiguous"),
        ("sandbox exec -m x", "!ambiguous".into(), "!ambiguous"),
        ("resume app-server", "!ambiguous".into(), "!ambiguous"),
        ("resume review -c a=1", "!ambiguous".into(), "!ambiguous"),
        ("cloud", "!secondary".into(), "!secondary"),
    ] {
        let outcome = |policy: Policy| outcome_for(&policy, Release::Newer, line).0;
        assert_eq!(outcome(force()), forced, "{line}");
        assert_eq!(outcome(reject()), rejected, "{line}");
    }
    for line in ["stdio-to-uds exec -m x hi", "stdio-to-uds app-server"] {
        assert_eq!(outcome(&force(), line).0, "!ambiguous", "{line}");
    }
    let named = outcome_for(&force(), Release::Newer, "resume review");
    assert_eq!(named.0, format!("resume -m PIN {p} review"));
    let runs = |release, line| {
        let args = split(line);
        let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        let judged = judge_for(&force(), release, &args);
        judged.arguments().is_some_and(Arguments::runs_model)
    };
    assert!(runs(Release::Newer, "logout") && runs(Release::Unknown, "logout"));
    assert!(!runs(Release::Listed, "logout") && !runs(Release::Newer, "mcp list"));
}
