//! Tests which source wins: file, environment, or one over the other.

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().copied().collect()
}

fn protected(content: &str) -> Reading {
    let origin = Origin::Protected(PathBuf::from("/policy.toml"));
    Reading {
        location: Location::At("/policy.toml".into()),
        origin,
        content: content.into(),
        problem: None,
    }
}

#[test]
fn protected_file_stands_alone() {
    let agent = environment(&[
        ("OPENCLAW_MODEL", "gpt-x"),
        ("OPENCLAW_MODEL_LOCK_MODE", "nonsense"),
    ]);
    let loaded = protected("model = 'gpt-5.5'\nmode = 'reject'")
        .compile(&agent)
        .unwrap();
    assert_eq!(
        (loaded.policy.pin(), loaded.policy.mode().as_str()),
        ("gpt-5.5", "reject")
    );
}

#[test]
fn protected_file_without_a_model_is_not_completed_from_the_environment() {
    let agent = environment(&[("OPENCLAW_MODEL", "gpt-x")]);
    let problems = protected("mode = 'reject'\nmodle = 'a'")
        .compile(&agent)
        .unwrap_err()
        .to_string();
    assert!(
        problems.contains("/policy.toml: model: not set"),
        "{problems}"
    );
    assert!(
        problems.contains("/policy.toml: line 2: modle: unknown key: `mode` or `model` expected"),
        "{problems}"
    );
}

#[test]
fn file_that_is_not_protected_lies_below_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("policy.toml");
    std::fs::write(&path, "model = 'a'\nmode = 'reject'").unwrap();
    let reading = read(&Location::At(path.clone()));
    let loaded = reading
        .compile(&environment(&[("OPENCLAW_MODEL", "b")]))
        .unwrap();
    assert_eq!(
        (loaded.policy.pin(), loaded.policy.mode().as_str()),
        ("b", "reject")
    );
    assert_eq!(loaded.origin, Origin::Layered(path));
}

#[test]
fn file_that_is_configured_and_missing_is_a_problem() {
    let nowhere = PathBuf::from("/nowhere/policy.toml");
    let model = environment(&[("OPENCLAW_MODEL", "a")]);
    assert!(
        read(&Location::At(nowhere.clone()))
            .compile(&model)
            .is_err()
    );
    let loaded = read(&Location::IfPresent(nowhere)).compile(&model).unwrap();
    assert_eq!(loaded.origin, Origin::Environment);
}

#[test]
fn file_that_is_no_text_is_one_problem() {
    let mut reading = protected("");
    reading.content = vec![0xff];
    let problems = reading.compile(&Environment::default()).unwrap_err();
    assert_eq!(problems.0.len(), 1, "{problems}");
}

#[test]
fn variable_cannot_replace_a_protected_default_file() {
    let agent = environment(&[("MODEL_LOCK_POLICY", "/tmp/mine.toml")]);
    let default = Path::new("/default.toml");
    let choose = |flag, protected| Location::among(flag, &agent, default, &|_| protected);
    assert_eq!(choose(None, true), Location::IfPresent(default.into()));
    assert_eq!(choose(None, false), Location::At("/tmp/mine.toml".into()));
    let flag = Path::new("/flag.toml");
    assert_eq!(choose(Some(flag), true), Location::At(flag.into()));
}
