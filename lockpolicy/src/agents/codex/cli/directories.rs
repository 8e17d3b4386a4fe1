//! The working directories that a command line names.

use alloc::vec::Vec;

/// Returns the directories that the line works in, besides the current one: their configuration counts as
/// well.
pub fn directories<'a>(args: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        // Too many rather than too few: what is no directory has no configuration.
        let attached = [&b"--cd="[..], b"-C=", b"-C"];
        let attached = attached.iter().find_map(|option| arg.strip_prefix(*option));
        match attached.filter(|rest| !rest.is_empty()) {
            Some(rest) => found.push(rest),
            None if matches!(*arg, b"-C" | b"--cd") => {
                found.extend(args.get(index.saturating_add(1)));
            }
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_is_what_the_option_names_however_it_is_joined() {
        for (line, expected) in [
            ("exec hi", &[][..]),
            ("-C d exec", &[&b"d"[..]][..]),
            ("exec --cd d hi", &[b"d"]),
            ("exec --cd=d -C=e -Cf hi", &[b"d", b"e", b"f"]),
            ("exec -C d resume -C e", &[b"d", b"e"]),
            ("exec -C", &[]),
            ("exec --cd= hi", &[]),
            ("exec --cdx -c d", &[]),
        ] {
            let args: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(directories(&args), expected, "{line}");
        }
    }
}
