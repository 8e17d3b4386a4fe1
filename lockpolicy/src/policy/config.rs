//! Settings as they were written, and the step from them to a [`Policy`].

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use toml::{Table, Value};

use crate::policy::{Allow, Policy, Problem, Problems};
use crate::served_match::Variants;
use crate::{Capability, Mode, Name, NameError};

/// Settings from one source, unchecked but for their types. Drafts are laid over one another with
/// [`PolicyConfig::merged_over`] and become a policy with [`PolicyConfig::build`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyConfig {
    mode: Option<String>,
    pins: Vec<(Capability, String)>,
    aliases: Option<Vec<String>>,
    effort: Option<String>,
    tier: Option<String>,
    disclose: Option<bool>,
    on_mismatch: Option<String>,
    served_variants: Option<Vec<String>>,
    allow: Option<Vec<String>>,
    allow_headers: Option<Vec<String>>,
    proxy: Option<String>,
    problems: Vec<Problem>,
}

/// The environment variables that a policy is read from, with what each means.
pub const VARIABLES: [(&str, &str); 13] = [
    (
        "OPENCLAW_MODEL",
        "the approved model (the pin of generation); required",
    ),
    (
        "OPENCLAW_MODEL_LOCK_MODE",
        "`force` (default), `reject` or `report_only`",
    ),
    (
        "OPENCLAW_MODEL_ALIASES",
        "other spellings of the pin, separated by commas",
    ),
    (
        "OPENCLAW_REASONING_EFFORT",
        "the pinned effort; unset, any passes",
    ),
    (
        "OPENCLAW_SERVICE_TIER",
        "the pinned service tier; unset, any passes",
    ),
    (
        "OPENCLAW_AUDIO_MODEL",
        "the approved model for audio; unset, audio is refused",
    ),
    (
        "OPENCLAW_EMBEDDING_MODEL",
        "the approved model for embeddings; unset, they are refused",
    ),
    (
        "OPENCLAW_IMAGE_MODEL",
        "the approved model for images; unset, they are refused",
    ),
    (
        "OPENCLAW_MODERATION_MODEL",
        "the approved model for moderation; unset, it is refused",
    ),
    (
        "OPENCLAW_VIDEO_MODEL",
        "the approved model for video; unset, it is refused",
    ),
    ("MODEL_LOCK_DISCLOSE", "`true` lets refusals name the pin"),
    (
        "MODEL_LOCK_ON_MISMATCH",
        "what is done when another model served: `log` (default) or `fail`, which ends the answer",
    ),
    (
        "MODEL_LOCK_PROXY",
        "the proxy's URL: pointing codex there is no attempt to get around the lock; `off` is none",
    ),
];

impl PolicyConfig {
    /// Reads the variables of [`VARIABLES`]; others are not looked at.
    pub fn from_variables<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut draft = Self::default();
        for (key, value) in pairs {
            draft.variable(key, value);
        }
        draft
    }

    fn variable(&mut self, key: &str, value: &str) {
        let text = || Some(value.to_owned());
        match key {
            "OPENCLAW_MODEL_LOCK_MODE" => self.mode = text(),
            "OPENCLAW_MODEL_ALIASES" => {
                self.aliases = Some(value.split(',').map(ToOwned::to_owned).collect());
            }
            "OPENCLAW_REASONING_EFFORT" => self.effort = text(),
            "OPENCLAW_SERVICE_TIER" => self.tier = text(),
            "MODEL_LOCK_PROXY" => self.proxy = text(),
            "MODEL_LOCK_ON_MISMATCH" => self.on_mismatch = text(),
            "MODEL_LOCK_DISCLOSE" => match value {
                "true" => self.disclose = Some(true),
                "false" => self.disclose = Some(false),
                _ => self.problem(key, "`true` or `false` expected"),
            },
            _ => {
                if let Some(capability) = Capability::ALL.into_iter().find(|c| c.variable() == key)
                {
                    self.pins.push((capability, value.to_owned()));
                }
            }
        }
    }

    /// Reads a policy file: TOML with the keys of docs/reference/policy-file.md.
    ///
    /// Unknown keys and wrong types are kept as problems and come out of [`PolicyConfig::build`].
    pub fn from_toml(text: &str) -> Self {
        let mut draft = Self::default();
        match text.parse::<Table>() {
            Ok(table) => table.iter().for_each(|(key, value)| draft.key(key, value)),
            Err(error) => draft.problem("policy file", &error.message().replace('\n', " ")),
        }
        draft
    }

    fn key(&mut self, key: &str, value: &Value) {
        match key {
            "model" => {
                if let Some(text) = self.text(key, value) {
                    self.pins.push((Capability::Generation, text));
                }
            }
            "mode" => self.mode = self.text(key, value),
            "aliases" => self.aliases = self.list(key, value),
            "reasoning_effort" => self.effort = self.text(key, value),
            "service_tier" => self.tier = self.text(key, value),
            "disclose" => match value.as_bool() {
                Some(flag) => self.disclose = Some(flag),
                None => self.problem(key, "true or false expected"),
            },
            "on_mismatch" => self.on_mismatch = self.text(key, value),
            "served_variants" => self.served_variants = self.list(key, value),
            "allow" => self.allow = self.list(key, value),
            "allow_headers" => self.allow_headers = self.list(key, value),
            "pins" => self.pins_table(value),
            "proxy" => self.proxy = self.text(key, value),
            _ => self.problem(key, "unknown key"),
        }
    }

    fn pins_table(&mut self, value: &Value) {
        let Value::Table(table) = value else {
            return self.problem("pins", "a table of capabilities expected");
        };
        for (key, value) in table {
            let place = format!("pins.{key}");
            let known = Capability::ALL.into_iter().find(|c| c.as_str() == key);
            match known.filter(|c| *c != Capability::Generation) {
                Some(capability) => {
                    if let Some(text) = self.text(&place, value) {
                        self.pins.push((capability, text));
                    }
                }
                None => self.problem(
                    &place,
                    "unknown capability (audio, embedding, image, moderation, video)",
                ),
            }
        }
    }

    fn text(&mut self, key: &str, value: &Value) -> Option<String> {
        let text = value.as_str().map(ToOwned::to_owned);
        if text.is_none() {
            self.problem(key, "a string expected");
        }
        text
    }

    fn list(&mut self, key: &str, value: &Value) -> Option<Vec<String>> {
        let list: Option<Vec<String>> = value.as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(ToOwned::to_owned))
                .collect()
        });
        if list.is_none() {
            self.problem(key, "a list of strings expected");
        }
        list
    }

    fn problem(&mut self, place: &str, what: &str) {
        self.problems.push(Problem::new(place, what));
    }

    /// Lays this draft over a lower one: what it states wins, what it leaves open comes from below.
    #[must_use]
    pub fn merged_over(mut self, lower: Self) -> Self {
        for (capability, name) in lower.pins {
            if !self.pins.iter().any(|(of, _)| *of == capability) {
                self.pins.push((capability, name));
            }
        }
        self.problems.extend(lower.problems);
        Self {
            mode: self.mode.or(lower.mode),
            pins: self.pins,
            aliases: self.aliases.or(lower.aliases),
            effort: self.effort.or(lower.effort),
            tier: self.tier.or(lower.tier),
            disclose: self.disclose.or(lower.disclose),
            on_mismatch: self.on_mismatch.or(lower.on_mismatch),
            served_variants: self.served_variants.or(lower.served_variants),
            allow: self.allow.or(lower.allow),
            allow_headers: self.allow_headers.or(lower.allow_headers),
            proxy: self.proxy.or(lower.proxy),
            problems: self.problems,
        }
    }

    /// Checks everything and makes the policy.
    ///
    /// # Errors
    ///
    /// [`Problems`] lists all that is wrong: a missing or empty model, an unknown mode, an unknown
    /// key, a value of the wrong shape.
    pub fn build(mut self) -> Result<Policy, Problems> {
        let mut names = Vec::new();
        for (capability, text) in core::mem::take(&mut self.pins) {
            if let Some(name) = self.name(capability.variable(), &text) {
                names.push((capability, name));
            }
        }
        let mode = self.compiled_mode();
        let aliases = self.compiled_aliases();
        let allow = self.compiled_allow();
        let fail_on_mismatch = self.compiled_mismatch();
        let variants = self.compiled_variants();
        let allow_headers = self.compiled_headers();
        let proxy = self.compiled_proxy();
        let effort = self.word("OPENCLAW_REASONING_EFFORT", |draft| draft.effort.take());
        let tier = self.word("OPENCLAW_SERVICE_TIER", |draft| draft.tier.take());
        let pin = names
            .iter()
            .find(|(of, _)| *of == Capability::Generation)
            .map(|(_, name)| name.clone());
        if pin.is_none() && !self.problems.iter().any(|p| p.place == "OPENCLAW_MODEL") {
            self.problem("OPENCLAW_MODEL", "not set: it names the one approved model");
        }
        let (Some(pin), Some(variants), true) = (pin, variants, self.problems.is_empty()) else {
            return Err(Problems(self.problems));
        };
        names.retain(|(of, _)| *of != Capability::Generation);
        names.sort_by_key(|(of, _)| *of);
        let disclose = self.disclose.unwrap_or(false);
        let hash = String::new();
        Ok(Policy {
            mode,
            pin,
            pins: names,
            aliases,
            effort,
            tier,
            disclose,
            fail_on_mismatch,
            variants,
            allow,
            allow_headers,
            proxy,
            hash,
        }
        .seal())
    }

    fn name(&mut self, place: &str, text: &str) -> Option<Name> {
        match Name::parse(text) {
            Ok(name) => Some(name),
            Err(NameError::Empty) => {
                self.problem(place, "empty: a model's name expected");
                None
            }
            Err(error) => {
                self.problem(
                    place,
                    &format!("`{}` is {error}", crate::escape_for_log(text)),
                );
                None
            }
        }
    }

    fn compiled_mode(&mut self) -> Mode {
        let Some(word) = self.mode.take() else {
            return Mode::default();
        };
        Mode::parse(&word).unwrap_or_else(|| {
            let what = format!(
                "unknown mode `{}`: force, reject or report_only expected",
                crate::escape_for_log(&word)
            );
            self.problem("OPENCLAW_MODEL_LOCK_MODE", &what);
            Mode::default()
        })
    }

    fn compiled_aliases(&mut self) -> Vec<String> {
        let words = self.aliases.take().unwrap_or_default();
        let names: Vec<Name> = words
            .iter()
            .filter_map(|word| self.name("OPENCLAW_MODEL_ALIASES", word))
            .collect();
        names.iter().map(|name| name.as_str().to_string()).collect()
    }

    fn compiled_allow(&mut self) -> Vec<Allow> {
        let lines = self.allow.take().unwrap_or_default();
        lines
            .iter()
            .filter_map(|line| self.allow_line(line))
            .collect()
    }

    fn allow_line(&mut self, line: &str) -> Option<Allow> {
        let parts = line.split_once(' ').filter(|(method, path)| {
            let method_ok = !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
            method_ok && path.starts_with('/') && crate::path::is_plain_path(path)
        });
        if parts.is_none() {
            let what = format!(
                "`{}`: expected like `GET /v1/files/*`",
                crate::escape_for_log(line)
            );
            self.problem("allow", &what);
        }
        parts.map(|(method, path)| Allow {
            method: method.to_owned(),
            path: path.to_owned(),
        })
    }

    fn compiled_mismatch(&mut self) -> bool {
        match self.on_mismatch.take().as_deref() {
            None | Some("log") => false,
            Some("fail") => true,
            Some(_) => {
                self.problem("MODEL_LOCK_ON_MISMATCH", "`log` or `fail` expected");
                false
            }
        }
    }

    fn compiled_variants(&mut self) -> Option<Variants> {
        let patterns = self.served_variants.take().unwrap_or_default();
        let compiled = Variants::new(&patterns);
        if let Err(what) = &compiled {
            self.problem("served_variants", what);
        }
        compiled.ok()
    }

    fn compiled_headers(&mut self) -> Vec<String> {
        let names = self.allow_headers.take().unwrap_or_default();
        for name in &names {
            let stem = name.strip_suffix('*').unwrap_or(name);
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if stem.is_empty() || !stem.bytes().all(plain) {
                let what = format!(
                    "`{}`: a header's name in lower case expected",
                    crate::escape_for_log(name)
                );
                self.problem("allow_headers", &what);
            }
        }
        names
    }

    /// `off` is kept: it says that there is none, where nothing said leaves it open.
    fn compiled_proxy(&mut self) -> Option<String> {
        let text = self.proxy.take()?;
        if text != "off" && !is_address(&text) {
            let what = format!(
                "`{}`: `off` or a URL like `http://127.0.0.1:8383` expected",
                crate::escape_for_log(&text)
            );
            self.problem("MODEL_LOCK_PROXY", &what);
        }
        Some(text)
    }

    fn word(&mut self, place: &str, take: impl Fn(&mut Self) -> Option<String>) -> Option<String> {
        let word = take(self)?;
        if word.is_empty()
            || !word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        {
            self.problem(place, "one plain word expected");
        }
        Some(word)
    }
}

/// Whether a text is the plain URL of a server: a scheme, a host, perhaps a port and a path, and nothing
/// that a reader could take for another host.
fn is_address(text: &str) -> bool {
    let schemes = ["http://", "https://"];
    let Some(rest) = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:[]/".contains(&b);
    !host.is_empty() && !host.starts_with(':') && rest.bytes().all(plain) && !rest.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_alone_is_a_policy() {
        let policy = PolicyConfig::from_variables([("OPENCLAW_MODEL", "gpt-5.5")])
            .build()
            .unwrap();
        assert_eq!((policy.mode(), policy.pin()), (Mode::Force, "gpt-5.5"));
        assert!(policy.is_alias("openai/gpt-5.5"));
        assert!(!policy.is_alias("gpt-5.5"));
        assert_eq!(policy.pin_of(Capability::Image), None);
    }

    #[test]
    fn all_problems_come_at_once() {
        let draft = PolicyConfig::from_variables([
            ("OPENCLAW_MODEL", " "),
            ("OPENCLAW_MODEL_LOCK_MODE", "Force "),
        ])
        .merged_over(PolicyConfig::from_toml(
            "modle = 'x'\ndisclose = 3\nallow = ['get /x']\npins = { cats = 'a' }",
        ));
        let places: Vec<String> = draft
            .build()
            .unwrap_err()
            .0
            .into_iter()
            .map(|p| p.place)
            .collect();
        for place in [
            "OPENCLAW_MODEL",
            "OPENCLAW_MODEL_LOCK_MODE",
            "modle",
            "disclose",
            "allow",
            "pins.cats",
        ] {
            assert!(places.iter().any(|p| p == place), "{place} in {places:?}");
        }
    }

    #[test]
    fn what_lies_above_wins_and_the_rest_shines_through() {
        let file = PolicyConfig::from_toml("model = 'a'\nmode = 'reject'\n[pins]\nembedding = 'e'");
        let policy = PolicyConfig::from_variables([("OPENCLAW_MODEL", "b")])
            .merged_over(file)
            .build()
            .unwrap();
        assert_eq!((policy.pin(), policy.mode()), ("b", Mode::Reject));
        assert_eq!(policy.pin_of(Capability::Embedding), Some("e"));
    }

    #[test]
    fn equal_policies_have_equal_hashes() {
        let make = |text: &str| PolicyConfig::from_toml(text).build().unwrap();
        assert_eq!(
            make("model='a'\nmode='force'").hash(),
            make("mode='force'\nmodel='a'").hash()
        );
        assert_ne!(make("model='a'").hash(), make("model='b'").hash());
        assert_eq!(make("model='a'").hash().len(), 16);
    }

    #[test]
    fn the_proxy_is_a_plain_address_or_off() {
        let proxy = |text: &str| {
            let draft = PolicyConfig::from_toml("model = 'a'");
            let above = PolicyConfig::from_variables([("MODEL_LOCK_PROXY", text)]);
            let policy = above.merged_over(draft).build().ok()?;
            Some(policy.proxy().map(ToString::to_string))
        };
        for url in [
            "http://127.0.0.1:8383",
            "https://lock.example/x",
            "http://[::1]:8383/",
        ] {
            assert_eq!(proxy(url), Some(Some(url.to_string())), "{url}");
        }
        assert_eq!(proxy("off"), Some(None));
        for wrong in [
            "",
            "on",
            "127.0.0.1:8383",
            "http://",
            "http://:1",
            "http://a@b",
            "http://a/?x",
            "ws://a",
        ] {
            assert_eq!(proxy(wrong), None, "{wrong}");
        }
        let file = PolicyConfig::from_toml("model = 'a'\nproxy = 'http://127.0.0.1:1'")
            .build()
            .unwrap();
        assert_eq!(file.proxy(), Some("http://127.0.0.1:1"));
        assert_eq!(
            PolicyConfig::from_toml("model = 'a'")
                .build()
                .unwrap()
                .proxy(),
            None
        );
    }

    #[test]
    fn a_key_twice_is_no_policy() {
        assert!(
            PolicyConfig::from_toml("model = 'a'\nmodel = 'b'")
                .build()
                .is_err()
        );
        assert!(
            PolicyConfig::from_toml("model = \"a\\u0000x\"")
                .build()
                .is_err()
        );
    }
}
