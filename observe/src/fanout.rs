//! Gives each event to every sink. A new sink is one file and one more element of the list.

use std::sync::Arc;

use lockpolicy::{Event, Observer, RequestContext};

use crate::record::EnforcementPoint;
use crate::sink::{Observation, Sink};

/// The observer that an enforcement point reports to.
#[derive(Debug)]
pub struct Fanout {
    point: EnforcementPoint,
    sinks: Vec<Arc<dyn Sink>>,
}

impl Fanout {
    /// Gives the events of an enforcement point to these sinks, in this order.
    pub fn new(point: EnforcementPoint, sinks: Vec<Arc<dyn Sink>>) -> Self {
        Self { point, sinks }
    }
}

impl Observer for Fanout {
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
        let observation = Observation::new(self.point, event, context);
        for sink in &self.sinks {
            sink.observe(&observation);
        }
    }
}
