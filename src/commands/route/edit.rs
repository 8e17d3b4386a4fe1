//! Our keys into a TOML file of an operator and out again, byte for byte.
//!
//! The file is cut, never written anew: what is ours stands in blocks between two marks, and a key of the
//! operator that is in the way becomes a comment where it stands. Invariant: [`without`] of what [`with`] made is
//! what was there before; `with` looks and refuses where it is not so.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The keys and tables that a file shall have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Keys of the whole file, with their texts.
    pub(crate) top: Vec<(&'static str, String)>,
    /// Tables of our own, with their keys.
    pub(crate) tables: Vec<Table>,
}

/// A table of our own: its name, its keys with their texts.
pub(crate) type Table = (&'static str, Vec<(&'static str, String)>);

/// The reason why a file is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditError {
    /// Our block was changed by hand.
    #[error("what stands between our marks was changed by hand: take it out by hand")]
    Broken,
    /// Our table cannot be added.
    #[error("a table of ours cannot stand beside what is there")]
    Conflict,
    /// It would not come out as it went in.
    #[error("what is there could not be given back byte for byte")]
    Lossy,
    /// It is not TOML.
    #[error("not TOML")]
    NotToml,
}

/// The file with our keys. `None` stands for no file.
///
/// # Errors
///
/// [`EditError`]; nothing of the file is lost in any case.
pub(crate) fn with(file: Option<&str>, keys: &Keys) -> Result<String, EditError> {
    let theirs = match file {
        Some(text) => without(text)?,
        None => None,
    };
    let text = theirs.as_deref().unwrap_or_default();
    let made = made(text, keys, theirs.is_none())?;
    if without(&made)? != theirs {
        return Err(EditError::Lossy);
    }
    Ok(made)
}

/// The file without our keys, and with what they had replaced. `None` where no file stood there before.
pub(crate) fn without(text: &str) -> Result<Option<String>, EditError> {
    let is_mark = |line: &str| [BEGIN, BEGIN_FRESH, BEGIN_JOINED, END].contains(&line);
    let (mark, lines) = split_mark(text);
    if !lines.lines().any(is_mark) {
        return Ok(Some(text.to_owned()));
    }
    let mut rest = mark.to_owned();
    let (mut fresh, mut inside) = (false, false);
    for line in lines.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        match (inside, bare) {
            (false, BEGIN | BEGIN_FRESH | BEGIN_JOINED) => {
                inside = true;
                fresh |= bare == BEGIN_FRESH;
                if bare == BEGIN_JOINED {
                    // The line feed before the mark is ours too.
                    rest.truncate(rest.strip_suffix('\n').ok_or(EditError::Broken)?.len());
                }
            }
            (true, END) => inside = false,
            (false, END) => return Err(EditError::Broken),
            (true, _) => {}
            (false, _) => rest.push_str(line.strip_prefix(ASIDE).unwrap_or(line)),
        }
    }
    match (inside, fresh && rest.is_empty()) {
        (true, _) => Err(EditError::Broken),
        (false, true) => Ok(None),
        (false, false) => Ok(Some(rest)),
    }
}

fn made(text: &str, keys: &Keys, fresh: bool) -> Result<String, EditError> {
    let table = DeTable::parse(text).map_err(|_| EditError::NotToml)?;
    let ours = table
        .get_ref()
        .iter()
        .filter(|(key, _)| keys.top.iter().any(|(name, _)| *name == key.get_ref()));
    let replaced: Vec<Range<usize>> = ours
        .map(|(key, value)| key.span().start..value.span().end)
        .collect();
    let (mark, text_behind) = split_mark(text);
    let begin = if fresh { BEGIN_FRESH } else { BEGIN };
    let mut out = [mark, begin, "\n", NOTE, "\n"].concat();
    push(&mut out, &keys.top);
    out.extend([END, "\n"]);
    push_aside(&mut out, text_behind, mark.len(), &replaced);
    if !keys.tables.is_empty() {
        let joined = !out.ends_with('\n');
        out.push_str(if joined { "\n" } else { "" });
        out.extend([if joined { BEGIN_JOINED } else { BEGIN }, "\n"]);
        for (name, keys) in &keys.tables {
            out.extend(["[", name, "]\n"]);
            push(&mut out, keys);
        }
        out.extend([END, "\n"]);
    }
    if holds(&out, keys) {
        Ok(out)
    } else {
        Err(EditError::Conflict)
    }
}

/// The byte order mark, which is TOML only at the beginning of a file, and the rest.
fn split_mark(text: &str) -> (&str, &str) {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    }
}

fn push(out: &mut String, keys: &[(&'static str, String)]) {
    for (key, value) in keys {
        out.extend([key, " = ", &quoted(value), "\n"]);
    }
}

/// Each line that a range touches becomes a comment.
fn push_aside(out: &mut String, text: &str, start: usize, ranges: &[Range<usize>]) {
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let end = at.saturating_add(line.len());
        if ranges
            .iter()
            .any(|range| range.start < end && at < range.end)
        {
            out.push_str(ASIDE);
        }
        out.push_str(line);
        at = end;
    }
}

/// Returns true if the text is TOML that holds our keys.
fn holds(text: &str, keys: &Keys) -> bool {
    let Ok(table) = DeTable::parse(text) else {
        return false;
    };
    let says = |table: &DeTable<'_>, keys: &[(&'static str, String)]| {
        keys.iter().all(|(key, value)| {
            let found = table.get(*key).and_then(|found| found.get_ref().as_str());
            found == Some(value)
        })
    };
    let table = table.get_ref();
    says(table, &keys.top)
        && keys
            .tables
            .iter()
            .all(|(name, keys)| inner(table, name).is_some_and(|table| says(table, keys)))
}

/// The table of a dotted name.
fn inner<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<&'a DeTable<'i>> {
    name.split('.').try_fold(table, |table, part| {
        match table.get(part).map(toml::Spanned::get_ref) {
            Some(DeValue::Table(inner)) => Some(inner),
            _ => None,
        }
    })
}

/// A basic string; what may not stand in one as it is, is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.extend([format!("\\u{:04X}", u32::from(c))]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

const BEGIN: &str = "# >>> model-lock route";
/// No file stood there before.
const BEGIN_FRESH: &str = "# >>> model-lock route (the file is ours)";
/// The last line before had no end.
const BEGIN_JOINED: &str = "# >>> model-lock route (joined)";
const END: &str = "# <<< model-lock route";
const NOTE: &str =
    "# Written by `model-lock route codex`; `model-lock route codex --remove` takes it out again.";
/// The mark before each line that is set aside.
const ASIDE: &str = "#model-lock set aside: ";

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys {
            top: vec![
                ("model", "gpt-5.5".to_owned()),
                ("openai_base_url", "http://127.0.0.1:8383/v1".to_owned()),
            ],
            tables: vec![("profiles.model-lock", vec![("model", "p\"\\".to_owned())])],
        }
    }

    const FILES: [&str; 12] = [
        "",
        "\n",
        "model = \"old\"\n",
        "model = \"old\"",
        "# a comment\r\n  model = 'old' # why\r\napproval_policy = \"never\"\r\n",
        "model = \"\"\"\nold\n\n\"\"\"\nx = 1\n[features]\nmodel = 1\n",
        "\"model\" = \"old\"\n\n[profiles.a]\nmodel = \"b\"",
        "\u{feff}model = \"old\"\nx = 1\n",
        "[a]\nopenai_base_url = \"x\"\n[[b]]\n",
        "x = \"\"\"\nmodel = 'no'\n\"\"\"\n",
        "model = \"old\"\nopenai_base_url = \"rogue\"\n\n\n",
        "profiles.x.model = \"a\"\nmodel = \"ü\" \t # ü\n",
    ];

    #[test]
    fn route_that_is_added_and_removed_leaves_the_file_unchanged() {
        for file in FILES {
            let once = with(Some(file), &keys()).unwrap();
            assert_eq!(without(&once).unwrap().as_deref(), Some(file), "{once}");
            assert_eq!(with(Some(&once), &keys()).unwrap(), once, "twice is once");
        }
        let fresh = with(None, &keys()).unwrap();
        assert_eq!(without(&fresh), Ok(None));
    }

    #[test]
    fn route_in_a_file_with_other_keys_holds_and_keeps_them() {
        for file in FILES {
            let made = with(Some(file), &keys()).unwrap();
            let table = DeTable::parse(&made).unwrap();
            assert_eq!(table.get_ref()["model"].get_ref().as_str(), Some("gpt-5.5"));
            let before = DeTable::parse(file).unwrap();
            for (key, value) in before.get_ref() {
                let now = format!("{:?}", table.get_ref()[key.get_ref().as_ref()].get_ref());
                let is_ours =
                    ["model", "openai_base_url", "profiles"].contains(&key.get_ref().as_ref());
                assert!(
                    is_ours || strip(&now) == strip(&format!("{:?}", value.get_ref())),
                    "{key:?}"
                );
            }
        }
    }

    /// Without the places, which move.
    fn strip(shown: &str) -> String {
        shown.chars().filter(|c| !c.is_ascii_digit()).collect()
    }

    #[test]
    fn file_that_has_grown_since_keeps_what_was_added() {
        let fresh = with(None, &keys()).unwrap();
        let grown = fresh + "[features]\nmemories = false\n";
        assert_eq!(
            without(&grown).unwrap().as_deref(),
            Some("[features]\nmemories = false\n")
        );
    }

    #[test]
    fn file_that_cannot_be_edited_is_an_error() {
        let joined = format!("x\n{BEGIN_JOINED}\n{END}\n");
        assert_eq!(without(&joined).unwrap().as_deref(), Some("x"));
        for (file, error) in [
            ("model = ", EditError::NotToml),
            ("[profiles.model-lock]\nmodel = 'x'\n", EditError::Conflict),
            ("profiles = {a = {}}\n", EditError::Conflict),
            (BEGIN, EditError::Broken),
            (END, EditError::Broken),
            (
                "x = \"\"\"\n# >>> model-lock route\n\"\"\"\n",
                EditError::Broken,
            ),
            (
                "x = \"\"\"\n#model-lock set aside: a\n\"\"\"\n",
                EditError::Lossy,
            ),
        ] {
            assert_eq!(with(Some(file), &keys()), Err(error), "{file}");
        }
    }
}
