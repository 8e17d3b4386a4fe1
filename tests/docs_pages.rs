//! Relative links of the pages resolve, and the map in CONTRIBUTING.md names paths that exist.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every Markdown file of the root and below `docs`.
fn pages() -> Vec<PathBuf> {
    let mut pages = entries(repository());
    pages.retain(|path| path.is_file());
    pages.extend(files_below(&repository().join("docs")));
    pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
    assert!(pages.len() > 30, "{pages:?}");
    pages
}

fn files_below(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        entries(path)
            .iter()
            .flat_map(|path| files_below(path))
            .collect()
    } else {
        vec![path.to_owned()]
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Returns the targets of all links of `text` that stay in the repository.
fn relative_links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).collect()
}

/// Returns the anchors of the headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(kept)
        .collect::<String>();
    kept.replace(' ', "-")
}

#[test]
fn every_relative_link_leads_to_a_file_and_to_a_heading_that_exist() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let links = relative_links(&text);
        checked += links.len();
        let links = links.into_iter().filter(|link| !resolves(&page, link));
        broken.extend(links.map(|link| format!("{}: {link}", page.display())));
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(checked > 60, "{checked}");
}

fn resolves(page: &Path, link: &str) -> bool {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => page.to_owned(),
        _ => page.with_file_name(file),
    };
    let has_heading =
        || anchors(&fs::read_to_string(&target).unwrap()).contains(&heading.to_owned());
    target.exists() && (heading.is_empty() || has_heading())
}

#[test]
fn a_link_to_a_missing_file_or_heading_does_not_resolve() {
    let page = repository().join("README.md");
    assert!(resolves(&page, "CONTRIBUTING.md#tests"));
    assert!(!resolves(&page, "CONTRIBUTING.md#no-such-heading"));
    assert!(!resolves(&page, "no-such-page.md"));
}

/// Returns the value of each `event = "…"` in the sources.
fn logged_events() -> BTreeSet<String> {
    let folders = ["src", "proxy/src", "shim/src", "observe/src"];
    let files = folders.map(|folder| files_below(&repository().join(folder)));
    let texts = files
        .iter()
        .flatten()
        .map(|file| fs::read_to_string(file).unwrap());
    let texts: Vec<String> = texts.collect();
    let events = texts
        .iter()
        .flat_map(|text| text.split("event = \"").skip(1));
    events
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_event_of_the_log_stands_in_its_guide() {
    let guide = repository().join("docs/guide/metrics-and-log.md");
    let guide = fs::read_to_string(guide).unwrap();
    let events = logged_events();
    assert!(events.len() > 15, "{events:?}");
    let row = guide
        .lines()
        .find(|line| line.starts_with("| `event` |"))
        .unwrap();
    let missing: Vec<&String> = events
        .iter()
        .filter(|event| !row.contains(&format!("`{event}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Returns the paths that the map in `CONTRIBUTING.md` names, and the number of its rows.
fn map_of_contributing() -> (Vec<String>, usize) {
    let text = fs::read_to_string(repository().join("CONTRIBUTING.md")).unwrap();
    let (_, rest) = text.split_once("## To add X, edit Y\n").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let rows = section.lines().filter(|line| {
        let number = line.trim_start_matches("| ").split(' ').next().unwrap();
        number.parse::<usize>().is_ok()
    });
    let code = section.split('`').skip(1).step_by(2);
    // What has a blank in it is a command.
    let paths = code.filter(|code| code.contains('/') && !code.contains(' '));
    (paths.map(str::to_owned).collect(), rows.count())
}

#[test]
fn the_map_of_contributing_answers_its_questions_with_paths_that_exist() {
    let (paths, rows) = map_of_contributing();
    let missing: Vec<_> = paths
        .iter()
        .filter(|path| !repository().join(path).exists())
        .collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md names {missing:#?}");
    assert!(rows > 16, "{rows}");
    assert!(paths.len() > 20, "{paths:?}");
}
