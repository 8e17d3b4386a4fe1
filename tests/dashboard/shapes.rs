//! The answers of a running proxy against what docs/reference/dashboard-api.md tells of them.

use std::collections::BTreeSet;

use crate::dashboard::Dashboard;

/// The members that the docs tell of an answer.
fn documented_members(page: &str, name: &str) -> BTreeSet<String> {
    let (_, rest) = page.split_once(&format!("<!-- made: {name} -->")).unwrap();
    let (part, _) = rest.split_once("<!-- end -->").unwrap();
    let rows = part
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(str::to_owned).collect()
}

#[test]
fn api_responses_have_the_documented_shape() {
    let dashboard = Dashboard::new("force");
    dashboard.ask_and_get("wished", "another");
    dashboard.attempts("", "the answer to the attempt", |rows| {
        rows.iter().any(|row| row.get("served").is_some())
    });
    let place = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/reference/dashboard-api.md"
    );
    let page = std::fs::read_to_string(place).unwrap();
    // What only some rows have.
    let rare = [
        "attempts[].client",
        "attempts[].failed",
        "attempts[].reason",
        "attempts[].requested_value",
        "attempts[].status",
    ];
    for name in ["status", "attempts", "series", "served"] {
        let mut found = dashboard.get_json(name).places();
        let mut wanted = documented_members(&page, name);
        for member in rare {
            wanted.remove(member);
            found.remove(member);
        }
        assert_eq!(found, wanted, "{name}");
    }
}
