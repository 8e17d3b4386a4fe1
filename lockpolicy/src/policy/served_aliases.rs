//! The names that a provider may give a model without another one having served (rule 13).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use crate::dialect::{SERVED_PREFIXES, SERVED_REGIONS, SERVED_VENDORS, SERVED_VERSIONS};

use super::value::{KeyValue, ValueKind};

/// The names that a provider may give a model without another one having served.
#[derive(Clone, Debug)]
pub struct ServedAliases {
    /// Matches what stands in front of a name.
    decorated: Regex,
    /// Matches what stands behind the name of a snapshot.
    dated: Regex,
    /// Matches what Bedrock's names end with, and its responses leave out.
    version: Regex,
    /// The operator's own patterns.
    listed: RegexSet,
}

impl ServedAliases {
    /// Returns whether a served name is another name of the model that was sent.
    pub(crate) fn is_variant(&self, sent: &str, served: &str) -> bool {
        if self.listed.is_match(served.as_bytes()) {
            return true;
        }
        let (sent, served) = (self.plain(sent), self.plain(served));
        let behind = |name: &str, start: &str| name.strip_prefix(start).map(ToString::to_string);
        served == sent
            || behind(&served, &sent).is_some_and(|rest| self.dated.is_match(rest.as_bytes()))
            || behind(&sent, &served).is_some_and(|rest| self.version.is_match(rest.as_bytes()))
    }

    /// Returns a name without its decoration, in lower case; Vertex writes `@` before a date.
    fn plain(&self, name: &str) -> String {
        let decoration = self.decorated.find(name.as_bytes());
        let end = decoration.map_or(0, |found| found.end());
        let bare = name.get(end..).unwrap_or(name);
        bare.replace('@', "-").to_ascii_lowercase()
    }

    /// Compiles the operator's patterns beside ours; each has to cover a whole name.
    fn new(listed: &[String]) -> Result<Self, String> {
        // Alone first: `a)|(b` would be a pattern only with what is put around it.
        set(listed)?;
        let whole = listed.iter().map(|pattern| format!("^(?:{pattern})$"));
        Ok(Self {
            decorated: pattern(&decorated())?,
            dated: pattern(DATED)?,
            version: pattern(&format!("^(?:{})$", SERVED_VERSIONS.join("|")))?,
            listed: set(whole)?,
        })
    }
}

impl KeyValue for ServedAliases {
    const KIND: ValueKind = ValueKind::List;

    type Ref<'a> = &'a Self;

    fn parse(text: &str) -> Result<Self, String> {
        Self::new(&[text.to_string()])
    }

    fn read(texts: &[String]) -> Result<Self, Vec<String>> {
        Self::new(texts).map_err(|what| alloc::vec![what])
    }

    fn get(&self) -> &Self {
        self
    }

    fn write(&self) -> Vec<String> {
        let patterns = self.listed.patterns().iter();
        let written = patterns.filter_map(|text| text.strip_prefix("^(?:")?.strip_suffix(")$"));
        written.map(ToString::to_string).collect()
    }
}

/// Policies are compared by what was written.
impl PartialEq for ServedAliases {
    fn eq(&self, other: &Self) -> bool {
        self.listed.patterns() == other.listed.patterns()
    }
}

impl Eq for ServedAliases {}

fn pattern(text: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(text);
    builder.unicode(false).ignore_whitespace(true);
    builder.build().map_err(|error| one_line(&error))
}

fn set(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<RegexSet, String> {
    let mut builder = RegexSetBuilder::new(patterns);
    builder.unicode(false).size_limit(MAX_COMPILED_BYTES);
    builder.build().map_err(|error| one_line(&error))
}

fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim().to_string()
}

/// The most bytes that an operator's patterns may take, compiled.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// Returns the pattern of what stands in front of a name: a resource name or the prefix of a router, then a
/// region and a vendor.
fn decorated() -> String {
    let dotted = |words: &[&str]| format!("(?:(?:{})\\.)?", words.join("|"));
    let (regions, vendors) = (dotted(SERVED_REGIONS), dotted(SERVED_VENDORS));
    format!("^(?:{})?{regions}{vendors}", SERVED_PREFIXES.join("|"))
}

const DATED: &str = "
    ^-(?:20[0-9]{2}) (?: -(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])
                       | (?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]) )$";
