//! One place in an input that states a setting.

use alloc::borrow::Cow;
use alloc::string::String;
use core::ops::Range;

use crate::{Capability, Surface, label_enum};

/// Describes what a place in an input selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The model that runs: exactly one such place stands in every input that names a model.
    Model(Capability),
    /// The effort: how long the model may think (rule 7).
    Effort,
    /// The service tier (rule 7).
    Tier,
    /// The type of a tool that no table lists (rule 10): what it runs is not known.
    ToolType,
    /// A further place that can select a model, and what force may do about it (rule 9).
    OtherSelector(Capability, ForceAction),
    /// A place that may state one word, or nothing, as long as the condition holds.
    Limited(Condition, Limit),
}

impl Setting {
    /// A program that lets the same model do more: only the ordinary one passes, in every mode that locks.
    pub(crate) const PROGRAM: Self =
        Self::Limited(Condition::Always, Limit::Only(NeutralWord::Standard));

    /// Returns true if what is stated there is the name of a model, or of what stands for models.
    pub(crate) const fn names_model(self) -> bool {
        match self {
            Self::Model(_) => true,
            Self::OtherSelector(_, action) => !matches!(action, ForceAction::DropCredential),
            Self::Effort | Self::Tier | Self::ToolType | Self::Limited(..) => false,
        }
    }
}

/// Describes when a [`Setting::Limited`] is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Always.
    Always,
    /// The condition that the policy pins the effort, which the place states in another way.
    EffortPinned,
    /// The condition that the policy pins the service tier, which the place states in another way.
    TierPinned,
}

/// Describes what may stand at a limited place, and what `force` does about anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The pin itself; anything else is taken out: without it, the pin holds.
    Drop,
    /// This word; `force` writes it where a pin is what it stands for, and else refuses.
    Only(NeutralWord),
    /// The pin itself; anything else is refused: the API cannot express the pin there.
    Refuse,
}

label_enum! {
    /// The words that leave the choice to the pinned setting.
    pub enum NeutralWord {
        /// The effort says how much the model thinks.
        Adaptive = "adaptive",
        /// The ordinary mode, speed or program.
        Standard = "standard",
    }
}

/// Describes what `force` does about a secondary selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForceAction {
    /// Take it out: the rest means the same without it.
    Drop,
    /// Take it out, and show its value nowhere: it is a credential.
    DropCredential,
    /// Take it out, unless it names nothing but the pin of its capability: it lists further models.
    DropOthers,
    /// Write the pin of its capability there.
    Pin,
    /// Refuse: neither would keep the meaning of the rest.
    Refuse,
}

/// Describes what stands at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectorValue<'a> {
    /// Nothing stands there.
    Missing,
    /// An explicit `null`, or an option without a value.
    Null,
    /// A text, decoded.
    Text(Cow<'a, str>),
    /// Something that is no text: a number, a list, an object, bytes that are not UTF-8.
    NotText,
}

impl SelectorValue<'_> {
    /// Returns the text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Missing | Self::Null | Self::NotText => None,
        }
    }

    /// Returns true if nothing is stated, or `null`.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }
}

/// One place in an input that states a setting, with the bytes that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence<'a> {
    /// The setting that the place selects.
    pub setting: Setting,
    /// The kind of the value.
    pub stated: SelectorValue<'a>,
    /// The name of the place for a person: a JSON pointer, an option, a header.
    pub place: Cow<'a, str>,
    /// The bytes of the value; empty, at the point of insertion, where it is absent. A surface
    /// that does not work on bytes (a command line) counts in its own units.
    pub value: Range<usize>,
    /// The surface of the place, where it is not the one of the whole input: a header of a request.
    pub surface: Option<Surface>,
}

impl<'a> Occurrence<'a> {
    /// Returns an occurrence on the surface of the whole input.
    pub(crate) fn new(
        setting: Setting,
        stated: SelectorValue<'a>,
        place: impl Into<Cow<'a, str>>,
        value: Range<usize>,
    ) -> Self {
        Self {
            setting,
            stated,
            place: place.into(),
            value,
            surface: None,
        }
    }

    /// Returns the capability that the place is for, where it is for one.
    pub fn capability(&self) -> Option<Capability> {
        match self.setting {
            Setting::Model(capability) | Setting::OtherSelector(capability, _) => Some(capability),
            Setting::Effort | Setting::Limited(..) | Setting::Tier | Setting::ToolType => None,
        }
    }

    /// Returns the text that is stated, if it is one.
    pub fn text(&self) -> Option<&str> {
        self.stated.text()
    }

    /// The same occurrence, owning what it borrowed.
    pub fn into_owned(self) -> Occurrence<'static> {
        Occurrence {
            setting: self.setting,
            stated: match self.stated {
                SelectorValue::Missing => SelectorValue::Missing,
                SelectorValue::Null => SelectorValue::Null,
                SelectorValue::Text(text) => SelectorValue::Text(Cow::Owned(String::from(text))),
                SelectorValue::NotText => SelectorValue::NotText,
            },
            place: Cow::Owned(String::from(self.place)),
            value: self.value,
            surface: self.surface,
        }
    }

    /// Returns what was asked for, as a person may read it; empty where nothing was. Of a credential, nobody may.
    pub fn requested(&self) -> String {
        let is_credential = matches!(
            self.setting,
            Setting::OtherSelector(_, ForceAction::DropCredential)
        );
        match &self.stated {
            SelectorValue::Missing => String::new(),
            SelectorValue::Null => String::from("null"),
            SelectorValue::Text(text) if !is_credential => crate::escape_for_log(text),
            SelectorValue::Text(_) | SelectorValue::NotText => String::from("<not a text>"),
        }
    }
}
