//! `docs/reference/operations.md`, compared with the data. `UPDATE_DOCS=1 cargo test` writes it.

use std::fmt::{Display, Write as _};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

#[test]
fn page_of_operations_equals_the_data_files() {
    let page = root().join("../docs/reference/operations.md");
    let made = made();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &made).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == made,
        "docs/reference/operations.md differs from the data: UPDATE_DOCS=1 cargo test writes it"
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn made() -> String {
    let mut out = String::from(HEAD);
    let common = file("common");
    for name in lockpolicy::dialect::names() {
        dialect(&mut out, name, &file(name).1);
    }
    out.push_str("\n## Places that dialects share\n");
    groups(&mut out, &common.1);
    out
}

/// A data file: its first comment, and what it says.
fn file(name: &str) -> (String, Table) {
    let path: PathBuf = root().join("dialects").join(name).with_extension("toml");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().take_while(|line| line.starts_with('#'));
    let output = lines.take_while(|line| !line.starts_with("# Source"));
    let output: Vec<&str> = output
        .map(|line| line.trim_start_matches(['#', ' ']))
        .collect();
    (output.join("\n"), text.parse().unwrap())
}

fn dialect(out: &mut String, name: &str, data: &Table) {
    let upstream = match data.get("upstream") {
        Some(url) => format!(
            "Its requests go to <{}> unless `--upstream` says otherwise.",
            text(url)
        ),
        None => "It has no upstream of its own: `--upstream` is needed.".to_owned(),
    };
    let told = data.get("told_by").map(list);
    let told = told.map(|told| format!("Its clients are told by {told}."));
    let upstream = [upstream]
        .into_iter()
        .chain(told)
        .collect::<Vec<_>>()
        .join(" ");
    let upstream = wrapped(&upstream, "");
    let intro = file(name).0;
    let intro = wrapped(&intro, "");
    writeln!(out, "\n## `{name}`\n\n{intro}\n\n{upstream}\n").unwrap();
    let (governed, free): (Vec<&Table>, Vec<&Table>) = tables(data, "operations")
        .into_iter()
        .partition(|line| line.contains_key("capability"));
    out.push_str("| Operation | Capability | Model | `force` | `reject` | Other places |\n|---|---|---|---|---|---|\n");
    for line in governed {
        row(out, line);
    }
    if !free.is_empty() {
        let all: Vec<String> = free
            .iter()
            .flat_map(|line| each(&line["at"]))
            .map(code)
            .collect();
        let text = format!("Forwarded, because no model runs: {}.", all.join(", "));
        writeln!(out, "\n{}", wrapped(&text, "")).unwrap();
    }
    let refused = tables(data, "refused");
    if !refused.is_empty() {
        out.push_str("\nRefused on purpose:\n\n");
    }
    for line in refused {
        let text = format!("- {}: {}.", list(&line["at"]), text(&line["why"]));
        writeln!(out, "{}", wrapped(&text, "  ")).unwrap();
    }
    groups(out, data);
}

fn row(out: &mut String, line: &Table) {
    let at: Vec<String> = each(&line["at"]).into_iter().map(code).collect();
    let [place, force, reject] = rules(line);
    let further: Vec<String> = line
        .get("selectors")
        .map(each)
        .unwrap_or_default()
        .into_iter()
        .chain(
            line.get("messages")
                .map(|name| format!("messages {}", text(name))),
        )
        .map(code)
        .collect();
    let cells = [
        at.join("<br>"),
        text(&line["capability"]),
        place,
        force,
        reject,
        further.join(", "),
    ];
    writeln!(out, "| {} |", cells.join(" | ")).unwrap();
}

/// Where the model stands, and what becomes of another one.
fn rules(line: &Table) -> [String; 3] {
    let written = "the pin is written".to_owned();
    let put_in = "the pin is written or inserted".to_owned();
    let (place, force) = match line.get("model").map(text).as_deref() {
        None if line.contains_key("messages") => ("in the messages".to_owned(), written),
        None => ("in the other places".to_owned(), written),
        Some("path") => ("`{model}` in the path".to_owned(), written),
        Some(place) => match place.strip_prefix('?') {
            Some(name) => (format!("`{name}` in the query"), put_in),
            None => (in_content(line, place), put_in),
        },
    };
    [place, force, "refused unless it is the pin".to_owned()]
}

fn in_content(line: &Table, place: &str) -> String {
    let (pointer, stem) = place.split_once(' ').unwrap_or((place, ""));
    let name = pointer.trim_start_matches('/');
    let place = match line["content"].as_str().unwrap() {
        "multipart" => format!("the part `{name}`"),
        "json_or_multipart" => format!("`{pointer}`, or the part `{name}`"),
        _ => format!("`{pointer}`"),
    };
    if stem.is_empty() {
        place
    } else {
        format!("{place}, as `{stem}NAME`")
    }
}

fn groups(out: &mut String, data: &Table) {
    let lists = data.get("tool_types").and_then(Value::as_table);
    for (index, (name, types)) in lists.into_iter().flatten().enumerate() {
        if index == 0 {
            out.push_str("\n### types of tools\n\n| List | Types |\n|---|---|\n");
        }
        writeln!(out, "| `{name}` | {} |", list(types)).unwrap();
    }
    for (name, places) in data
        .get("selectors")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
    {
        writeln!(out, "\n### {name}\n\n| Place | What is done |\n|---|---|").unwrap();
        for (pointer, meaning) in places.as_table().unwrap() {
            writeln!(out, "| `{pointer}` | {} |", output(&text(meaning))).unwrap();
        }
    }
    for (name, kinds) in data
        .get("messages")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
    {
        writeln!(
            out,
            "\n### messages {name}\n\n| Message | Model | Other places |\n|---|---|---|"
        )
        .unwrap();
        for kind in kinds.as_array().unwrap() {
            let further = kind.get("selectors").map(each).unwrap_or_default();
            let further: Vec<String> = further.into_iter().map(code).collect();
            let model = kind
                .get("model")
                .map(|model| code(text(model)))
                .unwrap_or_default();
            let name = text(&kind["kind"]);
            let name = if name.is_empty() {
                "any without a type".to_owned()
            } else {
                code(name)
            };
            writeln!(out, "| {name} | {model} | {} |", further.join(", ")).unwrap();
        }
    }
}

/// Returns what a place may state where effort or tier is pinned, or always, in words.
fn limited(meaning: &str) -> Option<String> {
    let of = |name: &str| format!(", if the {name} is pinned");
    let (when, rest, repairs) = match meaning.split_once(' ')? {
        ("effort", rest) => (of("reasoning effort"), rest, true),
        ("tier", rest) => (of("service tier"), rest, true),
        _ => (String::new(), meaning, false),
    };
    if let Some(word) = rest.strip_prefix("only ") {
        return Some(if repairs {
            format!("anything but `{word}`: `force` writes `{word}`, `reject` refuses{when}")
        } else {
            format!("refused unless it is `{word}`")
        });
    }
    match rest {
        "drop" if repairs => Some(format!("`force` removes it, `reject` refuses{when}")),
        "refuse" if repairs => Some(format!("refused unless it is the pin{when}")),
        _ => None,
    }
}

/// A meaning of the data in words.
fn output(meaning: &str) -> String {
    if let Some(text) = limited(meaning) {
        return text;
    }
    let words: Vec<&str> = meaning.split(' ').collect();
    let known = [
        "audio",
        "embedding",
        "generation",
        "image",
        "moderation",
        "video",
    ];
    let (of, rest) = match words.as_slice() {
        [first, rest @ ..] if known.contains(first) => (*first, rest.to_vec()),
        _ => ("generation", words),
    };
    let stem = rest.iter().find(|word| word.ends_with('/'));
    let stem = stem
        .map(|stem| format!(", as `{stem}NAME`"))
        .unwrap_or_default();
    match rest.as_slice() {
        ["credential" | "drop", ..] => "`force` removes it, `reject` refuses".into(),
        ["others", ..] => format!(
            "`force` removes it and `reject` refuses, unless it names nothing but the pin of {of}"
        ),
        ["plain"] => "selects nothing".into(),
        ["refuse", ..] => "refused".into(),
        ["tool", list, ..] => {
            format!("the type of a tool: one of the list `{list}`, or refused")
        }
        ["pin", ..] => {
            format!("another model: `force` writes the pin of {of}, `reject` refuses another")
        }
        ["model", "optional", ..] => format!(
            "may be missing; `force` writes the pin of {of}{stem}, `reject` refuses another"
        ),
        ["model", "inside", ..] => format!(
            "has to stand where the object around it does; `force` writes or inserts the pin of {of}{stem}, `reject` \
             refuses another"
        ),
        ["model", ..] => format!("`force` writes the pin of {of}{stem}, `reject` refuses another"),
        ["effort", ..] => "the reasoning effort, if that is pinned".into(),
        ["tier", ..] => "the service tier, if that is pinned".into(),
        _ => panic!("{meaning}"),
    }
}

fn tables<'t>(data: &'t Table, name: &str) -> Vec<&'t Table> {
    let all = data
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    all.filter_map(Value::as_table).collect()
}

fn each(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map_or_else(|| vec![text(value)], |all| all.iter().map(text).collect())
}

/// Returns `text` with lines of at most 120 columns, each after the first indented.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for unit in units(text) {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            line.push_str(&unit);
        } else if line.chars().count() + unit.chars().count() < 120 {
            line.extend([" ", &unit]);
        } else {
            lines.push(format!("{indent}{unit}"));
        }
    }
    lines.join("\n")
}

/// Returns the words of `text`; those within one pair of backticks stay together.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match units.last_mut() {
            Some(unit) if unit.matches('`').count() % 2 == 1 => unit.extend([" ", word]),
            _ => units.push(word.to_owned()),
        }
    }
    units
}

fn list(value: &Value) -> String {
    let all: Vec<String> = each(value).into_iter().map(code).collect();
    all.join(", ")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn code(text: impl Display) -> String {
    format!("`{text}`")
}

const HEAD: &str = "\
# Operations

`UPDATE_DOCS=1 cargo test -p lockpolicy` makes this page from `lockpolicy/dialects/*.toml`, and a test compares both.

Everything that is not in these tables is refused with 404, whatever its body. `--dialect` switches dialects on by name.
[Rule 10](../design/rules.md#rules) says which one counts if several of them know a method and path. An operator can
permit more with `allow` in the [policy file](policy-file.md).

- `*` in a path is one segment, and `{model}` is the segment that names the model. Paths are compared byte for byte.
- The places of the group [routing](#routing) hold in every body and every message on a WebSocket, besides those that
  are named, and those of [credentials](#credentials) where the proxy holds a key for the dialect.
- `GROUP under POINTER` is that group below a place, and `-POINTER` leaves a place of a group out.
- A place `@NAME` is a request header. One that ends in `{}` is the name of each member that no other place names.
- A list of types of tools in a dialect adds to the shared list of that name; `@LIST` stands for another list. An
  operator can permit more with `allow_tool_types`.
- Each capability has a pin of its own. Without it, its operations are refused; see [Settings](settings.md#the-policy).
- In every mode, a request that can be read in two ways is refused, and so is a governed name in another spelling. In
  `reject`, a missing model is refused.
";
