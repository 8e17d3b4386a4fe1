//! The ways, as their files have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::VERSIONS;

/// A file of ways.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chapter {
    /// The heading.
    pub(crate) name: String,
    /// What a reader has to know before.
    #[serde(default)]
    pub(crate) intro: String,
    /// Whether each way is gone with one version, in turn.
    #[serde(default)]
    pub(crate) turns: bool,
    #[serde(rename = "way")]
    pub(crate) ways: Vec<Way>,
}

/// One way to ask for another model. Texts may say `@A@` and `@B@` (the providers' URLs), `@PORT@` (of B), `@WORK@`, `@HOME@`
/// (codex's), `@ROOT@`, `@CHILD@` (another model of the version's catalog), `@SID@` (the recorded session).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each one is a key of the file"
)]
pub(crate) struct Way {
    /// The arguments, as a shell would read them.
    pub(crate) run: String,
    /// What stands beside the arguments, for the reader.
    pub(crate) with: String,
    /// Where it is not every version.
    pub(crate) versions: Vec<String>,
    /// The approved model, where it is another one.
    pub(crate) pin: Option<String>,
    /// What the configuration begins with.
    pub(crate) base: Base,
    /// Keys before the tables of the configuration.
    pub(crate) keys: String,
    /// Tables at its end.
    pub(crate) tables: String,
    /// Whether the working directory is trusted.
    pub(crate) trusted: bool,
    /// Further files below the root, and what is in them.
    pub(crate) files: BTreeMap<String, String>,
    /// Links below the root, and where they lead.
    pub(crate) links: BTreeMap<String, String>,
    /// Variables; an empty one is taken away.
    pub(crate) env: BTreeMap<String, String>,
    /// Command lines that run before, without the lock.
    pub(crate) before: Vec<String>,
    /// What a client asks of the server that runs: method and parameters. `turn` is a whole turn, with what
    /// else its request says.
    pub(crate) rpc: Vec<(String, String)>,
    /// What the provider answers first.
    pub(crate) call: Option<Call>,
    /// Whether codex is logged in with an account.
    pub(crate) account: bool,
    /// Whether the user's own configuration selects B.
    pub(crate) own_b: bool,
    /// Whether it leads to a provider on the Internet without the lock; then it runs only under the lock.
    pub(crate) leaves: bool,
    /// Whether no version runs a model this way.
    pub(crate) silent: bool,
    /// A file in the working directory to show.
    pub(crate) shows: Option<String>,
}

/// What the configuration begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Base {
    /// The model `configured` at the provider `a`.
    #[default]
    Usual,
    /// The same without a model.
    Unnamed,
    /// The model `configured` at codex's own provider, whose address is A.
    Openai,
    /// The same without a model.
    OpenaiUnnamed,
    /// A model `configured` and nothing of a provider, but that both are defined.
    Unselected,
    /// Nothing.
    Nothing,
}

/// A call of one of codex's tools.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: String,
    /// Whether the parent waits for a child.
    #[serde(default)]
    pub(crate) child: bool,
}

impl Chapter {
    /// Every file, by its name.
    pub(crate) fn all() -> Vec<Self> {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/codex_bypass_matrix/ways");
        let mut files: Vec<_> = fs::read_dir(place)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
            .iter()
            .map(|file| {
                let text = fs::read_to_string(file).unwrap();
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            })
            .collect()
    }
}

impl Chapter {
    /// The ways, each with the versions that it is gone with.
    pub(crate) fn turns(&self) -> Vec<(&Way, Vec<&'static str>)> {
        let ways = self.ways.iter().enumerate().map(|(turn, way)| {
            let mut versions = way.versions();
            if self.turns {
                versions = versions
                    .iter()
                    .cycle()
                    .skip(turn)
                    .take(1)
                    .copied()
                    .collect();
            }
            (way, versions)
        });
        ways.collect()
    }
}

impl Way {
    /// What the row is called.
    pub(crate) fn title(&self) -> String {
        let run = self.run.replace('\t', "⇥").replace('\n', "⏎");
        if self.with.is_empty() {
            format!("`codex {run}`")
        } else {
            format!("`codex {run}`, {}", self.with)
        }
    }

    pub(crate) fn pin(&self) -> &str {
        self.pin.as_deref().unwrap_or("gpt-5.5")
    }

    fn versions(&self) -> Vec<&'static str> {
        let runs = |version: &&str| {
            self.versions.is_empty() || self.versions.iter().any(|own| own == version)
        };
        VERSIONS.into_iter().filter(runs).collect()
    }
}

/// Words, as a shell reads them: quotes of either kind, no escapes.
pub(crate) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in text.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == letter => quote = None,
            (' ', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[test]
fn command_words_are_split_as_a_shell_splits_them() {
    assert_eq!(
        words(r#"exec -c 'model="x y"' "it's" '' a'b'c"#),
        ["exec", "-c", r#"model="x y""#, "it's", "", "abc"]
    );
}
