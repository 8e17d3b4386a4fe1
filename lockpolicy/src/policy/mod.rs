//! The compiled rules: immutable, and the same for every door.

mod config;
mod mode;
mod name;
mod problem;

pub use config::{PolicyConfig, VARIABLES};
pub use mode::Mode;
pub use name::{MAX_NAME_BYTES, Name, NameError};
pub use problem::{Problem, Problems};

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::Capability;
use crate::served_match::Variants;

/// What is approved, and what is done about everything else.
///
/// A `Policy` is complete and valid by construction: [`crate::PolicyConfig::build`] is the only way to
/// one. It never changes; a reload makes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(crate) mode: Mode,
    pub(crate) pin: Name,
    pub(crate) pins: Vec<(Capability, Name)>,
    pub(crate) aliases: Vec<String>,
    pub(crate) effort: Option<String>,
    pub(crate) tier: Option<String>,
    pub(crate) disclose: bool,
    pub(crate) fail_on_mismatch: bool,
    pub(crate) variants: Variants,
    pub(crate) allow: Vec<Allow>,
    pub(crate) allow_headers: Vec<String>,
    pub(crate) proxy: Option<String>,
    pub(crate) hash: String,
}

/// One operation that the operator lets through unjudged: `GET /v1/files/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    pub(crate) method: String,
    pub(crate) path: String,
}

impl Allow {
    /// Whether a request is the one that is meant. A `*` stands for exactly one path segment, `**`
    /// at the end for the rest.
    pub fn covers(&self, method: &str, path: &str) -> bool {
        self.method == method && crate::path::path_matches(&self.path, path)
    }
}

impl Policy {
    /// The mode that the operator set.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The pin of generation: the approved model.
    pub fn pin(&self) -> &str {
        self.pin.as_str()
    }

    /// The pin of a capability, if it has one.
    pub fn pin_of(&self, capability: Capability) -> Option<&str> {
        if capability == Capability::Generation {
            return Some(self.pin());
        }
        self.pins
            .iter()
            .find(|(of, _)| *of == capability)
            .map(|(_, name)| name.as_str())
    }

    /// Every name that is pinned, the model of generation first.
    pub fn pinned(&self) -> impl Iterator<Item = &str> {
        core::iter::once(self.pin()).chain(self.pins.iter().map(|(_, name)| name.as_str()))
    }

    /// Whether a name is one of the pin's other spellings: `openai/<pin>` or an operator's alias.
    pub fn is_alias(&self, name: &str) -> bool {
        name.strip_prefix("openai/") == Some(self.pin())
            || self.aliases.iter().any(|alias| alias == name)
    }

    /// The pinned effort (rule 7).
    pub fn effort(&self) -> Option<&str> {
        self.effort.as_deref()
    }

    /// The pinned service tier (rule 7).
    pub fn tier(&self) -> Option<&str> {
        self.tier.as_deref()
    }

    /// Whether refusals may name the pin.
    pub fn discloses(&self) -> bool {
        self.disclose
    }

    /// Whether a stream served by another model is ended with an error (rule 13).
    pub fn fails_on_mismatch(&self) -> bool {
        self.fail_on_mismatch
    }

    /// Operations that the operator added to the tables (rule 10).
    pub fn allow(&self) -> &[Allow] {
        &self.allow
    }

    /// Request headers that the operator added to the dialects' lists, in lower case; a `*` at the
    /// end stands for any rest.
    pub fn allow_headers(&self) -> &[String] {
        &self.allow_headers
    }

    /// Where the operator's proxy listens: the one base URL that codex may be pointed at.
    ///
    /// `None` where codex brings a proxy of its own, or none at all: see [`Self::is_proxy_off`].
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref().filter(|url| *url != "off")
    }

    /// Whether the command line alone is locked, and no proxy leads codex.
    pub fn is_proxy_off(&self) -> bool {
        self.proxy.as_deref() == Some("off")
    }

    /// The same rules where nothing is said of a proxy, as the proxy itself has them.
    #[must_use]
    pub fn without_proxy(&self) -> Self {
        let mut rules = self.clone();
        rules.proxy = None;
        rules.seal()
    }

    /// The first 16 hexadecimal digits of the SHA-256 of everything above: two programs with the
    /// same hash decide the same.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub(crate) fn seal(mut self) -> Self {
        self.hash = String::new();
        let mut digest = Sha256::new();
        digest.update(self.describe().as_bytes());
        let mut hash = String::new();
        for byte in digest.finalize().iter().take(8) {
            // Writing to a String cannot fail.
            if write!(hash, "{byte:02x}").is_err() {
                break;
            }
        }
        self.hash = hash;
        self
    }

    /// The policy as lines of `key = value`, the same for the same rules; holds no secret.
    pub fn describe(&self) -> String {
        let mut lines = Vec::new();
        let mut line = |key: &str, value: &str| lines.push([key, " = ", value].concat());
        line("mode", self.mode.as_str());
        line("model", self.pin());
        for (capability, name) in &self.pins {
            line(capability.as_str(), name.as_str());
        }
        for alias in &self.aliases {
            line("alias", alias);
        }
        line("reasoning_effort", self.effort().unwrap_or("-"));
        line("service_tier", self.tier().unwrap_or("-"));
        line("disclose", if self.disclose { "true" } else { "false" });
        line(
            "on_mismatch",
            if self.fail_on_mismatch { "fail" } else { "log" },
        );
        for variant in self.variants.listed() {
            line("served_variant", variant);
        }
        for allow in &self.allow {
            line("allow", &[allow.method.as_str(), " ", &allow.path].concat());
        }
        for header in &self.allow_headers {
            line("allow_header", header);
        }
        line("proxy", self.proxy.as_deref().unwrap_or("-"));
        lines.push(String::new());
        lines.join("\n")
    }
}
