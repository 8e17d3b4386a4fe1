//! Files that are asserted on as text: the lines below a key in block style, by their indentation.

use std::fs;

use crate::stage::of_the_repository;

/// A file of the repository.
pub(crate) fn file(name: &str) -> String {
    fs::read_to_string(of_the_repository(name)).expect(name)
}

/// What stands below a path of keys, such as `services/openclaw/networks`, without the indentation of its first line.
pub(crate) fn below(text: &str, path: &str) -> String {
    path.split('/').fold(text.to_owned(), |text, key| {
        one(&text, key).unwrap_or_else(|| panic!("no `{key}` of `{path}` in\n{text}"))
    })
}

/// The keys, or the items, at the top of a block.
pub(crate) fn tops(text: &str) -> Vec<&str> {
    let top = |line: &&str| !line.starts_with([' ', '#']) && !line.is_empty();
    text.lines()
        .filter(top)
        .map(|line| line.trim_end_matches(':').trim_start_matches("- "))
        .collect()
}

fn one(text: &str, key: &str) -> Option<String> {
    let head = format!("{key}:");
    let mut lines = text.lines().skip_while(|line| *line != head);
    lines.next()?;
    let block: Vec<_> = lines
        .take_while(|line| line.starts_with(' ') || line.is_empty())
        .collect();
    let first = block.iter().find(|line| !line.is_empty())?;
    let indent = first.len() - first.trim_start().len();
    let cut = block.iter().map(|line| line.get(indent..).unwrap_or(""));
    Some(cut.collect::<Vec<_>>().join("\n"))
}

#[test]
fn yaml_block_is_what_is_indented_below_its_key() {
    let text = "a:\n  b:\n    - x\n    - y\n\n  c:\n    d: 1\ne:\n  f: 2\n";
    assert_eq!(below(text, "a/b").trim(), "- x\n- y");
    assert_eq!(below(text, "a/c"), "d: 1");
    assert_eq!(tops(text), ["a", "e"]);
    assert_eq!(tops(&below(text, "a")), ["b", "c"]);
    assert_eq!(tops(&below(text, "a/b")), ["x", "y"]);
}
