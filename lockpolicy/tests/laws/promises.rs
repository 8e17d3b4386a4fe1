//! The laws of lockpolicy that hold for every text: untouched, minimal, settled, seen by all, total,
//! monotone.

use lockpolicy::http::model_list;
use lockpolicy::{Decision, edit};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::generated_request::{GeneratedRequest, Rules, generated_request};
use crate::tree::Tree;
use crate::{PIN, cases, decoders, judged, judged_as, policy, sent};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

proptest! {
    #![proptest_config(cases())]

    /// Pass carries no cut; a refusal carries none either.
    #[test]
    fn approved_request_is_untouched(request in generated_request()) {
        let judged = judged(&request);
        if !matches!(judged.verdict.decision, Decision::Rewrite(_)) {
            prop_assert!(judged.content.is_empty() && judged.path.is_empty());
            prop_assert!(judged.headers.is_empty());
        }
    }

    /// A rewrite takes out or replaces whole governed values, and keeps every other byte in order.
    #[test]
    fn forced_request_differs_in_the_forced_values_alone(request in generated_request()) {
        let judged = judged(&request);
        let mut edits = judged.content.clone();
        edits.sort_by_key(|edit| edit.at.start);
        for pair in edits.array_windows::<2>() {
            prop_assert!(pair[0].at.end <= pair[1].at.start, "overlap in {:?}", edits);
        }
        for edit in &edits {
            prop_assert!(edit.at.end <= request.body.len());
            let gone = &request.body[edit.at.clone()];
            prop_assert!(is_whole(gone, edit.text.is_empty()), "cuts {:?}", text(gone));
        }
        let mut spliced = request.body.clone();
        for edit in edits.iter().rev() {
            spliced.splice(edit.at.clone(), edit.text.bytes());
        }
        // Edits that put in at one place keep their order only when they are spliced in that order.
        let applied = edit::apply(&request.body, judged.content);
        let (mut one, mut other) = (spliced, applied.clone());
        prop_assert_eq!(one.len(), other.len());
        if edits.array_windows().all(|[a, b]| a.at.start < b.at.start) {
            prop_assert_eq!(text(&one), text(&other));
        }
        one.sort_unstable();
        other.sort_unstable();
        prop_assert_eq!(one, other);
        prop_assert!(kept_in_order(&request.body, &edits, &applied));
    }

    /// What was rewritten passes, and is no attempt any more.
    #[test]
    fn forced_request_passes_when_judged_again(request in generated_request()) {
        let first = judged(&request);
        if let (Decision::Rewrite(_), Some(body)) = (&first.verdict.decision, sent(&request, &first)) {
            let again = judged_as(&request, &request.rules, &body);
            prop_assert_eq!(&again.verdict.decision, &Decision::Pass, "{}", text(&body));
            prop_assert_eq!(again.verdict.attempts, vec![], "{}", text(&body));
        }
    }

    /// Whatever goes on under a lock, every decoder reads the pin in it, and no other selector.
    #[test]
    fn forced_request_names_the_pin_to_every_decoder(request in generated_request()) {
        let mode = if request.rules.mode == "reject" { "reject" } else { "force" };
        let request = GeneratedRequest { rules: Rules { mode, ..request.rules.clone() }, ..request };
        let judged = judged(&request);
        let Some(body) = sent(&request, &judged) else { return Ok(()) };
        for (decoder, model) in decoders::models(&body) {
            prop_assert!(
                model.as_deref() == Some(PIN),
                "{decoder} reads {model:?} in {}", text(&body)
            );
        }
        let left = decoders::secondary(&body, request.path, request.rules.image, request.rules.moderation);
        prop_assert_eq!(left, None, "{}", text(&body));
    }

    /// Audit passes whatever is understood, byte for byte.
    #[test]
    fn decidable_request_in_report_only_passes(request in generated_request()) {
        let rules = request.rules.clone();
        let report_only = Rules { mode: "report_only", ..rules };
        let force = Rules { mode: "force", ..rules };
        let seen = judged_as(&request, &report_only, &request.body);
        match seen.verdict.decision {
            Decision::Pass => {}
            Decision::Rewrite(_) => prop_assert!(false, "report_only rewrites {}", text(&request.body)),
            Decision::Reject(refused) => prop_assert!(
                refused.reason.is_undecidable(),
                "report_only refuses {} for {refused}", text(&request.body)
            ),
        }
        // Audit counts what force acts upon.
        let acted = judged_as(&request, &force, &request.body);
        prop_assert_eq!(seen.verdict.attempts.len(), acted.verdict.attempts.len());
    }

    /// A further restriction never loosens what is decided.
    #[test]
    fn refused_request_is_refused_by_a_stricter_policy(request in generated_request()) {
        let before = rank(&judged(&request).verdict.decision);
        for stricter in stricter(&request.rules) {
            let after = rank(&judged_as(&request, &stricter, &request.body).verdict.decision);
            prop_assert!(before <= after, "{:?} to {stricter:?}: {}", request.rules, text(&request.body));
        }
    }

    /// Every byte string gets a decision.
    #[test]
    fn text_of_any_bytes_gets_a_verdict(request in generated_request(), noise in vec(any::<u8>(), 0..200), json in "[\\[\\]{}\":,\\\\u0 a1e.-]{0,60}") {
        let object = format!("{{{json}}}").into_bytes();
        for body in [noise, json.into_bytes(), object] {
            crate::oracle::agree(&GeneratedRequest { body, ..request.clone() })?;
        }
    }
}

/// Whether what was cut is one value, or one or more members or elements with their commas.
fn is_whole(gone: &[u8], dropped: bool) -> bool {
    let inner = text(gone);
    let inner = inner.trim_matches([',', ' ', '\t', '\r', '\n']);
    match (dropped, gone.is_empty()) {
        (_, true) => true,
        (false, false) => Tree::parse(gone).is_some(),
        (true, false) => Tree::parse(format!("{{{inner}}}").as_bytes()).is_some(),
    }
}

/// Whether the bytes outside of all edits stand in the result, in their order.
fn kept_in_order(input: &[u8], edits: &[edit::Edit], output: &[u8]) -> bool {
    let mut rest = output;
    let mut at = 0;
    for edit in edits {
        let Some(behind) = rest.strip_prefix(&input[at..edit.at.start.max(at)]) else {
            return false;
        };
        let Some(behind) = behind.strip_prefix(edit.text.as_bytes()) else {
            return false;
        };
        (rest, at) = (behind, edit.at.end);
    }
    rest == &input[at..]
}

fn rank(decision: &Decision) -> u8 {
    match decision {
        Decision::Pass => 0,
        Decision::Rewrite(_) => 1,
        Decision::Reject(_) => 2,
    }
}

/// The same rules with one restriction more, each in turn.
fn stricter(rules: &Rules) -> Vec<Rules> {
    let with = |change: &dyn Fn(&mut Rules)| {
        let mut rules = rules.clone();
        change(&mut rules);
        rules
    };
    let mut all = vec![
        with(&|r| r.image = None),
        with(&|r| r.moderation = None),
        with(&|r| r.alias = None),
        with(&|r| r.effort = r.effort.or(Some("low"))),
        with(&|r| r.tier = r.tier.or(Some("flex"))),
    ];
    if rules.mode != "reject" {
        all.push(with(&|r| {
            r.mode = if r.mode == "report_only" {
                "force"
            } else {
                "reject"
            }
        }));
    }
    all
}

/// Generated requests that reach every rule, or the laws above prove nothing.
#[test]
fn generated_requests_reach_every_decision() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = [0_usize; 5];
    for _ in 0..1000 {
        let request = generated_request().new_tree(&mut runner).unwrap().current();
        let judged = judged(&request);
        match judged.verdict.decision {
            Decision::Pass => seen[0] += 1,
            Decision::Rewrite(_) => {
                seen[1] += 1;
                seen[2] += usize::from(judged.content.iter().any(|edit| edit.text.is_empty()));
                seen[3] += usize::from(judged.content.len() > 1);
            }
            Decision::Reject(_) => seen[4] += 1,
        }
    }
    assert!(seen.iter().all(|count| *count >= 25), "{seen:?}");
}

/// Work grows with the text, not with its square.
#[test]
fn worst_case_text_is_judged_in_time() {
    let rules = Rules::plain("force");
    let names: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\":0,")).collect();
    let names = names.concat();
    let bodies = [
        format!("{{{names}\"model\":\"x\"}}"),
        format!("{{\"input\":{}", "[".repeat(1_000_000)),
        format!("{{\"input\":\"{}\"}}", "\\\"".repeat(1_000_000)),
        format!("{{\"a\":[{}1]}}", "{\"a\":1},".repeat(200_000)),
        "\"".repeat(1_000_000),
        format!("{{\"a\":{}}}", "9".repeat(1_000_000)),
        format!("{{\"model\":\"x\"{}}}", ",\"models\":[]".repeat(100_000)),
    ];
    let list = format!(
        "{{\"data\":[{}{{\"id\":\"y\"}}]}}",
        "{\"id\":\"x\"},".repeat(50_000)
    );
    let start = std::time::Instant::now();
    let left = model_list::only_pinned(&policy(&rules), list.as_bytes()).unwrap();
    assert_eq!(left, b"{\"data\":[]}");
    for body in bodies {
        let request = GeneratedRequest {
            rules: rules.clone(),
            path: "/v1/responses",
            source: lockpolicy::Source::User,
            body: body.into_bytes(),
        };
        judged(&request);
    }
    assert!(
        start.elapsed() < std::time::Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}
