//! Real daemons behind the lock: the numbers of a known run come out of each of them, exact.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod daemons;
mod prometheus;
mod run;

use std::time::{Duration, Instant};

use daemons::{Collectd, Etsy};
use prometheus::{Prometheus, Series};
use run::{Run, WANTED, is_the_proxys};

/// Long enough for a slow machine, short enough for a person.
const SOON: Duration = Duration::from_mins(1);

#[test]
fn statsd_with_tags_counts_exactly() {
    let daemon = Etsy::start();
    let run = Run::start(daemon.address(), "datadog");
    run.call();
    let wanted = sorted(WANTED.iter().map(Series::tagged));
    assert_eq!(becomes(&wanted, || daemon.counters()), wanted);
}

#[test]
fn prometheus_by_collectd_and_by_the_admin_port_counts_the_same() {
    let daemon = Collectd::start();
    let run = Run::start(daemon.address(), "name");
    let prometheus = Prometheus::start(&[("daemon", daemon.scraped()), ("proxy", run.admin())]);
    run.call();
    let wanted = sorted(WANTED.iter().map(Series::named));
    assert_eq!(becomes(&wanted, || prometheus.ask("daemon")), wanted);
    let proxys = WANTED.iter().filter(|wanted| is_the_proxys(wanted));
    let wanted = sorted(proxys.map(Series::scraped));
    assert_eq!(becomes(&wanted, || prometheus.ask("proxy")), wanted);
}

/// Looks again until there is what was wanted, or for as long as is bearable; tells what there is then of
/// the same metrics.
fn becomes(wanted: &[Series], look: impl Fn() -> Vec<Series>) -> Vec<Series> {
    let deadline = Instant::now() + SOON;
    loop {
        let have = sorted(look().into_iter().filter(Series::is_of_interest));
        if have == wanted || Instant::now() > deadline {
            return have;
        }
        // Who counts tells nobody that it has counted.
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

fn sorted(series: impl Iterator<Item = Series>) -> Vec<Series> {
    let mut series: Vec<Series> = series.collect();
    series.sort();
    series
}
