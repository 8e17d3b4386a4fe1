//! Any command line is read without loss and decided; what goes on settles. Arguments end with NUL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::PolicyConfig;
use lockpolicy::agents::codex::cli::{Arguments, judge, read, write};

fuzz_target!(|line: &[u8]| {
    let args: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    assert_eq!(write(&read(&args).tokens), args);
    for mode in ["force", "reject"] {
        let text = format!("model = 'p'\nmode = '{mode}'\nreasoning_effort = 'low'");
        let policy = PolicyConfig::from_toml(&text).build().expect("valid");
        let judged = judge(&policy, &args);
        if let Some(arguments) = judged.arguments().filter(|own| !own.is_unchanged()) {
            let args = arguments.with_overrides(&[]);
            let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            let again = judge(&policy, &args);
            let unchanged = again.arguments().is_some_and(Arguments::is_unchanged);
            assert!(unchanged, "{args:?}");
            assert_eq!(again.verdict.attempts, []);
        }
    }
});
