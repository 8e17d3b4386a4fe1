//! codex's tables as lines of text, which `tests/vendors/check` compares with what codex says about itself.
//! `UPDATE_DOCS=1 cargo test` writes them.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::super::items;
use super::super::methods::{APP_SERVER, Kind, MCP_SERVER, Method, Server};
use crate::Setting;
use crate::agents::codex::cli::{Command, GLOBAL, OptionSpec, ROOT, Takes};
use crate::agents::codex::config::keys::KEYS;

#[test]
fn printed_tables_equal_the_committed_ones() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/vendors/codex-tables.txt"
    );
    let mut lines: Vec<String> = APP_SERVER.iter().flat_map(method).collect();
    lines.extend(KEYS.iter().map(|key| {
        let selects = key
            .selects
            .map_or("nothing".to_string(), |s| format!("{s:?}"));
        format!("key {} {} {selects}", key.first, or_dash(key.last))
    }));
    command(&mut lines, &ROOT, "");
    let head = "# codex's tables as the program has them: UPDATE_DOCS=1 cargo test -p lockpolicy --lib printed";
    let made = format!("{head}\n{}\n", lines.join("\n"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(file, &made).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        written == made,
        "{file} differs: UPDATE_DOCS=1 cargo test writes it"
    );
}

/// Every field that states a setting, with its server and method, and the places of its items.
pub(crate) fn selecting() -> Vec<(Server, &'static str, String, Setting)> {
    let app = APP_SERVER.iter().map(|method| (Server::App, method));
    let mcp = MCP_SERVER.iter().map(|method| (Server::Mcp, method));
    let mut found = Vec::new();
    for (server, method) in app.chain(mcp) {
        for field in method.fields() {
            let own = field
                .path
                .iter()
                .flat_map(|name| ["/", name])
                .collect::<String>();
            match field.kind {
                Kind::Selects(setting) => found.push((server, method.name, own, setting)),
                Kind::Items => found.extend(in_items().map(|(rest, setting)| {
                    (server, method.name, [&own, &*rest].concat(), setting)
                })),
                Kind::Config
                | Kind::DropsWithEffort
                | Kind::Edit
                | Kind::Harmless
                | Kind::Whole => {}
            }
        }
    }
    found
}

/// The places of items.
fn in_items() -> impl Iterator<Item = (String, Setting)> {
    let places = items::with_operation(|operation| {
        let entries = operation.places.entries.iter();
        let places = entries
            .filter_map(|entry| Some((items::below(&entry.pointer)?.into(), entry.setting?)));
        Ok(places.collect::<Vec<(String, Setting)>>())
    });
    places.unwrap().into_iter()
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// A method with the pointers of its fields.
fn method(method: &Method) -> Vec<String> {
    let fields = method.fields().map(|field| {
        let kind = if field.kind == Kind::Items {
            "items"
        } else {
            "field"
        };
        let pointer = field
            .path
            .iter()
            .flat_map(|name| ["/", name])
            .collect::<String>();
        format!("{kind} {} {}", method.name, or_dash(&pointer))
    });
    [format!("method {}", method.name)]
        .into_iter()
        .chain(fields)
        .collect()
}

fn command(lines: &mut Vec<String>, command: &Command, path: &str) {
    let path = match path {
        "" => command.name.to_string(),
        _ => format!("{path}/{}", command.name),
    };
    let shown = if path.is_empty() { "." } else { &path };
    lines.push(format!("command {shown}"));
    let (above, _) = shown.rsplit_once('/').unwrap_or_default();
    lines.extend(command.aliases.iter().map(|alias| {
        let mark = if above.is_empty() { "" } else { "/" };
        format!("alias {above}{mark}{alias}")
    }));
    let options = command.own_options().chain(GLOBAL);
    lines.extend(options.map(|option| format!("option {shown} {}", spelled(option))));
    for child in command.children {
        self::command(lines, child, &path);
    }
}

/// An option as codex's help is written down: `--long`, `-l`, `=` where it takes something.
fn spelled(option: &OptionSpec) -> String {
    let letter = option
        .letter
        .map(|letter| format!(" -{}", char::from(letter)));
    let takes = match option.takes {
        Takes::Nothing => "",
        Takes::One => " =",
        Takes::Many => " =...",
    };
    format!("--{}{}{takes}", option.long, letter.unwrap_or_default())
}
