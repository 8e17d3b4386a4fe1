//! A row of the dashboard: a record, and what became of its request.

use lockpolicy::{AttemptResult, Served, ServedReport};
use serde::Serialize;

use crate::record::{Record, RecordKind, RecordResult};

/// The kinds that the dashboard counts over time: the results of attempts, and what else an operator should see.
pub(super) const KINDS: [&str; 5] = [
    AttemptResult::Reported.as_str(),
    AttemptResult::Forced.as_str(),
    AttemptResult::Rejected.as_str(),
    RecordKind::Undecidable.as_str(),
    Served::Mismatch.as_str(),
];

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// The number of the row; a later row has a higher one.
    pub(super) id: u64,
    /// The number of its last change.
    #[serde(skip)]
    pub(super) change: u64,
    #[serde(flatten)]
    pub(super) record: Record,
    /// The comparison of the served model with the sent one, once the response has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) served: Option<Served>,
}

impl From<Record> for Row {
    fn from(record: Record) -> Self {
        let served = match record.result {
            Some(RecordResult::Served(served)) => Some(served),
            _ => None,
        };
        Self {
            record,
            served,
            ..Self::default()
        }
    }
}

impl Row {
    /// Adds what became of the request.
    pub(super) fn add_served(&mut self, report: &ServedReport<'_>) {
        self.record.add_served(report);
        self.served = Some(report.result);
    }

    /// Returns whether a response may still come: the request was sent, and its response has not ended.
    pub(super) fn waits(&self) -> bool {
        let record = &self.record;
        let sent = !record.applied_model.is_empty() && !record.request_id.is_empty();
        sent && self.served.is_none() && record.event == RecordKind::Attempt
    }

    /// Returns the word by which it is counted; one of [`KINDS`].
    pub(super) fn kind(&self) -> &'static str {
        match self.record.event {
            RecordKind::Undecidable => RecordKind::Undecidable.as_str(),
            RecordKind::Attempt | RecordKind::Served | RecordKind::Policy => self.record.result(),
        }
    }

    /// Returns whether a text is in any of its members, in lower case.
    pub(super) fn contains(&self, text: &str) -> bool {
        let served = self.served.map_or("", Served::as_str);
        let texts = self.record.texts().into_iter().chain([served]);
        texts
            .into_iter()
            .any(|own| own.to_lowercase().contains(text))
    }
}
