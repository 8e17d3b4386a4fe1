//! A form cut into its parts, where every parser cuts it.
//!
//! Some parsers take the boundary for a delimiter wherever it stands: in the middle of a line, behind a bare line
//! feed, in front of a longer line. So it may stand nowhere but in a delimiter, not in a part's head either.

use alloc::vec::Vec;
use core::ops::Range;

use memchr::memmem::Finder;

use super::part_head::{PartHead, part_head};

/// The most parts of a form.
pub const PART_CAP: usize = 256;

/// One part: its head, and where it and its content stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) head: PartHead<'a>,
    /// From the first byte of its head to the last of its content.
    pub(super) text: Range<usize>,
    pub(super) content: Range<usize>,
    /// From its delimiter to the next.
    pub(super) whole: Range<usize>,
}

/// Cuts a form into its parts; `None` where it has another reading.
pub(super) fn parts<'a>(input: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let dashed = ["--", boundary].concat();
    let finder = Finder::new(dashed.as_bytes());
    input.starts_with(dashed.as_bytes()).then_some(())?;
    let mut start = 0;
    let mut parts = Vec::new();
    loop {
        let behind = start + dashed.len();
        match input.get(behind..)? {
            b"--" | b"--\r\n" if !parts.is_empty() => return Some(parts),
            rest if rest.starts_with(b"\r\n") && parts.len() < PART_CAP => {}
            _ => return None,
        }
        let from = behind + 2;
        let next = from + finder.find(input.get(from..)?)?;
        let text = input.get(from..next)?.strip_suffix(b"\r\n")?;
        parts.push(part(text, from, start..next)?);
        start = next;
    }
}

/// Returns the part whose head and content are `text`, which stands at `from`.
fn part(text: &[u8], from: usize, whole: Range<usize>) -> Option<Part<'_>> {
    let end = memchr::memmem::find(text, b"\r\n\r\n")?;
    let head = core::str::from_utf8(text.get(..end)?).ok()?;
    let content = from + end + 4..from + text.len();
    Some(Part {
        head: part_head(head, content.len())?,
        text: from..from + text.len(),
        content,
        whole,
    })
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    const MODEL: &str = "Content-Disposition: form-data; name=\"model\"\r\n\r\nm";
    const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n\r\n";

    fn form(parts: &[&str]) -> String {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| ["--B\r\n", part, "\r\n"].concat())
            .collect();
        [parts.concat().as_str(), "--B--\r\n"].concat()
    }

    #[test]
    fn parts_are_cut_where_every_parser_cuts() {
        let text = form(&[MODEL, FILE]);
        let parts = parts(text.as_bytes(), "B").unwrap();
        let name = |part: &Part<'_>| String::from(part.head.name);
        assert_eq!(
            parts.iter().map(name).collect::<Vec<_>>(),
            ["model", "file"]
        );
        let content = |part: &Part<'_>| text.get(part.content.clone()).unwrap();
        assert_eq!(content(&parts[0]), "m");
        assert_eq!(content(&parts[1]), "RIFF\r\n\r\n");
        let whole = text.get(parts[0].whole.clone()).unwrap();
        assert_eq!(whole, ["--B\r\n", MODEL, "\r\n"].concat());
    }

    #[test]
    fn form_with_another_reading_is_refused() {
        let good = form(&[MODEL, FILE]);
        let inner = "Content-Disposition: form-data; name=\"model\"\r\n\r\nO\r\n";
        let bad = [
            ["x\r\n", &good].concat(),
            ["\r\n", &good].concat(),
            [&good, "x"].concat(),
            good.repeat(2),
            good.replace("--B--\r\n", ""),
            good.replace("--B--", "--B--B--"),
            good.replace("--B--", "--B --"),
            good.replacen("--B\r\n", "--B \r\n", 1),
            good.replacen("--B\r\n", "--B\n", 1),
            good.replacen("--B\r\n", "--b\r\n", 1),
            good.replace("\r\n", "\n"),
            form(&[]),
            form(&[MODEL; PART_CAP + 1]),
        ];
        for text in bad {
            assert_eq!(parts(text.as_bytes(), "B"), None, "{text:?}");
        }
        for before in ["x", "\n", "\r", "\r\n", "\r\n ", "\r\n--", "--", "\n\n"] {
            for behind in ["", "X", " ", "--", "\r\n", "\n", "--\r\n"] {
                let text = [before, "--B", behind, inner].concat();
                let text = good.replace("RIFF", &text);
                let whole = before == "\r\n" && behind == "\r\n";
                assert_eq!(parts(text.as_bytes(), "B").is_some(), whole, "{text:?}");
            }
        }
        assert!(parts(good.replace("a.wav", "--B").as_bytes(), "B").is_none());
    }

    #[test]
    fn beginning_of_a_boundary_is_content() {
        let text = form(&[MODEL, FILE]).replace("--B", "--BOUND");
        let text = text.replace("RIFF", "--BOUN\r\n--BOUN\r\n-BOUND BOUND");
        assert_eq!(parts(text.as_bytes(), "BOUND").unwrap().len(), 2);
    }
}
