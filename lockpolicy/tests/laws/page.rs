//! The page on threats names tests; each of them is there.

use std::fs;
use std::path::Path;

#[test]
fn threat_model_names_only_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/design/threat-model.md")).unwrap();
    let mut named = 0;
    for quoted in page.split('`').skip(1).step_by(2) {
        let Some((file, test)) = quoted.split_once(".rs: ") else {
            continue;
        };
        let text = fs::read_to_string(root.join(format!("{file}.rs"))).unwrap_or_default();
        let test = format!("fn {test}(");
        assert!(text.contains(&test), "{file}.rs has no {test}");
        named += 1;
    }
    assert!(named >= 30, "{named}");
}
