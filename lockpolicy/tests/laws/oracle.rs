//! The second implementation has to agree: on the decision, and on the document that goes on.

use lockpolicy::Decision;
use lockpolicy::dialect::{Content, Operation};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::naive::{Answer, judge};
use crate::tree::Tree;
use crate::wish::{Wish, wish};
use crate::{cases, judged, sent, table};

/// Compares both implementations on one wish.
pub(crate) fn agree(wish: &Wish) -> Result<(), TestCaseError> {
    let found = table().find("POST", wish.path).unwrap();
    let naive = judge(wish, found.operation);
    let judged = judged(wish);
    let answer = match judged.verdict.decision {
        Decision::Pass => Answer::Pass,
        Decision::Reject(_) => Answer::Reject,
        Decision::Rewrite(_) => {
            let sent = sent(wish, &judged).unwrap_or_default();
            let text = String::from_utf8_lossy(&sent).into_owned();
            let tree = Tree::parse(&sent);
            prop_assert!(tree.is_some(), "no JSON any more: {text}");
            Answer::Rewrite(tree.unwrap_or(Tree::Null))
        }
    };
    let text = String::from_utf8_lossy(&wish.body);
    prop_assert_eq!(sorted(answer), sorted(naive), "{}", text);
    Ok(())
}

fn sorted(answer: Answer) -> Answer {
    match answer {
        Answer::Rewrite(tree) => Answer::Rewrite(tree.sorted()),
        plain @ (Answer::Pass | Answer::Reject) => plain,
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn both_implementations_agree(wish in wish()) {
        agree(&wish)?;
    }
}

/// A pointer twice in one operation would have the later rule hide the earlier one; an expected
/// member more than one object deep would be put in at the wrong place.
#[test]
fn the_tables_say_each_thing_once() {
    let operations = table()
        .dialects()
        .iter()
        .flat_map(|dialect| &dialect.operations);
    for operation in operations.filter(|operation| operation.content == Content::Json) {
        check(operation);
    }
}

fn check(operation: &Operation) {
    let entries = &operation.places.entries;
    let mut pointers: Vec<&str> = entries.iter().map(|entry| entry.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert!(
        pointers.array_windows().all(|[a, b]| a != b),
        "{}: {pointers:?}",
        operation.pattern
    );
    for entry in entries.iter().filter(|entry| entry.expected) {
        let depth = entry.pointer.matches('/').count();
        assert!(depth <= 2, "{}: {}", operation.pattern, entry.pointer);
    }
}
