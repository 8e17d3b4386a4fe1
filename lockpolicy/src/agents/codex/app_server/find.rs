//! What a request selects, by the fields of its method.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::config::{self, Spot};
use super::members::{Member, elements, members};
use super::methods::{Field, Kind, alike};
use crate::agents::codex::cli::choice::{TIERS, tier};
use crate::finds::{EditSpan, Finds};
use crate::http::json_body;
use crate::json::{decode, encode};
use crate::{Capability, ForceAction, Occurrence, Policy, SelectorValue, Setting};

/// Something governed stands there in a way that could be read otherwise: a name that is spelled
/// differently or stands twice, an array where an object belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclear;

/// A line that is being looked through.
#[derive(Debug)]
pub(super) struct Finder<'a> {
    pub(super) input: &'a [u8],
    pub(super) policy: &'a Policy,
    pub(super) finds: Finds<'a>,
    /// The method, where it is a listed one.
    pub(super) method: &'static str,
    /// Whether the pin is put in where nothing stands.
    pub(super) fills: bool,
}

impl<'a> Finder<'a> {
    /// Finds what an object says. The fields' paths begin there; `place` is its name.
    pub(super) fn object(
        &mut self,
        at: &Range<usize>,
        fields: &[Field],
        place: &str,
    ) -> Result<(), Unclear> {
        for field in fields.iter().filter(|field| field.path.is_empty()) {
            self.field(field.kind, at, at.clone(), place)?;
        }
        let names: Vec<&str> = fields
            .iter()
            .filter_map(|field| field.path.first().copied())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let members = self.governed(at, &names)?;
        for member in &members {
            let place = [place, "/", &member.name].concat();
            self.member(member, &below(fields, &member.name), &place)?;
        }
        for field in fields.iter().filter(|field| field.expected) {
            let [name] = field.path else { continue };
            if self.fills && !members.iter().any(|member| member.name == *name) {
                self.vacancy(at, name, field.kind, place);
            }
        }
        Ok(())
    }

    /// The members of an object that have one of these names.
    pub(super) fn governed(
        &self,
        at: &Range<usize>,
        names: &[&str],
    ) -> Result<Vec<Member<'a>>, Unclear> {
        let mut found: Vec<Member<'a>> = Vec::new();
        for member in members(self.input, at).ok_or(Unclear)? {
            if !names.iter().any(|name| alike(name, &member.name)) {
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

    /// One member, by the fields that begin behind its name.
    fn member(
        &mut self,
        member: &Member<'a>,
        fields: &[Field],
        place: &str,
    ) -> Result<(), Unclear> {
        let (here, below): (Vec<Field>, Vec<Field>) =
            fields.iter().partition(|field| field.path.is_empty());
        for field in here {
            self.field(field.kind, &member.value, member.whole(), place)?;
        }
        if below.is_empty() || text(self.input, &member.value) == SelectorValue::Null {
            return Ok(());
        }
        if !below.iter().any(|field| field.path.first() == Some(&"*")) {
            return self.object(&member.value, &below, place);
        }
        for element in elements(self.input, &member.value).ok_or(Unclear)? {
            self.object(&element, &self::below(&below, "*"), place)?;
        }
        Ok(())
    }

    fn field(
        &mut self,
        kind: Kind,
        at: &Range<usize>,
        whole: Range<usize>,
        place: &str,
    ) -> Result<(), Unclear> {
        match kind {
            Kind::Config => return self.config(at, place),
            Kind::Edit => return config::write(self, at, place),
            Kind::Whole => {
                let stated = SelectorValue::Text(Cow::Borrowed(self.method));
                self.push(REFUSE, stated, place.into(), (at.clone(), whole));
                return Ok(());
            }
            Kind::Agents if self.policy.effort().is_none() => return Ok(()),
            Kind::Agents
            | Kind::Effort
            | Kind::Harmless
            | Kind::Model(_)
            | Kind::Profile
            | Kind::Program
            | Kind::Provider
            | Kind::Switch
            | Kind::Tier => {}
        }
        let stated = text(self.input, at);
        if let Some((setting, stated)) = self.setting(kind, stated, at) {
            self.push(setting, stated, place.into(), (at.clone(), whole));
        }
        Ok(())
    }

    /// What a value of its own is; `None` where it changes nothing.
    fn setting(
        &self,
        kind: Kind,
        stated: SelectorValue<'a>,
        at: &Range<usize>,
    ) -> Option<(Setting, SelectorValue<'a>)> {
        let is = |word: &str| matches!(&stated, SelectorValue::Text(text) if text == word);
        let off = self.input.get(at.clone()) == Some(b"false");
        match kind {
            Kind::Model(capability) => Some((Setting::Model(capability), stated)),
            Kind::Effort => Some((Setting::Effort, stated)),
            Kind::Tier => Some((Setting::Tier, tier(stated, self.policy))),
            Kind::Provider if is("openai") => None,
            Kind::Program if is("standard") => None,
            Kind::Switch if off => None,
            Kind::Agents | Kind::Profile | Kind::Program | Kind::Provider | Kind::Switch => {
                Some((DROP, stated))
            }
            Kind::Config | Kind::Edit | Kind::Harmless | Kind::Whole => None,
        }
    }

    /// A map of keys; what codex could not read as one is not passed on.
    fn config(&mut self, at: &Range<usize>, place: &str) -> Result<(), Unclear> {
        if text(self.input, at) == SelectorValue::Null {
            return Ok(());
        }
        members(self.input, at).ok_or(Unclear)?;
        config::table(self, at, &Spot::root(place))
    }

    /// A place where the pin has to stand and nothing does.
    fn vacancy(&mut self, at: &Range<usize>, name: &str, kind: Kind, place: &str) {
        let setting = match kind {
            Kind::Model(capability) => Setting::Model(capability),
            Kind::Effort => Setting::Effort,
            // The oldest codex refuses a request with a tier that it does not know.
            Kind::Tier if self.policy.tier().is_none_or(|tier| TIERS.contains(&tier)) => {
                Setting::Tier
            }
            Kind::Agents
            | Kind::Config
            | Kind::Edit
            | Kind::Harmless
            | Kind::Profile
            | Kind::Program
            | Kind::Provider
            | Kind::Switch
            | Kind::Tier
            | Kind::Whole => return,
        };
        let own = [&encode(name), ":"].concat();
        let place_of = json_body::inside(self.input, at.start, own, "");
        let occurrence = Occurrence {
            setting,
            stated: SelectorValue::Missing,
            place: Cow::Owned(format!("{place}/{name}")),
            value: place_of.value.clone(),
        };
        self.finds.push(occurrence, place_of);
    }

    /// Adds a place, with the bytes of its value and those that go when it is dropped.
    /// Notes a setting, where its value stands, and what goes when it is dropped.
    pub(super) fn push(
        &mut self,
        setting: Setting,
        stated: SelectorValue<'a>,
        place: String,
        (value, whole): (Range<usize>, Range<usize>),
    ) {
        let occurrence = Occurrence {
            setting,
            stated,
            place: Cow::Owned(place),
            value: value.clone(),
        };
        let written = EditSpan {
            value,
            whole,
            ..EditSpan::default()
        };
        self.finds.push(occurrence, written);
    }
}

/// What force takes out.
const DROP: Setting = Setting::OtherSelector(Capability::Generation, ForceAction::Drop);

/// What force refuses too.
pub(super) const REFUSE: Setting =
    Setting::OtherSelector(Capability::Generation, ForceAction::Refuse);

/// What a value states.
pub(super) fn text<'a>(input: &'a [u8], at: &Range<usize>) -> SelectorValue<'a> {
    match input.get(at.clone()) {
        Some(b"null") => SelectorValue::Null,
        Some(value) => decode(value).map_or(SelectorValue::NotText, SelectorValue::Text),
        None => SelectorValue::NotText,
    }
}

/// The fields behind a name.
fn below(fields: &[Field], name: &str) -> Vec<Field> {
    let behind = |field: &Field| match field.path {
        [first, path @ ..] if *first == name => Some(Field { path, ..*field }),
        _ => None,
    };
    fields.iter().filter_map(behind).collect()
}
