//! The page: every row, and whether what is written is what was seen.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::row::{Key, Row};
use crate::way::Chapter;

/// What the page says of each row.
type Report = HashMap<Key, Vec<String>>;

/// Writes what was seen into the page; rows that were not played stay as they are.
pub(crate) fn write<'a>(chapters: &[Chapter], rows: impl Iterator<Item = &'a Row>) {
    let mut report = read(&fs::read_to_string(place()).unwrap_or_default());
    report.extend(rows.map(|row| (row.key.clone(), row.cells.to_vec())));
    fs::write(place(), made(chapters, &report)).unwrap();
}

/// Compares the page with the ways and with what was seen.
pub(crate) fn compare(chapters: &[Chapter], rows: &[Row]) {
    let written = fs::read_to_string(place()).unwrap();
    let report = read(&written);
    let differs = |row: &&Row| report.get(&row.key).map(Vec::as_slice) != Some(&row.cells);
    let different = rows.iter().filter(differs);
    let different: Vec<String> = different
        .map(|row| row.difference(report.get(&row.key)))
        .collect();
    assert!(different.is_empty(), "{STALE}\n{}", different.join("\n"));
    assert!(written == made(chapters, &report), "{STALE}");
}

fn made(chapters: &[Chapter], report: &Report) -> String {
    let ways: usize = chapters.iter().map(|chapter| chapter.ways.len()).sum();
    let keys = Key::all(chapters).len();
    let head = HEAD.replace("@WAYS@", &ways.to_string());
    let mut page = head.replace("@ROWS@", &keys.to_string());
    for chapter in chapters {
        write!(page, "\n## {}\n\n", chapter.name).unwrap();
        if !chapter.intro.is_empty() {
            write!(page, "{}\n\n", chapter.intro.trim()).unwrap();
        }
        page.push_str(COLUMNS);
        for (way, versions) in chapter.turns() {
            let key = |version| Key::new(chapter, way, version);
            let keys: Vec<Key> = versions.into_iter().map(key).collect();
            alike(&keys, report, &mut page);
        }
    }
    page
}

/// The lines of one way: versions in which the same was seen share one.
fn alike(keys: &[Key], report: &Report, page: &mut String) {
    let mut lines: Vec<(Vec<&str>, &[String])> = Vec::new();
    for key in keys {
        let cells = report.get(key).map_or(&[][..], Vec::as_slice);
        match lines.iter_mut().find(|(_, there)| *there == cells) {
            Some((versions, _)) => versions.push(&key.version),
            None => lines.push((vec![&key.version], cells)),
        }
    }
    for (versions, cells) in lines {
        let title = keys
            .first()
            .map(|key| key.title.replace('|', "\\|"))
            .unwrap_or_default();
        let cells = cells.join(" | ");
        writeln!(page, "| {title} | {} | {cells} |", versions.join(" ")).unwrap();
    }
}

/// What the page says.
fn read(page: &str) -> Report {
    let (mut report, mut chapter) = (Report::new(), "");
    for line in page.lines() {
        chapter = line.strip_prefix("## ").unwrap_or(chapter);
        let inner = line
            .strip_prefix("| ")
            .and_then(|line| line.strip_suffix(" |"));
        let Some(inner) = inner else { continue };
        let mut cells = inner.split(" | ").map(str::to_owned);
        let (Some(title), Some(versions)) = (cells.next(), cells.next()) else {
            continue;
        };
        let cells: Vec<String> = cells.collect();
        for version in versions.split(' ') {
            let key = Key {
                chapter: chapter.to_owned(),
                title: title.replace("\\|", "|"),
                version: version.to_owned(),
            };
            report.insert(key, cells.clone());
        }
    }
    report
}

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/codex-bypass-matrix.md")
}

const STALE: &str = "docs/reference/codex-bypass-matrix.md differs from what was seen: UPDATE_DOCS=1 cargo test --test codex_bypass_matrix writes it";

const COLUMNS: &str =
    "| way | codex | without the lock | force | reject |\n| --- | --- | --- | --- | --- |\n";

const HEAD: &str = "\
# codex bypass matrix

Every known way to ask for another model, tried against the real codex: @WAYS@ ways in @ROWS@ rows. Each row was run
without the lock, in `force` and in `reject`, and in no row did another model arrive.

`UPDATE_DOCS=1 cargo test --test codex_bypass_matrix` makes this page from `tests/codex_bypass_matrix/ways/*.toml`, and
a test compares both. Under the lock only `OPENCLAW_MODEL` (the pin, `gpt-5.5` if the row names no other), the mode and
the StatsD daemon were set. No proxy was configured, so the shim started an embedded proxy.

- **A** is the provider that the user's configuration selects. **B** is another provider that it defines, or an address
  that nobody configured. Each cell says which models arrived where. The configuration names the model `configured`, so
  a command that asks for nothing gets that one.
- Under the lock nothing may arrive at B, with two exceptions: the user's own configuration selects B, for everything or
  for a role; or codex 0.169.0 resumes a session that was recorded at B. The lock governs the model, not the user's
  choice of a provider.
- **counted** names the surface on which attempts were counted: `argv` is the command line, `jsonrpc` the client of a
  server, `http` the proxy.
- **refused (77)** is a refusal of the shim: nothing was started. **Exit 78** is one too: a configuration file selects a
  provider that cannot be overridden. Other statuses are codex's own; a usage error (2) stays one. **Refused in the
  answer** is the error that a client got for its request.
- `@WORK@`, `@HOME@` and `@ROOT@` stand for the working directory, codex's home and the directory above both. `@A@` and
  `@B@` stand for the two addresses, `@SID@` for the recorded session, `@CHILD@` for another model of that version's
  catalog.

The page does not cover what a person does at the terminal, nor memories, which need a session that was idle for hours.
";
