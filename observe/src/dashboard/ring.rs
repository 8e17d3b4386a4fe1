//! The latest rows, never more than [`CAP`]: a flood of requests pushes old rows out and takes no memory.
//!
//! Rows are numbered, and so is each change of one. What came before this process has the numbers below its own,
//! so that it can be read after the first rows have come.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use lockpolicy::{ServedReport, Surface, escape_for_log};

use super::row::Row;

/// The number of rows that are kept.
pub(super) const CAP: usize = 1000;

#[derive(Debug)]
pub(super) struct Ring {
    /// By number, the oldest first.
    rows: VecDeque<Arc<Row>>,
    /// The number of rows that wait for the response to a request, by its id.
    waiting: HashMap<String, usize>,
    next: u64,
    /// The number of the last change.
    change: u64,
    /// The number of the last change that no row shows any more.
    gone: u64,
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            rows: VecDeque::with_capacity(CAP),
            waiting: HashMap::new(),
            next: CAP as u64 + 1,
            change: 0,
            gone: 0,
        }
    }
}

impl Ring {
    /// Adds a new row.
    pub(super) fn push(&mut self, mut row: Row) {
        if self.rows.len() >= CAP
            && let Some(old) = self.rows.pop_front()
        {
            self.gone = self.gone.max(old.change);
            if old.waits() {
                self.answered(&old.record.request_id);
            }
        }
        (row.id, self.next) = (self.next, self.next + 1);
        self.change += 1;
        row.change = self.change;
        if row.waits() {
            *self
                .waiting
                .entry(row.record.request_id.clone())
                .or_default() += 1;
        }
        self.rows.push_back(Arc::new(row));
    }

    /// Adds older rows, the newest first, as far as there is room.
    pub(super) fn put_before(&mut self, rows: impl IntoIterator<Item = Row>) {
        for mut row in rows {
            if self.is_full() {
                return;
            }
            let first = self.rows.front().map_or(self.next, |first| first.id);
            row.id = first - 1;
            self.rows.push_front(Arc::new(row));
        }
    }

    /// Adds a response to the rows of its request. A WebSocket has many responses: each goes to the oldest row
    /// that requested the same model. Returns whether any row waited for it.
    pub(super) fn add_served(&mut self, id: &str, report: &ServedReport<'_>) -> bool {
        // Nearly always: nothing was wrong with the request.
        let Some(left) = self.waiting.get(id).copied() else {
            return false;
        };
        // Its rows are among the newest: answers come soon.
        let own = self.rows.iter_mut().rev();
        let own = own.filter(|row| row.waits() && row.record.request_id == id);
        let mut own: Vec<&mut Arc<Row>> = own.take(left).collect();
        own.reverse();
        if report.surface == Surface::WebSocket {
            let requested = report
                .choice
                .map(|wanted| escape_for_log(&wanted.requested));
            let requested = requested.unwrap_or_default();
            own.retain(|row| row.record.requested_model == requested);
            own.truncate(1);
        }
        let found = own.len();
        for row in own {
            let row = Arc::make_mut(row);
            row.add_served(report);
            self.change += 1;
            row.change = self.change;
        }
        (0..found).for_each(|_| self.answered(id));
        found > 0
    }

    /// Notes that one row less waits.
    fn answered(&mut self, id: &str) {
        if let Some(left) = self.waiting.get_mut(id) {
            *left -= 1;
            if *left == 0 {
                self.waiting.remove(id);
            }
        }
    }

    /// Returns the rows, the newest first.
    pub(super) fn latest(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.iter().rev()
    }

    /// Returns the rows that changed since a change, the oldest first, and whether some of them are gone.
    pub(super) fn since(&self, change: u64) -> (Vec<Arc<Row>>, bool) {
        let changed = self.rows.iter().filter(|row| row.change > change);
        let mut rows: Vec<Arc<Row>> = changed.map(Arc::clone).collect();
        rows.sort_unstable_by_key(|row| row.change);
        (rows, change < self.gone)
    }

    /// Returns the number of the last change.
    pub(super) fn change(&self) -> u64 {
        self.change
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= CAP
    }
}

#[cfg(test)]
mod tests {
    use lockpolicy::{Capability, Mode, ModelChoice, Served, Source};

    use crate::record::Record;

    use super::*;

    fn row(id: &str, requested: &str) -> Row {
        Row::from(Record {
            request_id: id.to_owned(),
            requested_model: requested.to_owned(),
            applied_model: "pin".to_owned(),
            ..Record::default()
        })
    }

    fn answer(ring: &mut Ring, id: &str, requested: &str, surface: Surface) -> bool {
        let wanted = ModelChoice {
            capability: Capability::Generation,
            requested: requested.to_owned(),
            sent: "pin".to_owned(),
        };
        let report = ServedReport {
            mode: Mode::Force,
            surface,
            source: Source::User,
            choice: Some(&wanted),
            served: "pin",
            result: Served::Match,
            failed: false,
        };
        ring.add_served(id, &report)
    }

    #[test]
    fn ring_that_is_full_reports_the_rows_that_are_gone() {
        let mut ring = Ring::default();
        for number in 0..CAP + 7 {
            ring.push(row(&number.to_string(), "a"));
        }
        assert_eq!((ring.rows.len(), ring.waiting.len()), (CAP, CAP));
        let (rows, gone) = ring.since(0);
        assert_eq!((rows.len(), gone), (CAP, true));
        let (rows, gone) = ring.since(ring.change() - 2);
        assert_eq!((rows.len(), gone), (2, false));
        ring.put_before([row("old", "a")]);
        assert_eq!(ring.rows.len(), CAP);
    }

    #[test]
    fn stored_rows_stand_below_new_ones() {
        let mut ring = Ring::default();
        ring.push(row("now", "a"));
        ring.put_before([row("second", "a"), row("first", "a")]);
        let ids: Vec<&str> = ring
            .latest()
            .map(|row| row.record.request_id.as_str())
            .collect();
        assert_eq!(ids, ["now", "second", "first"]);
        assert!(ring.latest().is_sorted_by(|a, b| a.id > b.id));
        let (rows, _) = ring.since(0);
        assert_eq!(rows.len(), 1, "it is no news");
    }

    #[test]
    fn served_report_goes_to_the_rows_of_its_request() {
        let mut ring = Ring::default();
        for (id, requested) in [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("b", "y")] {
            ring.push(row(id, requested));
        }
        let seen = ring.change();
        assert!(!answer(&mut ring, "c", "x", Surface::Http));
        assert!(answer(&mut ring, "a", "x", Surface::Http));
        assert!(!answer(&mut ring, "a", "x", Surface::Http));
        assert!(answer(&mut ring, "b", "y", Surface::WebSocket));
        let answered: Vec<u64> = ring
            .since(seen)
            .0
            .iter()
            .map(|row| row.id - CAP as u64)
            .collect();
        assert_eq!(answered, [1, 2, 4]);
        assert_eq!(ring.waiting, HashMap::from([("b".to_owned(), 2)]));
    }
}
