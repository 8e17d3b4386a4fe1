//! Decides whether the model that served an answer is the one that was sent (rule 13).
//!
//! What a provider says is its word, and a model has more than one right name: a dated snapshot, or the
//! name with the decoration of the provider's own addresses. Apart from `judge`, since nothing is
//! asked for here: an answer is held against what went out.
//!
//! Invariant: a name that only begins like the one that was sent is another model.

use alloc::format;
use alloc::string::{String, ToString};

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

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
    pub fn served(&self, sent: &str, said: &str) -> Served {
        if said.is_empty() {
            Served::Undeclared
        } else if said == sent {
            Served::Match
        } else if self.variants.same(sent, said) {
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

/// The names that a provider may give a model without another one having served.
#[derive(Clone, Debug)]
pub(crate) struct Variants {
    /// Says what stands around a name.
    decorated: Regex,
    /// Says what stands behind the name of a snapshot.
    dated: Regex,
    /// Says what Bedrock's names end with, and its answers leave out.
    version: Regex,
    /// The operator's own.
    listed: RegexSet,
}

impl Variants {
    /// Compiles the operator's patterns beside ours; each has to cover a whole name.
    ///
    /// # Errors
    ///
    /// What is wrong with a pattern, in one line.
    pub(crate) fn new(listed: &[String]) -> Result<Self, String> {
        // Alone first: `a)|(b` would be a pattern only with what is put around it.
        set(listed)?;
        let whole = listed.iter().map(|pattern| format!("^(?:{pattern})$"));
        Ok(Self {
            decorated: pattern(DECORATED)?,
            dated: pattern(DATED)?,
            version: pattern(VERSION)?,
            listed: set(whole)?,
        })
    }

    /// The operator's patterns as they were written.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        let patterns = self.listed.patterns().iter();
        patterns.filter_map(|pattern| pattern.strip_prefix("^(?:")?.strip_suffix(")$"))
    }

    fn same(&self, sent: &str, said: &str) -> bool {
        if self.listed.is_match(said.as_bytes()) {
            return true;
        }
        let (sent, said) = (self.plain(sent), self.plain(said));
        let behind = |name: &str, start: &str| name.strip_prefix(start).map(ToString::to_string);
        said == sent
            || behind(&said, &sent).is_some_and(|rest| self.dated.is_match(rest.as_bytes()))
            || behind(&sent, &said).is_some_and(|rest| self.version.is_match(rest.as_bytes()))
    }

    /// A name without its decoration, in lower case; Vertex writes `@` before a date.
    fn plain(&self, name: &str) -> String {
        let end = self
            .decorated
            .find(name.as_bytes())
            .map_or(0, |found| found.end());
        let bare = name.get(end..).unwrap_or(name);
        bare.replace('@', "-").to_ascii_lowercase()
    }
}

/// Policies are compared by what was written.
impl PartialEq for Variants {
    fn eq(&self, other: &Self) -> bool {
        self.listed.patterns() == other.listed.patterns()
    }
}

impl Eq for Variants {}

fn pattern(text: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(text);
    builder.unicode(false).ignore_whitespace(true);
    builder.build().map_err(|error| one_line(&error))
}

fn set(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<RegexSet, String> {
    let mut builder = RegexSetBuilder::new(patterns);
    builder.unicode(false).size_limit(SIZE_CAP);
    builder.build().map_err(|error| one_line(&error))
}

fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim().to_string()
}

/// Says what an operator's patterns may take, compiled.
const SIZE_CAP: usize = 1 << 20;

/// Resource names of Bedrock, Vertex and Gemini, the prefix of routers; then Bedrock's profile of
/// regions and its vendors.
const DECORATED: &str = "
    ^(?: arn:aws[a-z-]*:bedrock:[^/]*/
       | (?: projects/[^/]+/locations/[^/]+/ )? publishers/[^/]+/models/
       | models/
       | openai/
     )?
     (?: (?: apac | au | ca | eu | global | jp | us | us-gov )\\. )?
     (?: (?: ai21 | amazon | anthropic | cohere | deepseek | meta | minimax | mistral | moonshot
           | nvidia | openai | qwen | stability | twelvelabs | writer | zai )\\. )?";

const DATED: &str = "
    ^-(?:20[0-9]{2}) (?: -(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])
                       | (?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]) )$";

const VERSION: &str = "^-v[0-9]+(?: :[0-9]+ )?$";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;

    fn policy(text: &str) -> Policy {
        PolicyConfig::from_toml(&format!("model = 'p'\n{text}"))
            .build()
            .unwrap()
    }

    #[test]
    fn a_name_is_the_same_a_variant_or_another() {
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
        for (sent, said, want) in table {
            assert_eq!(policy.served(sent, said), want, "{sent} {said}");
        }
    }

    #[test]
    fn what_the_operator_lists_is_a_variant_where_the_whole_name_fits() {
        let policy = policy("served_variants = ['p-0\\d\\d', 'inhouse|other']");
        for (said, want) in [
            ("p-001", Served::Variant),
            ("inhouse", Served::Variant),
            ("other", Served::Variant),
            ("p-0011", Served::Mismatch),
            ("xinhouse", Served::Mismatch),
        ] {
            assert_eq!(policy.served("p", said), want, "{said}");
        }
        let told = policy.describe();
        assert!(told.contains("served_variant = p-0\\d\\d\n"), "{told}");
        for broken in ["(", "a)|(b"] {
            let text = format!("model = 'p'\nserved_variants = ['{broken}']");
            let problems = PolicyConfig::from_toml(&text).build().unwrap_err();
            assert_eq!(problems.0[0].place, "served_variants");
        }
    }

    #[test]
    fn an_answer_that_was_made_before_is_held_against_the_pin() {
        assert_eq!(policy("").expected("s"), Some("s"));
        assert_eq!(policy("").expected(""), Some("p"));
        assert_eq!(policy("mode = 'report_only'").expected(""), None);
    }
}
