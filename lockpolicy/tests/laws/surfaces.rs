//! The same request gets the same verdict on every surface.

use lockpolicy::http::ws_message::judge_message;
use lockpolicy::{Decision, ModelMatch, Source, Verdict, edit};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::generated_request::{GeneratedRequest, Rules, generated_request, rules};
use crate::{PIN, cases, judged_as, policy, sent, table};

fn body(model: &str, effort: Option<&str>) -> Vec<u8> {
    let effort = effort.map(|word| format!(",\"reasoning\":{{\"effort\":\"{word}\"}}"));
    format!("{{\"model\":\"{model}\"{}}}", effort.unwrap_or_default()).into_bytes()
}

fn by_http(
    rules: &Rules,
    model: &str,
    effort: Option<&str>,
) -> (GeneratedRequest, Verdict, Option<Vec<u8>>) {
    let request = GeneratedRequest {
        rules: rules.clone(),
        path: "/v1/responses",
        source: Source::User,
        body: body(model, effort),
    };
    let judged = judged_as(&request, rules, &request.body);
    let sent = sent(&request, &judged);
    (request, judged.verdict, sent)
}

/// The verdict and the arguments that go on.
fn by_argv(rules: &Rules, model: &str, effort: Option<&str>) -> (Verdict, Option<Vec<Vec<u8>>>) {
    let mut args = vec!["exec".to_string(), format!("--model={model}")];
    if let Some(effort) = effort {
        args.extend(["-c".to_string(), format!("model_reasoning_effort={effort}")]);
    }
    args.push("do it".to_string());
    let args: Vec<&[u8]> = args.iter().map(String::as_bytes).collect();
    let judged = lockpolicy::agents::codex::cli::judge(&policy(rules), &args);
    let sent = judged
        .arguments()
        .map(|arguments| arguments.with_overrides(&[]));
    (judged.verdict, sent)
}

/// Refused or not, how the model was named, and how often something else was attempted.
fn summary(refused: bool, naming: ModelMatch, attempts: usize) -> (bool, ModelMatch, usize) {
    (refused, naming, attempts)
}

proptest! {
    #![proptest_config(cases())]

    /// Absence apart: a command line may leave open what an API request may not (rule 5).
    #[test]
    fn request_by_http_and_by_command_line_gets_one_verdict(
        rules in rules(),
        model in prop_oneof![
            Just(PIN.to_string()),
            Just("openai/gpt-5.5".to_string()),
            Just("our-model".to_string()),
            "[a-z][a-zA-Z0-9./:@-]{0,12}",
        ],
        effort in option::of(select(vec!["low", "high"])),
    ) {
        // In reject a command line may name the pin by an alias, where an API request may not.
        if rules.mode == "reject" && policy(&rules).is_alias(&model) {
            return Ok(());
        }
        // An API request that is silent where the policy pins a word is a different request.
        let rules = Rules { tier: None, effort: rules.effort.and(effort.map(|_| "low")), ..rules };
        let (_, verdict, _) = by_http(&rules, &model, effort);
        let (by_argv, _) = by_argv(&rules, &model, effort);
        let http = summary(
            matches!(verdict.decision, Decision::Reject(_)),
            verdict.model_match,
            verdict.attempts.len(),
        );
        let argv = summary(
            matches!(by_argv.decision, Decision::Reject(_)),
            by_argv.model_match,
            by_argv.attempts.len(),
        );
        prop_assert_eq!(http, argv, "{} {:?}", model, effort);
    }

    /// A body and a message that says the same, with its type in front.
    #[test]
    fn request_by_http_and_by_websocket_gets_one_verdict(request in generated_request()) {
        let request = GeneratedRequest { path: "/v1/responses", ..request };
        let Some(inner) = request.body.trim_ascii().strip_prefix(b"{") else { return Ok(()) };
        let empty = inner.trim_ascii_start().starts_with(b"}");
        let kind = format!("{{\"type\":\"response.create\"{}", if empty { "" } else { "," });
        let message = [kind.as_bytes(), inner].concat();
        let body = judged_as(&request, &request.rules, &message);
        let found = table().find("GET", request.path).unwrap();
        let (verdict, edits) =
            judge_message(&policy(&request.rules), found.operation, &message, request.source);
        let both = [&body.verdict, &verdict].map(|v| core::mem::discriminant(&v.decision));
        prop_assert_eq!(both[0], both[1], "{}", String::from_utf8_lossy(&message));
        if matches!(verdict.decision, Decision::Rewrite(_)) {
            prop_assert_eq!(
                edit::apply(&message, edits),
                edit::apply(&message, body.content)
            );
        }
    }
}

/// The surfaces also agree on the model that runs.
#[test]
fn forced_request_on_both_surfaces_runs_the_pin() {
    let force = Rules::plain("force");
    let (_, _, sent) = by_http(&force, "other", None);
    assert_eq!(sent, Some(body(PIN, None)));
    let args = by_argv(&force, "other", None).1.expect("not refused");
    assert!(
        args.contains(&format!("--model={PIN}").into_bytes()),
        "{args:?}"
    );
    assert!(!args.iter().any(|arg| arg.ends_with(b"other")), "{args:?}");
}
