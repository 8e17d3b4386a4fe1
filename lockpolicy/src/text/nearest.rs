//! The names that a misspelled one was meant to be.

use alloc::vec::Vec;

/// The most letters by which a name differs from the one that was meant.
const NEAR: usize = 2;

/// Returns the names that differ little from a text, the nearest first.
pub fn nearest_names<'n>(names: impl Iterator<Item = &'n str>, text: &str) -> Vec<&'n str> {
    let measured = names.map(|name| (distance(name, text), name));
    let mut near: Vec<(usize, &str)> = measured.filter(|(differ, _)| *differ <= NEAR).collect();
    near.sort_by_key(|(differ, _)| *differ);
    near.into_iter().map(|(_, name)| name).collect()
}

/// Returns the fewest bytes that are inserted, removed or replaced to make one text of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, byte) in one.bytes().enumerate() {
        let mut left = at + 1;
        let mut above = row.iter_mut();
        let mut diagonal = above
            .next()
            .map_or(0, |first| core::mem::replace(first, left));
        for (cell, other) in above.zip(other.bytes()) {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_what_is_inserted_removed_and_replaced() {
        for (one, other, wanted) in [
            ("", "", 0),
            ("", "ab", 2),
            ("ab", "", 2),
            ("kitten", "sitting", 3),
            ("modle", "model", 2),
            ("model", "model", 0),
            ("OPENCLAW_MODE", "OPENCLAW_MODEL", 1),
        ] {
            assert_eq!(distance(one, other), wanted, "{one} {other}");
        }
    }

    #[test]
    fn name_that_differs_in_few_letters_is_near() {
        let names = ["model", "mode", "aliases"];
        for (text, nearest) in [
            ("modle", &["mode", "model"][..]),
            ("models", &["model", "mode"]),
            ("aliasses", &["aliases"]),
            ("strictness", &[]),
        ] {
            assert_eq!(nearest_names(names.into_iter(), text), nearest, "{text}");
        }
    }
}
