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
