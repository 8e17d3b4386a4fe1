//! After a restart: what the audit file tells of before, also what was put aside, and what others write to it.

use fake_provider::json::Json;

use crate::bench::{Bench, asked, at};

#[test]
fn history_after_restart_includes_rotated_audit_files() {
    let mut bench = Bench::with("reject", "127.0.0.1:0", &["--audit-size", "4KiB"]);
    for number in 0..40 {
        bench.ask(&format!("wished-{number}"));
    }
    bench.proxy().daemon().signal("TERM").unwrap();
    assert_eq!(
        bench.proxy().daemon().wait(crate::SOON).unwrap().code(),
        Some(0)
    );
    assert!(bench.file().with_extension("jsonl.3").exists());
    bench.start("127.0.0.1:0", &["--audit-size", "4KiB"]);
    bench.ask("now");
    let rows = bench.attempts("", "what was before", |rows| rows.len() == 41);
    let mut wanted: Vec<String> = (0..40).map(|number| format!("wished-{number}")).collect();
    wanted.push("now".to_owned());
    wanted.reverse();
    assert_eq!(asked(&rows), wanted);
    let numbers: Vec<u64> = rows
        .iter()
        .map(|row| at(row, &["id"]).parse().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    let status = bench.status("the past", |told| at(told, &["audit", "state"]) == "read");
    assert_eq!(at(&status, &["last_hour", "rejected"]), "41");
    assert_eq!(
        at(&status, &["attempts", "rejected"]),
        "1",
        "counts are of this process"
    );
    // What this process writes itself does not come back from the file.
    bench.ask("last");
    bench.shim("by-shim");
    let rows = bench.attempts("", "the shim's attempt", |rows| {
        asked(rows).contains(&"by-shim")
    });
    assert_eq!(asked(&rows)[..3], ["by-shim", "last", "now"]);
    assert_eq!(rows.len(), 43);
}

#[test]
fn attempt_of_a_shim_is_shown_live() {
    let bench = Bench::new("force");
    bench.shim("by-shim");
    let rows = bench.attempts("?surface=argv", "the shim's attempt", |rows| {
        !rows.is_empty()
    });
    let told = |row: &Json| {
        ["door", "result", "requested_model", "applied_model"].map(|name| at(row, &[name]))
    };
    let rows: Vec<[String; 4]> = rows.iter().map(told).collect();
    assert_eq!(
        rows,
        [["shim", "forced", "by-shim", "gpt-5.5"].map(str::to_owned)]
    );
}

#[test]
fn altered_audit_line_is_hidden_and_reported() {
    let mut bench = Bench::new("reject");
    bench.ask("wished-1");
    bench.ask("wished-2");
    bench.proxy().daemon().signal("TERM").unwrap();
    bench.proxy().daemon().wait(crate::SOON).unwrap();
    let text = std::fs::read_to_string(bench.file()).unwrap();
    std::fs::write(bench.file(), text.replace("wished-1", "harmless")).unwrap();
    bench.start("127.0.0.1:0", &[]);
    let rows = bench.attempts("", "the line that is sound", |rows| !rows.is_empty());
    assert_eq!(asked(&rows), ["wished-2"]);
    let status = bench.status("the concern", |told| {
        !told.get("concerns").unwrap().items().is_empty()
    });
    assert_eq!(
        at(&status.get("concerns").unwrap().items()[0], &["code"]),
        "audit_lines_altered"
    );
}
