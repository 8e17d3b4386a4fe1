//! The rules, one by one.

use super::*;
use crate::occurrence::NeutralWord;
use crate::{Condition, Limit, PolicyConfig, SelectorValue};
use alloc::borrow::Cow;
use alloc::vec;

fn policy(text: &str) -> Policy {
    PolicyConfig::from_toml(text).build().unwrap()
}

fn at(setting: Setting, stated: SelectorValue<'static>) -> Occurrence<'static> {
    Occurrence {
        setting,
        stated,
        place: Cow::Borrowed("/x"),
        value: 0..0,
        surface: None,
    }
}

fn named(text: &'static str) -> Occurrence<'static> {
    at(
        Setting::Model(Capability::Generation),
        SelectorValue::Text(Cow::Borrowed(text)),
    )
}

fn decide(
    policy: &Policy,
    source: Source,
    surface: Surface,
    occurrence: Occurrence<'static>,
) -> Verdict {
    judge(policy, Origin { surface, source }, &[occurrence])
}

fn set(pin: &str) -> Decision {
    Decision::Rewrite(alloc::vec![Change {
        occurrence: 0,
        action: Action::Set(pin.to_string())
    }])
}

#[test]
fn another_model_in_each_mode_is_replaced_refused_or_counted() {
    let user = |text: &str, o| decide(&policy(text), Source::User, Surface::Http, o);
    assert_eq!(user("model='p'", named("p")).decision, Decision::Pass);
    assert_eq!(user("model='p'", named("x")).decision, set("p"));
    assert_eq!(
        user("model='p'\nmode='report_only'", named("x")).decision,
        Decision::Pass
    );
    let refused = user("model='p'\nmode='reject'", named("x"));
    assert!(matches!(refused.decision, Decision::Reject(ref r) if r.reason == Reason::ModelLocked));
    assert_eq!(refused.attempts.len(), 1);
    assert_eq!(refused.attempts[0].result, AttemptResult::Rejected);
}

#[test]
fn absent_model_or_alias_in_force_is_no_attempt() {
    let p = policy("model='p'");
    for occurrence in [
        named("openai/p"),
        at(
            Setting::Model(Capability::Generation),
            SelectorValue::Missing,
        ),
    ] {
        let verdict = decide(&p, Source::User, Surface::Http, occurrence);
        assert_eq!(verdict.decision, set("p"));
        assert!(verdict.attempts.is_empty());
    }
}

#[test]
fn choice_says_what_was_requested_and_what_goes_on() {
    let missing = || {
        at(
            Setting::Model(Capability::Generation),
            SelectorValue::Missing,
        )
    };
    let effort = || at(Setting::Effort, SelectorValue::Text(Cow::Borrowed("high")));
    let cases = [
        ("force", [named("p"), effort()], ("p", "p")),
        ("force", [effort(), named("x")], ("x", "p")),
        ("force", [named("openai/p"), effort()], ("openai/p", "p")),
        ("force", [effort(), missing()], ("", "p")),
        ("report_only", [named("x"), effort()], ("x", "x")),
        ("report_only", [missing(), effort()], ("", "")),
        // The effort that is forced at the place before is not the model that goes on.
        ("force", [effort(), named("p")], ("p", "p")),
    ];
    for (mode, occurrences, (requested, sent)) in cases {
        let text = ["model='p'\nreasoning_effort='low'\nmode='", mode, "'"].concat();
        let origin = Origin {
            surface: Surface::Http,
            source: Source::User,
        };
        let verdict = judge(&policy(&text), origin, &occurrences);
        let want = ModelChoice {
            capability: Capability::Generation,
            requested: requested.to_string(),
            sent: sent.to_string(),
        };
        assert_eq!(verdict.choice, Some(want), "{mode} {requested}");
    }
    let states_effort_alone = decide(&policy("model='p'"), Source::User, Surface::Http, effort());
    assert_eq!(states_effort_alone.choice, None);
}

#[test]
fn command_line_without_a_model_in_reject_gets_the_pin() {
    let p = policy("model='p'\nmode='reject'");
    let absent = || {
        at(
            Setting::Model(Capability::Generation),
            SelectorValue::Missing,
        )
    };
    assert_eq!(
        decide(&p, Source::User, Surface::Argv, absent()).decision,
        set("p")
    );
    let http = decide(&p, Source::User, Surface::Http, absent());
    assert!(matches!(http.decision, Decision::Reject(ref r) if r.reason == Reason::ModelAbsent));
    assert!(http.attempts.is_empty());
}

#[test]
fn rejection_names_the_pin_of_its_capability_where_the_policy_discloses_it() {
    let text = "model='p'\nmode='reject'\ndisclose_model_in_errors=true\npins.embedding='e'";
    let named = |capability| {
        let other = at(
            Setting::Model(capability),
            SelectorValue::Text("other".into()),
        );
        let verdict = decide(&policy(text), Source::User, Surface::Http, other);
        match verdict.decision {
            Decision::Reject(rejection) => rejection.pin,
            Decision::Pass | Decision::Rewrite(_) => panic!("another model passes"),
        }
    };
    assert_eq!(named(Capability::Generation).as_deref(), Some("p"));
    assert_eq!(named(Capability::Embedding).as_deref(), Some("e"));
    assert_eq!(named(Capability::Image), None);
}

#[test]
fn credential_is_shown_neither_in_the_attempt_nor_in_the_rejection() {
    let setting = Setting::OtherSelector(Capability::Generation, ForceAction::DropCredential);
    let secret = || at(setting, SelectorValue::Text(Cow::Borrowed("secret")));
    for mode in ["force", "reject", "report_only"] {
        let policy = policy(&["model='p'\nmode='", mode, "'"].concat());
        let verdict = decide(&policy, Source::User, Surface::Http, secret());
        assert_eq!(verdict.attempts[0].requested, "<not a text>", "{mode}");
        if let Decision::Reject(rejection) = verdict.decision {
            assert_eq!(rejection.requested, "<not a text>", "{mode}");
        }
    }
}

#[test]
fn background_call_in_reject_is_forced() {
    let p = policy("model='p'\nmode='reject'");
    let verdict = decide(
        &p,
        Source::Background,
        Surface::Http,
        named("codex-auto-review"),
    );
    assert_eq!(verdict.decision, set("p"));
    assert_eq!(
        (verdict.attempts[0].mode, verdict.attempts[0].result),
        (Mode::Reject, AttemptResult::Forced)
    );
}

#[test]
fn model_of_a_capability_is_compared_with_the_pin_of_that_capability() {
    let embedding = || {
        at(
            Setting::Model(Capability::Embedding),
            SelectorValue::Text(Cow::Borrowed("e2")),
        )
    };
    let none = decide(
        &policy("model='p'"),
        Source::User,
        Surface::Http,
        embedding(),
    );
    let Decision::Reject(rejection) = none.decision else {
        panic!("{none:?}")
    };
    assert!(
        rejection.to_string().contains("OPENCLAW_EMBEDDING_MODEL"),
        "{rejection}"
    );
    let pinned = policy("model='p'\n[pins]\nembedding='e1'");
    assert_eq!(
        decide(&pinned, Source::User, Surface::Http, embedding()).decision,
        set("e1")
    );
}

#[test]
fn secondary_selector_in_force_is_dropped_pinned_or_refused() {
    let p = policy("model='p'");
    let at = |remedy| {
        at(
            Setting::OtherSelector(Capability::Generation, remedy),
            SelectorValue::Text(Cow::Borrowed("x")),
        )
    };
    let decision = |remedy| decide(&p, Source::User, Surface::Http, at(remedy)).decision;
    let drop = Decision::Rewrite(alloc::vec![Change {
        occurrence: 0,
        action: Action::Drop
    }]);
    assert_eq!(decision(ForceAction::Drop), drop);
    assert_eq!(decision(ForceAction::DropOthers), drop);
    assert_eq!(decision(ForceAction::DropCredential), drop);
    assert_eq!(decision(ForceAction::Pin), set("p"));
    assert!(
        matches!(decision(ForceAction::Refuse), Decision::Reject(r) if r.reason == Reason::Secondary)
    );
}

#[test]
fn selector_that_takes_no_pin_is_refused_though_it_names_the_pin() {
    let named = |remedy| {
        let setting = Setting::OtherSelector(Capability::Generation, remedy);
        let occurrence = at(setting, SelectorValue::Text(Cow::Borrowed("p")));
        decide(
            &policy("model='p'"),
            Source::User,
            Surface::Http,
            occurrence,
        )
        .decision
    };
    assert_eq!(named(ForceAction::Pin), Decision::Pass);
    assert_eq!(named(ForceAction::DropOthers), Decision::Pass);
    assert!(matches!(named(ForceAction::Refuse), Decision::Reject(_)));
    assert!(matches!(named(ForceAction::Drop), Decision::Rewrite(_)));
}

#[test]
fn selector_stated_twice_is_one_attempt() {
    let hint = at(
        Setting::OtherSelector(Capability::Generation, ForceAction::Pin),
        SelectorValue::Text(Cow::Borrowed("x")),
    );
    let origin = Origin {
        surface: Surface::Http,
        source: Source::User,
    };
    let both = [named("x"), hint.clone()];
    let forced = judge(&policy("model='p'"), origin, &both);
    assert_eq!(forced.attempts.len(), 1);
    assert!(matches!(forced.decision, Decision::Rewrite(changes) if changes.len() == 2));
    let refused = judge(&policy("model='p'\nmode='reject'"), origin, &both);
    assert!(matches!(refused.decision, Decision::Reject(r) if r.reason == Reason::ModelLocked));
    assert_eq!(refused.attempts.len(), 1);
    assert_eq!(
        judge(&policy("model='p'"), origin, &[named("p"), hint])
            .attempts
            .len(),
        1
    );
}

#[test]
fn selector_with_a_third_model_or_of_another_capability_is_an_attempt_of_its_own() {
    let hint = |capability, text| {
        at(
            Setting::OtherSelector(capability, ForceAction::Pin),
            SelectorValue::Text(Cow::Borrowed(text)),
        )
    };
    let origin = Origin {
        surface: Surface::Http,
        source: Source::User,
    };
    for other in [
        hint(Capability::Generation, "y"),
        hint(Capability::Embedding, "x"),
    ] {
        let verdict = judge(&policy("model='p'"), origin, &[named("x"), other]);
        assert_eq!(verdict.attempts.len(), 2);
    }
}

#[test]
fn input_with_many_attempts_reports_the_first_alone() {
    let many: Vec<_> = (0..1000)
        .map(|number| alloc::format!("other-{number}").into())
        .map(|name| {
            at(
                Setting::Model(Capability::Generation),
                SelectorValue::Text(name),
            )
        })
        .collect();
    let origin = Origin {
        surface: Surface::Http,
        source: Source::User,
    };
    let verdict = judge(&policy("model='p'"), origin, &many);
    assert_eq!(verdict.attempts.len(), MAX_ATTEMPTS);
    assert!(matches!(verdict.decision, Decision::Rewrite(changes) if changes.len() == 1000));
}

#[test]
fn model_that_is_named_at_several_places_is_one_attempt() {
    let origin = Origin {
        surface: Surface::Http,
        source: Source::User,
    };
    for (names, count) in [
        (&["x", "x", "x"][..], 1),
        (&["x", "y", "x"], 2),
        (&["p", "x"], 1),
    ] {
        let all: Vec<_> = names.iter().map(|name| named(name)).collect();
        let verdict = judge(&policy("model='p'"), origin, &all);
        assert_eq!(verdict.attempts.len(), count, "{names:?}");
        let others = names.iter().filter(|name| **name != "p").count();
        assert!(
            matches!(verdict.decision, Decision::Rewrite(changes) if changes.len() == others),
            "{names:?}"
        );
    }
}

/// An effort of the same text, a longer name of the same beginning and a value of another kind are no repetition.
#[test]
fn model_is_counted_beside_what_only_looks_like_it_in_the_record() {
    let origin = Origin {
        surface: Surface::Http,
        source: Source::User,
    };
    let p = policy("model='p'\nreasoning_effort='low'");
    let text = |text: &str| SelectorValue::Text(Cow::Owned(text.to_string()));
    let effort = || at(Setting::Effort, text("x"));
    let long = |end: &str| {
        at(
            Setting::Model(Capability::Generation),
            text(&["m".repeat(140), end.to_string()].concat()),
        )
    };
    let svg = Setting::OtherSelector(Capability::Generation, ForceAction::Pin);
    let odd = || {
        at(
            Setting::Model(Capability::Generation),
            SelectorValue::NotText,
        )
    };
    for (all, count) in [
        (vec![effort(), at(svg, text("x"))], 2),
        (vec![effort(), named("x"), at(svg, text("x"))], 2),
        (vec![long("a"), long("b")], 2),
        (vec![odd(), odd()], 2),
    ] {
        assert_eq!(judge(&p, origin, &all).attempts.len(), count, "{all:?}");
    }
}

#[test]
fn model_behind_many_further_selectors_is_reported() {
    let further = Setting::OtherSelector(Capability::Generation, ForceAction::Pin);
    let mut many: Vec<_> = (0..100)
        .map(|number| alloc::format!("decoy-{number}").into())
        .map(|name| at(further, SelectorValue::Text(name)))
        .collect();
    many.push(named("hidden"));
    many.push(named("hidden too"));
    let origin = Origin {
        surface: Surface::Http,
        source: Source::User,
    };
    for mode in ["force", "reject"] {
        let p = policy(&["model='p'\nmode='", mode, "'"].concat());
        let attempts = judge(&p, origin, &many).attempts;
        assert_eq!(attempts.len(), MAX_ATTEMPTS);
        let last = attempts.last().map(|last| last.requested.as_str());
        assert_eq!(last, Some("hidden"), "{mode}");
    }
}

#[test]
fn refused_input_reports_its_forced_attempts_as_rejected() {
    let p = policy("model='p'");
    let refused = at(
        Setting::OtherSelector(Capability::Generation, ForceAction::Refuse),
        SelectorValue::NotText,
    );
    let verdict = judge(
        &p,
        Origin {
            surface: Surface::Http,
            source: Source::User,
        },
        &[named("x"), refused],
    );
    assert!(
        verdict
            .attempts
            .iter()
            .all(|a| a.result == AttemptResult::Rejected)
    );
    assert_eq!(verdict.attempts.len(), 2);
}

#[test]
fn effort_and_tier_without_a_pin_pass() {
    let effort = || at(Setting::Effort, SelectorValue::Text(Cow::Borrowed("xhigh")));
    let user = |text: &str, o| decide(&policy(text), Source::User, Surface::Http, o).decision;
    assert_eq!(user("model='p'", effort()), Decision::Pass);
    assert_eq!(
        user("model='p'\nreasoning_effort='low'", effort()),
        set("low")
    );
    let audited = decide(
        &policy("model='p'\nreasoning_effort='low'\nmode='report_only'"),
        Source::User,
        Surface::Http,
        effort(),
    );
    assert_eq!(audited.decision, Decision::Pass);
    assert_eq!(audited.attempts[0].result, AttemptResult::Reported);
    let rejected = user("model='p'\nreasoning_effort='low'\nmode='reject'", effort());
    assert!(matches!(rejected, Decision::Reject(r) if r.reason == Reason::SettingLocked));
}

#[test]
fn limited_place_under_a_pin_is_dropped_replaced_or_refused() {
    let run = |rest: &str, condition, limit, stated| {
        let policy = policy(&["model='p'\n", rest].concat());
        let occurrence = at(Setting::Limited(condition, limit), stated);
        decide(&policy, Source::User, Surface::Http, occurrence).decision
    };
    let text = |text: &'static str| SelectorValue::Text(Cow::Borrowed(text));
    let only = Limit::Only(NeutralWord::Standard);
    let refused =
        |decision| matches!(decision, Decision::Reject(r) if r.reason == Reason::SettingLocked);
    assert!(refused(run("", Condition::Always, only, text("other"))));
    assert!(refused(run(
        "",
        Condition::Always,
        only,
        SelectorValue::NotText
    )));
    assert_eq!(
        run("", Condition::Always, only, text("standard")),
        Decision::Pass
    );
    assert_eq!(
        run("", Condition::Always, only, SelectorValue::Null),
        Decision::Pass
    );
    let effort = Condition::EffortPinned;
    assert_eq!(
        run("service_tier='flex'", effort, only, text("x")),
        Decision::Pass
    );
    let low = "reasoning_effort='low'";
    assert_eq!(run(low, effort, only, text("x")), set("standard"));
    assert_eq!(run(low, effort, Limit::Drop, text("low")), Decision::Pass);
    assert_eq!(run(low, effort, Limit::Refuse, text("low")), Decision::Pass);
    assert!(refused(run(low, effort, Limit::Refuse, text("x"))));
    assert!(
        matches!(run(low, effort, Limit::Drop, SelectorValue::NotText), Decision::Rewrite(c) if c[0].action == Action::Drop)
    );
    let gate = "service_tier='flex'\nmode='reject'";
    assert!(refused(run(gate, Condition::TierPinned, only, text("x"))));
}

#[test]
fn missing_effort_in_reject_is_inserted_on_a_command_line_alone() {
    let p = policy("model='p'\nreasoning_effort='low'\nmode='reject'");
    let absent = || at(Setting::Effort, SelectorValue::Missing);
    let decision = |source, surface| decide(&p, source, surface, absent()).decision;
    let Decision::Reject(rejection) = decision(Source::User, Surface::Http) else {
        panic!("not refused")
    };
    assert!(
        rejection.to_string().contains("has to state the value"),
        "{rejection}"
    );
    assert_eq!(decision(Source::User, Surface::Argv), set("low"));
    assert_eq!(decision(Source::Background, Surface::Http), set("low"));
}

#[test]
fn tool_type_passes_only_if_the_operator_lists_it() {
    let tool = |text| at(Setting::ToolType, SelectorValue::Text(Cow::Borrowed(text)));
    let of = |list: &str, text| {
        let text_of_policy = ["model='p'\nallow_tool_types=", list].concat();
        let verdict = decide(
            &policy(&text_of_policy),
            Source::User,
            Surface::Http,
            tool(text),
        );
        match verdict.decision {
            Decision::Reject(rejection) => Some(rejection.reason),
            Decision::Pass | Decision::Rewrite(_) => None,
        }
    };
    assert_eq!(of("['x_search']", "x_search"), None);
    assert_eq!(of("['x_search','y']", "x_search"), None);
    for (list, text) in [
        ("['x_search']", "y"),
        ("['x_search','y']", "z"),
        ("[]", "y"),
    ] {
        assert_eq!(
            of(list, text),
            Some(Reason::UnknownToolType),
            "{list} {text}"
        );
    }
}

#[test]
fn attempt_says_whether_its_value_is_the_name_of_a_model() {
    let further = |action| Setting::OtherSelector(Capability::Generation, action);
    for (setting, names_model) in [
        (Setting::Model(Capability::Generation), true),
        (further(ForceAction::Pin), true),
        (further(ForceAction::DropCredential), false),
        (Setting::Effort, false),
        (Setting::ToolType, false),
    ] {
        assert_eq!(setting.names_model(), names_model, "{setting:?}");
    }
}
