//! Everything that the page remembers, under one lock that is held for a moment.
//!
//! A request that is no attempt and whose models were seen before costs no memory here.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockpolicy::{Attempt, Event, Reason, RequestContext, Served, ServedReport, Surface};

use super::chain::Chains;
use super::clock;
use super::ring::Ring;
use super::row::Row;
use super::series::Series;

#[derive(Debug)]
pub(crate) struct Book {
    pages: Mutex<Pages>,
    /// The number of the last change, to look at without the lock.
    change: AtomicU64,
    /// How often everything has to be read anew.
    edition: AtomicU64,
    /// Tells the numbers of this process from those of another.
    process: u64,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            pages: Mutex::default(),
            change: AtomicU64::new(0),
            edition: AtomicU64::new(0),
            process: RandomState::new().hash_one("page"),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) ring: Ring,
    pub(super) series: Series,
    pub(super) chains: Chains,
    /// What the ids of this process's requests begin with.
    stem: String,
}

impl Book {
    /// What it remembers, while nothing comes in.
    pub(super) fn open(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, write: impl FnOnce(&mut Pages)) {
        let mut pages = self.open();
        write(&mut pages);
        self.change.store(pages.ring.change(), Ordering::Relaxed);
    }

    /// Takes down an event.
    pub(crate) fn event(&self, event: Event<'_>, facts: &RequestContext<'_>) {
        match event {
            Event::Attempt(attempt) => self.attempt(attempt, facts),
            Event::Judged { .. } => {}
            Event::Served(report) => self.served(report, facts),
            Event::Undecidable { surface, reason } => self.undecidable(surface, reason, facts),
        }
    }

    /// Takes an attempt that the proxy saw.
    fn attempt(&self, attempt: &Attempt, facts: &RequestContext<'_>) {
        let row = Row::attempt(attempt, facts);
        self.write(|pages| pages.own(row));
    }

    /// Takes an input that the proxy could not understand.
    fn undecidable(&self, surface: Surface, reason: Reason, facts: &RequestContext<'_>) {
        let row = Row::undecidable(surface, reason, facts);
        self.write(|pages| pages.own(row));
    }

    /// Takes an answer. One of another model stands there for itself where no attempt was made.
    fn served(&self, receipt: &ServedReport<'_>, facts: &RequestContext<'_>) {
        let wrong = receipt.result == Served::Mismatch;
        self.write(|pages| {
            pages.chains.add(receipt);
            let known = pages.ring.answer(facts.request_id, receipt);
            if wrong {
                let (kind, surface) = (Served::Mismatch.as_str(), receipt.surface.as_str());
                pages.series.add(clock::now(), kind, surface);
            }
            if wrong && !known {
                pages.ring.push(Row::receipt(receipt, facts));
            }
        });
    }

    /// Takes what another process has written to the audit file.
    pub(super) fn others(&self, row: Row) {
        self.write(|pages| {
            if !pages.is_own(&row) {
                pages.take(row);
            }
        });
    }

    /// Counts what was written before.
    pub(super) fn count(&self, counts: &[(u64, &'static str, &'static str)]) {
        let mut pages = self.open();
        for (at, kind, surface) in counts {
            pages.series.add(*at, kind, surface);
        }
    }

    /// Takes what was written before, the newest first; gives whether there is room for more.
    pub(super) fn before(&self, rows: impl IntoIterator<Item = Row>) -> bool {
        let mut pages = self.open();
        pages.ring.put_before(rows);
        self.edition.fetch_add(1, Ordering::Relaxed);
        !pages.ring.is_full()
    }

    /// Whether a row was told by this process itself.
    pub(super) fn is_own(&self, row: &Row) -> bool {
        self.open().is_own(row)
    }

    pub(super) fn change(&self) -> u64 {
        self.change.load(Ordering::Relaxed)
    }

    pub(super) fn edition(&self) -> u64 {
        self.edition.load(Ordering::Relaxed)
    }

    /// What a change is called outside: a reader may come back with it, also to another process.
    pub(super) fn event_id(&self, change: u64) -> String {
        format!("{:016x}-{change}", self.process)
    }

    /// The change that an id means; `None` where it is not of this process.
    pub(super) fn resumed(&self, id: &str) -> Option<u64> {
        let (process, change) = id.split_once('-')?;
        let own = u64::from_str_radix(process, 16).ok()? == self.process;
        let change = change.parse().ok()?;
        (own && change <= self.change()).then_some(change)
    }

    /// The rows that changed since a change; whether some of them are gone.
    pub(super) fn since(&self, change: u64) -> (Vec<Arc<Row>>, bool) {
        self.open().ring.since(change)
    }
}

impl Pages {
    /// Takes a row of this process.
    fn own(&mut self, row: Row) {
        if self.stem.is_empty() {
            let stem = row.request_id.get(..STEM).unwrap_or_default();
            stem.clone_into(&mut self.stem);
        }
        self.take(row);
    }

    fn take(&mut self, row: Row) {
        let now = clock::now();
        // Another machine's clock may be ahead; what is to come has no bucket yet.
        let at = clock::seconds(&row.ts).unwrap_or(now).min(now);
        self.series.add(at, row.kind(), row.surface);
        self.ring.push(row);
    }

    /// A line in the file that this process wrote itself: its number alone does not tell, since in containers
    /// every proxy is process 1.
    fn is_own(&self, row: &Row) -> bool {
        let stem = self.stem.as_str();
        !stem.is_empty() && row.pid == std::process::id() && row.request_id.starts_with(stem)
    }
}

/// How much of a request's id tells the process: `req_` and its random stem.
const STEM: usize = "req_0123456789abcdef".len();
