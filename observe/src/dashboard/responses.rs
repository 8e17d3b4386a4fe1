//! The JSON of the lists and counts that the dashboard shows.

use std::sync::Arc;

use serde::Serialize;

use super::model_flow::{self, ModelFlow};
use super::query::{self, Filter};
use super::ring;
use super::row::Row;
use super::shared::Dashboard;
use super::status::to_json;
use crate::clock;

/// The response to `/api/v1/attempts`.
#[derive(Debug, Serialize)]
struct Listing {
    attempts: Vec<Arc<Row>>,
    /// The number to ask for next as `before`; `null` where there are no more.
    before: Option<u64>,
    held: usize,
    capacity: usize,
    last_event_id: String,
}

/// The response to `/api/v1/served`.
#[derive(Debug, Serialize)]
struct ServedModels {
    models: Vec<ModelFlow>,
    capacity: usize,
}

impl Dashboard {
    /// Returns the rows that a filter matches, the newest first.
    pub(super) fn attempts(&self, filter: &Filter) -> String {
        let (rows, change) = self.rows();
        let held = rows.len();
        let mut attempts: Vec<Arc<Row>> = rows
            .into_iter()
            .filter(|row| filter.matches(row))
            .take(filter.limit + 1)
            .collect();
        let more = attempts.len() > filter.limit;
        attempts.truncate(filter.limit);
        to_json(&Listing {
            before: attempts.last().map(|row| row.id).filter(|_| more),
            attempts,
            held,
            capacity: ring::CAP,
            last_event_id: self.store.event_id(change),
        })
    }

    /// Returns all rows, and their last change. The store is closed again before they are searched, since
    /// requests write into it.
    fn rows(&self) -> (Vec<Arc<Row>>, u64) {
        let stored = self.store.open();
        let rows = stored.ring.latest().map(Arc::clone).collect();
        (rows, stored.ring.change())
    }

    /// Returns the models that were requested, sent and served.
    pub(super) fn served(&self) -> String {
        to_json(&ServedModels {
            models: self.store.open().flows.listed(),
            capacity: model_flow::CAP,
        })
    }

    /// Returns the counts of a window.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the query.
    pub(super) fn series(&self, query: &str) -> Result<String, String> {
        let window = query::window(query)?;
        let series = self.store.open().series.response(window, clock::now());
        Ok(to_json(&series))
    }
}
