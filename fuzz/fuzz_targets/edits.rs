//! Edits that do not overlap are applied as a naive splice from the last to the first does it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockpolicy::edit::{Edit, apply};

fuzz_target!(|given: (Vec<u8>, Vec<(u8, u8, String)>)| {
    let (input, steps) = given;
    let (mut at, mut edits) = (0, Vec::new());
    for (gap, length, text) in steps {
        // At least one byte stays between two edits, so that their order is clear.
        let start = at + usize::from(gap) + usize::from(!edits.is_empty());
        let end = start + usize::from(length);
        if end > input.len() {
            break;
        }
        edits.push(Edit { at: start..end, text });
        at = end;
    }
    let mut naive = input.clone();
    for edit in edits.iter().rev() {
        naive.splice(edit.at.clone(), edit.text.bytes());
    }
    edits.reverse();
    assert_eq!(apply(&input, edits), naive);
});
