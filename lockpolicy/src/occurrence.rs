//! One place in an input that states a setting.

use alloc::borrow::Cow;
use alloc::string::String;
use core::ops::Range;

use crate::Capability;

/// What a place in an input selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The model that runs: exactly one such place stands in every input that names a model.
    Model(Capability),
    /// How long the model may think (rule 7).
    Effort,
    /// A word that some upstream reads as a selector when it is not a plain one.
    Plain,
    /// The service tier (rule 7).
    Tier,
    /// A further place that can select a model, and what force may do about it (rule 9).
    Secondary(Capability, Remedy),
}

/// What `force` does about a secondary selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Take it out: the rest means the same without it.
    Drop,
    /// Write the pin of its capability there.
    Pin,
    /// Refuse: neither would keep the meaning of the rest.
    Refuse,
}

/// What stands at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated<'a> {
    /// Nothing stands there.
    Absent,
    /// An explicit `null`, or an option without a value.
    Null,
    /// A text, decoded.
    Text(Cow<'a, str>),
    /// Something that is no text: a number, a list, an object, bytes that are not UTF-8.
    Other,
}

/// One place in an input that states a setting, with the bytes that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// What the place selects.
    pub setting: Setting,
    /// What stands there.
    pub stated: Stated<'a>,
    /// How the place is named to a person: a JSON pointer, an option, a header.
    pub place: Cow<'a, str>,
    /// The bytes of the value; empty, at the point of insertion, where it is absent. A surface
    /// that does not work on bytes (a command line) counts in its own units.
    pub value: Range<usize>,
}

impl Occurrence<'_> {
    /// The text that is stated, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.stated {
            Stated::Text(text) => Some(text),
            Stated::Absent | Stated::Null | Stated::Other => None,
        }
    }

    /// The same occurrence, owning what it borrowed.
    pub fn into_owned(self) -> Occurrence<'static> {
        Occurrence {
            setting: self.setting,
            stated: match self.stated {
                Stated::Absent => Stated::Absent,
                Stated::Null => Stated::Null,
                Stated::Text(text) => Stated::Text(Cow::Owned(String::from(text))),
                Stated::Other => Stated::Other,
            },
            place: Cow::Owned(String::from(self.place)),
            value: self.value,
        }
    }

    /// What was asked for, as a person may read it; empty where nothing was.
    pub fn asked(&self) -> String {
        match &self.stated {
            Stated::Absent => String::new(),
            Stated::Null => String::from("null"),
            Stated::Text(text) => crate::name::shown(text),
            Stated::Other => String::from("<not a text>"),
        }
    }
}
