//! An audit file in which any byte differs is not whole; any bytes are read without a panic.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use observe::Record;
use observe::audit::{AuditFile, AuditSink, verify};

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("audit-fuzz-{}", std::process::id())));

/// A file of five lines, as it is written.
static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    fs::remove_file(&*FILE).unwrap_or_default();
    let sink = AuditSink::direct(AuditFile { path: FILE.clone(), size: 1 << 20 });
    for status in 0..5 {
        sink.record(&Record { status, path: "/v1/responses".into(), ..Record::default() });
    }
    let written = fs::read(&*FILE).expect("a file");
    assert!(verify(&FILE).expect("readable").is_whole());
    written
});

fuzz_target!(|given: (Vec<(u16, u8)>, Vec<u8>)| {
    let (changes, more) = given;
    let mut text = WRITTEN.clone();
    for (at, mask) in changes {
        let at = usize::from(at) % text.len();
        text[at] ^= mask;
    }
    text.extend(more);
    fs::write(&*FILE, &text).expect("writable");
    let report = verify(&FILE).expect("readable");
    // The beginning of a line behind the others is what a process leaves that is ended while it writes.
    let torn = text.strip_prefix(WRITTEN.as_slice()).is_some_and(|rest| !rest.contains(&b'\n'));
    let shown = String::from_utf8_lossy(&text);
    assert!(torn || report.is_whole() == (text == *WRITTEN), "{shown:?}");
});
