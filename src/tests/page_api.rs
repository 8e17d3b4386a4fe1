//! The answers as docs/reference/dashboard-api.md tells them: every member, its meaning, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use fake_provider::json::Json;
use lockpolicy::{
    Attempt, AttemptResult, Capability, Event, Mode, ModelChoice, Observer as _, PolicyConfig,
    RequestContext, Served, ServedReport, Source, Surface,
};

use observe::dashboard::{About, Content, Dashboard, DashboardRoutes};
use observe::{EnforcementPoint, Fanout};

use super::docs::{compare, table};

/// A member of an answer and its meaning. `[]` is each element of a list.
type Member = (&'static str, &'static str);

const STATUS: [Member; 52] = [
    (
        "state",
        "`holding`, or `open` where the mode is `report_only`.",
    ),
    (
        "concerns[].code",
        "`nothing_locked`, `another_model_served`, `policy_kept`, `audit_lines_dropped`, `audit_lines_altered`, `provider_failing`, `statsd_unresolved`, `draining`.",
    ),
    (
        "concerns[].severity",
        "`critical`: the lock does not do what it is there for. `warning`: somebody should look.",
    ),
    (
        "concerns[].message",
        "What it is and what to do, for a person.",
    ),
    ("mode", "As in the log."),
    ("approved_model", "The pin of generation."),
    ("policy_hash", "As `model-lock check` prints it."),
    ("policy_from", "Where the policy was read from."),
    ("policy_ts", "When it was taken."),
    (
        "level",
        "What this proxy vouches for by itself: `enforced`, or `open` in mode `audit`. Whether anything goes around it, `model-lock doctor` tries in the agent's place.",
    ),
    ("key", "Who has the provider's key: `proxy` or `clients`."),
    ("ready", "`false` while it drains."),
    ("version", "Of model-lock."),
    ("pid", "The process."),
    ("started_ts", "When it started."),
    ("uptime_seconds", "How long ago that is."),
    (
        "last_event_id",
        "The last event; a stream that is asked for with it goes on behind it.",
    ),
    (
        "last_hour.reported",
        "Within the last sixty minutes, also of other processes and before the start: attempts that passed.",
    ),
    ("last_hour.forced", "Attempts in whose place the pin ran."),
    ("last_hour.rejected", "Attempts that were refused."),
    (
        "last_hour.undecidable",
        "Inputs that could not be understood.",
    ),
    ("last_hour.mismatch", "Answers of another model."),
    ("requests", "Inputs that this process judged."),
    ("attempts.reported", "Attempts of this process that passed."),
    ("attempts.forced", "… in whose place the pin ran."),
    ("attempts.rejected", "… that were refused."),
    (
        "undecidable",
        "Inputs that this process could not understand.",
    ),
    (
        "served.match",
        "Answers of this process from the model that was sent.",
    ),
    ("served.variant", "… under another name of it."),
    ("served.mismatch", "… from another model."),
    ("served.undeclared", "… that do not say."),
    ("in_flight", "Requests and WebSockets that are carried now."),
    (
        "upstream_errors",
        "Requests that got no answer of their provider.",
    ),
    (
        "policy_reloads.applied",
        "Changes of the policy file that were taken.",
    ),
    ("policy_reloads.kept", "… that are not valid."),
    ("log_lines_dropped", "Log lines that nobody took in time."),
    (
        "audit_lines_dropped",
        "Lines that could not be written to the audit file.",
    ),
    (
        "audit.state",
        "The audit file's past: `none` (no file), `reading`, `read`, `failed`.",
    ),
    ("audit.lines", "Lines that were read of it."),
    (
        "audit.altered",
        "Lines among them that are not what their sum says; they are not shown.",
    ),
    (
        "statsd.state",
        "`off`, `sent` (whether it arrives, UDP does not tell), `unresolved`.",
    ),
    ("statsd.daemon", "Host and port; empty where it is off."),
    (
        "pace.window_seconds",
        "Over how long the rest of `pace` is told: up to a quarter of an hour.",
    ),
    (
        "pace.overhead.requests",
        "Requests that the lock passed on.",
    ),
    (
        "pace.overhead.p50_seconds",
        "The bound that half of them stayed below; `null` where nothing came, or above all bounds.",
    ),
    ("pace.overhead.p90_seconds", "… nine tenths."),
    ("pace.overhead.p99_seconds", "… all but one in a hundred."),
    (
        "pace.upstream.requests",
        "Requests that the provider answered.",
    ),
    (
        "pace.upstream.p50_seconds",
        "As above, to the head of its answer.",
    ),
    ("pace.upstream.p90_seconds", "…"),
    ("pace.upstream.p99_seconds", "…"),
    ("pace.upstream_errors", "Requests without an answer."),
];

const ATTEMPTS: [Member; 31] = [
    (
        "attempts[].id",
        "The number of the row; a later one has a higher one. Not kept over a restart.",
    ),
    (
        "attempts[].ts",
        "As in the log, and so all that follow but `served`.",
    ),
    (
        "attempts[].event",
        "`attempt`; `undecidable`; `served`, for an answer of another model to a request that was no attempt.",
    ),
    ("attempts[].enforcement_point", "`proxy` or `shim`."),
    (
        "attempts[].result",
        "`reported`, `forced`, `rejected`; of `served` `mismatch`.",
    ),
    ("attempts[].mode", ""),
    ("attempts[].surface", ""),
    ("attempts[].source", ""),
    ("attempts[].capability", ""),
    ("attempts[].place", ""),
    ("attempts[].requested_model", ""),
    (
        "attempts[].requested_value",
        "What was requested where that is no model: an effort, a tier, the type of a tool.",
    ),
    ("attempts[].applied_model", ""),
    ("attempts[].approved_model", ""),
    (
        "attempts[].sent_model",
        "From the `served` record of the same request, once its answer has ended.",
    ),
    ("attempts[].served_model", "The same."),
    (
        "attempts[].served",
        "The `result` of that record: `match`, `variant`, `mismatch`, `undeclared`.",
    ),
    (
        "attempts[].failed",
        "`true` where the answer was ended for it.",
    ),
    ("attempts[].reason", ""),
    ("attempts[].status", ""),
    ("attempts[].request_id", ""),
    ("attempts[].method", ""),
    ("attempts[].path", ""),
    ("attempts[].user_agent", ""),
    (
        "attempts[].client",
        "The name of the client that stated its token.",
    ),
    ("attempts[].policy_hash", ""),
    ("attempts[].pid", ""),
    (
        "before",
        "What to ask for next, to get older ones; `null` where there is none.",
    ),
    ("held", "How many rows are held."),
    ("capacity", "How many can be."),
    ("last_event_id", "The last event that these rows know of."),
];

const SERIES: [Member; 8] = [
    ("window", "`1h`, `24h` or `7d`."),
    ("bucket_seconds", "How long a part of it is."),
    (
        "results[]",
        "Every result that is counted, in the order of a legend.",
    ),
    ("surfaces[]", "Every surface."),
    ("buckets[].ts", "When a part begins; the last one is now."),
    ("buckets[].counts[].result", "One of `results`."),
    ("buckets[].counts[].surface", "One of `surfaces`."),
    (
        "buckets[].counts[].count",
        "How many; what is 0 is left out.",
    ),
];

const SERVED: [Member; 7] = [
    (
        "models[].requested_model",
        "What was asked for; empty where no model was named.",
    ),
    ("models[].sent_model", "What was sent."),
    (
        "models[].served_model",
        "What the answer names; empty where it names nothing.",
    ),
    (
        "models[].result",
        "`match`, `variant`, `mismatch`, `undeclared`.",
    ),
    ("models[].requests", "How often, since the proxy started."),
    ("models[].last_ts", "When last."),
    ("capacity", "How many are kept."),
];

/// Returns a dashboard that has seen one of everything.
fn routes() -> DashboardRoutes {
    let config = PolicyConfig::from_toml("model = 'gpt-5.5'\nmode = 'report_only'");
    let policy = Arc::new(ArcSwap::from_pointee(config.build().unwrap()));
    let about = About {
        statsd: String::new(),
        holds_key: false,
        level: |_| "open",
    };
    let dashboard = Dashboard::new(Arc::default(), Arc::default(), policy, about);
    let fanout = Fanout::new(EnforcementPoint::Proxy, vec![dashboard.sink()]);
    let context = RequestContext {
        request_id: "req_1",
        method: "POST",
        path: "/v1/responses",
        user_agent: "a",
        client: "a",
        status: 200,
        policy: "hash",
        reason: "reason",
    };
    let attempt = Attempt {
        mode: Mode::Force,
        result: AttemptResult::Forced,
        surface: Surface::Http,
        source: Source::User,
        capability: Capability::Generation,
        place: "/model".to_owned(),
        requested: "other".to_owned(),
        names_model: true,
        pin: "gpt-5.5".to_owned(),
    };
    let of_a_value = Attempt {
        names_model: false,
        ..attempt.clone()
    };
    fanout.observe(Event::Attempt(&of_a_value), &context);
    fanout.observe(Event::Attempt(&attempt), &context);
    let choice = ModelChoice {
        capability: Capability::Generation,
        requested: "other".to_owned(),
        sent: "gpt-5.5".to_owned(),
    };
    let report = ServedReport {
        mode: Mode::Force,
        surface: Surface::Http,
        source: Source::User,
        choice: Some(&choice),
        served: "another",
        result: Served::Mismatch,
        failed: true,
    };
    fanout.observe(Event::Served(&report), &context);
    DashboardRoutes::open(dashboard, None).unwrap()
}

#[test]
fn member_of_each_response_is_documented() {
    let routes = routes();
    for (name, shape) in [
        ("status", &STATUS[..]),
        ("attempts", &ATTEMPTS),
        ("series", &SERIES),
        ("served", &SERVED),
    ] {
        let response = routes.response(&format!("/api/v1/{name}"), "", "");
        let Content::Whole(text) = response.content else {
            panic!("{name} is a stream");
        };
        let found = Json::parse(text.as_bytes()).unwrap().places();
        let known: BTreeSet<String> = shape
            .iter()
            .map(|(member, _)| (*member).to_owned())
            .collect();
        assert_eq!(found, known, "{name}");
        let rows = shape
            .iter()
            .map(|(member, meaning)| vec![format!("`{member}`"), (*meaning).to_owned()]);
        compare(
            "reference/dashboard-api.md",
            name,
            &table(&["Member", "Meaning"], rows),
        );
    }
}
