//! Is the lock holding? And how the process is doing.

use std::collections::BTreeMap;

use lockpolicy::{Mode, Policy, Served};
use serde::Serialize;

use super::Desk;
use super::clock;
use super::pace;
use super::row::KINDS;
use crate::assurance::Level;
use crate::telemetry::{Counts, Sending, table};

type Words = BTreeMap<&'static str, u64>;

/// The answer to `/api/v1/status`, and the data of the event `status`.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    state: &'static str,
    concerns: Vec<Concern>,
    mode: &'static str,
    approved_model: String,
    policy_hash: String,
    policy_from: String,
    policy_ts: String,
    level: &'static str,
    key: &'static str,
    ready: bool,
    version: &'static str,
    pid: u32,
    started_ts: String,
    uptime_seconds: u64,
    last_event_id: String,
    last_hour: Words,
    requests: u64,
    attempts: Words,
    undecidable: u64,
    served: Words,
    in_flight: u64,
    upstream_errors: u64,
    policy_reloads: Words,
    log_lines_dropped: u64,
    audit_lines_dropped: u64,
    audit: Audit,
    statsd: Statsd,
    pace: pace::Told,
}

/// Something that a person should look at.
#[derive(Debug, Serialize)]
struct Concern {
    code: &'static str,
    severity: &'static str,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct Audit {
    state: &'static str,
    lines: u64,
    altered: u64,
}

#[derive(Debug, Serialize)]
struct Statsd {
    state: &'static str,
    daemon: String,
}

impl Status {
    pub(super) fn of(desk: &Desk) -> Self {
        let (policy, counts) = (desk.policy.load(), &desk.counts);
        let (now, taken) = (clock::now(), counts.standing.policy());
        let last_hour = lately(desk, now);
        let pace = desk.pace.told(counts);
        let (lines, altered) = desk.past.lines();
        Self {
            state: if policy.mode() == Mode::ReportOnly {
                "open"
            } else {
                "holding"
            },
            concerns: concerns(desk, &policy, &last_hour, pace),
            mode: policy.mode().as_str(),
            approved_model: policy.pin().to_owned(),
            policy_hash: policy.hash().to_owned(),
            policy_from: taken.from.clone(),
            policy_ts: taken.ts.clone(),
            level: level(&policy).as_str(),
            key: if desk.holds_key { "proxy" } else { "clients" },
            ready: !counts.standing.is_draining(),
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            started_ts: clock::text(desk.started),
            uptime_seconds: now.saturating_sub(desk.started),
            last_event_id: desk.book.event_id(desk.book.change()),
            last_hour,
            requests: counts.total(&table::REQUESTS),
            attempts: counts.by(&table::ATTEMPTS, "result"),
            undecidable: counts.total(&table::UNDECIDABLE),
            served: counts.by(&table::SERVED, "result"),
            in_flight: counts.total(&table::IN_FLIGHT),
            upstream_errors: counts.total(&table::UPSTREAM_ERRORS),
            policy_reloads: counts.by(&table::RELOADS, "result"),
            log_lines_dropped: counts.total(&table::LOG_DROPPED),
            audit_lines_dropped: counts.total(&table::AUDIT_DROPPED),
            audit: Audit {
                state: desk.past.progress().as_str(),
                lines,
                altered,
            },
            statsd: Statsd {
                state: counts.standing.statsd().as_str(),
                daemon: desk.daemon.clone(),
            },
            pace,
        }
    }
}

/// What this proxy can vouch for by itself. That nothing goes around it, the network has to see to.
fn level(policy: &Policy) -> Level {
    match policy.mode() {
        Mode::ReportOnly => Level::Open,
        Mode::Force | Mode::Reject => Level::Enforced,
    }
}

fn lately(desk: &Desk, now: u64) -> Words {
    let pages = desk.book.open();
    KINDS
        .iter()
        .map(|kind| (*kind, pages.series.lately(kind, now)))
        .collect()
}

/// What may be of concern: whether it is, its code, how grave it is, and what to do.
type Rule = (bool, &'static str, &'static str, &'static str);

fn concerns(desk: &Desk, policy: &Policy, last_hour: &Words, pace: pace::Told) -> Vec<Concern> {
    let served = last_hour.get(Served::Mismatch.as_str()).copied();
    let counts: &Counts = &desk.counts;
    let standing = &counts.standing;
    let rules: [Rule; 8] = [
        (
            policy.mode() == Mode::ReportOnly,
            "nothing_locked",
            CRITICAL,
            "The mode is audit: nothing is locked, attempts are only counted.",
        ),
        (
            served.unwrap_or(0) > 0,
            "another_model_served",
            CRITICAL,
            "In the last hour a provider said that it served another model than was sent.",
        ),
        (
            standing.is_kept(),
            "policy_kept",
            WARNING,
            "The policy file has changed and is not valid. The last good policy holds until the proxy restarts: then it does not start. Run model-lock check.",
        ),
        (
            counts.total(&table::AUDIT_DROPPED) > 0,
            "audit_lines_dropped",
            WARNING,
            "Lines could not be written to the audit file: see whether its disk is full or read-only.",
        ),
        (
            desk.past.lines().1 > 0,
            "audit_lines_altered",
            WARNING,
            "Lines of the audit file are not as they were written. Run model-lock audit verify.",
        ),
        (
            pace.upstream_errors > 0,
            "provider_failing",
            WARNING,
            "In the last quarter of an hour requests got no answer of their provider.",
        ),
        (
            standing.statsd() == Sending::Unresolved,
            "statsd_unresolved",
            WARNING,
            "The name of the StatsD daemon has no address: nothing is sent. The lock holds without it.",
        ),
        (
            standing.is_draining(),
            "draining",
            WARNING,
            "The proxy was told to stop: it finishes what runs and takes nothing new.",
        ),
    ];
    let held = rules.into_iter().filter(|(holds, ..)| *holds);
    held.map(|(_, code, severity, message)| Concern {
        code,
        severity,
        message,
    })
    .collect()
}

const CRITICAL: &str = "critical";
const WARNING: &str = "warning";
