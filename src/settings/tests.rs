//! Flags and variables to settings, and every problem with its place.

use clap::{Args as _, Command, FromArgMatches as _};
use proxy::Limits;

use super::table::TABLE;
use super::*;

fn read(flags: &Flags, pairs: &[(&str, &str)]) -> (Settings, Config, Vec<String>) {
    let mut problems = Vec::new();
    let settings = Settings::read(flags, &pairs.iter().copied().collect(), &mut problems);
    let config = settings.config(&mut problems);
    (
        settings,
        config,
        problems.iter().map(ToString::to_string).collect(),
    )
}

fn flags(arguments: &[&str]) -> Flags {
    let command = Flags::augment_args(Command::new("serve"));
    let arguments = ["serve"].iter().chain(arguments);
    Flags::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
}

#[test]
fn settings_without_flags_and_variables_are_the_defaults() {
    let (settings, config, problems) = read(&Flags::default(), &[]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(config.listen.to_string(), Setting::listen().default_text());
    assert_eq!(config.dialects.join(","), Setting::dialect().default_text());
    assert_eq!(config.limits, Limits::default());
    assert_eq!(settings.statsd(), None);
}

/// The text of a default is written by other code than reads it.
#[test]
fn default_as_documented_is_read_as_the_default() {
    let values = |settings: &Settings| format!("{settings:?}");
    let expected = values(&read(&Flags::default(), &[]).0);
    for setting in TABLE {
        let text = setting.default_text();
        let is_value = !text.starts_with("none") && !text.contains(' ');
        if is_value {
            let (settings, _, problems) = read(&Flags::default(), &[(setting.variable(), &text)]);
            assert_eq!(
                (values(&settings), problems),
                (expected.clone(), vec![]),
                "{text}"
            );
        }
    }
}

#[test]
fn renamed_variable_that_is_set_is_a_problem_that_names_the_new_one() {
    for (old, new) in RENAMED {
        let (_, _, problems) = read(&Flags::default(), &[(old, "1")]);
        assert_eq!(problems, [format!("{old}: was renamed: set {new} instead")]);
        let mut problems = Vec::new();
        Settings::shared(&[(old, "1")].into_iter().collect(), &mut problems);
        assert_eq!(problems.len(), 1, "{old}");
    }
}

#[test]
fn flag_wins_over_its_variable() {
    let environment = [
        ("MODEL_LOCK_LISTEN", "127.0.0.1:1"),
        ("MODEL_LOCK_UPSTREAM", "/v1=http://a,/backend-api=http://b"),
        ("MODEL_LOCK_MAX_BODY", "nonsense"),
    ];
    let (_, config, problems) = read(
        &flags(&["--listen", "127.0.0.1:2", "--max-body", "1MiB"]),
        &environment,
    );
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(config.listen.to_string(), "127.0.0.1:2");
    assert_eq!(config.limits.max_body, 1 << 20);
    assert_eq!(config.upstreams.len(), 2);
}

#[test]
fn settings_with_several_problems_report_all_with_their_names() {
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
        "--max-header-bytes",
        "1KiB",
        "--drain-timeout",
        "soon",
        "--tls-client-ca",
        "",
    ]);
    let environment = [
        ("MODEL_LOCK_MAX_BODY", "0"),
        ("MODEL_LOCK_HEADER_TIMEOUT", "0s"),
        ("STATSD_PORT", "0"),
        ("STATSD_PREFIX", "a:b"),
        ("HTTPS_PROXY", ""),
        ("all_proxy", "https://me:secret@proxy:3128"),
    ];
    let (_, _, problems) = read(&flags, &environment);
    let wanted = [
        "--listen: `localhost`",
        "--admin: `x`",
        "--upstream: upstream `https://`",
        "--upstream: upstream `ftp://a`",
        "--dialect: unknown dialect `klingon`",
        "--log: `loud`",
        "--max-header-bytes: `1KiB`",
        "--drain-timeout: `soon`",
        "--tls-client-ca: a file expected",
        "MODEL_LOCK_MAX_BODY: `0`",
        "MODEL_LOCK_HEADER_TIMEOUT: `0s`",
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
fn settings_with_two_upstreams_of_a_prefix_or_equal_ports_are_problems() {
    let flags = flags(&[
        "--upstream",
        "http://a",
        "--upstream",
        "http://b",
        "--admin",
        "127.0.0.1:8383",
    ]);
    let (_, _, problems) = read(&flags, &[]);
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn datadog_variables_without_statsd_ones_are_used() {
    let daemon = |pairs: &[(&str, &str)]| {
        let daemon = read(&Flags::default(), pairs).0.statsd()?;
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

/// The settings that the environment sets under a policy file that the user cannot change. None of them can make
/// another model run, let more clients in, or raise a limit.
const HARMLESS: [&str; 18] = [
    "MODEL_LOCK_LISTEN",
    "MODEL_LOCK_TLS_CERT",
    "MODEL_LOCK_TLS_KEY",
    "MODEL_LOCK_ADMIN",
    "MODEL_LOCK_KEY",
    "MODEL_LOCK_POLICY",
    "MODEL_LOCK_LOG",
    "MODEL_LOCK_IDLE_TIMEOUT",
    "MODEL_LOCK_DRAIN_TIMEOUT",
    "MODEL_LOCK_AUDIT",
    "MODEL_LOCK_AUDIT_SIZE",
    "STATSD_HOST",
    "DD_AGENT_HOST",
    "STATSD_PORT",
    "DD_DOGSTATSD_PORT",
    "STATSD_PREFIX",
    "STATSD_TAGS",
    "PATH",
];

#[test]
fn environment_weakens_nothing_under_a_protected_policy_file() {
    let all = TABLE.iter().flat_map(Setting::variables).chain(["PATH"]);
    let all: Vec<&str> = all.collect();
    let environment: Environment = all.iter().map(|name| (*name, "1")).collect();
    let (left, ignored) = protection::protected(&environment);
    for name in all {
        let is_left = left.raw(name).is_some();
        assert_eq!(is_left, HARMLESS.contains(&name), "{name}");
        assert_eq!(is_left, !ignored.contains(&name), "{name}");
    }
    for name in [
        "HTTPS_PROXY",
        "all_proxy",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ] {
        assert!(ignored.contains(&name), "{name}");
    }
}

#[test]
fn policy_sets_what_the_environment_may_not() {
    let text =
        "model = 'a'\nforward_proxy = 'http://p:1'\nno_forward_proxy = 'h'\nca_file = '/own.pem'";
    let policy = lockpolicy::PolicyConfig::from_toml(text).build().unwrap();
    let mut settings = Settings::shared(&Environment::default(), &mut Vec::new());
    settings.fill_from(&policy);
    let texts = settings.egress_texts();
    assert_eq!(texts, Some(("http://p:1".to_owned(), "h".to_owned())));
    let [file, directory] = settings.authorities();
    assert_eq!(file, ("SSL_CERT_FILE", Some("/own.pem".into())));
    assert_eq!(directory, ("SSL_CERT_DIR", None));
    let own: Environment = [("HTTPS_PROXY", "http://own:2"), ("SSL_CERT_DIR", "/d")]
        .into_iter()
        .collect();
    let mut settings = Settings::shared(&own, &mut Vec::new());
    settings.fill_from(&policy);
    let texts = settings.egress_texts();
    assert_eq!(texts.unwrap().0, "http://own:2");
    assert!(!settings.has_other_authorities(&own));
}
