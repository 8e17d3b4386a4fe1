//! The governed places of a JSON text, from the selectors of a data file.

use alloc::string::{String, ToString};

use super::{Entry, Places, ToolTypes};
use crate::{Capability, Condition, ForceAction, Limit, NeutralWord, Setting};

/// Describes what stands at a pointer, in the words of a data file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning<'t> {
    setting: Setting,
    /// `true` if the place may be left out, because the model is named elsewhere.
    optional: bool,
    /// `true` if it has to stand in the object around it, wherever that stands.
    inside: bool,
    /// `true` if the value is compared without regard to case.
    any_case: bool,
    /// The prefix of the model's name.
    prefix: &'t str,
    /// The list of the types of tools that may stand here.
    tools: &'t str,
}

impl<'t> Meaning<'t> {
    /// Reads `[CAPABILITY] WORD [optional | inside] [anycase] [STEM/]`, where the word is `credential`, `drop`,
    /// `effort`, `model`, `others`, `pin`, `refuse` or `tier`, or `[effort | tier] drop | refuse | only WORD`, or `tool LIST [optional]`.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let limited = limited(text).or_else(|| tool(text));
        limited.or_else(|| Self::words(text))
    }

    /// The name of the list of types of tools; `None` where no tool is meant.
    pub(super) fn tools(&self) -> Option<&'t str> {
        (self.setting == Setting::ToolType).then_some(self.tools)
    }

    fn words(text: &'t str) -> Option<Self> {
        let mut words = text.split(' ').peekable();
        let first = words.peek()?;
        let capability = Capability::ALL.into_iter().find(|c| c.as_str() == *first);
        if capability.is_some() {
            words.next();
        }
        let setting = setting(words.next()?, capability.unwrap_or(Capability::Generation))?;
        let optional = words.next_if_eq(&"optional").is_some();
        let inside = words.next_if_eq(&"inside").is_some();
        let any_case = words.next_if_eq(&"anycase").is_some();
        let prefix = words.next().unwrap_or_default();
        let whole = words.next().is_none() && (prefix.is_empty() || prefix.ends_with('/'));
        whole.then_some(Self {
            setting,
            optional,
            inside,
            any_case,
            prefix,
            tools: "",
        })
    }

    /// The model of an operation: `POINTER [optional] [STEM/]`.
    pub(super) fn model(text: &'t str, capability: Capability) -> Option<(&'t str, Self)> {
        let (pointer, rest) = text.split_once(' ').unwrap_or((text, ""));
        let setting = Setting::Model(capability);
        let prefix = rest.strip_prefix("optional").unwrap_or(rest);
        let meaning = Self {
            setting,
            optional: prefix.len() < rest.len(),
            inside: false,
            any_case: false,
            prefix: prefix.trim_start(),
            tools: "",
        };
        let proper =
            pointer.starts_with('/') && (meaning.prefix.is_empty() || prefix.ends_with('/'));
        proper.then_some((pointer, meaning))
    }
}

/// Reads `only WORD`, or `effort` or `tier` in front of `drop`, `refuse` or `only WORD`.
fn limited(text: &str) -> Option<Meaning<'_>> {
    let (condition, rest) = match text.split_once(' ') {
        Some(("effort", rest)) => (Condition::EffortPinned, rest),
        Some(("tier", rest)) => (Condition::TierPinned, rest),
        _ => (Condition::Always, text),
    };
    let limit = match rest.strip_prefix("only ") {
        Some(word) => Limit::Only(NeutralWord::parse(word)?),
        None if condition == Condition::Always => return None,
        None if rest == "drop" => Limit::Drop,
        None if rest == "refuse" => Limit::Refuse,
        None => return None,
    };
    Some(Meaning {
        setting: Setting::Limited(condition, limit),
        optional: true,
        inside: false,
        any_case: false,
        prefix: "",
        tools: "",
    })
}

/// Reads `tool LIST`, with `optional` where the type may be `null`.
fn tool(text: &str) -> Option<Meaning<'_>> {
    let list = text.strip_prefix("tool ")?;
    let name = list.strip_suffix(" optional");
    let tools = name.unwrap_or(list);
    (!tools.contains(' ')).then_some(Meaning {
        setting: Setting::ToolType,
        optional: name.is_some(),
        inside: false,
        any_case: false,
        prefix: "",
        tools,
    })
}

/// Cuts a pointer behind its last `*`: the array's elements, and the names inside of one. Where a place has to stand inside
/// of an object, that is meant in the same way.
fn own_names(pointer: &str) -> (&str, &str) {
    let at = pointer.rfind('*').map_or(0, |at| at + 1);
    pointer.split_at_checked(at).unwrap_or_default()
}

fn setting(word: &str, capability: Capability) -> Option<Setting> {
    match word {
        "drop" => Some(Setting::OtherSelector(capability, ForceAction::Drop)),
        "credential" => Some(Setting::OtherSelector(
            capability,
            ForceAction::DropCredential,
        )),
        "others" => Some(Setting::OtherSelector(capability, ForceAction::DropOthers)),
        "effort" => Some(Setting::Effort),
        "model" => Some(Setting::Model(capability)),
        "pin" => Some(Setting::OtherSelector(capability, ForceAction::Pin)),
        "refuse" => Some(Setting::OtherSelector(capability, ForceAction::Refuse)),
        "tier" => Some(Setting::Tier),
        _ => None,
    }
}

impl Places {
    /// Adds a place and answers with its index; `None` where another one has that pointer, or where a
    /// model could not be put in.
    pub(super) fn add(
        &mut self,
        pointer: &str,
        meaning: Meaning<'_>,
        tools: Option<ToolTypes>,
    ) -> Option<usize> {
        let insert_if_missing = !meaning.optional
            && match meaning.setting {
                Setting::Model(_) => true,
                Setting::Effort | Setting::Tier => !pointer.contains('*'),
                Setting::Limited(..) | Setting::ToolType | Setting::OtherSelector(..) => false,
            };
        let (element, own) = if meaning.inside {
            pointer.split_at_checked(pointer.rfind('/')?)?
        } else {
            own_names(pointer)
        };
        (!insert_if_missing || own.matches('/').count() <= 2).then_some(())?;
        let parent = pointer
            .rsplit_once('/')
            .map(|(parent, _)| parent)
            .filter(|parent| insert_if_missing && *parent != element);
        let parent = parent.map(|parent| self.watch(parent));
        let each = (insert_if_missing && !element.is_empty()).then(|| self.watch(element));
        self.push(Entry {
            pointer: pointer.to_string(),
            setting: Some(meaning.setting),
            insert_if_missing,
            any_case: meaning.any_case,
            prefix: meaning.prefix.to_string(),
            parent,
            each,
            tools: tools.map(|tools| ToolTypes {
                null: meaning.optional,
                ..tools
            }),
        })
    }

    /// Adds a header by its name. What is dropped there would go on all the same, so that it is not taken,
    /// nor is what would have to be put in.
    pub(super) fn add_header(&mut self, name: &str, meaning: Meaning<'_>) -> Option<()> {
        let kept = matches!(
            meaning.setting,
            Setting::Effort | Setting::Tier | Setting::Limited(_, Limit::Only(_) | Limit::Refuse)
        );
        (kept && meaning.optional).then(|| self.headers.push((name.to_string(), meaning.setting)))
    }

    /// The entry of an object that something may have to be put into, or of a member that only its name tells from others.
    pub(super) fn watch(&mut self, pointer: &str) -> usize {
        self.position(pointer).unwrap_or_else(|| {
            self.insert(Entry {
                pointer: pointer.to_string(),
                setting: None,
                insert_if_missing: false,
                any_case: false,
                prefix: String::new(),
                parent: None,
                each: None,
                tools: None,
            })
        })
    }

    /// Returns true if a pointer is one of a place.
    pub(super) fn has(&self, pointer: &str) -> bool {
        let known = self.position(pointer);
        let known = known.and_then(|index| self.entries.get(index));
        known.is_some_and(|entry| entry.setting.is_some())
    }

    fn position(&self, pointer: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.pointer == pointer)
    }

    /// Puts an entry in; one that is only watched so far is filled in.
    fn push(&mut self, entry: Entry) -> Option<usize> {
        let Some(index) = self.position(&entry.pointer) else {
            return Some(self.insert(entry));
        };
        let watched = self.entries.get_mut(index)?;
        watched.setting.is_none().then(|| {
            *watched = entry;
            index
        })
    }

    fn insert(&mut self, entry: Entry) -> usize {
        let index = self.entries.len();
        self.tree.insert(&entry.pointer, index);
        self.entries.push(entry);
        index
    }
}
