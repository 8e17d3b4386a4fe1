//! The places of an input that state a setting, and the edits that carry a verdict out there.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::edit::Edit;
use crate::{Action, Change, Occurrence, SelectorValue, Setting};

/// Describes what an input states, and how each place is written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finds<'a> {
    pub(crate) occurrences: Vec<Occurrence<'a>>,
    pub(crate) places: Vec<EditSpan>,
}

/// Describes how a value is written at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EditSpan {
    /// The bytes that a value takes the place of; empty where it is put in.
    pub(crate) value: Range<usize>,
    /// The text before and behind a value that is inserted.
    pub(crate) wrapper: (String, String),
    /// The bytes that go when the place is dropped.
    pub(crate) whole: Range<usize>,
    /// `true` if what is inserted here is the first member of its object.
    pub(crate) first: bool,
    /// The prefix of a value inside its quotes.
    pub(crate) prefix: String,
}

impl<'a> Finds<'a> {
    /// Adds a place on the surface of the whole input.
    pub(crate) fn push(
        &mut self,
        setting: Setting,
        stated: SelectorValue<'a>,
        place: impl Into<Cow<'a, str>>,
        span: EditSpan,
    ) {
        let value = span.value.clone();
        let occurrence = Occurrence::new(setting, stated, place, value);
        self.occurrences.push(occurrence);
        self.places.push(span);
    }

    /// The edits that carry out changes; `quote` writes a text as the surface spells a value.
    pub(crate) fn edits(&self, changes: &[Change], quote: impl Fn(&str) -> String) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::with_capacity(changes.len());
        // The empty objects that something is put into already.
        let mut filled = BTreeSet::new();
        for change in changes {
            let Some(place) = self.places.get(change.occurrence) else {
                continue;
            };
            let edit = match &change.action {
                Action::Drop => Edit {
                    at: place.whole.clone(),
                    text: String::new(),
                },
                Action::Set(text) => {
                    let again = place.first && !filled.insert(place.value.start);
                    let comma = if again { "," } else { "" };
                    let (before, after) = &place.wrapper;
                    let value = quote(&[place.prefix.as_str(), text].concat());
                    Edit {
                        at: place.value.clone(),
                        text: [comma, before, &value, after].concat(),
                    }
                }
            };
            edits.push(edit);
        }
        edits
    }
}
