//! A hundred thousand attempts: nothing is lost, in the file or at the `StatsD` daemon.

use std::time::{Duration, Instant};

use fake_provider::fixture;

use crate::audit_file::{
    EACH, SOON, attack, audit_file, count_events, files, send, start_proxy, whole_lines,
};

const CLIENTS: usize = 4;
const REQUESTS: usize = 391;

#[test]
fn flood_of_a_hundred_thousand_attempts_is_recorded_whole() {
    let fixture = fixture!("reject");
    let mut proxy = start_proxy(&fixture, &["--audit-size", "8MiB"]);
    let (address, request) = (proxy.address(), attack());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| assert_eq!(send(address, &request, REQUESTS), REQUESTS));
        }
    });
    let peak = peak(proxy.daemon().id());
    println!("{peak} KiB of memory at most");
    // Lines that wait for the disk are bounded, not those that were written.
    assert!(peak < 128 << 10, "{peak} KiB");
    proxy.daemon().signal("TERM").unwrap();
    assert_eq!(proxy.daemon().wait(SOON).unwrap().code(), Some(0));
    let took = began.elapsed();
    let attempts = CLIENTS * REQUESTS * EACH;
    assert!(attempts >= 100_000);
    println!("{attempts} attempts in {took:?}");
    // Ten seconds on a machine of its own.
    assert!(took < Duration::from_mins(2), "{took:?}");
    assert_eq!(count_events(&audit_file(&fixture), "attempt"), attempts);
    let aside = files(&audit_file(&fixture)).len() - 1;
    assert!(aside > 2, "{aside}");
    // Those, one for the policy, and one at the beginning of each further file.
    assert_eq!(whole_lines(&audit_file(&fixture)), attempts + 1 + aside);
    let sum = || -> usize {
        let lines = fixture.statsd.lines();
        let counts = lines.iter().filter_map(|line| {
            let (_, rest) = line.split_once("override_attempts:")?;
            rest.split('|').next()?.parse::<usize>().ok()
        });
        counts.sum()
    };
    while sum() < attempts && began.elapsed() < took + SOON {
        std::thread::yield_now();
    }
    assert_eq!(sum(), attempts);
}

/// The most memory that a process has had so far, in KiB.
fn peak(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let digits = line.unwrap().trim_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap()
}
