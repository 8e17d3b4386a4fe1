//! The status of the lock and of the process.

use std::collections::BTreeMap;

use lockpolicy::{Mode, Policy, Served};
use serde::Serialize;

use super::backfill::Progress;
use super::latency::LatencySummary;
use super::row::KINDS;
use super::shared::Dashboard;
use crate::clock;
use crate::process_state::StatsdState;

type Words = BTreeMap<&'static str, u64>;

/// The response to `/api/v1/status`, and the data of the event `status`.
#[derive(Debug, Serialize)]
struct Status {
    state: &'static str,
    concerns: Vec<Concern>,
    mode: Mode,
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
    pace: LatencySummary,
}

/// Something that an operator should look at.
#[derive(Debug, Serialize)]
struct Concern {
    code: &'static str,
    severity: &'static str,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct Audit {
    state: Progress,
    lines: u64,
    altered: u64,
}

#[derive(Debug, Serialize)]
struct Statsd {
    state: StatsdState,
    daemon: String,
}

impl Dashboard {
    /// Returns the status as JSON.
    pub(super) fn status(&self) -> String {
        to_json(&Status::of(self))
    }
}

impl Status {
    fn of(dashboard: &Dashboard) -> Self {
        let (policy, metrics) = (dashboard.policy.load(), &dashboard.metrics);
        let (now, provenance) = (clock::now(), dashboard.state.policy());
        let last_hour = lately(dashboard, now);
        let pace = dashboard.latency.summary(metrics);
        let (lines, altered) = dashboard.backfill.lines();
        Self {
            state: if policy.mode() == Mode::ReportOnly {
                "open"
            } else {
                "holding"
            },
            concerns: concerns(dashboard, &policy, &last_hour, pace),
            mode: policy.mode(),
            approved_model: policy.pin().to_owned(),
            policy_hash: policy.hash().to_owned(),
            policy_from: provenance.from.clone(),
            policy_ts: provenance.ts.clone(),
            level: (dashboard.about.level)(policy.mode()),
            key: if dashboard.about.holds_key {
                "proxy"
            } else {
                "clients"
            },
            ready: !dashboard.state.is_draining(),
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            started_ts: clock::text(dashboard.started),
            uptime_seconds: now.saturating_sub(dashboard.started),
            last_event_id: dashboard.store.event_id(dashboard.store.change()),
            last_hour,
            requests: metrics.requests.total(),
            attempts: metrics.override_attempts.by("result"),
            undecidable: metrics.undecidable.total(),
            served: metrics.served.by("result"),
            in_flight: metrics.in_flight.total(),
            upstream_errors: metrics.upstream_errors.total(),
            policy_reloads: metrics.policy_reloads.by("result"),
            log_lines_dropped: metrics.log_lines_dropped.total(),
            audit_lines_dropped: metrics.audit_lines_dropped.total(),
            audit: Audit {
                state: dashboard.backfill.progress(),
                lines,
                altered,
            },
            statsd: Statsd {
                state: dashboard.state.statsd(),
                daemon: dashboard.about.statsd.clone(),
            },
            pace,
        }
    }
}

fn lately(dashboard: &Dashboard, now: u64) -> Words {
    let stored = dashboard.store.open();
    KINDS
        .iter()
        .map(|kind| (*kind, stored.series.lately(kind, now)))
        .collect()
}

/// A possible concern: whether it applies, its code, its severity, and what to do.
type Rule = (bool, &'static str, &'static str, &'static str);

fn concerns(
    dashboard: &Dashboard,
    policy: &Policy,
    last_hour: &Words,
    pace: LatencySummary,
) -> Vec<Concern> {
    let served = last_hour.get(Served::Mismatch.as_str()).copied();
    let state = &dashboard.state;
    let rules: [Rule; 8] = [
        (
            policy.mode() == Mode::ReportOnly,
            "nothing_locked",
            CRITICAL,
            "The mode is report_only: nothing is locked, attempts are only counted.",
        ),
        (
            served.unwrap_or(0) > 0,
            "another_model_served",
            CRITICAL,
            "In the last hour a provider said that it served another model than was sent.",
        ),
        (
            state.has_failed_reload(),
            "policy_kept",
            WARNING,
            "The policy file has changed and is not valid. The last good policy holds until the proxy restarts: then it does not start. Run model-lock check.",
        ),
        (
            dashboard.metrics.audit_lines_dropped.total() > 0,
            "audit_lines_dropped",
            WARNING,
            "Lines could not be written to the audit file: see whether its disk is full or read-only.",
        ),
        (
            dashboard.backfill.lines().1 > 0,
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
            state.statsd() == StatsdState::Unresolved,
            "statsd_unresolved",
            WARNING,
            "The name of the StatsD daemon has no address: nothing is sent. The lock holds without it.",
        ),
        (
            state.is_draining(),
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

/// Serializes a type of our own, which cannot fail.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
