//! A secret that is held here: the provider's key, which its clients need not have, or the admin port's token.

use core::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use lockpolicy::dialect::Credential;
use lockpolicy::http::Secrets;
use subtle::ConstantTimeEq as _;

/// A secret text. It can be replaced while requests run.
#[derive(Clone)]
pub struct Key(Arc<ArcSwap<Held>>);

struct Held {
    text: String,
    /// Finds the text in others.
    secrets: Secrets,
}

/// The error of a text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is one line of visible ASCII characters")]
pub struct InvalidKey;

impl Key {
    /// Returns a key, without blanks around it.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] where it cannot stand in a field.
    pub fn new(text: &str) -> Result<Self, InvalidKey> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(checked(text)?))))
    }

    /// Takes another key from now on.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`]; then the last one stays.
    pub fn replace(&self, text: &str) -> Result<(), InvalidKey> {
        self.0.store(Arc::new(checked(text)?));
        Ok(())
    }

    /// Returns true if a text is the key. The time that this takes shows nothing but the length.
    pub(crate) fn equals(&self, given: &[u8]) -> bool {
        self.0.load().text.as_bytes().ct_eq(given).into()
    }

    /// Returns true if both are the same text now.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.equals(other.0.load().text.as_bytes())
    }

    /// Returns true if a text that was escaped for a log has the key in it, or the beginning of it.
    pub(crate) fn is_logged_in(&self, text: &str) -> bool {
        self.0.load().secrets.are_logged_in(text)
    }

    /// Sets the field of a credential.
    pub(crate) fn set_credential(&self, fields: &mut HeaderMap, credential: &Credential) {
        let text = [&credential.prefix, self.0.load().text.as_str()].concat();
        // Both were checked when they came; a request without a key is refused by the provider.
        let name = HeaderName::try_from(&credential.field);
        if let (Ok(name), Ok(mut value)) = (name, HeaderValue::try_from(text)) {
            value.set_sensitive(true);
            fields.insert(name, value);
        }
    }
}

/// Shows nothing of the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

fn checked(text: &str) -> Result<Held, InvalidKey> {
    let text = text.trim();
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let held = || Held {
        text: text.to_owned(),
        secrets: Secrets::new([text]),
    };
    fits.then(held).ok_or(InvalidKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_in_a_request_replaces_every_credential() {
        let key = Key::new(" sk-own\n").unwrap();
        for (field, prefix, value) in [
            ("authorization", "Bearer ", "Bearer sk-own"),
            ("x-api-key", "", "sk-own"),
        ] {
            let credential = Credential {
                field: field.into(),
                prefix: prefix.into(),
            };
            let mut fields = HeaderMap::new();
            key.set_credential(&mut fields, &credential);
            assert_eq!(fields.len(), 1, "{fields:?}");
            assert_eq!(fields[field], value);
        }
        assert!(!format!("{key:?}").contains("own"));
    }

    #[test]
    fn key_replaced_by_an_invalid_one_stays() {
        let key = Key::new("one").unwrap();
        assert_eq!(key.replace("a b"), Err(InvalidKey));
        assert_eq!(key.replace(""), Err(InvalidKey));
        assert_eq!(key.0.load_full().text, "one");
        key.replace("two").unwrap();
        assert!(key.is_logged_in("one two") && !key.is_logged_in("one"));
        assert_eq!(key.0.load_full().text, "two");
    }
}
