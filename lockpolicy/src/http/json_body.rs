//! A JSON content: what it states, by the entries of its operation.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::dialect::{Entry, Places};
use crate::edit::Edit;
use crate::finds::{EditSpan, Finds};
use crate::json::{Hit, JsonError, Kind, Tree, decode, encode, scan};
use crate::{ForceAction, SelectorValue, Setting};

/// Finds what a content states.
///
/// # Errors
///
/// [`JsonError`] where it is not one complete I-JSON object, or states too much.
pub(crate) fn finds<'a>(places: &'a Places, input: &'a [u8]) -> Result<Finds<'a>, JsonError> {
    let hits = scan(input, &places.tree)?;
    let mut finds = Finds::default();
    for hit in &hits {
        let entry = places.entries.get(hit.selector);
        if let Some((entry, setting)) = entry.and_then(|entry| Some((entry, entry.setting?))) {
            let place = EditSpan {
                value: hit.value.clone(),
                whole: hit.start..hit.value.end,
                prefix: entry.prefix.clone(),
                ..EditSpan::default()
            };
            let stated = if let Setting::OtherSelector(_, force_action) = setting {
                stated_further(input, hit, entry, force_action)
            } else {
                stated(input, hit, entry)
            };
            if !entry.tools.as_ref().is_some_and(|tools| tools.has(&stated)) {
                finds.push(setting, stated, &entry.pointer, place);
            }
        }
    }
    for (index, entry) in places.entries.iter().enumerate() {
        let Some(setting) = entry.setting.filter(|_| entry.insert_if_missing) else {
            continue;
        };
        for (from, own) in objects_with(&hits, entry)? {
            if own.iter().any(|hit| hit.selector == index) {
                continue;
            }
            let place = EditSpan {
                prefix: entry.prefix.clone(),
                ..insertion_point(places, input, own, from, entry)
            };
            finds.push(setting, SelectorValue::Missing, &entry.pointer, place);
            places.tree.check(finds.places.len())?;
        }
    }
    Ok(finds)
}

/// Every object that has to state an entry: the whole content, or each element of an array. Where it
/// begins, and what was found inside.
///
/// # Errors
///
/// [`JsonError::Shape`] where such an element is no object.
fn objects_with<'h>(hits: &'h [Hit], entry: &Entry) -> Result<Vec<(usize, &'h [Hit])>, JsonError> {
    let Some(each) = entry.each else {
        return Ok(vec![(0, hits)]);
    };
    let mut out = Vec::new();
    for (at, element) in hits.iter().enumerate() {
        if element.selector != each {
            continue;
        }
        if element.kind != Kind::Object {
            return Err(JsonError::Shape);
        }
        // Hits come in the order of the text, so those inside an element stand together.
        let behind = hits.get(at + 1..).unwrap_or_default();
        let is_inside = |hit: &&Hit| hit.value.start < element.value.end;
        let count = behind.iter().take_while(is_inside).count();
        out.push((element.value.start, behind.get(..count).unwrap_or_default()));
    }
    Ok(out)
}

/// The longest spelling of a text that is decoded. No name is as long, not in escapes either, so a longer text is
/// judged as it is written, without a copy of it.
const LONGEST: usize = 4 << 10;

/// Returns what stands at a place. Where it is any member of an object, that is the member's name.
fn stated<'a>(input: &'a [u8], hit: &Hit, entry: &Entry) -> SelectorValue<'a> {
    if entry.pointer.ends_with("/{}") {
        let name = hit.name(input);
        return name.map_or(SelectorValue::NotText, SelectorValue::Text);
    }
    match hit.kind {
        Kind::Null => SelectorValue::Null,
        Kind::String if hit.value.len() > LONGEST => {
            let inside = hit.value.start + 1..hit.value.end - 1;
            let text = input
                .get(inside)
                .and_then(|text| core::str::from_utf8(text).ok());
            text.map_or(SelectorValue::NotText, |text| {
                SelectorValue::Text(Cow::Borrowed(text))
            })
        }
        Kind::String => {
            input
                .get(hit.value.clone())
                .and_then(decode)
                .map_or(SelectorValue::NotText, |text| {
                    SelectorValue::Text(match without_prefix(text, &entry.prefix) {
                        text if entry.any_case => Cow::Owned(text.to_ascii_lowercase()),
                        text => text,
                    })
                })
        }
        Kind::Array | Kind::Object | Kind::Scalar => SelectorValue::NotText,
    }
}

/// Returns what stands at the place of a further selector. An empty object or array selects nothing there. Where it lists
/// models, several of one name are that name.
fn stated_further<'a>(
    input: &'a [u8],
    hit: &Hit,
    entry: &Entry,
    force_action: ForceAction,
) -> SelectorValue<'a> {
    let value = input.get(hit.value.clone()).unwrap_or_default();
    match hit.kind {
        Kind::Array | Kind::Object if force_action != ForceAction::Pin && is_empty(value) => {
            SelectorValue::Null
        }
        Kind::Array if force_action == ForceAction::DropOthers => only_name(value)
            .map_or(SelectorValue::NotText, |name| {
                SelectorValue::Text(name.into())
            }),
        Kind::Array | Kind::Null | Kind::Object | Kind::Scalar | Kind::String => {
            stated(input, hit, entry)
        }
    }
}

/// Returns true for an object or an array in which nothing stands.
fn is_empty(value: &[u8]) -> bool {
    let inside = value.get(1..value.len().saturating_sub(1));
    inside.is_some_and(|inside| inside.iter().all(|byte| is_blank(*byte)))
}

/// Returns the name that is each element of an array.
fn only_name(array: &[u8]) -> Option<String> {
    (array.len() <= LONGEST).then_some(())?;
    let object = [b"{\"names\":", array, b"}"].concat();
    let mut tree = Tree::default();
    tree.insert("/names/*", 0);
    let hits = scan(&object, &tree).ok()?;
    let mut names = hits
        .iter()
        .map(|hit| decode(object.get(hit.value.clone())?).map(Cow::into_owned));
    let first = names.next()??;
    names
        .all(|name| name.as_ref() == Some(&first))
        .then_some(first)
}

/// The model's name, without what may stand in front of it.
fn without_prefix<'a>(text: Cow<'a, str>, prefix: &str) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix(prefix).unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.strip_prefix(prefix).unwrap_or(&text).into()),
    }
}

/// Returns where an absent member is put in: in front of the object's others, with the objects around it that
/// are missing too. `from` is where the outermost of these begins, `hits` what was found in it.
fn insertion_point(
    places: &Places,
    input: &[u8],
    hits: &[Hit],
    from: usize,
    entry: &Entry,
) -> EditSpan {
    let name = |pointer: &str| [&encode(last(pointer)), ":"].concat();
    let own = name(&entry.pointer);
    let Some(parent) = entry.parent else {
        return inside(input, from, own, "");
    };
    let around = places.entries.get(parent);
    let around = around.map_or("", |parent| parent.pointer.as_str());
    match hits.iter().find(|hit| hit.selector == parent) {
        Some(hit) if hit.kind == Kind::Object => inside(input, hit.value.start, own, ""),
        Some(hit) => EditSpan {
            value: hit.value.clone(),
            wrapper: (["{", &own].concat(), String::from("}")),
            ..EditSpan::default()
        },
        None => inside(input, from, [&name(around), "{", &own].concat(), "}"),
    }
}

/// The place behind the opening brace of the object that begins at or behind `from`.
pub(crate) fn inside(input: &[u8], from: usize, before: String, after: &str) -> EditSpan {
    let rest = input.get(from..).unwrap_or_default();
    let at = from + rest.iter().position(|byte| *byte == b'{').unwrap_or(0) + 1;
    let mut behind = input.get(at..).unwrap_or_default().iter();
    let first = behind.find(|byte| !is_blank(**byte)) == Some(&b'}');
    let comma = if first { "" } else { "," };
    EditSpan {
        value: at..at,
        wrapper: (before, [after, comma].concat()),
        whole: at..at,
        first,
        prefix: String::new(),
    }
}

fn last(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or(pointer, |(_, last)| last)
}

/// Lets the commas go with the members that are dropped, so that what is left is an object again.
///
/// Neighbours that are dropped together go as one; the comma behind them goes too, or else the one in
/// front, or else, where nothing is left of the object, that of a member put in.
///
/// Time grows with the number of edits, but for sorting them.
pub(crate) fn remove_commas(input: &[u8], edits: Vec<Edit>) -> Vec<Edit> {
    let (mut drops, mut kept): (Vec<Edit>, Vec<Edit>) =
        edits.into_iter().partition(|edit| edit.text.is_empty());
    drops.sort_by_key(|edit| edit.at.start);
    kept.sort_by_key(|edit| edit.at.end);
    let mut runs: Vec<Range<usize>> = Vec::new();
    for Edit { at, .. } in drops {
        match runs.last_mut() {
            Some(run) if is_gap(input.get(run.end..at.start).unwrap_or_default()) => {
                run.end = at.end;
            }
            _ => runs.push(at),
        }
    }
    let dropped = runs.into_iter().map(|run| Edit {
        at: with_comma(input, run.clone()).unwrap_or_else(|| {
            strip_comma(input, &mut kept, run.start);
            run
        }),
        text: String::new(),
    });
    let dropped: Vec<Edit> = dropped.collect();
    kept.extend(dropped);
    kept
}

/// Returns true if nothing but one comma and blanks stands between two members.
fn is_gap(between: &[u8]) -> bool {
    between.iter().all(|byte| is_blank(*byte) || *byte == b',')
}

fn with_comma(input: &[u8], run: Range<usize>) -> Option<Range<usize>> {
    let behind = input.get(run.end..).unwrap_or_default();
    let gap = behind.iter().position(|byte| !is_blank(*byte));
    if let Some(gap) = gap.filter(|gap| behind.get(*gap) == Some(&b',')) {
        let end = run.end + gap + 1;
        let rest = input.get(end..).unwrap_or_default().iter();
        let blanks = rest.take_while(|byte| is_blank(**byte)).count();
        return Some(run.start..end + blanks);
    }
    let before = input.get(..run.start).unwrap_or_default();
    let last = before.iter().rposition(|byte| !is_blank(*byte));
    let comma = last.filter(|at| before.get(*at) == Some(&b','));
    comma.map(|comma| comma..run.end)
}

/// Takes the comma off what is put in right before `start`: nothing follows it any more. The edits are in
/// the order of their ends.
fn strip_comma(input: &[u8], kept: &mut [Edit], start: usize) {
    let count = kept.partition_point(|edit| edit.at.end <= start);
    let last = count.checked_sub(1).and_then(|last| kept.get_mut(last));
    if let Some(edit) = last
        && is_gap(input.get(edit.at.end..start).unwrap_or(b"x"))
        && edit.text.ends_with(',')
    {
        edit.text.pop();
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
