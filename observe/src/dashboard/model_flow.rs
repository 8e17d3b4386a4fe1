//! The models that were requested, sent and served together, with how often each combination was seen.
//!
//! A response of another model is the most serious of them, so it is listed first and dropped last.

use lockpolicy::{Served, ServedReport, escape_for_log};
use serde::Serialize;

use crate::clock;

/// The number of flows that are kept; of the right ones, the one that was not seen for longest is dropped first.
pub(super) const CAP: usize = 64;

/// A combination of models.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ModelFlow {
    requested_model: String,
    sent_model: String,
    served_model: String,
    result: Served,
    requests: u64,
    last_ts: String,
    #[serde(skip)]
    last: u64,
}

impl ModelFlow {
    fn weight(&self) -> (bool, u64) {
        (self.result == Served::Mismatch, self.last)
    }

    fn is(&self, requested: &str, sent: &str, report: &ServedReport<'_>, served: &str) -> bool {
        self.requested_model == requested
            && self.sent_model == sent
            && self.served_model == served
            && self.result == report.result
    }
}

/// All flows that are kept.
#[derive(Debug, Default)]
pub(super) struct ModelFlows(Vec<ModelFlow>);

impl ModelFlows {
    /// Counts a response. A flow that was seen before costs no memory.
    pub(super) fn add(&mut self, report: &ServedReport<'_>) {
        let (requested, sent) = report
            .choice
            .map_or(("", ""), |choice| (&choice.requested, &choice.sent));
        let known = self
            .0
            .iter()
            .position(|flow| flow.is(requested, sent, report, report.served));
        let known = known.or_else(|| self.add_new(requested, sent, report));
        let Some(seen) = known.and_then(|at| self.0.get_mut(at)) else {
            return;
        };
        seen.requests += 1;
        seen.last = clock::now();
    }

    /// Returns the position of a flow after its names are escaped; adds it where there is none.
    fn add_new(&mut self, requested: &str, sent: &str, report: &ServedReport<'_>) -> Option<usize> {
        let (requested, sent, served) = (
            escape_for_log(requested),
            escape_for_log(sent),
            escape_for_log(report.served),
        );
        let known = self
            .0
            .iter()
            .position(|flow| flow.is(&requested, &sent, report, &served));
        if known.is_some() {
            return known;
        }
        if self.0.len() >= CAP {
            let oldest = (0..).zip(&self.0).min_by_key(|(_, flow)| flow.weight());
            self.0.swap_remove(oldest.map_or(0, |(at, _)| at));
        }
        self.0.push(ModelFlow {
            requested_model: requested,
            sent_model: sent,
            served_model: served,
            result: report.result,
            requests: 0,
            last_ts: String::new(),
            last: 0,
        });
        Some(self.0.len() - 1)
    }

    /// Returns the flows: those of another model first, then the latest.
    pub(super) fn listed(&self) -> Vec<ModelFlow> {
        let mut flows = self.0.clone();
        flows.sort_by_key(|flow| std::cmp::Reverse(flow.weight()));
        for flow in &mut flows {
            flow.last_ts = clock::text(flow.last);
        }
        flows
    }
}

#[cfg(test)]
mod tests {
    use lockpolicy::{Capability, Mode, ModelChoice, Source, Surface};

    use super::*;

    fn add(flows: &mut ModelFlows, requested: &str, served: &str, result: Served) {
        let choice = ModelChoice {
            capability: Capability::Generation,
            requested: requested.to_owned(),
            sent: "pin".to_owned(),
        };
        flows.add(&ServedReport {
            mode: Mode::Force,
            surface: Surface::Http,
            source: Source::User,
            choice: Some(&choice),
            served,
            result,
            failed: false,
        });
    }

    #[test]
    fn model_flow_that_repeats_is_listed_once_and_the_list_is_bounded() {
        let mut flows = ModelFlows::default();
        for _ in 0..3 {
            add(&mut flows, "x\n", "pin", Served::Match);
            add(&mut flows, "pin", "other", Served::Mismatch);
        }
        let listed = flows.listed();
        let counts: Vec<u64> = listed.iter().map(|flow| flow.requests).collect();
        assert_eq!(counts, [3, 3]);
        assert_eq!(
            (
                listed[0].served_model.as_str(),
                listed[1].requested_model.as_str()
            ),
            ("other", "x\\n")
        );
        for number in 0..2 * CAP {
            add(&mut flows, &number.to_string(), "pin", Served::Match);
        }
        let listed = flows.listed();
        assert_eq!(
            (listed.len(), listed[0].served_model.as_str()),
            (CAP, "other")
        );
    }
}
