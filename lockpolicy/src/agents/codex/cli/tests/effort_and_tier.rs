//! Efforts and tiers: each is left alone where the policy sets none.

use super::*;

#[test]
fn effort_and_tier_are_pinned_only_where_the_policy_sets_them() {
    let p = pins();
    assert_eq!(
        outcome(&force(), "review -c model_reasoning_effort=high").1,
        Vec::<String>::new()
    );
    let pinned = policy("model='PIN'\nreasoning_effort='low'\nservice_tier='priority'");
    let all = "-c model_reasoning_effort=\"low\" -c plan_mode_reasoning_effort=\"low\" -c service_tier=\"fast\"";
    assert_eq!(outcome(&pinned, "review").0, format!("review {p} {all}"));
    let (args, attempts) = outcome(
        &pinned,
        "review -c model_reasoning_effort=high -c service_tier=fast",
    );
    assert_eq!(attempts, ["-c model_reasoning_effort:high"]);
    assert!(
        args.ends_with("-c model_reasoning_effort=\"low\" -c service_tier=fast"),
        "{args}"
    );
}

#[test]
fn tier_that_the_oldest_codex_does_not_know_is_not_put_in() {
    let scaled = policy("model='PIN'\nservice_tier='scale'");
    let expected = (format!("review {}", pins()), Vec::new());
    assert_eq!(outcome(&scaled, "review"), expected);
}

#[test]
fn effort_or_tier_inside_a_table_drops_the_table_where_the_policy_sets_it() {
    let [effort, tier] = ["reasoning_effort='low'", "service_tier='flex'"]
        .map(|text| policy(&format!("model='PIN'\n{text}")));
    for (table, [by_effort, by_tier]) in [
        (r#"agents={r={model_reasoning_effort="x"}}"#, [true, false]),
        (r#"agents={r={service_tier="x"}}"#, [false, true]),
    ] {
        let line = format!("review -c {table}");
        let unchanged = (format!("review {} -c {table}", pins()), Vec::new());
        assert_eq!(outcome(&force(), &line), unchanged);
        for (policy, drops) in [(&effort, by_effort), (&tier, by_tier)] {
            let (args, attempts) = outcome(policy, &line);
            assert_eq!(args.contains(table), !drops, "{args}");
            let counted: &[&str] = if drops { &["-c agents:<value>"] } else { &[] };
            assert_eq!(attempts, counted, "{args}");
        }
    }
}
