//! The cases, as their file has them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// One environment and configuration. Texts may say `@A@` and `@B@` (the providers' URLs), `@HOSTA@` (host and port of A),
/// `@ROOT@` (the directory of everything), `@REAL@` (the directory of the real codex).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Case {
    /// The name.
    pub(crate) name: String,
    /// The arguments, as a shell would read them.
    pub(crate) run: Option<String>,
    /// What stands in codex's `config.toml`; `None` is a provider `a` at A.
    pub(crate) config: Option<String>,
    /// True where it begins with a byte order mark.
    pub(crate) bom: bool,
    /// More of it, behind that.
    pub(crate) more: String,
    /// Variables, in the place of the usual ones.
    pub(crate) env: BTreeMap<String, String>,
    /// Variables that are not set.
    pub(crate) unset: Vec<String>,
    /// Further files below the root.
    pub(crate) files: BTreeMap<String, String>,
    /// What `PATH` has besides the real codex, in front of it and only behind the shim.
    pub(crate) installs: usize,
    /// Why the two differ, and how, where they have to.
    pub(crate) differs: Option<String>,
    /// The versions that know what the case is about, where it is not every one.
    pub(crate) versions: Vec<String>,
}

/// The file.
#[derive(Debug, Deserialize)]
struct File {
    case: Vec<Case>,
}

impl Case {
    /// Every case, in the order of the file.
    pub(crate) fn all() -> Vec<Self> {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/cases.toml");
        let text = fs::read_to_string(&place).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
        file.case
    }

    /// Returns true where a version knows what the case is about.
    pub(crate) fn concerns(&self, version: &str) -> bool {
        self.versions.is_empty() || self.versions.iter().any(|own| own == version)
    }

    /// Returns the text of `config.toml`.
    pub(crate) fn config(&self) -> String {
        let usual = "model_provider = \"a\"\n[model_providers.a]\nname = \"a\"\nbase_url = \"@A@/v1\"\nwire_api = \"responses\"\nenv_key = \"CODEX_API_KEY\"\n";
        let head = "check_for_update_on_startup = false\nmodel = \"gpt-5.5\"\n";
        let own = self.config.as_deref().unwrap_or(usual);
        let mark = if self.bom { "\u{feff}" } else { "" };
        [mark, head, own, &self.more].concat()
    }

    /// Returns the arguments.
    pub(crate) fn words(&self) -> Vec<String> {
        let usual = "exec --skip-git-repo-check hi";
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for letter in self.run.as_deref().unwrap_or(usual).chars() {
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
}
