//! The interface of a sink: one event, and its record, which is made at most once for all sinks.

use std::cell::OnceCell;
use std::fmt;

use lockpolicy::{Event, RequestContext};

use crate::record::{EnforcementPoint, Record};

/// Takes what happened and records it in one way: log, metrics, audit file, dashboard.
///
/// A sink may neither block nor fail: one that cannot keep up drops records and counts them.
pub trait Sink: fmt::Debug + Send + Sync {
    /// Records one event.
    fn observe(&self, observation: &Observation<'_>);
}

/// One event with its context.
#[derive(Debug)]
pub struct Observation<'a> {
    /// The event.
    pub event: Event<'a>,
    /// The context of the input.
    pub context: &'a RequestContext<'a>,
    point: EnforcementPoint,
    record: OnceCell<Option<Record>>,
}

impl<'a> Observation<'a> {
    /// Pairs an event with its context, at an enforcement point.
    pub fn new(point: EnforcementPoint, event: Event<'a>, context: &'a RequestContext<'a>) -> Self {
        Self {
            event,
            context,
            point,
            record: OnceCell::new(),
        }
    }

    /// Returns the record of the event; `None` where it is only counted.
    pub fn record(&self) -> Option<&Record> {
        let new = || Record::new(self.point, self.event, self.context);
        self.record.get_or_init(new).as_ref()
    }
}
