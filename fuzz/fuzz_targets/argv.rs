//! Any command line is read without loss and decided; what goes on settles. Arguments end with NUL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::PolicyConfig;
use lockpolicy::agents::codex::cli::{Outcome, judge, read, write};

fuzz_target!(|line: &[u8]| {
    let args: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    assert_eq!(write(&read(&args).tokens), args);
    for mode in ["force", "reject"] {
        let text = format!("model = 'p'\nmode = '{mode}'\nreasoning_effort = 'low'");
        let policy = PolicyConfig::from_toml(&text).build().expect("valid");
        if let Outcome::Rewrite(args) = judge(&policy, &args).outcome {
            let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            let again = judge(&policy, &args);
            assert_eq!(again.outcome, Outcome::Pass, "{args:?}");
            assert_eq!(again.attempts, []);
        }
    }
});
