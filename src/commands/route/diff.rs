//! Two texts as a unified diff, for a person who is asked whether it may be written.

/// How many lines stand around a change.
const AROUND: usize = 3;

/// A unified diff; empty where nothing differs. `None` is a file that is not there.
pub(crate) fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = |text: Option<&str>| if text.is_some() { path } else { "/dev/null" };
    let old: Vec<&str> = lines(before);
    let new: Vec<&str> = lines(after);
    let marked = marked(&old, &new);
    let mut out = String::new();
    for hunk in hunks(&marked) {
        if out.is_empty() {
            out = format!("--- {}\n+++ {}\n", name(before), name(after));
        }
        let part = marked.get(hunk.clone()).unwrap_or_default();
        let count = |skip: char| part.iter().filter(|(mark, _)| *mark != skip).count();
        let start = |skip: char| {
            let earlier = marked.iter().take(hunk.start);
            earlier.filter(|(mark, _)| *mark != skip).count()
        };
        let (minus, plus) = (count('+'), count('-'));
        let (from, to) = (
            start('+') + usize::from(minus > 0),
            start('-') + usize::from(plus > 0),
        );
        out.extend([format!("@@ -{from},{minus} +{to},{plus} @@\n")]);
        for (mark, line) in part {
            out.push(*mark);
            out.push_str(line);
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

fn lines(text: Option<&str>) -> Vec<&str> {
    text.unwrap_or_default().split_inclusive('\n').collect()
}

type Marked<'a> = Vec<(char, &'a str)>;

/// Every line of both, marked as kept, taken out or put in.
fn marked<'a>(old: &[&'a str], new: &[&'a str]) -> Marked<'a> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(new).take_while(same).count();
    let (mut left, mut right) = (
        old.get(head..).unwrap_or_default(),
        new.get(head..).unwrap_or_default(),
    );
    let mut out: Marked<'a> = old.iter().take(head).map(|line| (' ', *line)).collect();
    while let ([a, rest_left @ ..], [b, rest_right @ ..]) = (left, right) {
        if a == b {
            out.push((' ', a));
            (left, right) = (rest_left, rest_right);
            continue;
        }
        // What comes again soonest is kept: our edits put lines in and change them in place.
        let in_new = right.iter().position(|line| line == a);
        let in_old = left.iter().position(|line| line == b);
        match (in_new, in_old) {
            (Some(steps), None) => right = put(&mut out, '+', right, steps),
            (Some(new), Some(old)) if new <= old => right = put(&mut out, '+', right, new),
            (_, Some(steps)) => left = put(&mut out, '-', left, steps),
            (None, None) => {
                out.extend([('-', *a), ('+', *b)]);
                (left, right) = (rest_left, rest_right);
            }
        }
    }
    out.extend(left.iter().map(|line| ('-', *line)));
    out.extend(right.iter().map(|line| ('+', *line)));
    out
}

fn put<'l, 'a>(
    out: &mut Marked<'a>,
    mark: char,
    lines: &'l [&'a str],
    steps: usize,
) -> &'l [&'a str] {
    let (gone, rest) = lines.split_at_checked(steps).unwrap_or((lines, &[]));
    out.extend(gone.iter().map(|line| (mark, *line)));
    rest
}

/// The ranges that are shown: each change with what stands around it.
fn hunks(marked: &[(char, &str)]) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, (mark, _)) in marked.iter().enumerate() {
        if *mark == ' ' {
            continue;
        }
        let start = index.saturating_sub(AROUND);
        let end = index.saturating_add(AROUND + 1).min(marked.len());
        match hunks.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => hunks.push(start..end),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn patch_makes_the_second_of_the_first() {
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
    fn what_is_equal_has_no_diff() {
        assert_eq!(unified("file", Some("a\n"), Some("a\n")), "");
        assert_eq!(unified("file", None, None), "");
    }
}
