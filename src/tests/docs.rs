//! The tables of the pages, compared with the code. `UPDATE_DOCS=1 cargo test` writes them.
//!
//! A page is written by hand but for what stands between `<!-- made: NAME -->` and `<!-- end -->`.

use std::path::PathBuf;

use lockpolicy::{KEYS, policy_variables};

use crate::exit;
use crate::settings::table::{SHIM, Setting, TABLE};
use observe::metrics::Metrics;

/// Returns what the table adds to a setting whose variables do not always count.
fn under_protection(setting: &Setting) -> &'static str {
    if setting.is_harmless {
        return "";
    }
    " Under a policy file that the user cannot change, the environment is ignored."
}

#[test]
fn page_of_metrics_equals_the_table() {
    let prefix = Setting::statsd_prefix().default_text();
    let metrics = Metrics::default();
    let rows = metrics
        .all()
        .into_iter()
        .map(|series| series.metric)
        .map(|metric| {
            let tags = metric
                .labels
                .iter()
                .map(|tag| format!("`{}`", tag.name))
                .collect::<Vec<_>>()
                .join(", ");
            vec![
                format!("`{prefix}.{}`", metric.name),
                format!("`{}`", metric.prometheus_name()),
                metric.kind.as_str().to_owned(),
                metric.unit.to_owned(),
                tags,
                metric.meaning.to_owned(),
            ]
        });
    compare(
        "reference/metrics.md",
        "metrics",
        &table(
            &["StatsD", "Prometheus", "Kind", "Of", "Labels", "Meaning"],
            rows,
        ),
    );
    let mut tags: Vec<Vec<String>> = Vec::new();
    for metric in metrics.all().map(|series| series.metric) {
        for tag in metric.labels {
            let words = tag
                .words
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ");
            let row = vec![
                format!("`{}`", metric.name),
                format!("`{}`", tag.name),
                words,
            ];
            tags.push(row);
        }
    }
    compare(
        "reference/metrics.md",
        "tags",
        &table(&["Metric", "Label", "Values"], tags),
    );
}

#[test]
fn page_of_settings_equals_the_table() {
    let row = |setting: &Setting| {
        let variables: Vec<String> = setting.variables().map(code).collect();
        vec![
            variables.join(", "),
            code(setting.flag().unwrap_or_default()),
            setting.default_text(),
            [setting.doc(), under_protection(setting)].concat(),
        ]
    };
    let head = ["Variable", "Flag", "Default", "Meaning"];
    compare(
        "reference/settings.md",
        "process",
        &table(&head, TABLE.iter().map(row)),
    );
    let shim = SHIM
        .iter()
        .map(|(name, default, doc)| vec![code(name), (*default).to_owned(), (*doc).to_owned()]);
    let head = ["Variable", "Default", "Meaning"];
    compare("reference/settings.md", "shim", &table(&head, shim));
    let rows = KEYS.iter().filter_map(|key| {
        let cells = [key.variable?, key.key, key.default].map(code);
        Some(cells.into_iter().chain([key.doc.to_owned()]).collect())
    });
    compare(
        "reference/settings.md",
        "policy",
        &table(&["Variable", "Key", "Default", "Meaning"], rows),
    );
    let ours = exit::ALL
        .iter()
        .map(|exit| vec![exit.code.to_string(), exit.meaning.to_owned()]);
    compare(
        "reference/exit-statuses.md",
        "exit",
        &table(&["Status", "Meaning"], ours),
    );
    let shim = shim::exit::ALL
        .iter()
        .map(|(code, meaning)| vec![code.to_string(), (*meaning).to_owned()]);
    compare(
        "reference/exit-statuses.md",
        "exit-shim",
        &table(&["Status", "Meaning"], shim),
    );
}

#[test]
fn page_of_policy_keys_equals_the_table() {
    let rows = KEYS.iter().map(|key| {
        let cells = [key.key, key.default, key.example].map(code);
        cells.into_iter().chain([key.doc.to_owned()]).collect()
    });
    compare(
        "reference/policy-file.md",
        "keys",
        &table(&["Key", "Default", "Example", "Meaning"], rows),
    );
}

#[test]
fn variable_is_named_once() {
    let mut names: Vec<&str> = TABLE.iter().flat_map(Setting::variables).collect();
    names.extend(SHIM.map(|(name, ..)| name));
    names.extend(policy_variables().map(|(name, _)| name));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Every file below a folder.
pub(crate) fn sources(place: PathBuf) -> Vec<PathBuf> {
    if !place.is_dir() {
        return vec![place];
    }
    let entries = std::fs::read_dir(place).unwrap();
    entries
        .flat_map(|entry| sources(entry.unwrap().path()))
        .collect()
}

/// The shim reads its own variables; whatever it names has to stand on the page.
#[test]
fn page_lists_every_variable_of_the_shim() {
    for file in sources(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("shim/src")) {
        let text = std::fs::read_to_string(file).unwrap();
        for part in text
            .split('"')
            .filter(|part| part.starts_with("MODEL_LOCK_"))
        {
            let name: String = part
                .chars()
                .take_while(|c| c.is_ascii_uppercase() || *c == '_')
                .collect();
            assert!(SHIM.iter().any(|(known, ..)| *known == name), "{name}");
        }
    }
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule: Vec<String> = head.iter().map(|_| "---".to_owned()).collect();
    let rows = rows.into_iter().map(|cells| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        line(&cells)
    });
    [line(&head), line(&rule)].into_iter().chain(rows).collect()
}

pub(crate) fn compare(page: &str, name: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let open = format!("<!-- made: {name} -->\n");
    let (before, rest) = text
        .split_once(&open)
        .unwrap_or_else(|| panic!("{page} has no place for `{name}`"));
    let (written, after) = rest
        .split_once("<!-- end -->")
        .expect("the end of the place");
    let made = format!("\n{made}\n");
    if std::env::var_os("UPDATE_DOCS").is_some() && written != made {
        std::fs::write(
            &path,
            [before, &open, &made, "<!-- end -->", after].concat(),
        )
        .unwrap();
        return;
    }
    assert_eq!(
        written, made,
        "docs/{page} differs from the code: UPDATE_DOCS=1 cargo test writes it"
    );
}
