//! Flags and variables to settings, and every problem with its place.

use super::*;
use crate::settings::units;

fn read(flags: &Serve, pairs: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let mut problems = Vec::new();
    let settings = Settings::read(flags, &pairs.iter().copied().collect(), &mut problems);
    (settings, problems.iter().map(ToString::to_string).collect())
}

fn flags(arguments: &[&str]) -> Serve {
    use clap::Parser as _;
    let arguments = ["model-lock", "serve"].iter().chain(arguments);
    let crate::cli::Verb::Serve(flags) = crate::cli::Cli::try_parse_from(arguments).unwrap().verb
    else {
        panic!("another verb")
    };
    *flags
}

#[test]
fn nothing_said_is_a_working_sidecar() {
    let (settings, problems) = read(&Serve::default(), &[]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(settings.config.listen.to_string(), table::LISTEN.default);
    assert_eq!(settings.config.dialects.join(","), table::DIALECT.default);
    assert_eq!(settings.config.limits, Limits::default());
    assert_eq!(settings.daemon, None);
}

#[test]
fn the_defaults_that_are_told_are_those_that_hold() {
    let limits = Limits::default();
    let sizes = [
        (limits.head, &table::MAX_HEAD),
        (limits.body, &table::MAX_BODY),
        (limits.decoded, &table::MAX_DECODED),
    ];
    for (size, variable) in sizes {
        assert_eq!(
            units::size(variable.default),
            Some(size),
            "{}",
            variable.name
        );
    }
    let times = [
        (limits.head_time, &table::HEAD_TIME),
        (limits.body_time, &table::BODY_TIME),
        (limits.idle, &table::IDLE),
        (limits.drain, &table::DRAIN),
    ];
    for (time, variable) in times {
        assert_eq!(
            units::time(variable.default),
            Some(time),
            "{}",
            variable.name
        );
    }
}

#[test]
fn a_flag_wins_over_its_variable() {
    let environment = [
        ("MODEL_LOCK_LISTEN", "127.0.0.1:1"),
        ("MODEL_LOCK_UPSTREAM", "/v1=http://a,/backend-api=http://b"),
        ("MODEL_LOCK_MAX_BODY", "nonsense"),
    ];
    let (settings, problems) = read(
        &flags(&["--listen", "127.0.0.1:2", "--max-body", "1MiB"]),
        &environment,
    );
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(settings.config.listen.port(), 2);
    assert_eq!(settings.config.limits.body, 1 << 20);
    assert_eq!(settings.config.upstreams.len(), 2);
}

#[test]
fn all_problems_come_at_once_and_name_their_place() {
    let flags = flags(&[
        "--listen",
        "localhost",
        "--admin",
        "x",
        "--upstream",
        "https://",
        "--upstream",
        "ftp://a",
        "--dialect",
        "openai,klingon",
        "--log",
        "loud",
        "--max-head",
        "1KiB",
        "--drain",
        "soon",
    ]);
    let environment = [
        ("MODEL_LOCK_MAX_BODY", "0"),
        ("MODEL_LOCK_HEAD_TIME", "0s"),
        ("STATSD_PORT", "0"),
        ("STATSD_PREFIX", "a:b"),
        ("HTTPS_PROXY", ""),
        ("all_proxy", "https://me:secret@proxy:3128"),
    ];
    let (_, problems) = read(&flags, &environment);
    let wanted = [
        "--listen: `localhost`",
        "--admin: `x`",
        "--upstream: upstream `https://`",
        "--upstream: upstream `ftp://a`",
        "--dialect: unknown dialect `klingon`",
        "--log: `loud`",
        "--max-head: `1KiB`",
        "--drain: `soon`",
        "MODEL_LOCK_MAX_BODY: `0`",
        "MODEL_LOCK_HEAD_TIME: `0s`",
        "STATSD_PORT: `0`",
        "STATSD_PREFIX: `a:b`",
        "all_proxy: a forward proxy expected",
    ];
    for want in wanted {
        assert!(
            problems.iter().any(|problem| problem.starts_with(want)),
            "{want} in {problems:#?}"
        );
    }
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    assert!(!problems.concat().contains("secret"), "{problems:#?}");
}

#[test]
fn one_place_has_one_upstream_and_the_two_ports_differ() {
    let flags = flags(&[
        "--upstream",
        "http://a",
        "--upstream",
        "http://b",
        "--admin",
        "127.0.0.1:8383",
    ]);
    let (_, problems) = read(&flags, &[]);
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn datadog_stands_in_where_statsd_is_not_set() {
    let daemon = |pairs: &[(&str, &str)]| {
        let daemon = read(&Serve::default(), pairs).0.daemon?;
        Some(format!("{}:{}", daemon.host, daemon.port))
    };
    assert_eq!(daemon(&[("STATSD_HOST", "")]), None);
    assert_eq!(daemon(&[("STATSD_HOST", "a")]).unwrap(), "a:8125");
    assert_eq!(
        daemon(&[("DD_AGENT_HOST", "b"), ("DD_DOGSTATSD_PORT", "9")]).unwrap(),
        "b:9"
    );
    let both = [
        ("STATSD_HOST", "a"),
        ("STATSD_PORT", "1"),
        ("DD_AGENT_HOST", "b"),
        ("DD_DOGSTATSD_PORT", "9"),
    ];
    assert_eq!(daemon(&both).unwrap(), "a:1");
}
