//! A list of models, cut down to what may be used (rule 12).

use alloc::string::String;
use alloc::vec::Vec;

use super::json_body::remove_commas;
use crate::Policy;
use crate::edit::{Edit, apply};
use crate::json::{Hit, JsonError, Tree, decode, scan};

/// The arrays that hold models, and the member that names each: the API's list, codex's catalog.
const LISTS: [(&str, &str); 5] = [
    ("/data/*", "/data/*/id"),
    ("/models/*", "/models/*/id"),
    ("/models/*", "/models/*/slug"),
    ("/models/*", "/models/*/name"),
    ("/models/*", "/models/*/model"),
];

/// The list with the pinned models in it and no other. In any other respect it is what the upstream
/// sent, byte for byte.
///
/// # Errors
///
/// [`JsonError`] where the answer is no list that can be read; it must not be shown then.
pub fn only_pinned(policy: &Policy, answer: &[u8]) -> Result<Vec<u8>, JsonError> {
    let mut tree = Tree::default();
    tree.set_cap(CAP);
    for (index, (element, name)) in LISTS.iter().enumerate() {
        tree.insert(element, LISTS.len());
        tree.insert(name, index);
    }
    let hits = scan(answer, &tree)?;
    let (elements, names): (Vec<&Hit>, Vec<&Hit>) =
        hits.iter().partition(|hit| hit.selector == LISTS.len());
    // Hits come in the order of the text, so those inside an element stand together.
    let kept = |element: &Hit| {
        let first = names.partition_point(|name| name.start < element.value.start);
        let behind = names.get(first..).unwrap_or_default();
        let mut own = behind
            .iter()
            .take_while(|name| name.value.end < element.value.end);
        own.any(|name| is_pinned(policy, answer, name))
    };
    let drops = elements.into_iter().filter(|element| !kept(element));
    let edits = drops
        .map(|element| Edit {
            at: element.value.clone(),
            text: String::new(),
        })
        .collect();
    Ok(apply(answer, remove_commas(answer, edits)))
}

fn is_pinned(policy: &Policy, answer: &[u8], name: &Hit) -> bool {
    let text = answer.get(name.value.clone()).and_then(decode);
    // Google writes a model as the resource `models/NAME`.
    let name = text
        .as_deref()
        .map(|text| text.strip_prefix("models/").unwrap_or(text));
    name.is_some_and(|name| policy.pinned().any(|pin| pin == name))
}

/// The most places of a list that are read. The list is the provider's, and its bytes are bounded.
const CAP: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;

    #[test]
    fn model_list_has_the_pinned_models_alone() {
        let policy = PolicyConfig::from_toml("model='p'\n[pins]\nembedding='e'")
            .build()
            .unwrap();
        let cut = |text: &str| {
            only_pinned(&policy, text.as_bytes()).map(|out| String::from_utf8(out).unwrap())
        };
        let list =
            r#"{"object":"list","data":[{"id":"a"},{"id":"p","x":1}, {"id":"e"},{"id":"z"}]}"#;
        assert_eq!(
            cut(list).unwrap(),
            r#"{"object":"list","data":[{"id":"p","x":1}, {"id":"e"}]}"#
        );
        assert_eq!(
            cut(r#"{"models":[{"slug":"a"},{"slug":"b"}]}"#).unwrap(),
            r#"{"models":[]}"#
        );
        assert_eq!(
            cut(r#"{"models":[{"slug":"p","display_name":"P"}]}"#).unwrap(),
            r#"{"models":[{"slug":"p","display_name":"P"}]}"#
        );
        assert_eq!(
            cut(r#"{"models":[{"name":"models/a"},{"name":"models/p"}]}"#).unwrap(),
            r#"{"models":[{"name":"models/p"}]}"#
        );
        assert!(cut("<html>").is_err());
    }
}
