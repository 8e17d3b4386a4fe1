//! What is logged, and what is never: bodies, keys, prompts, queries, arguments.
//!
//! Only our own crates speak here. The libraries below would print headers at `debug`, and a header
//! may be a key.

use lockpolicy::{
    Attempt, AttemptResult, Event, Reason, RequestContext, Served, ServedReport, Surface,
    escape_for_log,
};
use tracing::Level;
use tracing::subscriber::set_global_default;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::SubscriberExt as _;

use super::json::JsonLine;
use super::writer::Lines;

/// The target of every attempt. Its level cannot be lowered: being seen is the point.
const ATTEMPT: &str = "model_lock::attempt";

/// The target of every receipt: a busy proxy can switch it off by name.
const RECEIPT: &str = "model_lock::receipt";

/// The crates that may speak.
const OURS: [&str; 4] = ["lockpolicy", "model_lock", "proxy", "shim"];

/// Which enforcement point speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The proxy.
    Proxy,
    /// The shim.
    Shim,
}

impl Door {
    /// The word used in logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Shim => "shim",
        }
    }

    /// Who started us: for the shim that is the agent or the shell.
    fn parent(self) -> Option<u32> {
        match self {
            Self::Proxy => None,
            Self::Shim => Some(std::os::unix::process::parent_id()),
        }
    }
}

/// The time as the log writes it.
pub(crate) fn now() -> String {
    let mut ts = String::new();
    // Writing to a string does not fail.
    let written = SystemTime.format_time(&mut Writer::new(&mut ts));
    debug_assert!(written.is_ok());
    ts
}

/// Starts the log of a process that serves.
pub(crate) fn start(filter: Targets, lines: Lines) {
    install(filter.with_target(ATTEMPT, Level::WARN), lines);
}

/// Starts the log of the shim: attempts, and nothing else that codex does not say itself.
pub(crate) fn start_in_shim() {
    install(
        Targets::new().with_target(ATTEMPT, Level::WARN),
        std::io::stderr,
    );
}

/// Starts the log of a companion: attempts, unless standard error is a screen that codex draws on.
pub(crate) fn start_in_companion(silent: bool, lines: Lines) {
    let attempts = Targets::new().with_target(ATTEMPT, Level::WARN);
    install(if silent { Targets::new() } else { attempts }, lines);
}

fn install<W>(filter: Targets, writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let ours = filter_fn(|metadata| {
        let root = metadata.target().split("::").next().unwrap_or_default();
        OURS.contains(&root)
    });
    let layer = tracing_subscriber::fmt::layer()
        .event_format(JsonLine)
        .with_writer(writer);
    let subscriber =
        tracing_subscriber::registry().with(layer.with_filter(filter).with_filter(ours));
    // Fails only where a log runs already, and then that one is used.
    drop(set_global_default(subscriber));
}

/// Tells of an event; that an input was judged is only counted.
pub(super) fn event(door: Door, event: Event<'_>, facts: &RequestContext<'_>) {
    match event {
        Event::Attempt(seen) => attempt(door, seen, facts),
        Event::Judged { .. } => {}
        Event::Served(report) => receipt(report, facts),
        Event::Undecidable { surface, reason } => undecidable(door, surface, reason, facts),
    }
}

/// Tells of an attempt.
pub(crate) fn attempt(door: Door, attempt: &Attempt, facts: &RequestContext<'_>) {
    let applied = match attempt.result {
        AttemptResult::Reported => Some(attempt.requested.as_str()),
        AttemptResult::Forced => Some(attempt.pin.as_str()),
        AttemptResult::Rejected => None,
    };
    tracing::warn!(
        target: ATTEMPT,
        event = "attempt",
        door = door.as_str(),
        result = attempt.result.as_str(),
        mode = attempt.mode.as_str(),
        surface = attempt.surface.as_str(),
        source = attempt.source.as_str(),
        capability = attempt.capability.as_str(),
        place = some(&attempt.place),
        requested_model = attempt.requested,
        applied_model = applied,
        approved_model = some(&attempt.pin),
        request_id = some(&escape_for_log(facts.request_id)),
        method = some(&escape_for_log(facts.method)),
        path = some(&escape_for_log(facts.path)),
        user_agent = some(&escape_for_log(facts.client)),
        policy_hash = some(facts.policy),
        reason = some(facts.reason),
        status = Some(facts.status).filter(|status| *status != 0),
        pid = std::process::id(),
        ppid = door.parent(),
    );
}

/// Tells of an input that could not be understood.
pub(crate) fn undecidable(
    door: Door,
    surface: Surface,
    reason: Reason,
    facts: &RequestContext<'_>,
) {
    tracing::warn!(
        target: ATTEMPT,
        event = "undecidable",
        door = door.as_str(),
        result = AttemptResult::Rejected.as_str(),
        surface = surface.as_str(),
        reason = reason.as_str(),
        request_id = some(&escape_for_log(facts.request_id)),
        method = some(&escape_for_log(facts.method)),
        path = some(&escape_for_log(facts.path)),
        user_agent = some(&escape_for_log(facts.client)),
        policy_hash = some(facts.policy),
        status = Some(facts.status).filter(|status| *status != 0),
        pid = std::process::id(),
        ppid = door.parent(),
    );
}

/// Tells of an answer: what was asked for, sent and served. Another model is a warning.
///
/// The models stand there twice: in our words, and in those of the conventions of `OpenTelemetry`.
pub(crate) fn receipt(receipt: &ServedReport<'_>, facts: &RequestContext<'_>) {
    macro_rules! tell {
        ($level:expr) => {{
            let wanted = receipt.choice;
            let asked = escape_for_log(wanted.map_or("", |wanted| &wanted.requested));
            let sent = escape_for_log(wanted.map_or("", |wanted| &wanted.sent));
            let served = escape_for_log(receipt.served);
            tracing::event!(
                target: RECEIPT,
                $level,
                event = "receipt",
                result = receipt.result.as_str(),
                failed = Some(true).filter(|_| receipt.failed),
                mode = receipt.mode.as_str(),
                surface = receipt.surface.as_str(),
                source = receipt.source.as_str(),
                capability = wanted.map(|wanted| wanted.capability.as_str()),
                requested_model = some(&asked),
                sent_model = some(&sent),
                served_model = some(&served),
                gen_ai.original.model = some(&asked),
                gen_ai.request.model = some(&sent),
                gen_ai.response.model = some(&served),
                request_id = some(&escape_for_log(facts.request_id)),
                method = some(&escape_for_log(facts.method)),
                path = some(&escape_for_log(facts.path)),
                policy_hash = some(facts.policy),
                status = Some(facts.status).filter(|status| *status != 0),
                pid = std::process::id(),
            );
        }};
    }
    if receipt.result == Served::Mismatch {
        tell!(Level::WARN);
    } else if tracing::enabled!(target: RECEIPT, Level::INFO) {
        tell!(Level::INFO);
    }
}

/// Tells that the audit file does not take what it has to. As grave as an attempt, and told like one.
pub(crate) fn audit_failed(error: &std::io::Error) {
    tracing::error!(target: ATTEMPT, event = "audit_failed", %error);
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use lockpolicy::{Capability, Mode, Source};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_attempt_is_one_json_line_that_nothing_in_it_can_break() {
        let kept = Kept::default();
        let make = kept.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(JsonLine)
            .with_writer(move || make.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let seen = Attempt {
                mode: Mode::Force,
                result: AttemptResult::Forced,
                surface: Surface::Http,
                source: Source::User,
                capability: Capability::Generation,
                place: "/model".to_owned(),
                requested: escape_for_log("gpt\"\n{"),
                pin: "gpt-5.5".to_owned(),
            };
            let facts = RequestContext {
                path: "/v1/responses",
                client: "a\r\nb\u{1b}[0m",
                status: 200,
                ..RequestContext::default()
            };
            attempt(Door::Proxy, &seen, &facts);
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let members: std::collections::BTreeMap<String, Box<serde_json::value::RawValue>> =
            serde_json::from_str(&text).unwrap();
        let names: Vec<&str> = members.keys().map(String::as_str).collect();
        let wanted = [
            "applied_model",
            "approved_model",
            "capability",
            "door",
            "event",
            "level",
            "mode",
            "path",
            "pid",
            "place",
            "requested_model",
            "result",
            "source",
            "status",
            "surface",
            "target",
            "ts",
            "user_agent",
        ];
        assert_eq!(names, wanted);
        assert_eq!(members["requested_model"].get(), r#""gpt\\\"\\n{""#);
        assert_eq!(members["status"].get(), "200");
    }
}
