//! The rules applied in the most obvious way, to a whole document.

use lockpolicy::dialect::{Entry, Operation};
use lockpolicy::{Capability, Condition, ForceAction, Limit, Setting, Source};

use crate::generated_request::{GeneratedRequest, Rules};
use crate::tree::{Member, Tree};

/// What the naive implementation says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Pass,
    Rewrite(Tree),
    Reject,
}

impl Answer {
    /// The same answer with the members of its objects in the order of their names.
    pub(crate) fn sorted(self) -> Self {
        match self {
            Self::Rewrite(tree) => Self::Rewrite(tree.sorted()),
            plain @ (Self::Pass | Self::Reject) => plain,
        }
    }
}

/// Where something stands: names and indexes from the root on.
type Place = Vec<String>;

/// Judges a request.
pub(crate) fn judge(request: &GeneratedRequest, operation: &Operation) -> Answer {
    let Some(tree) = Tree::parse(&request.body) else {
        return Answer::Reject;
    };
    let entries = &operation.places.entries;
    if !matches!(tree, Tree::Object(_)) || tree.has_twins() || !is_plain(&tree, entries) {
        return Answer::Reject;
    }
    let mut out = tree.clone();
    let report_only = request.rules.mode == "report_only";
    let gate = request.rules.mode == "reject" && request.source != Source::Background;
    for entry in entries {
        let Some(setting) = entry.setting else {
            continue;
        };
        let mut found = Vec::new();
        find(&tree, &steps(&entry.pointer), &mut Vec::new(), &mut found);
        if entry.tools.is_some() {
            let types = tool_types(entry, entries, &found);
            if !report_only && types.iter().any(|tool| !is_listed(entry, tool)) {
                return Answer::Reject;
            }
            continue;
        }
        if entry.insert_if_missing {
            let Some(absent) = absent(&tree, entry, &found) else {
                return Answer::Reject;
            };
            found.extend(absent.into_iter().map(|place| (place, None)));
        }
        for (place, value) in found {
            match rule(&request.rules, setting, value, &entry.prefix, gate) {
                Some(_) if report_only => {}
                None => {}
                Some(Deed::Refuse) => return Answer::Reject,
                Some(_) if gate => return Answer::Reject,
                Some(Deed::Drop) => drop_at(&mut out, &place),
                Some(Deed::Set(text)) => {
                    set_at(&mut out, &place, &[&*entry.prefix, &text].concat());
                }
            }
        }
    }
    if out == tree {
        Answer::Pass
    } else {
        Answer::Rewrite(out)
    }
}

/// The types of tools that stand at a place; where it means the members of an object, these are their names,
/// but for those that another pointer names.
fn tool_types(entry: &Entry, entries: &[Entry], found: &[(Place, Option<&Tree>)]) -> Vec<Tree> {
    let Some(object) = entry.pointer.strip_suffix("{}") else {
        return found
            .iter()
            .filter_map(|(_, value)| value.cloned())
            .collect();
    };
    let named = |name: &str| {
        let pointers = entries.iter().map(|other| other.pointer.as_str());
        let mut behind = pointers.filter_map(|pointer| pointer.strip_prefix(object));
        behind.any(|rest| rest != "{}" && rest.split('/').next() == Some(name))
    };
    let names = found.iter().filter_map(|(place, _)| place.last());
    let unnamed = names.filter(|name| !named(name));
    unnamed.map(|name| Tree::Text(name.clone())).collect()
}

fn is_listed(entry: &Entry, tool: &Tree) -> bool {
    let tools = entry.tools.as_ref().unwrap();
    match tool {
        Tree::Null => tools.null || entry.pointer.ends_with("{}"),
        Tree::Text(text) => tools.listed.contains(text),
        Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Object(_) => false,
    }
}

/// Where a member that has to stand does not: once, or in each element of an array. `None` where an
/// element is no object.
fn absent(tree: &Tree, entry: &Entry, found: &[(Place, Option<&Tree>)]) -> Option<Vec<Place>> {
    let (array, own) = entry
        .pointer
        .rsplit_once("/*")
        .unwrap_or(("", &entry.pointer));
    let mut homes = vec![(Place::new(), Some(tree))];
    if entry.each.is_some() {
        homes.clear();
        find(
            tree,
            &steps(&[array, "/*"].concat()),
            &mut Vec::new(),
            &mut homes,
        );
    }
    let mut out = Vec::new();
    for (home, element) in homes {
        element.filter(|element| matches!(element, Tree::Object(_)))?;
        if !found.iter().any(|(place, _)| place.starts_with(&home)) {
            out.push([home, steps(own)].concat());
        }
    }
    Some(out)
}

/// What has to be done about one place.
enum Deed {
    Refuse,
    Drop,
    Set(String),
}

fn rule(
    rules: &Rules,
    setting: Setting,
    value: Option<&Tree>,
    prefix: &str,
    gate: bool,
) -> Option<Deed> {
    let is_null = matches!(value, None | Some(Tree::Null));
    let is_empty = matches!(value, Some(Tree::List(items)) if items.is_empty())
        || matches!(value, Some(Tree::Object(members)) if members.is_empty());
    let is_list = matches!(setting, Setting::OtherSelector(_, ForceAction::DropOthers));
    let text = match value {
        Some(Tree::List(items)) if is_list => the_only(items),
        value => value.and_then(Tree::text),
    };
    let text = text.map(|text| text.strip_prefix(prefix).unwrap_or(text));
    match setting {
        Setting::Model(capability) => match pin(rules, capability) {
            None => Some(Deed::Refuse),
            Some(pin) if text == Some(pin) => None,
            Some(_) if gate => Some(Deed::Refuse),
            Some(pin) => Some(Deed::Set(pin.into())),
        },
        Setting::Effort => word(rules.effort, text),
        Setting::Tier => word(rules.tier, text),
        // A listed one is no setting.
        Setting::ToolType => Some(Deed::Refuse),
        Setting::OtherSelector(..) | Setting::Limited(..) if is_null => None,
        Setting::OtherSelector(_, remedy) if is_empty && remedy != ForceAction::Pin => None,
        Setting::Limited(condition, limit) => {
            let pin = match condition {
                Condition::Always => Some("standard"),
                Condition::EffortPinned => rules.effort,
                Condition::TierPinned => rules.tier,
            }?;
            match limit {
                Limit::Drop | Limit::Refuse if text == Some(pin) => None,
                Limit::Only(word) if text == Some(word.as_str()) => None,
                Limit::Drop => Some(Deed::Drop),
                Limit::Only(word) if condition != Condition::Always => {
                    Some(Deed::Set(word.as_str().into()))
                }
                Limit::Only(_) | Limit::Refuse => Some(Deed::Refuse),
            }
        }
        Setting::OtherSelector(capability, ForceAction::DropOthers) => {
            let pin = pin(rules, capability);
            (pin.is_none() || text != pin).then_some(Deed::Drop)
        }
        Setting::OtherSelector(_, ForceAction::Drop | ForceAction::DropCredential) => {
            Some(Deed::Drop)
        }
        Setting::OtherSelector(capability, remedy) => {
            let pin = pin(rules, capability);
            match (pin, remedy) {
                (Some(pin), ForceAction::Pin) if text == Some(pin) => None,
                (Some(pin), ForceAction::Pin) => Some(Deed::Set(pin.into())),
                _ => Some(Deed::Refuse),
            }
        }
    }
}

/// The text that each item of a list is.
fn the_only(items: &[Tree]) -> Option<&str> {
    let first = items.first()?.text()?;
    items
        .iter()
        .all(|item| item.text() == Some(first))
        .then_some(first)
}

fn word(pin: Option<&str>, text: Option<&str>) -> Option<Deed> {
    let pin = pin?;
    (text != Some(pin)).then(|| Deed::Set(pin.into()))
}

fn pin(rules: &Rules, capability: Capability) -> Option<&'static str> {
    match capability {
        Capability::Generation => Some(crate::PIN),
        Capability::Image => rules.image,
        Capability::Moderation => rules.moderation,
        Capability::Audio | Capability::Embedding | Capability::Video => None,
    }
}

pub(crate) fn steps(pointer: &str) -> Place {
    pointer
        .split('/')
        .skip(1)
        .map(ToString::to_string)
        .collect()
}

/// Every place that a pointer leads to.
fn find<'t>(
    tree: &'t Tree,
    steps: &[String],
    at: &mut Place,
    found: &mut Vec<(Place, Option<&'t Tree>)>,
) {
    let Some((step, rest)) = steps.split_first() else {
        found.push((at.clone(), Some(tree)));
        return;
    };
    let mut go = |name: String, value: &'t Tree| {
        at.push(name);
        find(value, rest, at, found);
        at.pop();
    };
    if step == "*" {
        for (index, item) in tree.items().iter().enumerate() {
            go(index.to_string(), item);
        }
    } else if step == "{}" {
        for member in tree.members() {
            go(member.name.clone(), &member.value);
        }
    } else if let Some(value) = tree.get(step) {
        go(step.clone(), value);
    }
}

/// Whether governed places have the shape that the pointers expect, and plain names around them.
fn is_plain(tree: &Tree, entries: &[Entry]) -> bool {
    let pointers: Vec<Place> = entries.iter().map(|entry| steps(&entry.pointer)).collect();
    let pointers: Vec<&[String]> = pointers.iter().map(Vec::as_slice).collect();
    plain_below(tree, &pointers, true)
}

fn plain_below(tree: &Tree, pointers: &[&[String]], root: bool) -> bool {
    let next: Vec<&str> = pointers
        .iter()
        .filter_map(|steps| steps.first().map(String::as_str))
        .collect();
    let below = |step: &str| -> Vec<&[String]> {
        let mut inner = Vec::new();
        for steps in pointers {
            if let Some((first, rest)) = steps.split_first()
                && first == step
            {
                inner.push(rest);
            }
        }
        inner
    };
    let each = next.contains(&"*");
    let names: Vec<&str> = next
        .iter()
        .copied()
        .filter(|step| !matches!(*step, "*" | "{}"))
        .collect();
    match tree {
        Tree::List(items) => {
            (each || names.is_empty())
                && items
                    .iter()
                    .all(|item| plain_below(item, &below("*"), false))
        }
        Tree::Object(members) => {
            (!each || !names.is_empty())
                && members.iter().all(|member| {
                    (names.is_empty() || may_stand(member, &names, root))
                        && plain_below(&member.value, &below(&member.name), false)
                })
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => true,
    }
}

/// Whether a name beside governed ones is plain, and no other spelling of one of them.
fn may_stand(member: &Member, names: &[&str], root: bool) -> bool {
    let name = member.written.as_str();
    let bare = if root {
        name
    } else {
        name.strip_prefix(['$', '_']).unwrap_or(name)
    };
    let plain = bare.starts_with(|c: char| c.is_ascii_alphabetic())
        && bare
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let fold = |name: &str| name.replace(['$', '_', '-'], "").to_ascii_lowercase();
    names.contains(&name) || (plain && !names.iter().any(|known| fold(known) == fold(name)))
}

fn drop_at(tree: &mut Tree, place: &[String]) {
    match (tree, place) {
        (Tree::Object(members), [name]) => members.retain(|member| member.name != *name),
        (Tree::Object(members), [name, rest @ ..]) => {
            let inner = members.iter_mut().filter(|member| member.name == *name);
            inner.for_each(|member| drop_at(&mut member.value, rest));
        }
        (Tree::List(items), [index, rest @ ..]) => {
            drop_at(&mut items[index.parse::<usize>().unwrap()], rest);
        }
        _ => {}
    }
}

/// Writes a text at a place, with the objects on the way to it.
fn set_at(tree: &mut Tree, place: &[String], text: &str) {
    let Some((step, rest)) = place.split_first() else {
        *tree = Tree::Text(text.into());
        return;
    };
    if let Tree::List(items) = tree {
        let index: usize = step.parse().unwrap();
        set_at(&mut items[index], rest, text);
        return;
    }
    if !matches!(tree, Tree::Object(_)) {
        *tree = Tree::Object(Vec::new());
    }
    let Tree::Object(members) = tree else { return };
    let index = members.iter().position(|member| member.name == *step);
    let index = index.unwrap_or_else(|| {
        members.push(Member {
            name: step.clone(),
            written: step.clone(),
            value: Tree::Null,
        });
        members.len() - 1
    });
    set_at(&mut members[index].value, rest, text);
}
