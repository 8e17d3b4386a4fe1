//! The releases of codex that the tables describe.

use alloc::string::String;
use core::cmp::Ordering;

use serde::Deserialize;

/// The releases whose real programs the tables were compared with, the oldest first.
pub const VERIFIED: [&str; 4] = ["0.125.0", "0.154.0", "0.169.0", "0.171.0"];

/// What the tables know of the codex that a command line is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Release {
    /// It is one of those from the oldest to the newest of [`VERIFIED`].
    #[default]
    Listed,
    /// It is newer: any command may be missing in it, and its name is a prompt then.
    Newer,
    /// It is older, or nobody knows. It is treated as a newer one.
    Unknown,
}

impl Release {
    /// Returns what the tables know of a version, such as `0.171.0` or `0.171.0-linux-x64`.
    ///
    /// # Examples
    ///
    /// ```
    /// use lockpolicy::agents::codex::Release;
    ///
    /// assert_eq!(Release::of("0.154.0"), Release::Listed);
    /// assert_eq!(Release::of("0.171.1-alpha.1"), Release::Newer);
    /// assert_eq!(Release::of("nightly"), Release::Unknown);
    /// ```
    pub fn of(version: &str) -> Self {
        let [oldest, .., newest] = VERIFIED.map(numbers);
        let Some(own) = numbers(version) else {
            return Self::Unknown;
        };
        match (Some(own).cmp(&oldest), Some(own).cmp(&newest)) {
            (Ordering::Less, _) => Self::Unknown,
            (_, Ordering::Greater) => Self::Newer,
            _ => Self::Listed,
        }
    }

    /// Returns the newest version that the tables describe.
    pub fn newest() -> &'static str {
        let [.., newest] = VERIFIED;
        newest
    }

    /// Returns true where every command of the tables that all versions have is a command to this one too.
    pub(crate) fn is_listed(self) -> bool {
        self == Self::Listed
    }
}

/// Returns the version in the `package.json` of a codex; `None` where it belongs to something else.
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::version_of_package;
///
/// let package = br#"{"name":"@openai/codex","version":"0.171.0-linux-x64"}"#;
/// assert_eq!(version_of_package(package).as_deref(), Some("0.171.0-linux-x64"));
/// assert_eq!(version_of_package(br#"{"name":"other","version":"1.0.0"}"#), None);
/// ```
pub fn version_of_package(package: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Package {
        name: Option<String>,
        version: String,
    }
    let package: Package = serde_json::from_slice(package).ok()?;
    let is_codex = package
        .name
        .is_none_or(|name| name.starts_with("@openai/codex"));
    is_codex.then_some(package.version)
}

/// Returns the version in what `codex --version` prints, `codex-cli 0.171.0`.
pub fn printed_version(output: &str) -> Option<&str> {
    let mut words = output.split_whitespace();
    words.find(|word| numbers(word).is_some())
}

/// Returns major, minor and patch; what a pre-release or a package adds to them is left out.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let plain = version.split(['-', '+']).next()?;
    let mut parts = plain.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_compared_number_by_number() {
        for (version, expected) in [
            ("0.125.0", Release::Listed),
            ("0.126.3", Release::Listed),
            ("0.171.0-linux-x64", Release::Listed),
            ("0.171.0-alpha.2", Release::Listed),
            ("0.171.1", Release::Newer),
            ("0.1000.0", Release::Newer),
            ("1.0.0", Release::Newer),
            ("0.124.9", Release::Unknown),
            ("0.99.0", Release::Unknown),
            ("0.171", Release::Unknown),
            ("0.171.0.1", Release::Unknown),
            ("v0.171.0", Release::Unknown),
            ("", Release::Unknown),
        ] {
            assert_eq!(Release::of(version), expected, "{version}");
        }
        assert!(VERIFIED.map(numbers).is_sorted());
    }

    #[test]
    fn newest_version_is_the_last_that_is_verified() {
        assert_eq!(Some(&Release::newest()), VERIFIED.last());
        assert_eq!(Release::of(Release::newest()), Release::Listed);
    }

    #[test]
    fn package_of_codex_has_its_version_and_no_other_has() {
        for (package, expected) in [
            (
                r#"{"name":"@openai/codex","version":"0.171.0"}"#,
                Some("0.171.0"),
            ),
            (
                r#"{"name":"@openai/codex-linux-x64","version":"0.171.0-linux-x64"}"#,
                Some("0.171.0-linux-x64"),
            ),
            (r#"{"version":"0.1.0"}"#, Some("0.1.0")),
            (r#"{"name":"other","version":"1.0.0"}"#, None),
            (r#"{"name":"@openai/codex"}"#, None),
            ("[", None),
        ] {
            let version = version_of_package(package.as_bytes());
            assert_eq!(version.as_deref(), expected, "{package}");
        }
    }

    #[test]
    fn version_is_the_first_word_of_the_output_that_is_one() {
        for (output, expected) in [
            ("codex-cli 0.171.0\n", Some("0.171.0")),
            ("codex-cli 0.172.0-alpha.1", Some("0.172.0-alpha.1")),
            (
                "WARNING: 2 files\ncodex-cli 0.125.0 of 1.2.3",
                Some("0.125.0"),
            ),
            ("codex-cli nightly", None),
            ("", None),
        ] {
            assert_eq!(printed_version(output), expected, "{output}");
        }
    }
}
