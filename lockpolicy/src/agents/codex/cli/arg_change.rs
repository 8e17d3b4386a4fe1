//! What becomes of each place in a command line, for a person who asks why.
//!
//! Apart from [`judge`](super::judge), which every start of codex waits for: nobody waits for this.
//! Invariant: both ask the same judge about the same occurrences, so they cannot differ.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::choice::configured;
use super::options::Role;
use super::{CommandLine, extract, read, undecidable};
use crate::{Action, Change, Decision, Occurrence, Origin, Policy, Source, Surface};

/// One place in a command line, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The option, or the key of the configuration.
    pub place: String,
    /// What it asked for, escaped and cut; empty where nothing stood there.
    pub requested: String,
    /// What becomes of it.
    pub becomes: Becomes,
}

/// What becomes of a place in a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// It asks for something that is not pinned, and is only counted.
    Counted,
    /// It is taken out.
    Dropped,
    /// This is put in, where nothing stood.
    Inserted(String),
    /// For its sake nothing is started.
    Refused,
    /// This is written in its place; `alias` where it was another spelling of the same.
    Written {
        /// What is written.
        text: String,
        /// Whether it was no attempt.
        alias: bool,
    },
}

/// Tells what [`judge`](super::judge) does about each place; empty where the line passes as it is, or cannot be
/// read.
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::cli::{Becomes, tell};
///
/// let policy = lockpolicy::PolicyConfig::from_toml("model = 'gpt-5.5'").build().unwrap();
/// let told = tell(&policy, &[b"exec", b"--oss", b"hi"]);
/// assert_eq!((told[0].place.as_str(), &told[0].becomes), ("--oss", &Becomes::Dropped));
/// assert_eq!(told[1].becomes, Becomes::Inserted("gpt-5.5".into()));
/// ```
pub fn tell(policy: &Policy, args: &[&[u8]]) -> Vec<Told> {
    let line = read(args);
    if line.runs() == super::Runs::Never || undecidable(&line).is_some() {
        return Vec::new();
    }
    let origin = Origin {
        surface: Surface::Argv,
        source: Source::User,
    };
    let stated = extract::stated(&line, policy);
    let verdict = crate::judge(policy, origin, &stated);
    let attempts = verdict.attempts.iter();
    let mut told: Vec<Told> = match &verdict.decision {
        Decision::Reject(_) | Decision::Pass => attempts
            .map(|attempt| Told {
                place: attempt.place.clone(),
                requested: attempt.requested.clone(),
                becomes: match attempt.result {
                    crate::AttemptResult::Reported => Becomes::Counted,
                    crate::AttemptResult::Forced | crate::AttemptResult::Rejected => {
                        Becomes::Refused
                    }
                },
            })
            .collect(),
        Decision::Rewrite(changes) => {
            let alias = |place: &str| !verdict.attempts.iter().any(|told| told.place == place);
            let told = |change| written(change, &stated, &alias);
            changes.iter().filter_map(told).collect()
        }
    };
    if !matches!(verdict.decision, Decision::Reject(_)) {
        told.extend(tokens_without_address(&line, &told));
        let absent = extract::absent(&line, policy);
        let filled = crate::judge(policy, origin, &absent);
        told.extend(inserted(&filled.decision, &absent));
    }
    told
}

fn written(
    change: &Change,
    stated: &[Occurrence<'_>],
    is_alias: &dyn Fn(&str) -> bool,
) -> Option<Told> {
    let occurrence = stated.get(change.occurrence)?;
    let place = crate::escape_for_log(&occurrence.place);
    let becomes = match &change.action {
        Action::Drop => Becomes::Dropped,
        Action::Set(text) => Becomes::Written {
            text: configured(occurrence.setting, text).to_string(),
            alias: is_alias(&place),
        },
    };
    Some(Told {
        place,
        requested: occurrence.requested(),
        becomes,
    })
}

/// An option that codex refuses without the address that was taken out goes with it.
fn tokens_without_address(line: &CommandLine<'_>, told: &[Told]) -> Vec<Told> {
    let name = |role: Role| {
        let options = line.tokens.iter().filter_map(|token| token.option());
        let found = options.filter(move |written| written.role() == role);
        found.map(|written| String::from_utf8_lossy(written.name).into_owned())
    };
    let offline = name(Role::Remote).any(|remote| {
        told.iter()
            .any(|told| told.place == remote && told.becomes == Becomes::Dropped)
    });
    let tokens = name(Role::RemoteToken).filter(|_| offline);
    tokens
        .map(|place| Told {
            place,
            requested: String::new(),
            becomes: Becomes::Dropped,
        })
        .collect()
}

fn inserted(decision: &Decision, absent: &[Occurrence<'_>]) -> Vec<Told> {
    let Decision::Rewrite(changes) = decision else {
        return Vec::new();
    };
    let told = |change: &Change| {
        let occurrence = absent.get(change.occurrence)?;
        let Action::Set(text) = &change.action else {
            return None;
        };
        Some(Told {
            place: crate::escape_for_log(&occurrence.place),
            requested: String::new(),
            becomes: Becomes::Inserted(configured(occurrence.setting, text).to_string()),
        })
    };
    changes.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;
    use crate::agents::codex::cli::{Outcome, judge};
    use std::format;

    /// Each place as `place asked becomes`.
    fn told(policy: &str, words: &str) -> Vec<String> {
        let policy = PolicyConfig::from_toml(policy).build().unwrap();
        let args: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        let told = tell(&policy, &args);
        if let Outcome::Pass = judge(&policy, &args).outcome {
            assert!(told.iter().all(|told| told.becomes == Becomes::Counted));
        }
        let line = |told: &Told| format!("{} {} {:?}", told.place, told.requested, told.becomes);
        told.iter().map(line).collect()
    }

    const FILLED: [&str; 2] = ["model  Inserted(\"p\")", "review_model  Inserted(\"p\")"];

    #[test]
    fn what_is_forced_is_told_with_what_is_put_in() {
        let written = "-m x Written { text: \"p\", alias: false }";
        assert_eq!(
            told("model = 'p'", "exec -m x hi"),
            [&[written][..], &FILLED].concat()
        );
        let alias = "-m openai/p Written { text: \"p\", alias: true }";
        assert_eq!(
            told("model = 'p'", "exec -m openai/p hi"),
            [&[alias][..], &FILLED].concat()
        );
        let tier = "model = 'p'\nservice_tier = 'priority'";
        let last = "service_tier  Inserted(\"fast\")";
        assert_eq!(told(tier, "review"), [&FILLED[..], &[last]].concat());
    }

    #[test]
    fn what_goes_out_with_an_address_is_told_too() {
        let lines = told("model = 'p'", "--remote ws://a --remote-auth-token-env T");
        assert_eq!(lines[0], "--remote <address> Dropped");
        assert_eq!(lines[1], "--remote-auth-token-env  Dropped");
        let lines = told("model = 'p'", "--remote-auth-token-env T");
        assert!(!lines.concat().contains("Dropped"), "{lines:?}");
    }

    #[test]
    fn what_is_refused_or_only_counted_is_told_without_more() {
        let reject = "model = 'p'\nmode = 'reject'";
        assert_eq!(
            told(reject, "exec -m x --oss hi"),
            ["-m x Refused", "--oss oss Refused"]
        );
        let audit = "model = 'p'\nmode = 'report_only'";
        assert_eq!(told(audit, "exec -m x hi"), ["-m x Counted"]);
    }

    #[test]
    fn a_line_that_runs_nothing_or_cannot_be_read_has_no_places() {
        for words in ["--version", "login status", "exec -m"] {
            assert_eq!(told("model = 'p'", words), Vec::<String>::new(), "{words}");
        }
    }
}
