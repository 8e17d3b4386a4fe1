//! Everything that the dashboard remembers, under one lock that is held for a moment.
//!
//! A request that is no attempt and whose models were seen before costs no memory here.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockpolicy::{Event, Served, ServedReport, Surface};

use super::model_flow::ModelFlows;
use super::ring::Ring;
use super::row::Row;
use super::series::Series;
use crate::clock;
use crate::record::Record;
use crate::sink::{Observation, Sink};

/// The store.
#[derive(Debug)]
pub(crate) struct EventStore {
    stored: Mutex<Stored>,
    /// The number of the last change, to look at without the lock.
    change: AtomicU64,
    /// The number of times that everything had to be read anew.
    edition: AtomicU64,
    /// A number that distinguishes the ids of this process from those of another.
    process: u64,
}

impl Default for EventStore {
    fn default() -> Self {
        Self {
            stored: Mutex::default(),
            change: AtomicU64::new(0),
            edition: AtomicU64::new(0),
            process: RandomState::new().hash_one("page"),
        }
    }
}

/// One thing to count: its time, its kind and its surface.
pub(super) type Counted = (u64, &'static str, Option<Surface>);

/// The content of the store.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) ring: Ring,
    pub(super) series: Series,
    pub(super) flows: ModelFlows,
    /// The beginning of the ids of this process's requests.
    id_prefix: String,
}

impl EventStore {
    /// Returns the content, and locks it.
    pub(super) fn open(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, write: impl FnOnce(&mut Stored)) {
        let mut stored = self.open();
        write(&mut stored);
        self.change.store(stored.ring.change(), Ordering::Relaxed);
    }

    /// Adds what the proxy saw.
    fn add(&self, record: Option<&Record>) {
        if let Some(record) = record {
            let row = Row::from(record.clone());
            self.write(|stored| stored.add_own(row));
        }
    }

    /// Adds a response. One of another model is a row of its own where no attempt was made.
    fn add_served(&self, report: &ServedReport<'_>, observation: &Observation<'_>) {
        let wrong = report.result == Served::Mismatch;
        self.write(|stored| {
            stored.flows.add(report);
            let id = observation.context.request_id;
            let known = stored.ring.add_served(id, report);
            if wrong {
                let kind = Served::Mismatch.as_str();
                stored.series.add(clock::now(), kind, Some(report.surface));
            }
            if let (true, false, Some(record)) = (wrong, known, observation.record()) {
                stored.ring.push(Row::from(record.clone()));
            }
        });
    }

    /// Adds a row that another process has written to the audit file.
    pub(super) fn others(&self, row: Row) {
        self.write(|stored| {
            if !stored.is_own(&row) {
                stored.add(row);
            }
        });
    }

    /// Counts rows from before.
    pub(super) fn count(&self, counts: &[Counted]) {
        let mut stored = self.open();
        for (at, kind, surface) in counts {
            stored.series.add(*at, kind, *surface);
        }
    }

    /// Adds rows from before, the newest first; returns whether there is room for more.
    pub(super) fn before(&self, rows: impl IntoIterator<Item = Row>) -> bool {
        let mut stored = self.open();
        stored.ring.put_before(rows);
        self.edition.fetch_add(1, Ordering::Relaxed);
        !stored.ring.is_full()
    }

    /// Returns whether a row is from this process itself.
    pub(super) fn is_own(&self, row: &Row) -> bool {
        self.open().is_own(row)
    }

    pub(super) fn change(&self) -> u64 {
        self.change.load(Ordering::Relaxed)
    }

    pub(super) fn edition(&self) -> u64 {
        self.edition.load(Ordering::Relaxed)
    }

    /// Returns the id of a change outside: a reader may come back with it, also to another process.
    pub(super) fn event_id(&self, change: u64) -> String {
        format!("{:016x}-{change}", self.process)
    }

    /// Returns the change of an id; `None` where it is not of this process.
    pub(super) fn resumed(&self, id: &str) -> Option<u64> {
        let (process, change) = id.split_once('-')?;
        let own = u64::from_str_radix(process, 16).ok()? == self.process;
        let change = change.parse().ok()?;
        (own && change <= self.change()).then_some(change)
    }

    /// Returns the rows that changed since a change, and whether some of them are gone.
    pub(super) fn since(&self, change: u64) -> (Vec<Arc<Row>>, bool) {
        self.open().ring.since(change)
    }
}

impl Sink for EventStore {
    fn observe(&self, observation: &Observation<'_>) {
        match observation.event {
            Event::Attempt(_) | Event::Undecidable { .. } => self.add(observation.record()),
            Event::Judged { .. } => {}
            Event::Served(report) => self.add_served(report, observation),
        }
    }
}

impl Stored {
    /// Adds a row of this process.
    fn add_own(&mut self, row: Row) {
        if self.id_prefix.is_empty() {
            let prefix = row.record.request_id.get(..ID_PREFIX).unwrap_or_default();
            prefix.clone_into(&mut self.id_prefix);
        }
        self.add(row);
    }

    fn add(&mut self, row: Row) {
        let now = clock::now();
        // Another machine's clock may be ahead; what is to come has no bucket yet.
        let at = clock::seconds(&row.record.ts).unwrap_or(now).min(now);
        self.series.add(at, row.kind(), row.record.surface);
        self.ring.push(row);
    }

    /// Returns whether this process wrote a row to the file itself. The process id alone is not enough, since in
    /// containers every proxy is process 1.
    fn is_own(&self, row: &Row) -> bool {
        let prefix = self.id_prefix.as_str();
        !prefix.is_empty()
            && row.record.pid == std::process::id()
            && row.record.request_id.starts_with(prefix)
    }
}

/// The length of the part of a request's id that is the process's own: `req_` and its random prefix.
const ID_PREFIX: usize = "req_0123456789abcdef".len();
