//! A process that is killed while it writes leaves whole lines, and at most one half that is told of.

use fake_provider::fixture;

use crate::audit_file::{SOON, attack, audit_file, count_events, send, start_proxy, whole_lines};

#[test]
fn proxy_killed_a_hundred_times_leaves_a_valid_chain() {
    let fixture = fixture!("reject");
    let request = attack();
    let mut answered = 0;
    for round in 0..100 {
        let mut proxy = start_proxy(&fixture, &["--audit-size", "200KiB"]);
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
    let attempts = count_events(&audit_file(&fixture), "attempt");
    println!(
        "{attempts} attempts in the file, {answered} requests answered to the counting client"
    );
    assert!(attempts > 1000, "{attempts}");
    assert!(whole_lines(&audit_file(&fixture)) > attempts);
    // What still waited in a process went with it, a first line too.
    let started = count_events(&audit_file(&fixture), "policy");
    assert!((90..=100).contains(&started), "{started}");
}
