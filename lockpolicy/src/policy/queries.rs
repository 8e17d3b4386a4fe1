//! The questions that a policy answers besides the getters of its keys.

use alloc::format;
use alloc::string::String;

use sha2::{Digest as _, Sha256};

use super::keys::Policy;
use super::mode::OnServedMismatch;
use super::texts::ProxySetting;
use crate::Capability;

impl Policy {
    /// Returns the approved model of a capability, if it has one.
    pub fn pin_of(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::Audio => self.audio_model(),
            Capability::Embedding => self.embedding_model(),
            Capability::Generation => Some(self.pin()),
            Capability::Image => self.image_model(),
            Capability::Moderation => self.moderation_model(),
            Capability::Video => self.video_model(),
        }
    }

    /// Returns every approved name, the model of generation first.
    pub fn pinned(&self) -> impl Iterator<Item = &str> {
        let others = Capability::ALL
            .into_iter()
            .filter(|capability| *capability != Capability::Generation);
        core::iter::once(self.pin()).chain(others.filter_map(|capability| self.pin_of(capability)))
    }

    /// Returns whether a name is another spelling of the approved model: `openai/<model>` or an operator's
    /// alias.
    pub fn is_alias(&self, name: &str) -> bool {
        name.strip_prefix("openai/") == Some(self.pin())
            || self.aliases.iter().any(|alias| alias.as_str() == name)
    }

    /// Returns whether a response that another model served is ended with an error (rule 13).
    pub fn fails_on_mismatch(&self) -> bool {
        self.on_served_mismatch() == OnServedMismatch::Fail
    }

    /// Returns the address of the operator's proxy: the one base URL that codex may be pointed at.
    ///
    /// `None` where codex gets a proxy of its own, or none at all: see [`Self::is_proxy_off`].
    pub fn proxy(&self) -> Option<&str> {
        match self.proxy_setting() {
            Some(ProxySetting::Url(url)) => Some(url),
            Some(ProxySetting::Off) | None => None,
        }
    }

    /// Returns whether the command line alone is locked, so that codex is pointed at no proxy.
    pub fn is_proxy_off(&self) -> bool {
        self.proxy_setting() == Some(&ProxySetting::Off)
    }

    /// Returns the same policy without a word about a proxy, as the proxy itself has it.
    #[must_use]
    pub fn without_proxy(&self) -> Self {
        let mut policy = self.clone();
        policy.proxy_setting = None;
        policy.with_hash()
    }

    /// Returns the first 16 hexadecimal digits of a SHA-256 over every key: two programs with the same
    /// hash decide the same.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub(super) fn with_hash(mut self) -> Self {
        self.hash = String::new();
        // The quotes and escapes of this form keep apart what differs.
        let digest = Sha256::digest(format!("{:?}", self.stated()));
        for byte in digest.iter().take(8) {
            self.hash.extend([format!("{byte:02x}")]);
        }
        self
    }

    /// Returns the policy as lines of `key = value`, the same for the same policy. It holds no secret.
    pub fn describe(&self) -> String {
        let mut lines = String::new();
        for (key, texts) in self.stated() {
            let unset = texts.is_empty().then_some("-");
            for text in unset.into_iter().chain(texts.iter().map(String::as_str)) {
                lines.extend([key, " = ", text, "\n"]);
            }
        }
        lines
    }
}
