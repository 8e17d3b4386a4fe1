//! Two texts as a unified diff, for a person who is asked whether it may be written.

use similar::TextDiff;

/// Returns a unified diff; empty where nothing differs. `None` is a file that is not there.
pub(crate) fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = |text: Option<&str>| if text.is_some() { path } else { "/dev/null" };
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
    let mut unified = diff.unified_diff();
    unified.header(name(before), name(after)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn diff_of_two_texts_patches_the_first_to_the_second() {
        let long: String = (0..40).fold(String::new(), |text, n| text + &format!("line {n}\n"));
        for (before, after) in [
            (None, Some("a\nb\n")),
            (Some("a\nb\n"), None),
            (
                Some("model = 1\nx = 2\n"),
                Some("# new\n#aside model = 1\nx = 2\ny"),
            ),
            (Some("a\na\nb"), Some("b\na\na\n")),
            (
                Some(&*long),
                Some(&*long.replace("line 3\n", "").replace("line 30", "LINE 30")),
            ),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("file");
            if let Some(before) = before {
                std::fs::write(&file, before).unwrap();
            }
            let diff = unified("file", before, after);
            let mut patch = Command::new("patch")
                .args(["-s", "-p0", "-E"])
                .current_dir(directory.path())
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            std::io::Write::write_all(&mut patch.stdin.take().unwrap(), diff.as_bytes()).unwrap();
            assert!(patch.wait().unwrap().success(), "{diff}");
            assert_eq!(
                std::fs::read_to_string(&file).ok().as_deref(),
                after,
                "{diff}"
            );
        }
    }

    #[test]
    fn diff_of_equal_texts_is_empty() {
        assert_eq!(unified("file", Some("a\n"), Some("a\n")), "");
        assert_eq!(unified("file", None, None), "");
    }
}
