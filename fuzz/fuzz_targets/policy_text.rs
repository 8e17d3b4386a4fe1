//! A policy file makes a whole policy or a list of problems; the same text makes the same policy.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::{PolicyConfig, Name};

fuzz_target!(|text: &str| {
    match PolicyConfig::from_toml(text).build() {
        Err(problems) => assert!(!problems.0.is_empty()),
        Ok(policy) => {
            assert!(policy.pinned().all(|pin| Name::parse(pin).is_ok()));
            let again = PolicyConfig::from_toml(text).build().expect("as before");
            assert_eq!(policy.hash(), again.hash());
            let lines = policy.describe();
            assert!(
                lines.chars().all(|c| c == '\n' || !c.is_control()),
                "{lines:?}"
            );
        }
    }
});
