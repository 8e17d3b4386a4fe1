//! The second implementation has to agree: on the decision, and on the document that goes on.

use lockpolicy::json::DEPTH_CAP;
use lockpolicy::{Decision, Source};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::generated_request::{GeneratedRequest, Rules, generated_request};
use crate::naive::{Answer, judge};
use crate::tree::Tree;
use crate::{PIN, cases, judged, sent, table};

/// Compares both implementations on one request.
pub(crate) fn agree(request: &GeneratedRequest) -> Result<(), TestCaseError> {
    let found = table().find("POST", request.path).unwrap();
    let naive = judge(request, found.operation);
    let judged = judged(request);
    let answer = match judged.verdict.decision {
        Decision::Pass => Answer::Pass,
        Decision::Reject(_) => Answer::Reject,
        Decision::Rewrite(_) => {
            let sent = sent(request, &judged).unwrap_or_default();
            let text = String::from_utf8_lossy(&sent).into_owned();
            let tree = Tree::parse(&sent);
            prop_assert!(tree.is_some(), "no JSON any more: {text}");
            Answer::Rewrite(tree.unwrap_or(Tree::Null))
        }
    };
    let text = String::from_utf8_lossy(&request.body);
    prop_assert_eq!(answer.sorted(), naive.sorted(), "{}", text);
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn input_gets_the_same_verdict_of_both_implementations(request in generated_request()) {
        agree(&request)?;
    }
}

/// The deepest text that is taken, and the one that is not.
#[test]
fn document_deeper_than_the_cap_is_refused() {
    for (depth, passes) in [(DEPTH_CAP, true), (DEPTH_CAP + 1, false)] {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        let body = format!("{{\"model\":\"{PIN}\",\"a\":{open}{close}}}").into_bytes();
        let request = GeneratedRequest {
            rules: Rules::plain("force"),
            path: "/v1/responses",
            source: Source::User,
            body,
        };
        assert_eq!(
            judged(&request).verdict.decision == Decision::Pass,
            passes,
            "{depth}"
        );
        agree(&request).unwrap();
    }
}
