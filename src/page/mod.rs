//! The page on the admin port: is the lock holding, what was tried, what was served, how is the process doing.
//!
//! ```text
//! proxy ── attempts, answers ──► book ◄── others' lines of the audit file (keeper)
//!                                 │
//!                answers as JSON ─┴─ events as they come (stream)
//! ```
//!
//! docs/reference/dashboard-api.md describes what is answered. Nothing here decides anything, and nothing can be changed from here.

mod book;
mod chain;
mod clock;
mod files;
mod history;
mod keeper;
mod pace;
mod past;
mod query;
mod ring;
mod row;
mod series;
mod status;
mod stream;

#[cfg(test)]
mod shapes;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lockpolicy::Policy;
use proxy::{Asked, Content, Page, Reply};
use serde::Serialize;

pub(crate) use book::Book;
use chain::Chain;
use pace::Pace;
use past::Past;
use query::Filter;
use row::Row;
use status::Status;
use stream::{Open, Stream};

use crate::telemetry::Counts;

const JSON: &str = "application/json";

/// What the page knows.
#[derive(Debug)]
pub(crate) struct Desk {
    book: Arc<Book>,
    counts: Arc<Counts>,
    policy: Arc<ArcSwap<Policy>>,
    pace: Pace,
    past: Past,
    streams: Open,
    started: u64,
    /// Where counts are sent; empty where they are not.
    daemon: String,
    /// Whether the provider's key is held here.
    holds_key: bool,
}

/// The page, as the proxy asks it.
#[derive(Clone, Debug)]
pub(crate) struct Front(Arc<Desk>);

/// The answer to `/api/v1/attempts`.
#[derive(Debug, Serialize)]
struct Listing {
    attempts: Vec<Arc<Row>>,
    /// What to ask for next as `before`; `null` where there is no more.
    before: Option<u64>,
    held: usize,
    capacity: usize,
    last_event_id: String,
}

/// The answer to `/api/v1/served`.
#[derive(Debug, Serialize)]
struct Chains {
    models: Vec<Chain>,
    capacity: usize,
}

impl Desk {
    pub(crate) fn new(counts: Arc<Counts>, policy: Arc<ArcSwap<Policy>>) -> Self {
        Self {
            book: Arc::default(),
            counts,
            policy,
            pace: Pace::default(),
            past: Past::default(),
            streams: Open::default(),
            started: clock::now(),
            daemon: String::new(),
            holds_key: false,
        }
    }

    /// What is told of this process.
    pub(crate) fn about(mut self, daemon: Option<String>, holds_key: bool) -> Self {
        (self.daemon, self.holds_key) = (daemon.unwrap_or_default(), holds_key);
        self
    }

    /// What the proxy writes into.
    pub(crate) fn book(&self) -> Arc<Book> {
        Arc::clone(&self.book)
    }

    /// The status as JSON.
    fn status(&self) -> String {
        told(&Status::of(self))
    }

    fn attempts(&self, filter: &Filter) -> Listing {
        let (rows, change) = self.rows();
        let held = rows.len();
        let mut attempts: Vec<Arc<Row>> = rows
            .into_iter()
            .filter(|row| filter.takes(row))
            .take(filter.limit + 1)
            .collect();
        let more = attempts.len() > filter.limit;
        attempts.truncate(filter.limit);
        Listing {
            before: attempts.last().map(|row| row.id).filter(|_| more),
            attempts,
            held,
            capacity: ring::CAP,
            last_event_id: self.book.event_id(change),
        }
    }

    /// All rows, and their last change. The book is closed again before they are searched: requests write into it.
    fn rows(&self) -> (Vec<Arc<Row>>, u64) {
        let pages = self.book.open();
        let rows = pages.ring.latest().map(Arc::clone).collect();
        (rows, pages.ring.change())
    }

    fn chains(&self) -> Chains {
        Chains {
            models: self.book.open().chains.told(),
            capacity: chain::CAP,
        }
    }

    fn series(&self, query: &str) -> Result<String, String> {
        let window = query::window(query)?;
        let series = self.book.open().series.told(window, clock::now());
        Ok(told(&series))
    }
}

impl Front {
    /// Opens the page; what was before is read from the audit file meanwhile.
    ///
    /// # Errors
    ///
    /// Where the machine has no thread to give.
    pub(crate) fn open(desk: Desk, audit: Option<PathBuf>) -> io::Result<Self> {
        let desk = Arc::new(desk);
        keeper::start(Arc::clone(&desk), audit)?;
        Ok(Self(desk))
    }

    fn events(&self, resume: &str) -> Reply {
        let Some(stream) = Stream::open(&self.0, resume) else {
            return Reply::error(
                503,
                "too_many_streams",
                "too many pages are open; ask again later",
            );
        };
        Reply {
            status: 200,
            kind: "text/event-stream",
            content: Content::Flow(Box::new(stream)),
        }
    }
}

impl Page for Front {
    fn is_open(&self, path: &str) -> bool {
        files::at(path).is_some()
    }

    fn answer(&self, asked: &Asked<'_>) -> Reply {
        if let Some((_, kind, text)) = files::at(asked.path) {
            return Reply::whole(kind, text);
        }
        let query = asked.query;
        let answer = match asked.path {
            "/api/v1/status" => query::nothing(query).map(|()| self.0.status()),
            "/api/v1/attempts" => Filter::read(query).map(|filter| told(&self.0.attempts(&filter))),
            "/api/v1/series" => self.0.series(query),
            "/api/v1/served" => query::nothing(query).map(|()| told(&self.0.chains())),
            "/api/v1/events" => match query::nothing(query) {
                Ok(()) => return self.events(asked.resume),
                Err(wrong) => Err(wrong),
            },
            _ => {
                return Reply::error(
                    404,
                    "not_found",
                    "nothing is here; docs/reference/dashboard-api.md lists what there is",
                );
            }
        };
        match answer {
            Ok(text) => Reply::whole(JSON, text),
            Err(wrong) => Reply::error(400, "bad_query", &wrong),
        }
    }
}

/// Our own types always have a spelling.
fn told(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|_| "null".to_owned())
}
