//! Formats an event of our own code as one JSON line: `level`, `ts`, the event's own fields, `target`.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::registry::LookupSpan;

/// Formats an event; spans are omitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = level_word(*event.metadata().level());
        write!(writer, "{{\"level\":\"{level}\",\"ts\":\"")?;
        SystemTime.format_time(&mut writer)?;
        writer.write_char('"')?;
        let mut members = Members {
            writer: &mut writer,
            result: Ok(()),
        };
        event.record(&mut members);
        members.text("target", event.metadata().target());
        members.result?;
        writer.write_str("}\n")
    }
}

/// Returns the word of a level.
pub(super) fn level_word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

struct Members<'a, 'w> {
    writer: &'a mut Writer<'w>,
    result: fmt::Result,
}

impl Members<'_, '_> {
    fn text(&mut self, name: &str, value: &str) {
        match serde_json::to_string(value) {
            Ok(value) => self.bare(name, &value),
            Err(_) => self.result = Err(fmt::Error),
        }
    }

    /// Writes a member. The name is an identifier of our own, so it needs no escape.
    fn bare(&mut self, name: &str, value: &dyn fmt::Display) {
        if self.result.is_ok() {
            self.result = write!(self.writer, ",\"{name}\":{value}");
        }
    }
}

impl Visit for Members<'_, '_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field.name(), &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field.name(), &format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        self.text(field.name(), &text);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field.name(), &value);
    }
}
