//! The state of looking through one line for what it selects.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::members::{Member, members};
use super::methods::is_alike;
use crate::finds::{EditSpan, Finds};
use crate::json::{decode, encode};
use crate::{Capability, ForceAction, Policy, SelectorValue, Setting};

/// Something governed is written in a way that could be read otherwise: a name that is spelled
/// differently or occurs twice, or an array in the place of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclear;

/// A selector that `force` refuses too.
pub(super) const REFUSE: Setting =
    Setting::OtherSelector(Capability::Generation, ForceAction::Refuse);

/// A line that is being looked through.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    pub(super) input: &'a [u8],
    pub(super) policy: &'a Policy,
    pub(super) finds: Finds<'a>,
    /// The method, where it is a listed one.
    pub(super) method: &'static str,
    /// True where the pin is put in where nothing is stated.
    pub(super) inserts_when_missing: bool,
}

impl<'a> Finder<'a> {
    /// Returns the members of an object that have one of these names.
    pub(super) fn governed(
        &self,
        at: &Range<usize>,
        names: &[&str],
    ) -> Result<Vec<Member<'a>>, Unclear> {
        let mut found: Vec<Member<'a>> = Vec::new();
        for member in members(self.input, at).ok_or(Unclear)? {
            if !names.iter().any(|name| is_alike(name, &member.name)) {
                continue;
            }
            let written = self.input.get(member.start..).unwrap_or_default();
            let plain = names.iter().any(|name| *name == member.name)
                && written.starts_with(encode(&member.name).as_bytes());
            if !plain || found.iter().any(|other| other.name == member.name) {
                return Err(Unclear);
            }
            found.push(member);
        }
        Ok(found)
    }

    /// Returns the value at a place.
    pub(super) fn value(&self, at: &Range<usize>) -> SelectorValue<'a> {
        match self.input.get(at.clone()) {
            Some(b"null") => SelectorValue::Null,
            Some(value) => decode(value).map_or(SelectorValue::NotText, SelectorValue::Text),
            None => SelectorValue::NotText,
        }
    }

    /// Adds an occurrence with the range of its value, and the range that goes when it is dropped.
    pub(super) fn push(
        &mut self,
        setting: Setting,
        stated: SelectorValue<'a>,
        place: String,
        (value, whole): (Range<usize>, Range<usize>),
    ) {
        let span = EditSpan {
            value,
            whole,
            ..EditSpan::default()
        };
        self.finds.push(setting, stated, place, span);
    }
}
