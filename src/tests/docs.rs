//! The tables of the pages, compared with the code. `UPDATE_DOCS=1 cargo test` writes them.
//!
//! A page is written by hand but for what stands between `<!-- made: NAME -->` and `<!-- end -->`.

use std::path::PathBuf;

use lockpolicy::{PolicyConfig, VARIABLES};

use crate::exit;
use crate::settings::table::{SHIM, Setting, TABLE};
use observe::metrics::Metrics;

/// A key of the policy file: name, an example, what it means.
const KEYS: [[&str; 3]; 12] = [
    [
        "model",
        "model = \"gpt-5.5\"",
        "The approved model: the pin of generation. Required, here or in the environment.",
    ],
    [
        "mode",
        "mode = \"reject\"",
        "`force` (default) puts the pin in; `reject` refuses; `audit` only counts: nothing is locked.",
    ],
    [
        "aliases",
        "aliases = [\"our-model\"]",
        "Other spellings of the pin. They are written as the pin and are no attempt; `openai/<pin>` is always one.",
    ],
    [
        "pins",
        "pins = { embedding = \"text-embedding-3-small\" }",
        "A pin for each other capability: `audio`, `embedding`, `image`, `moderation`, `video`. Without one, the capability is refused.",
    ],
    [
        "reasoning_effort",
        "reasoning_effort = \"medium\"",
        "The pinned effort; unset, any passes.",
    ],
    [
        "service_tier",
        "service_tier = \"default\"",
        "The pinned service tier; unset, any passes.",
    ],
    [
        "disclose",
        "disclose = true",
        "Whether refusals may name the pin; `false` by default.",
    ],
    [
        "on_mismatch",
        "on_mismatch = \"fail\"",
        "What is done when the provider says that it served another model: `log` (default), or `fail`, which ends the answer with an error.",
    ],
    [
        "served_variants",
        "served_variants = ['our-model-\\d+']",
        "Further names by which the provider may call the model that was sent: regular expressions, each for a whole name. Dated snapshots and the providers' own spellings need none.",
    ],
    [
        "allow",
        "allow = [\"GET /v1/files/*\"]",
        "Operations that no dialect lists and that are let through unjudged. `*` is one path segment, `**` at the end the rest.",
    ],
    [
        "allow_headers",
        "allow_headers = [\"x-team-*\"]",
        "Request headers that are let through besides the dialects' own, in lower case; a `*` at the end is any rest that speaks of no model.",
    ],
    [
        "proxy",
        "proxy = \"http://127.0.0.1:8383\"",
        "The proxy's URL: pointing codex there is no attempt to get around the lock. `off` is none.",
    ],
];

#[test]
fn the_metrics_page_is_the_table() {
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
fn the_settings_page_is_the_variables() {
    let code = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("`{text}`")
        }
    };
    let row = |setting: &Setting| {
        let variables: Vec<String> = setting.variables().map(code).collect();
        vec![
            variables.join(", "),
            code(setting.flag().unwrap_or_default()),
            setting.default_text(),
            setting.doc().to_owned(),
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
    let rows = VARIABLES
        .iter()
        .map(|(name, meaning)| vec![code(name), (*meaning).to_owned()]);
    compare(
        "reference/settings.md",
        "policy",
        &table(&["Variable", "Meaning"], rows),
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
fn the_policy_page_is_the_keys() {
    let rows = KEYS.iter().map(|[key, example, meaning]| {
        vec![
            format!("`{key}`"),
            format!("`{example}`"),
            (*meaning).to_owned(),
        ]
    });
    compare(
        "reference/policy-file.md",
        "keys",
        &table(&["Key", "Example", "Meaning"], rows),
    );
}

/// The reader of the file has its keys in a `match`; that is where they are looked up.
#[test]
fn the_keys_are_those_that_are_read() {
    let source = include_str!("../../lockpolicy/src/policy/config.rs");
    let (_, rest) = source.split_once("fn key(").expect("the match of keys");
    let (arms, _) = rest.split_once("unknown key").expect("its last arm");
    let mut read: Vec<&str> = arms
        .lines()
        .filter_map(|line| {
            line.trim_start()
                .strip_prefix('"')?
                .split_once("\" =>")
                .map(|(key, _)| key)
        })
        .collect();
    let mut told: Vec<&str> = KEYS.iter().map(|[key, ..]| *key).collect();
    read.sort_unstable();
    told.sort_unstable();
    assert_eq!(read, told);
    let examples = KEYS.map(|[_, example, _]| example).join("\n");
    PolicyConfig::from_toml(&examples)
        .build()
        .expect("the examples of the page are a policy");
}

#[test]
fn every_variable_is_named_once() {
    let mut names: Vec<&str> = TABLE.iter().flat_map(Setting::variables).collect();
    names.extend(SHIM.map(|(name, ..)| name));
    names.extend(VARIABLES.map(|(name, _)| name));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Every file below a folder.
fn sources(place: PathBuf) -> Vec<PathBuf> {
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
fn the_variables_of_the_shim_are_all_told() {
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
