//! The doors: each finds what an input states and cuts where the verdict says; none decides.

pub mod answer;
mod content;
mod form;
mod header;
pub mod http;
pub mod jsonrpc;
mod media;
pub mod message;
pub mod models;
mod request;
pub mod served;
mod target;

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::edit::Edit;
use crate::{Action, Change, Occurrence};

/// What an input states, and how each place is written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Finds<'a> {
    occurrences: Vec<Occurrence<'a>>,
    places: Vec<Place>,
}

/// How a value is written at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    /// The bytes that a value takes the place of; empty where it is put in.
    value: Range<usize>,
    /// What has to stand before and behind a value that is put in.
    around: (String, String),
    /// What goes when the place is dropped.
    whole: Range<usize>,
    /// Whether what is put in here is the first of its object.
    first: bool,
    /// What stands in front of a value inside its quotes.
    stem: String,
}

impl<'a> Finds<'a> {
    fn push(&mut self, occurrence: Occurrence<'a>, place: Place) {
        self.occurrences.push(occurrence);
        self.places.push(place);
    }

    /// The edits that carry out changes; `quote` writes a text as the surface spells a value.
    fn edits(&self, changes: &[Change], quote: impl Fn(&str) -> String) -> Vec<Edit> {
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
                    let (before, after) = &place.around;
                    let value = quote(&[place.stem.as_str(), text].concat());
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
