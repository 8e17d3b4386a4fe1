//! An assignment of `-c` that goes on selects nothing but the pin when a TOML library reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::agents::codex::cli::judge;
use toml::Value;

fuzz_target!(|text: &str| {
    for mode in ["force", "reject"] {
        let policy = oracles::policy(mode, "reasoning_effort = 'low'");
        let args: [&[u8]; 4] = [b"exec", b"-c", text.as_bytes(), b"hi"];
        let judged = judge(&policy, &args);
        let Some(arguments) = judged.arguments() else {
            continue;
        };
        let args = arguments.with_overrides(&[]);
        for pair in args.windows(2).filter(|pair| pair[0] == b"-c") {
            check(&String::from_utf8_lossy(&pair[1]));
        }
    }
});

/// codex splits the key at dots and reads the value as TOML, or else as text.
fn check(assignment: &str) {
    let Some((key, value)) = assignment.split_once('=') else {
        return;
    };
    let value = value.trim();
    let parsed = toml::from_str::<toml::Table>(&format!("x = {value}"));
    let parsed = parsed.ok().and_then(|mut table| table.remove("x"));
    let value = parsed.unwrap_or_else(|| Value::String(value.trim_matches(['"', '\'']).into()));
    let pinned = |pin: &str| value.as_str() == Some(pin);
    match key.trim() {
        "model" | "review_model" => assert!(pinned("p"), "{assignment}"),
        "model_reasoning_effort" => assert!(pinned("low"), "{assignment}"),
        "profile" | "oss_provider" => panic!("{assignment}"),
        _ => {}
    }
}
