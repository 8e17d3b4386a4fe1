//! The changes of a command line, one by one, for a person who asks for the reasons.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::verdict::{Arguments, CommandVerdict};
use crate::agents::codex::config::selection::config_word;
use crate::{Action, Attempt, AttemptResult, Change, Decision};

/// One place in a command line, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgChange {
    /// The option, or the key of the configuration.
    pub place: String,
    /// The requested value, escaped and cut; empty where nothing was stated.
    pub requested: String,
    /// The result.
    pub becomes: Becomes,
}

/// The result of judging a place in a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// It requests something that is not approved, and is only counted.
    Counted,
    /// It is dropped.
    Dropped,
    /// This is inserted where nothing was stated.
    Inserted(String),
    /// Nothing is started because of it.
    Refused,
    /// This is written in its place.
    Written {
        /// The new text.
        text: String,
        /// True where the old text was another name of the same, and so no attempt.
        alias: bool,
    },
}

impl CommandVerdict<'_> {
    /// Returns what happens to each place; empty where the line passes unchanged or cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use lockpolicy::agents::codex::cli::{Becomes, judge};
    ///
    /// let policy = lockpolicy::PolicyConfig::from_toml("model = 'gpt-5.5'").build().unwrap();
    /// let changes = judge(&policy, &[b"exec", b"--oss", b"hi"]).arg_changes();
    /// assert_eq!((changes[0].place.as_str(), &changes[0].becomes), ("--oss", &Becomes::Dropped));
    /// assert_eq!(changes[1].becomes, Becomes::Inserted("gpt-5.5".into()));
    /// ```
    pub fn arg_changes(&self) -> Vec<ArgChange> {
        let attempts = &self.verdict.attempts;
        let mut changes: Vec<ArgChange> = match &self.verdict.decision {
            Decision::Reject(_) | Decision::Pass => attempts.iter().map(unchanged).collect(),
            Decision::Rewrite(_) => Vec::new(),
        };
        if let Some(arguments) = self.arguments() {
            changes.extend(arguments.stated_changes(attempts));
            changes.extend(arguments.dropped_with_another());
            changes.extend(arguments.inserted());
        }
        changes
    }
}

fn unchanged(attempt: &Attempt) -> ArgChange {
    ArgChange {
        place: attempt.place.clone(),
        requested: attempt.requested.clone(),
        becomes: match attempt.result {
            AttemptResult::Reported => Becomes::Counted,
            AttemptResult::Forced | AttemptResult::Rejected => Becomes::Refused,
        },
    }
}

impl Arguments<'_> {
    fn stated_changes(&self, attempts: &[Attempt]) -> impl Iterator<Item = ArgChange> {
        let change = |change: &Change| {
            let occurrence = self.changes.stated.get(change.occurrence)?;
            let place = crate::escape_for_log(&occurrence.place);
            let becomes = match &change.action {
                Action::Drop => Becomes::Dropped,
                Action::Set(text) => Becomes::Written {
                    text: config_word(occurrence.setting, text).to_string(),
                    alias: !attempts.iter().any(|attempt| attempt.place == place),
                },
            };
            Some(ArgChange {
                place,
                requested: occurrence.requested(),
                becomes,
            })
        };
        self.changes.changes.iter().filter_map(change)
    }

    fn dropped_with_another(&self) -> impl Iterator<Item = ArgChange> {
        let options = self.line.options().map(|(_, option)| option);
        let dropped = options.filter(|option| self.changes.drops_with_another(&self.line, option));
        dropped.map(|option| ArgChange {
            place: String::from_utf8_lossy(option.name).into_owned(),
            requested: String::new(),
            becomes: Becomes::Dropped,
        })
    }

    fn inserted(&self) -> impl Iterator<Item = ArgChange> {
        self.pins.iter().map(|pin| ArgChange {
            place: pin.place.clone(),
            requested: String::new(),
            becomes: Becomes::Inserted(pin.text.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;
    use crate::agents::codex::cli::Arguments;
    use crate::agents::codex::cli::judge;
    use std::format;

    /// Each place as `place asked becomes`.
    fn changes(policy: &str, words: &str) -> Vec<String> {
        let policy = PolicyConfig::from_toml(policy).build().unwrap();
        let args: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        let verdict = judge(&policy, &args);
        let changes = verdict.arg_changes();
        if verdict.arguments().is_some_and(Arguments::is_unchanged) {
            let is_counted = |change: &ArgChange| change.becomes == Becomes::Counted;
            assert!(changes.iter().all(is_counted));
        }
        let line = |change: &ArgChange| {
            format!("{} {} {:?}", change.place, change.requested, change.becomes)
        };
        changes.iter().map(line).collect()
    }

    const FILLED: [&str; 2] = ["model  Inserted(\"p\")", "review_model  Inserted(\"p\")"];

    #[test]
    fn forced_option_is_listed_with_the_insertions() {
        let written = "-m x Written { text: \"p\", alias: false }";
        assert_eq!(
            changes("model = 'p'", "exec -m x hi"),
            [&[written][..], &FILLED].concat()
        );
        let alias = "-m openai/p Written { text: \"p\", alias: true }";
        assert_eq!(
            changes("model = 'p'", "exec -m openai/p hi"),
            [&[alias][..], &FILLED].concat()
        );
        let tier = "model = 'p'\nservice_tier = 'priority'";
        let last = "service_tier  Inserted(\"fast\")";
        assert_eq!(changes(tier, "review"), [&FILLED[..], &[last]].concat());
    }

    #[test]
    fn option_that_is_dropped_with_an_address_is_listed() {
        let lines = changes("model = 'p'", "--remote ws://a --remote-auth-token-env T");
        assert_eq!(lines[0], "--remote <address> Dropped");
        assert_eq!(lines[1], "--remote-auth-token-env  Dropped");
        let lines = changes("model = 'p'", "--remote-auth-token-env T");
        assert!(!lines.concat().contains("Dropped"), "{lines:?}");
    }

    #[test]
    fn refused_or_counted_option_is_listed_without_insertions() {
        let reject = "model = 'p'\nmode = 'reject'";
        assert_eq!(
            changes(reject, "exec -m x --oss hi"),
            ["-m x Refused", "--oss oss Refused"]
        );
        let audit = "model = 'p'\nmode = 'report_only'";
        assert_eq!(changes(audit, "exec -m x hi"), ["-m x Counted"]);
    }

    #[test]
    fn line_that_asks_for_help_or_is_unreadable_has_no_changes() {
        for words in ["--version", "login --help", "exec -m"] {
            assert_eq!(
                changes("model = 'p'", words),
                Vec::<String>::new(),
                "{words}"
            );
        }
    }
}
