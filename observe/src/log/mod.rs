//! Writes what happened to standard error, one JSON object a line; bodies, keys, prompts, queries and
//! arguments are never in it.
//!
//! Only our own crates are logged. The libraries below would print headers at `debug`, and a header
//! may be a key.

mod json_line;
mod queue;

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;

use lockpolicy::{Event, Served};
use serde::Serialize;
use tracing::subscriber::set_global_default;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::record::{EnforcementPoint, Record};
use crate::sink::{Observation, Sink};
use json_line::{JsonLine, level_word};
pub use queue::LogQueue;

/// The target of every attempt. Its level cannot be lowered: being seen is the point.
const ATTEMPT: &str = "model_lock::attempt";

/// The target of every response: a busy proxy can switch it off by name.
const SERVED: &str = "model_lock::served";

/// The bytes that a line of the log seldom exceeds.
const USUAL_LENGTH: usize = 1024;

/// The crates that are logged.
const OURS: [&str; 5] = ["lockpolicy", "model_lock", "observe", "proxy", "shim"];

/// Starts the log of a process that serves.
pub fn start(filter: Targets, queue: LogQueue) {
    install(filter.with_target(ATTEMPT, Level::WARN), queue);
}

/// Starts the log of the shim: attempts, and nothing else that codex does not print itself.
pub fn start_in_shim() {
    install(attempts(), io::stderr);
}

/// Starts the log of an embedded proxy: attempts and why a provider was not reached, unless standard error is a screen
/// that codex draws on.
pub fn start_embedded(silent: bool, queue: LogQueue) {
    let failures = || attempts().with_target("proxy", Level::WARN);
    install(if silent { Targets::new() } else { failures() }, queue);
}

fn attempts() -> Targets {
    Targets::new().with_target(ATTEMPT, Level::WARN)
}

fn install<W>(filter: Targets, writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // Fails only where a log runs already, and then that one is used.
    drop(set_global_default(subscriber(filter, writer)));
}

fn subscriber<W>(filter: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // One filter: of two, `enabled!` asks whether either lets an event through.
    let enabled = filter_fn(move |metadata| {
        let root = metadata.target().split("::").next().unwrap_or_default();
        OURS.contains(&root) && filter.would_enable(metadata.target(), metadata.level())
    });
    let layer = tracing_subscriber::fmt::layer()
        .event_format(JsonLine)
        .with_writer(writer);
    tracing_subscriber::registry().with(layer.with_filter(enabled))
}

/// Logs that the audit file cannot be written. It is as grave as an attempt, and has the same target.
pub fn audit_failed(error: &io::Error) {
    tracing::error!(target: ATTEMPT, event = "audit_failed", %error);
}

/// Logs that the audit file no longer has a line that was in it.
pub(crate) fn audit_cut(path: &Path, last: u64) {
    tracing::error!(
        target: ATTEMPT,
        event = "audit_cut",
        file = %path.display(),
        last,
        "the audit file was truncated or replaced while it was written"
    );
}

/// Writes the record of each event that the filter lets through.
pub struct LogSink<W>(W);

impl<W> LogSink<W> {
    /// Writes to a queue, or to a writer such as standard error.
    pub fn new(writer: W) -> Self {
        Self(writer)
    }
}

impl<W> fmt::Debug for LogSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}

impl<W> Sink for LogSink<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync,
{
    fn observe(&self, observation: &Observation<'_>) {
        let Some((level, target)) = enabled(observation.event) else {
            return;
        };
        if let Some(record) = observation.record() {
            let mut line = Vec::with_capacity(USUAL_LENGTH);
            if serde_json::to_writer(&mut line, &Line::new(level, target, record)).is_ok() {
                line.push(b'\n');
                // Where standard error is gone, nobody can be told.
                self.0.make_writer().write_all(&line).unwrap_or_default();
            }
        }
    }
}

/// Returns the level and target of an event; `None` where it is not logged.
fn enabled(event: Event<'_>) -> Option<(Level, &'static str)> {
    let (level, target, enabled) = match event {
        Event::Judged { .. } => return None,
        Event::Attempt(_) | Event::Undecidable { .. } => {
            let enabled = tracing::enabled!(target: ATTEMPT, Level::WARN);
            (Level::WARN, ATTEMPT, enabled)
        }
        Event::Served(report) if report.result == Served::Mismatch => {
            let enabled = tracing::enabled!(target: SERVED, Level::WARN);
            (Level::WARN, SERVED, enabled)
        }
        Event::Served(_) => {
            let enabled = tracing::enabled!(target: SERVED, Level::INFO);
            (Level::INFO, SERVED, enabled)
        }
    };
    enabled.then_some((level, target))
}

/// A record as the log writes it.
///
/// The models of a response are in it twice: in our words, and in those of the conventions of `OpenTelemetry`.
#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    #[serde(flatten)]
    record: &'a Record,
    #[serde(
        rename = "gen_ai.original.model",
        skip_serializing_if = "str::is_empty"
    )]
    original_model: &'a str,
    #[serde(rename = "gen_ai.request.model", skip_serializing_if = "str::is_empty")]
    request_model: &'a str,
    #[serde(
        rename = "gen_ai.response.model",
        skip_serializing_if = "str::is_empty"
    )]
    response_model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ppid: Option<u32>,
    target: &'static str,
}

impl<'a> Line<'a> {
    fn new(level: Level, target: &'static str, record: &'a Record) -> Self {
        let requested = if target == SERVED {
            record.requested_model.as_str()
        } else {
            ""
        };
        // The parent of a shim is the agent or the shell.
        let is_shim = record.enforcement_point == Some(EnforcementPoint::Shim);
        Self {
            level: level_word(level),
            record,
            original_model: requested,
            request_model: &record.sent_model,
            response_model: &record.served_model,
            ppid: is_shim.then(std::os::unix::process::parent_id),
            target,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use lockpolicy::{
        Attempt, AttemptResult, Capability, Mode, RequestContext, Source, Surface, escape_for_log,
    };
    use tracing::level_filters::LevelFilter;

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
    fn record_that_the_filter_switches_off_is_not_enabled() {
        let served = |filter: Targets| {
            let subscriber = subscriber(filter, io::sink);
            tracing::subscriber::with_default(
                subscriber,
                || tracing::enabled!(target: SERVED, Level::INFO),
            )
        };
        let info = || Targets::new().with_default(Level::INFO);
        assert!(served(info()));
        assert!(!served(info().with_target(SERVED, LevelFilter::OFF)));
        assert!(!served(Targets::new().with_default(Level::ERROR)));
        assert!(!served(attempts().with_target("proxy", Level::WARN)));
        assert!(!served(Targets::new()));
    }

    #[test]
    fn attempt_with_any_text_is_one_json_line() {
        let kept = Kept::default();
        let make = kept.clone();
        let sink = LogSink::new(move || make.clone());
        let layer = tracing_subscriber::fmt::layer().with_writer(io::sink);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let attempt = Attempt {
                mode: Mode::Force,
                result: AttemptResult::Forced,
                surface: Surface::Http,
                source: Source::User,
                capability: Capability::Generation,
                place: "/model".to_owned(),
                requested: escape_for_log("gpt\"\n{"),
                names_model: true,
                pin: "gpt-5.5".to_owned(),
            };
            let context = RequestContext {
                path: "/v1/responses",
                user_agent: "a\r\nb\u{1b}[0m",
                status: 200,
                ..RequestContext::default()
            };
            let (point, event) = (EnforcementPoint::Proxy, Event::Attempt(&attempt));
            sink.observe(&Observation::new(point, event, &context));
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
            "enforcement_point",
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
