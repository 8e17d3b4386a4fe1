//! The audit file under what can happen to it.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::file::beside;
use super::verify::{Finding, What};
use super::writer::{TIMEOUT, Writer};
use super::*;

fn place(directory: &Path, size: u64) -> AuditFile {
    AuditFile {
        path: directory.join("audit.jsonl"),
        size,
    }
}

fn members(number: usize) -> String {
    format!("\"event\":\"attempt\",\"number\":{number}")
}

fn write(place: &AuditFile, numbers: std::ops::Range<usize>) {
    let mut writer = Writer::open(place).unwrap();
    for number in numbers {
        let appended = writer.append(&[members(number)], 0, TIMEOUT);
        assert!(matches!((appended.done, appended.failure), (1, None)));
    }
}

fn found(place: &AuditFile) -> (u64, Vec<What>) {
    let report = verify(&place.path).unwrap();
    let what = report.findings.iter().map(|finding| finding.what.clone());
    (report.lines, what.collect())
}

fn lines(place: &AuditFile) -> Vec<String> {
    let text = fs::read_to_string(&place.path).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn replace(place: &AuditFile, lines: &[String]) {
    fs::write(&place.path, lines.join("\n") + "\n").unwrap();
}

/// Returns the findings in a file of ten lines after a change.
fn output(change: impl Fn(&mut Vec<String>)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1 << 20);
    write(&place, 0..10);
    let mut lines = lines(&place);
    change(&mut lines);
    replace(&place, &lines);
    let report = verify(&place.path).unwrap();
    assert_eq!(report.is_whole(), report.findings.is_empty());
    let output = report.to_string();
    let output = output
        .lines()
        .filter_map(|line| line.split_once("audit.jsonl:"));
    output
        .map(|(_, output)| output.to_owned())
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn altered_or_missing_line_is_reported_with_its_number() {
    assert_eq!(output(|_| {}), "");
    for at in 0..10 {
        let altered = output(|lines| lines[at] = lines[at].replace("attempt", "attemqt"));
        assert_eq!(altered, format!("{}: altered", at + 1));
    }
    let one = output(|lines| drop(lines.remove(4)));
    assert_eq!(one, "5: line number 5 is missing before it");
    let first = output(|lines| drop(lines.drain(..3)));
    assert_eq!(first, "1: lines number 1 to 3 are missing before it");
    let swapped = output(|lines| lines.swap(3, 4));
    assert!(
        swapped.starts_with("4: line number 4 is missing before it; 5: stands where"),
        "{swapped}"
    );
    let twice = output(|lines| lines.insert(5, lines[4].clone()));
    assert_eq!(twice, "6: stands where another line belongs");
    let put_in = output(|lines| lines.insert(5, "{}".to_owned()));
    assert_eq!(put_in, "6: altered");
    // Whoever makes the sum anew is found out by the line behind.
    let forged = output(|lines| {
        let line = Line::read(lines[6].as_bytes()).unwrap();
        let mut last = hash_chain::Last {
            seq: line.seq - 1,
            hash: line.prev.to_owned(),
        };
        lines[6] = last
            .next("\"event\":\"attempt\",\"number\":99")
            .trim_end()
            .to_owned();
    });
    assert_eq!(forged, "7: altered");
}

/// The end is the one thing that a chain cannot miss: what is told of it has to be noted elsewhere.
#[test]
fn missing_end_shows_in_number_and_hash_of_the_last_line() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1 << 20);
    write(&place, 0..10);
    let all = verify(&place.path).unwrap().to_string();
    let kept = lines(&place);
    replace(&place, &kept[..9]);
    let cut = verify(&place.path).unwrap().to_string();
    assert!(
        all.contains("10 lines, the last is number 10 with hash "),
        "{all}"
    );
    assert!(
        cut.contains("9 lines, the last is number 9 with hash "),
        "{cut}"
    );
}

#[test]
fn half_a_line_is_closed_off_and_reported() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1 << 20);
    write(&place, 0..3);
    let whole = fs::read(&place.path).unwrap();
    write(&place, 3..4);
    let next = lines(&place).pop().unwrap();
    for length in 1..next.len() {
        let mut torn = whole.clone();
        torn.extend_from_slice(&next.as_bytes()[..length]);
        fs::write(&place.path, &torn).unwrap();
        assert_eq!(found(&place), (3, vec![What::Torn]), "{length}");
        write(&place, 3..5);
        assert_eq!(found(&place), (6, vec![What::Torn]), "{length}");
        assert!(lines(&place)[4].contains(&format!("\"event\":\"torn\",\"bytes\":{length},")));
    }
}

/// Found by killing: the file was full when the next process came.
#[test]
fn half_a_line_is_closed_off_before_the_file_is_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    let large = place(directory.path(), 1 << 20);
    write(&large, 0..5);
    let whole = fs::read(&large.path).unwrap();
    fs::write(&large.path, &whole[..whole.len() - 40]).unwrap();
    let place = place(directory.path(), 600);
    write(&place, 2..6);
    let (lines, what) = found(&place);
    assert_eq!(what, vec![What::Torn]);
    assert!(lines > 7, "{lines}");
}

/// Found by fuzzing: a line that lost its line feed counted as half a line, whatever else was altered in it.
#[test]
fn altered_end_of_a_file_is_no_half_line() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1 << 20);
    write(&place, 0..3);
    let whole = fs::read(&place.path).unwrap();
    let end = whole.len() - 1;
    let start = whole[..end]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    for at in start..end {
        let mut altered = whole[..end].to_vec();
        altered[at] ^= 1;
        fs::write(&place.path, &altered).unwrap();
        assert_eq!(found(&place), (2, vec![What::Altered]), "{at}");
        write(&place, 3..4);
        assert_eq!(found(&place), (4, vec![What::Altered]), "{at}");
    }
}

#[test]
fn lines_of_several_processes_form_one_chain_over_several_files() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 20_000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| write(&place, 0..500));
        }
    });
    let aside = files(&place.path).unwrap().len() as u64 - 1;
    assert!(aside > 5, "{aside}");
    // Each file but the first begins with a line of its own.
    assert_eq!(found(&place), (2000 + aside, vec![]));
    // Old files may be taken away, and the rest is still a chain.
    let first = PathBuf::from(format!("{}.1", place.path.display()));
    let gone = fs::read_to_string(&first).unwrap().lines().count() as u64;
    fs::remove_file(first).unwrap();
    let (left, what) = found(&place);
    assert_eq!(
        (left, what),
        (2000 + aside - gone, vec![What::Continued(gone + 1)])
    );
}

/// A process that ended between two steps of putting the file aside leaves nothing in the way.
#[test]
fn rotation_that_is_interrupted_anywhere_is_completed() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 600);
    write(&place, 0..4);
    let beside = |end: &str| PathBuf::from(format!("{}.{end}", place.path.display()));
    // Linked and not replaced; and the new one begun.
    let next = (1..100)
        .find(|number| !beside(&number.to_string()).exists())
        .unwrap();
    fs::hard_link(&place.path, beside(&next.to_string())).unwrap();
    fs::write(beside("new"), "half").unwrap();
    let before = found(&place).0;
    write(&place, 4..8);
    let (after, what) = found(&place);
    assert_eq!(what, vec![]);
    assert!(after >= before + 4, "{before} {after}");
}

#[test]
fn file_that_is_no_audit_file_is_told_and_not_called_altered() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 600);
    fs::write(&place.path, "model = 'a'\nmode = 'force'\n").unwrap();
    let error = verify(&place.path).unwrap_err().to_string();
    assert!(error.starts_with("not an audit file"), "{error}");
    // What begins like a line of ours was one.
    for text in [
        "",
        "{\"seq\":1,x\nmodel = 'a'\n",
        "model = 'a'\n{\"seq\":1,x\n",
    ] {
        fs::write(&place.path, text).unwrap();
        assert!(verify(&place.path).is_ok(), "{text}");
    }
}

#[test]
fn findings_are_in_the_order_of_the_lines() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1 << 20);
    write(&place, 0..6);
    let own = lines(&place);
    for (first, second) in (0..6).flat_map(|one| (0..6).map(move |other| (one, other))) {
        for third in 0..6 {
            let mut lines = own.clone();
            lines[first] = lines[first].replace("attempt", "attempd");
            lines.swap(second, third);
            replace(&place, &lines);
            let report = verify(&place.path).unwrap();
            let numbers = report.findings.iter().map(Finding::line);
            assert!(numbers.is_sorted(), "{report}");
        }
    }
}

#[test]
fn file_that_is_no_audit_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 600);
    fs::write(&place.path, "model = 'a'\n").unwrap();
    let error = Writer::open(&place).unwrap_err();
    assert_eq!(error.to_string(), "not an audit file");
    let null = AuditFile {
        path: "/dev/full".into(),
        ..place
    };
    assert_eq!(Writer::open(&null).unwrap_err().to_string(), "not a file");
}

#[test]
fn hundred_thousand_lines_in_a_burst_are_all_written() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 4 << 20);
    let metrics = Arc::new(Metrics::default());
    let audit = AuditSink::queued(&place, metrics).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25_000).for_each(|number| audit.line(members(number))));
        }
    });
    wait(&audit);
    let report = verify(&place.path).unwrap();
    let aside = files(&place.path).unwrap().len() as u64 - 1;
    assert!(report.is_whole());
    assert_eq!(report.lines, 100_000 + aside);
}

/// Waits until no line waits.
fn wait(audit: &AuditSink) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !matches!(&audit.0, Output::Queued(queued) if queued.is_idle()) {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
}

/// Returns the lock that writers take, as who can write the file can hold it.
fn held(place: &AuditFile) -> File {
    let lock = beside(&place.path, ".lock");
    let lock = OpenOptions::new().append(true).open(lock).unwrap();
    lock.lock().unwrap();
    lock
}

/// Where the disk stands still, callers wait once, and then no more; what was lost is told.
#[test]
fn disk_that_stands_still_costs_lines_and_little_time() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 64 << 20);
    let metrics = Arc::new(Metrics::default());
    let audit = AuditSink::queued(&place, Arc::clone(&metrics)).unwrap();
    let held = held(&place);
    let began = Instant::now();
    (0..40_000).for_each(|number| audit.line(members(number)));
    assert!(began.elapsed() < 4 * TIMEOUT, "{:?}", began.elapsed());
    held.unlock().unwrap();
    wait(&audit);
    audit.line(members(1));
    wait(&audit);
    let (_, what) = found(&place);
    let there = lines(&place);
    let is_entry = |line: &&String| line.contains("\"number\"");
    let written = there.iter().filter(is_entry).count() as u64;
    let lost = what.iter().map(|what| match what {
        What::Lost(lost) => *lost,
        What::Altered
        | What::Missing(..)
        | What::Misplaced
        | What::Continued(_)
        | What::Torn
        | What::Unnoted(_)
        | What::Cut(_) => panic!("{what:?}"),
    });
    let lost: u64 = lost.sum();
    assert_eq!(written + lost, 40_001);
    let output = crate::metrics::render(&metrics);
    let line = format!("model_lock_audit_lines_dropped_total {lost}\n");
    assert!(output.contains(&line), "{lost}");
}

/// Who can only read the file can lock it, and cannot open the lock of the writers.
#[test]
fn reader_that_locks_the_file_delays_no_line() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 64 << 20);
    fs::write(&place.path, "").unwrap();
    let readable = fs::Permissions::from_mode(0o644);
    fs::set_permissions(&place.path, readable).unwrap();
    let reader = File::open(&place.path).unwrap();
    reader.lock_shared().unwrap();
    write(&place, 0..3);
    AuditSink::direct(place.clone()).line(members(3));
    assert_eq!(found(&place), (4, vec![]));
    let lock = fs::metadata(beside(&place.path, ".lock")).unwrap();
    assert_eq!(lock.mode() & 0o777, 0o200);
}

#[test]
fn process_that_ends_soon_waits_little_and_its_loss_is_noted() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 64 << 20);
    write(&place, 0..2);
    let held = held(&place);
    let audit = AuditSink::direct(place.clone());
    let began = Instant::now();
    (2..12).for_each(|number| audit.line(members(number)));
    assert!(began.elapsed() < 2 * TIMEOUT, "{:?}", began.elapsed());
    assert_eq!(found(&place), (2, vec![What::Unnoted(10)]));
    held.unlock().unwrap();
    write(&place, 12..13);
    assert_eq!(found(&place), (4, vec![What::Lost(10)]));
    assert_eq!(files(&place.path).unwrap().len(), 1);
}

#[test]
fn line_that_is_longer_than_any_hides_nothing_behind_it() {
    let long = "x".repeat(200_000);
    let altered = output(|lines| {
        lines[2] = lines[2].replace("attempt", &long);
        lines[7] = lines[7].replace("attempt", "attemqt");
    });
    assert_eq!(altered, "3: altered; 8: altered");
    let put_in = output(|lines| lines.insert(4, long.clone()));
    assert_eq!(put_in, "5: altered");
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1 << 20);
    write(&place, 0..3);
    for end in [long.as_str(), "not the beginning of a line"] {
        let whole = fs::read_to_string(&place.path).unwrap();
        fs::write(&place.path, [&whole, end].concat()).unwrap();
        assert_eq!(found(&place), (3, vec![What::Altered]));
        fs::write(&place.path, whole).unwrap();
    }
}

/// A way to take lines away from a process that writes, and the number of the lines that are left.
type Cut = (&'static str, u64, fn(&AuditFile));

const CUTS: [Cut; 6] = [
    ("truncated", 0, |place| fs::write(&place.path, "").unwrap()),
    ("cut", 3, |place| replace(place, &lines(place)[..3])),
    ("deleted", 0, |place| fs::remove_file(&place.path).unwrap()),
    ("replaced", 2, |place| {
        fs::remove_file(&place.path).unwrap();
        write(place, 100..102);
    }),
    ("replaced by a longer one", 9, |place| {
        fs::remove_file(&place.path).unwrap();
        write(place, 100..109);
    }),
    ("truncated and written by others", 9, |place| {
        fs::write(&place.path, "").unwrap();
        write(place, 100..109);
    }),
];

#[test]
fn file_that_loses_lines_while_it_is_written_is_noted() {
    for (way, left, cut) in CUTS {
        let directory = tempfile::tempdir().unwrap();
        let place = place(directory.path(), 1 << 20);
        let audit = AuditSink::queued(&place, Arc::default()).unwrap();
        (0..5).for_each(|number| audit.line(members(number)));
        wait(&audit);
        let hash = hash_chain::hash(lines(&place)[4].as_bytes());
        cut(&place);
        // Also where nothing else is written.
        audit.inspect();
        let deadline = Instant::now() + Duration::from_mins(1);
        let noted = format!("\"event\":\"cut\",\"last\":5,\"hash\":\"{hash}\"");
        while !fs::read_to_string(&place.path).is_ok_and(|text| text.contains(&noted)) {
            assert!(Instant::now() < deadline, "{way}");
        }
        audit.line(members(6));
        wait(&audit);
        let report = verify(&place.path).unwrap();
        assert!(!report.is_whole(), "{way}");
        assert_eq!(report.lines, left + 2, "{way}");
        let what: Vec<What> = report
            .findings
            .into_iter()
            .map(|found| found.what)
            .collect();
        let gap = (left < 5).then_some(What::Missing(left + 1, 5));
        let expected: Vec<What> = gap.into_iter().chain([What::Cut(5)]).collect();
        assert_eq!(what, expected, "{way}");
    }
}
