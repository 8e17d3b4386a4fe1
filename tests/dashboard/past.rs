//! After a restart: what the audit file tells of before, also what was put aside, and what others write to it.

use fake_provider::json::Json;

use crate::dashboard::{Dashboard, at, requested_models};

#[test]
fn history_after_restart_includes_rotated_audit_files() {
    let mut dashboard = Dashboard::with("reject", "127.0.0.1:0", &["--audit-size", "4KiB"]);
    for number in 0..40 {
        dashboard.ask(&format!("wished-{number}"));
    }
    dashboard
        .fixture
        .proxy_mut()
        .daemon()
        .signal("TERM")
        .unwrap();
    assert_eq!(
        dashboard
            .fixture
            .proxy_mut()
            .daemon()
            .wait(crate::SOON)
            .unwrap()
            .code(),
        Some(0)
    );
    assert!(dashboard.file().with_extension("jsonl.3").exists());
    dashboard.start("127.0.0.1:0", &["--audit-size", "4KiB"]);
    dashboard.ask("now");
    let rows = dashboard.attempts("", "what was before", |rows| rows.len() == 41);
    let mut wanted: Vec<String> = (0..40).map(|number| format!("wished-{number}")).collect();
    wanted.push("now".to_owned());
    wanted.reverse();
    assert_eq!(requested_models(&rows), wanted);
    let numbers: Vec<u64> = rows
        .iter()
        .map(|row| at(row, &["id"]).parse().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    let status = dashboard.status("the past", |data| at(data, &["audit", "state"]) == "read");
    assert_eq!(at(&status, &["last_hour", "rejected"]), "41");
    assert_eq!(
        at(&status, &["attempts", "rejected"]),
        "1",
        "counts are of this process"
    );
    // What this process writes itself does not come back from the file.
    dashboard.ask("last");
    dashboard.shim("by-shim");
    let rows = dashboard.attempts("", "the shim's attempt", |rows| {
        requested_models(rows).contains(&"by-shim")
    });
    assert_eq!(requested_models(&rows)[..3], ["by-shim", "last", "now"]);
    assert_eq!(rows.len(), 43);
}

#[test]
fn attempt_of_a_shim_is_shown_live() {
    let dashboard = Dashboard::new("force");
    dashboard.shim("by-shim");
    let rows = dashboard.attempts("?surface=argv", "the shim's attempt", |rows| {
        !rows.is_empty()
    });
    let data = |row: &Json| {
        [
            "enforcement_point",
            "result",
            "requested_model",
            "applied_model",
        ]
        .map(|name| at(row, &[name]))
    };
    let rows: Vec<[String; 4]> = rows.iter().map(data).collect();
    assert_eq!(
        rows,
        [["shim", "forced", "by-shim", "gpt-5.5"].map(str::to_owned)]
    );
}

#[test]
fn altered_audit_line_is_hidden_and_reported() {
    let mut dashboard = Dashboard::new("reject");
    dashboard.ask("wished-1");
    dashboard.ask("wished-2");
    dashboard
        .fixture
        .proxy_mut()
        .daemon()
        .signal("TERM")
        .unwrap();
    dashboard
        .fixture
        .proxy_mut()
        .daemon()
        .wait(crate::SOON)
        .unwrap();
    let text = std::fs::read_to_string(dashboard.file()).unwrap();
    std::fs::write(dashboard.file(), text.replace("wished-1", "harmless")).unwrap();
    dashboard.start("127.0.0.1:0", &[]);
    let rows = dashboard.attempts("", "the line that is sound", |rows| !rows.is_empty());
    assert_eq!(requested_models(&rows), ["wished-2"]);
    let status = dashboard.status("the concern", |data| {
        !data.get("concerns").unwrap().items().is_empty()
    });
    assert_eq!(
        at(&status.get("concerns").unwrap().items()[0], &["code"]),
        "audit_lines_altered"
    );
}
