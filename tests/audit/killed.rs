//! A process that is killed while it writes leaves whole lines, and at most one half that is told of.

use crate::bench::{Bench, SOON, attack, send, told, whole_lines};

#[test]
fn proxy_killed_a_hundred_times_leaves_a_valid_chain() {
    let bench = Bench::new("reject");
    let request = attack();
    let mut answered = 0;
    for round in 0..100 {
        let mut proxy = bench.proxy(&["--audit-size", "200KiB"]);
        let address = proxy.address();
        // Killed after a while that differs, in the middle of what others ask.
        answered += send(address, &request, 1);
        std::thread::scope(|scope| {
            let flood = scope.spawn(|| send(address, &request, 1000));
            answered += send(address, &request, round % 9);
            proxy.daemon().signal("KILL").unwrap();
            assert!(proxy.daemon().wait(SOON).is_some());
            assert!(flood.join().unwrap() < 1000, "killed too late");
        });
    }
    let attempts = told(&bench.file(), "attempt");
    println!(
        "{attempts} attempts in the file, {answered} requests answered to the counting client"
    );
    assert!(attempts > 1000, "{attempts}");
    assert!(whole_lines(&bench.file()) > attempts);
    // What still waited in a process went with it, a first line too.
    let started = told(&bench.file(), "policy");
    assert!((90..=100).contains(&started), "{started}");
}
