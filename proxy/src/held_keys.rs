//! The keys that the proxy holds: each belongs to one dialect, and goes to one provider.

use http::{HeaderMap, Uri};
use lockpolicy::dialect::{Credential, Dialect, Table};

use crate::key::Key;
use crate::upstream::provider::{Upstream, reachable};

/// A key and the dialect whose provider it belongs to.
#[derive(Clone, Debug)]
pub struct DialectKey {
    /// The name of the dialect.
    pub dialect: String,
    /// The key.
    pub key: Key,
}

impl DialectKey {
    /// Checks that each key goes to one provider.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where a dialect has no provider or several, or where a key would go to two.
    pub fn check(keys: &[Self], table: &Table, upstreams: &[Upstream]) -> Result<(), KeyError> {
        HeldKeys::new(keys.to_vec(), table, upstreams).map(drop)
    }
}

/// The reason why a key cannot be held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No upstream is known for the dialect.
    #[error("the key of `{0}` goes nowhere: name its provider with --upstream")]
    NoProvider(String),
    /// The operations of one dialect go to several providers.
    #[error(
        "the key of `{dialect}` would go to several providers ({providers}): a key belongs to one"
    )]
    SeveralProviders {
        /// The dialect.
        dialect: String,
        /// The providers, as an operator wrote them.
        providers: String,
    },
    /// Two dialects of different providers have the same key.
    #[error("`{0}` and `{1}` have the same key and different providers: a key belongs to one")]
    SameKey(String, String),
}

/// A key that is bound to its provider.
#[derive(Debug)]
pub(crate) struct HeldKey {
    dialect: String,
    key: Key,
    credential: Credential,
    provider: Uri,
}

/// The keys that are held.
#[derive(Debug, Default)]
pub(crate) struct HeldKeys(Vec<HeldKey>);

impl HeldKeys {
    /// Binds each key to the provider that the operations of its dialect go to.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where a dialect has no provider or several, or where a key would go to two.
    pub(crate) fn new(
        keys: Vec<DialectKey>,
        table: &Table,
        upstreams: &[Upstream],
    ) -> Result<Self, KeyError> {
        let mut held = Self::default();
        for key in keys {
            let mut dialects = table.dialects().iter();
            // A dialect that is not switched on is never asked.
            if let Some(dialect) = dialects.find(|dialect| dialect.name == key.dialect) {
                held.hold(bound(key.key, dialect, upstreams)?)?;
            }
        }
        Ok(held)
    }

    fn hold(&mut self, key: HeldKey) -> Result<(), KeyError> {
        let elsewhere =
            |held: &&HeldKey| !held.goes_to(&key.provider) && held.key.is_same_as(&key.key);
        if let Some(other) = self.0.iter().find(elsewhere) {
            return Err(KeyError::SameKey(other.dialect.clone(), key.dialect));
        }
        self.0.push(key);
        Ok(())
    }

    /// Returns true if no key is held for any provider.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if a text that was escaped for a log has a key that is held in it, or the beginning of one.
    pub(crate) fn are_logged_in(&self, text: &str) -> bool {
        self.0.iter().any(|held| held.key.is_logged_in(text))
    }

    /// Returns the key for a request of a dialect, if its target is the provider that the key belongs to.
    pub(crate) fn of(&self, dialect: &Dialect, target: &Uri) -> Option<&HeldKey> {
        let mut held = self.0.iter();
        held.find(|key| key.dialect == dialect.name && key.goes_to(target))
    }
}

impl HeldKey {
    /// Puts the key into the field of its dialect.
    pub(crate) fn put(&self, fields: &mut HeaderMap) {
        self.key.set_credential(fields, &self.credential);
    }

    fn goes_to(&self, target: &Uri) -> bool {
        is_same_provider(&self.provider, target)
    }
}

/// A provider is a scheme, a host and a port. Below which path it is asked makes no other of it.
fn is_same_provider(one: &Uri, other: &Uri) -> bool {
    (one.scheme(), one.authority()) == (other.scheme(), other.authority())
}

fn bound(key: Key, dialect: &Dialect, upstreams: &[Upstream]) -> Result<HeldKey, KeyError> {
    let mut providers = reachable(upstreams, dialect);
    let name = || dialect.name.clone();
    let provider = providers
        .pop()
        .ok_or_else(|| KeyError::NoProvider(name()))?;
    if !providers
        .iter()
        .all(|other| is_same_provider(&provider, other))
    {
        providers.push(provider);
        let all: Vec<String> = providers.iter().map(ToString::to_string).collect();
        let providers = all.join(", ");
        return Err(KeyError::SeveralProviders {
            dialect: name(),
            providers,
        });
    }
    Ok(HeldKey {
        dialect: name(),
        key,
        credential: dialect.credential.clone(),
        provider,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(
        dialects: &[&str],
        keys: &[(&str, &str)],
        upstreams: &[&str],
    ) -> Result<HeldKeys, KeyError> {
        let table = Table::of(dialects.iter().copied()).unwrap();
        let key = |(dialect, key): &(&str, &str)| DialectKey {
            dialect: (*dialect).to_owned(),
            key: Key::new(key).unwrap(),
        };
        let upstreams: Vec<_> = upstreams
            .iter()
            .map(|one| Upstream::parse(one).unwrap())
            .collect();
        HeldKeys::new(keys.iter().map(key).collect(), &table, &upstreams)
    }

    #[test]
    fn key_goes_to_the_provider_of_its_dialect_alone() {
        let keys = held(&["openai", "openrouter"], &[("openai", "k")], &[]).unwrap();
        let table = Table::of(["openai", "openrouter"]).unwrap();
        let [openai, openrouter] = [0, 1].map(|index| &table.dialects()[index]);
        let own: Uri = "https://api.openai.com/v1/responses".parse().unwrap();
        let other: Uri = "https://openrouter.ai/api/v1/responses".parse().unwrap();
        assert!(keys.of(openai, &own).is_some());
        assert!(keys.of(openai, &other).is_none());
        assert!(keys.of(openrouter, &other).is_none());
        assert!(keys.of(openrouter, &own).is_none());
    }

    #[test]
    fn key_with_no_provider_or_several_is_an_error() {
        let error = |dialects: &[&str], keys: &[(&str, &str)], upstreams: &[&str]| {
            held(dialects, keys, upstreams)
                .map(drop)
                .map_err(|error| error.to_string())
        };
        let two = ["/v1=https://a", "/v1/chat=https://b"];
        let several = error(&["openai"], &[("openai", "k")], &two).unwrap_err();
        assert!(
            several.contains("https://a/, https://b/")
                || several.contains("https://b/, https://a/"),
            "{several}"
        );
        assert!(
            error(&["azure"], &[("azure", "k")], &[])
                .unwrap_err()
                .contains("goes nowhere")
        );
        let same = [("openai", "k"), ("openrouter", "k")];
        let both = ["openai", "openrouter"];
        assert!(
            error(&both, &same, &[])
                .unwrap_err()
                .contains("the same key")
        );
        for (dialects, keys, upstreams) in [
            (&both[..], &same[..], &["https://gateway"][..]),
            (&both, &[("openai", "k"), ("openrouter", "l")], &[]),
            (
                &["openai", "chatgpt"],
                &[("openai", "k")],
                &["/v1=https://a", "/backend-api=https://b"],
            ),
            (
                &["openai"],
                &[("openai", "k")],
                &["/=https://a/x", "/v1/chat=https://a/y"],
            ),
        ] {
            assert_eq!(error(dialects, keys, upstreams), Ok(()), "{upstreams:?}");
        }
    }
}
