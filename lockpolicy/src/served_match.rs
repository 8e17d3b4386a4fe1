//! Decides whether the model that served an answer is the one that was sent (rule 13).
//!
//! What a provider says is its word, and a model has more than one right name: a dated snapshot, or the
//! name with the decoration of the provider's own addresses. Apart from `judge`, since nothing is
//! asked for here: an answer is held against what went out.
//!
//! Invariant: a name that only begins like the one that was sent is another model.

use crate::{Mode, Policy, label_enum};

label_enum! {
    /// Describes what an answer says about who served it. The graver one is greater: an answer that names the model
    /// more than once is as bad as the worst of them.
    #[derive(Default)]
    pub enum Served {
        /// It says nothing, or nothing that can be read.
        #[default]
        Undeclared = "undeclared",
        /// Exactly what was sent.
        Match = "match",
        /// Another name of what was sent: a dated snapshot, a provider's spelling, one that the operator
        /// lists.
        Variant = "variant",
        /// Another model.
        Mismatch = "mismatch",
    }
}

impl Policy {
    /// Holds the model that an answer names against the one that was sent.
    ///
    /// Names are compared exactly (rule 6). What differs is a variant where it is, whole: the name in
    /// other letter case, which codex takes for the same; the name with a date behind it
    /// (`-2026-04-01`, `-20260401`); the name as Bedrock, Gemini, Vertex or a router write it;
    /// a pattern of the operator's.
    pub fn served(&self, sent: &str, named: &str) -> Served {
        if named.is_empty() {
            Served::Undeclared
        } else if named == sent {
            Served::Match
        } else if self.served_model_aliases().is_variant(sent, named) {
            Served::Variant
        } else {
            Served::Mismatch
        }
    }

    /// The model that an answer has to come from: what was sent or, where an answer was made before and
    /// nothing was sent, the pin. `None` where nothing is locked and nothing was sent.
    pub fn expected<'a>(&'a self, sent: &'a str) -> Option<&'a str> {
        match (sent, self.mode()) {
            ("", Mode::ReportOnly) => None,
            ("", Mode::Force | Mode::Reject) => Some(self.pin()),
            (sent, _) => Some(sent),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::PolicyConfig;

    fn policy(text: &str) -> Policy {
        PolicyConfig::from_toml(&format!("model = 'p'\n{text}"))
            .build()
            .unwrap()
    }

    #[test]
    fn served_name_is_a_match_a_variant_or_a_mismatch() {
        let policy = policy("");
        let table = [
            ("gpt-5.5", "gpt-5.5", Served::Match),
            ("gpt-5.5", "", Served::Undeclared),
            ("gpt-5.5", "gpt-5.5-2026-04-01", Served::Variant),
            ("gpt-5.5", "gpt-5.5-20260401", Served::Variant),
            ("gpt-5.5", "GPT-5.5", Served::Variant),
            ("gpt-5.5", "openai/gpt-5.5", Served::Variant),
            ("openai/gpt-5.5", "gpt-5.5-2026-04-01", Served::Variant),
            ("gemini-3-pro", "models/gemini-3-pro", Served::Variant),
            ("claude-x@20260401", "claude-x-20260401", Served::Variant),
            (
                "us.anthropic.claude-x-20260401-v1:0",
                "claude-x-20260401",
                Served::Variant,
            ),
            (
                "anthropic.claude-x-v1:0",
                "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-x-v1:0",
                Served::Variant,
            ),
            ("gpt-5.5", "gpt-5.5-mini", Served::Mismatch),
            ("gpt-5.5", "gpt-5.5-2026-13-01", Served::Mismatch),
            ("gpt-5.5", "gpt-5.5-2026-04-01-mini", Served::Mismatch),
            ("gpt-5.5", "gpt-5.5-preview-2026-04-01", Served::Mismatch),
            ("gpt-5.5", "gpt-5.5-1", Served::Mismatch),
            ("gpt-5.5-2026-04-01", "gpt-5.5", Served::Mismatch),
            ("gpt-5.5-2026-04-01", "gpt-5.5-2026-05-01", Served::Mismatch),
            ("claude-x-v1", "claude-x-v2", Served::Mismatch),
            ("claude-x-v1-mini", "claude-x", Served::Mismatch),
            ("gpt-5.5", "evil/gpt-5.5", Served::Mismatch),
            ("gpt-5.5", " gpt-5.5", Served::Mismatch),
            ("gpt-5.5", "gpt-5.5\n", Served::Mismatch),
            ("gpt-5.5", "gpt-5", Served::Mismatch),
        ];
        for (sent, named, want) in table {
            assert_eq!(policy.served(sent, named), want, "{sent} {named}");
        }
    }

    #[test]
    fn served_name_that_a_listed_pattern_covers_whole_is_a_variant() {
        let policy = policy("served_model_aliases = ['p-0\\d\\d', 'inhouse|other']");
        for (named, want) in [
            ("p-001", Served::Variant),
            ("inhouse", Served::Variant),
            ("other", Served::Variant),
            ("p-0011", Served::Mismatch),
            ("xinhouse", Served::Mismatch),
        ] {
            assert_eq!(policy.served("p", named), want, "{named}");
        }
        let text = policy.describe();
        assert!(
            text.contains("served_model_aliases = p-0\\d\\d\n"),
            "{text}"
        );
        for broken in ["(", "a)|(b"] {
            let text = format!("model = 'p'\nserved_model_aliases = ['{broken}']");
            let problems = PolicyConfig::from_toml(&text).build().unwrap_err();
            assert_eq!(problems.0[0].place, "served_model_aliases");
        }
    }

    #[test]
    fn response_without_a_sent_model_is_compared_with_the_pin() {
        assert_eq!(policy("").expected("s"), Some("s"));
        assert_eq!(policy("").expected(""), Some("p"));
        assert_eq!(policy("mode = 'report_only'").expected(""), None);
    }
}
