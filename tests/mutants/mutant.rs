//! Says at run time which mutant is the active one. It is part of the copy of `lockpolicy` that holds the mutants.
//!
//! `MUTANT` is the number of the mutant that is active. Where `MUTANT_REACHED` names a file instead, none is, and the
//! number of each mutant that is asked for is added to that file once.

use std::env;
use std::fs::OpenOptions;
use std::intrinsics::const_eval_select;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of the active mutant, or one of the two below.
static ACTIVE: AtomicU32 = AtomicU32::new(UNREAD);
const UNREAD: u32 = u32::MAX;
const RECORD: u32 = u32::MAX - 1;

/// The mutants that were asked for, where that is recorded.
static SEEN: [AtomicBool; 8192] = [const { AtomicBool::new(false) }; 8192];

/// Whether this mutant is active. None is, where the answer is computed when the crate is compiled.
#[inline]
pub(crate) const fn active(number: u32) -> bool {
    const_eval_select((number,), never, is_active)
}

const fn never(_: u32) -> bool {
    false
}

#[inline]
fn is_active(number: u32) -> bool {
    match ACTIVE.load(Ordering::Relaxed) {
        UNREAD => begin(number),
        RECORD => record(number),
        active => active == number,
    }
}

#[cold]
fn begin(number: u32) -> bool {
    let active = match env::var("MUTANT_REACHED") {
        Ok(_) => RECORD,
        Err(_) => env::var("MUTANT").map_or(0, |number| number.parse().unwrap()),
    };
    ACTIVE.store(active, Ordering::Relaxed);
    is_active(number)
}

fn record(number: u32) -> bool {
    if !SEEN[number as usize].swap(true, Ordering::Relaxed) {
        let file = env::var("MUTANT_REACHED").unwrap();
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .unwrap();
        writeln!(file, "{number}").unwrap();
    }
    false
}
