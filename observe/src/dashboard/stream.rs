//! Changes as server-sent events. A stream holds nothing but its position in the store: a reader that is slow, or
//! comes back later, gets what is still there, and learns that something is missing where it is.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::shared::Dashboard;
use super::status::to_json;

/// The number of streams that may be open at once.
const STREAMS: usize = 16;
/// The time after which a stream looks for changes again.
const TICK: Duration = Duration::from_millis(250);
/// The number of looks after which the status is sent, changed or not.
const STATUS: u32 = 8;
/// The most rows that are sent at once; the rest of a flood is omitted.
const ROWS: usize = 100;

/// The position of a reader.
#[derive(Debug)]
pub struct Stream {
    dashboard: Arc<Dashboard>,
    ticks: Interval,
    looks: u32,
    change: u64,
    edition: u64,
    /// The text that is sent before everything else.
    first: String,
}

impl Stream {
    /// Opens a stream behind the last event that its reader has seen; `None` where there are too many.
    pub(super) fn open(dashboard: &Arc<Dashboard>, resume: &str) -> Option<Self> {
        if dashboard.streams.fetch_add(1, Ordering::Relaxed) >= STREAMS {
            dashboard.streams.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let store = &dashboard.store;
        let resumed = store.resumed(resume);
        let (change, edition) = (resumed.unwrap_or_else(|| store.change()), store.edition());
        let mut first = "retry: 2000\n\n".to_owned();
        if resumed.is_none() && !resume.is_empty() {
            event(&mut first, "reset", &store.event_id(change), "{}");
        }
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Some(Self {
            dashboard: Arc::clone(dashboard),
            ticks,
            looks: 0,
            change,
            edition,
            first,
        })
    }

    /// Returns everything that is new.
    fn look(&mut self) -> String {
        let mut text = std::mem::take(&mut self.first);
        let edition = self.dashboard.store.edition();
        if self.edition != edition {
            self.edition = edition;
            event(&mut text, "reset", &self.id(), "{}");
        }
        if self.dashboard.store.change() > self.change {
            self.rows(&mut text);
        }
        if self.looks.is_multiple_of(STATUS) {
            event(&mut text, "status", &self.id(), &self.dashboard.status());
        }
        self.looks = self.looks.wrapping_add(1);
        text
    }

    fn rows(&mut self, text: &mut String) {
        let (rows, gone) = self.dashboard.store.since(self.change);
        let over = rows.len().saturating_sub(ROWS);
        if gone || over > 0 {
            event(text, "skipped", &self.id(), "{}");
        }
        for row in rows.iter().skip(over) {
            self.change = row.change;
            event(text, "attempt", &self.id(), &to_json(&**row));
        }
    }

    fn id(&self) -> String {
        self.dashboard.store.event_id(self.change)
    }
}

impl Stream {
    /// Polls for the next piece; it never ends by itself.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<String> {
        loop {
            ready!(self.ticks.poll_tick(cx));
            let text = self.look();
            if !text.is_empty() {
                return Poll::Ready(text);
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.dashboard.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Writes an event. Its data is JSON, so it is one line.
fn event(text: &mut String, name: &str, id: &str, data: &str) {
    // Writing to a string does not fail.
    let written = write!(text, "event: {name}\nid: {id}\ndata: {data}\n\n");
    debug_assert!(written.is_ok());
}
