//! How differently the same bytes can be read: one function per plausible decoder of an upstream.

use serde::Deserialize;

use crate::tree::{Member, Tree};

/// The model that each decoder reads at the top level, by the decoder's name; without those that refuse
/// a text that is JSON.
pub(crate) fn models(bytes: &[u8]) -> Vec<(&'static str, Option<String>)> {
    let tree = Tree::parse(bytes).unwrap_or(Tree::Null);
    let members = tree.members();
    let mut models = vec![
        ("first wins", first(members, |m| m.name == "model")),
        ("last wins", last(members, |m| m.name == "model")),
        ("as written", first(members, |m| m.written == "model")),
        (
            "any case, first",
            first(members, |m| m.name.eq_ignore_ascii_case("model")),
        ),
        (
            "any case, last",
            last(members, |m| fold(&m.name) == "model"),
        ),
        // Go's encoding/json/v2 matches so.
        (
            "without dashes",
            last(members, |m| {
                fold(&m.name).replace(['-', '_'], "") == "model"
            }),
        ),
        (
            "to the first NUL",
            last(members, |m| m.name.split('\0').next() == Some("model")),
        ),
        ("trimmed", last(members, |m| m.name.trim() == "model")),
        (
            "form style",
            last(members, |m| {
                let stem: Vec<&str> = m.name.split(['[', '.']).collect();
                stem.first() == Some(&"model")
            }),
        ),
        ("serde derive", derived(bytes)),
    ];
    models.extend(value(bytes).map(|model| ("serde_json::Value", model)));
    models
}

fn first(members: &[Member], is_model: impl Fn(&Member) -> bool) -> Option<String> {
    members.iter().find(|m| is_model(m)).and_then(text)
}

fn last(members: &[Member], is_model: impl Fn(&Member) -> bool) -> Option<String> {
    members.iter().rev().find(|m| is_model(m)).and_then(text)
}

fn text(member: &Member) -> Option<String> {
    member.value.text().map(ToString::to_string)
}

/// Lower case as Unicode has it, look-alikes of Latin letters included.
fn fold(name: &str) -> String {
    name.to_lowercase().replace('\u{17f}', "s")
}

/// Nothing where it refuses the text, as it does with numbers beyond `f64`.
#[expect(
    clippy::disallowed_types,
    clippy::option_option,
    reason = "a decoder that upstreams use; outer: whether it reads, inner: what"
)]
fn value(bytes: &[u8]) -> Option<Option<String>> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let model = value.get("model").and_then(|model| model.as_str());
    Some(model.map(ToString::to_string))
}

fn derived(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        model: String,
    }
    serde_json::from_slice(bytes)
        .ok()
        .map(|body: Body| body.model)
}

/// Members that select a model besides `model`, in every generation request; none may be left.
const SIDE: [&str; 37] = [
    "models",
    "fallbacks",
    "fallback",
    "contextwindowfallbacks",
    "contentpolicyfallbacks",
    "route",
    "draftmodel",
    "targetmodelnames",
    "preset",
    "plugins",
    "provider",
    "provideroptions",
    "modellist",
    "routersettingsoverride",
    "userconfig",
    "apibase",
    "baseurl",
    "extrabody",
    "completion",
    "session",
    "response",
    "adapterid",
    "lora",
    "engine",
    "deployment",
    "deploymentid",
    "modelid",
    "modelname",
    "agent",
    "agentid",
    "assistant",
    "assistantid",
    "promptid",
    "proto",
    "modelarray",
    "modelref",
    "modeluri",
];

/// The first secondary selector that is left in a text, `null` apart.
///
/// `image` and `moderation` are the pins that may stand at the places of their own.
pub(crate) fn secondary(
    bytes: &[u8],
    path: &str,
    image: Option<&str>,
    moderation: Option<&str>,
) -> Option<String> {
    let tree = Tree::parse(bytes)?;
    let left = tree.members().iter().find(|m| {
        let plain = fold(&m.name).replace(['-', '_'], "");
        let selects = !matches!(&m.value, Tree::Null) && !is_empty(&m.value) && !is_only_pin(m);
        selects && SIDE.contains(&plain.as_str())
    });
    if let Some(left) = left {
        return Some(left.name.clone());
    }
    if path.ends_with("/completions") && !path.contains("chat") {
        return None;
    }
    let image = image.filter(|_| !path.contains("chat"));
    let mut lists = vec![tree.get("tools")];
    if !path.contains("chat") {
        lists.push(tree.get("prompt"));
        let input = tree.get("input").map(Tree::items).unwrap_or_default();
        lists.extend(input.iter().map(|item| item.get("tools")));
    }
    if tree
        .get("prompt")
        .is_some_and(|prompt| *prompt != Tree::Null && !is_empty(prompt))
    {
        return Some("prompt".into());
    }
    let tools = lists.into_iter().flatten().flat_map(Tree::items);
    if tools.clone().any(|tool| selects(tool.get("model"), image)) {
        return Some("tools/model".into());
    }
    let word = |kind: &Tree| kind.text().is_some_and(|kind| !kind.contains(':'));
    if tools
        .clone()
        .any(|tool| tool.get("type").is_some_and(|kind| !word(kind)))
    {
        return Some("tools/type".into());
    }
    let moderator = tree.get("moderation").and_then(|m| m.get("model"));
    selects(moderator, moderation).then(|| "moderation/model".into())
}

/// An object or a list with nothing in it.
fn is_empty(tree: &Tree) -> bool {
    match tree {
        Tree::List(items) => items.is_empty(),
        Tree::Object(members) => members.is_empty(),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => false,
    }
}

/// A list of further models, or one of them, that names the pin alone.
fn is_only_pin(member: &Member) -> bool {
    let listing = ["models", "fallbacks", "fallback"].contains(&member.name.as_str());
    let is_pin = |tree: &Tree| tree.text() == Some(crate::PIN);
    listing
        && (is_pin(&member.value)
            || (!member.value.items().is_empty() && member.value.items().iter().all(is_pin)))
}

/// Whether a place names anything but its pin.
fn selects(place: Option<&Tree>, pin: Option<&str>) -> bool {
    match place {
        None | Some(Tree::Null) => false,
        Some(value) if is_empty(value) => false,
        Some(value) => pin.is_none() || value.text() != pin,
    }
}

#[test]
fn decoders_read_ambiguous_texts_differently() {
    let read = |text: &str| -> Vec<Option<String>> {
        models(text.as_bytes())
            .into_iter()
            .map(|(_, model)| model)
            .collect()
    };
    for text in [
        r#"{"model":"a","model":"b"}"#,
        r#"{"model":"a","Model":"b"}"#,
        r#"{"model":"a","m_o_d_e_l":"b"}"#,
        r#"{"\u006dodel":"a"}"#,
        r#"{"model":"a","model\u0000":"b"}"#,
        r#"{"model":"a","model[]":"b"}"#,
    ] {
        let read = read(text);
        assert!(read.iter().any(|model| *model != read[0]), "{text}");
    }
    assert!(
        read(r#"{"model":"a","x":"b"}"#)
            .iter()
            .all(|m| m.as_deref() == Some("a"))
    );
}
