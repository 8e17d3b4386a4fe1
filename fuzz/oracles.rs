//! What the targets share: policies, and second readings of JSON by `serde_json`.

use std::collections::HashSet;
use std::fmt;

use lockpolicy::{Policy, PolicyConfig};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Returns a policy that pins `p`, in a mode.
pub fn policy(mode: &str, more: &str) -> Policy {
    let text = format!("model = 'p'\nmode = '{mode}'\n{more}");
    PolicyConfig::from_toml(&text).build().expect("a valid policy")
}

/// Returns whether `serde_json` reads a text, whatever it says.
pub fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Returns the value of a text, where it has one reading: one object, no name twice in any object.
pub fn unique(text: &[u8]) -> Option<Value> {
    let value = serde_json::from_slice::<Unique>(text).ok()?.0;
    value.is_object().then_some(value)
}

/// A value in which no object has a name twice.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element::<Unique>()? {
            values.push(value.0);
        }
        Ok(Unique(values.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let (mut seen, mut values) = (HashSet::new(), serde_json::Map::new());
        while let Some((name, value)) = map.next_entry::<String, Unique>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom("twice"));
            }
            values.insert(name, value.0);
        }
        Ok(Unique(values.into()))
    }
}
