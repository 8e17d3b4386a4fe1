//! Which models were asked for, sent and served, each such chain once, with how often it was seen.
//!
//! An answer of another model is the gravest that can be seen here, so it stands first and goes last.

use lockpolicy::{Served, ServedReport, escape_for_log};
use serde::Serialize;

use super::clock;

/// How many chains are kept; of the right ones, the one that was not seen for longest goes first.
pub(super) const CAP: usize = 64;

/// One chain.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Chain {
    requested_model: String,
    sent_model: String,
    served_model: String,
    result: &'static str,
    requests: u64,
    last_ts: String,
    #[serde(skip)]
    last: u64,
}

impl Chain {
    fn weight(&self) -> (bool, u64) {
        (self.result == Served::Mismatch.as_str(), self.last)
    }

    fn is(&self, asked: &str, sent: &str, receipt: &ServedReport<'_>, served: &str) -> bool {
        self.requested_model == asked
            && self.sent_model == sent
            && self.served_model == served
            && self.result == receipt.result.as_str()
    }
}

/// All that are kept.
#[derive(Debug, Default)]
pub(super) struct Chains(Vec<Chain>);

impl Chains {
    /// Counts an answer. What was seen before costs no memory, and a look at the few names before it.
    pub(super) fn add(&mut self, receipt: &ServedReport<'_>) {
        let (asked, sent) = receipt
            .choice
            .map_or(("", ""), |wanted| (&wanted.requested, &wanted.sent));
        let known = self
            .0
            .iter()
            .position(|chain| chain.is(asked, sent, receipt, receipt.served));
        let known = known.or_else(|| self.add_new(asked, sent, receipt));
        let Some(seen) = known.and_then(|at| self.0.get_mut(at)) else {
            return;
        };
        seen.requests += 1;
        seen.last = clock::now();
    }

    /// The place of a chain whose names are escaped first, made where there is none.
    fn add_new(&mut self, asked: &str, sent: &str, receipt: &ServedReport<'_>) -> Option<usize> {
        let (asked, sent, served) = (
            escape_for_log(asked),
            escape_for_log(sent),
            escape_for_log(receipt.served),
        );
        let known = self
            .0
            .iter()
            .position(|chain| chain.is(&asked, &sent, receipt, &served));
        if known.is_some() {
            return known;
        }
        if self.0.len() >= CAP {
            let oldest = (0..).zip(&self.0).min_by_key(|(_, chain)| chain.weight());
            self.0.swap_remove(oldest.map_or(0, |(at, _)| at));
        }
        self.0.push(Chain {
            requested_model: asked,
            sent_model: sent,
            served_model: served,
            result: receipt.result.as_str(),
            requests: 0,
            last_ts: String::new(),
            last: 0,
        });
        Some(self.0.len() - 1)
    }

    /// The chains: those of another model first, then what was seen last.
    pub(super) fn told(&self) -> Vec<Chain> {
        let mut chains = self.0.clone();
        chains.sort_by_key(|chain| std::cmp::Reverse(chain.weight()));
        for chain in &mut chains {
            chain.last_ts = clock::text(chain.last);
        }
        chains
    }
}

#[cfg(test)]
mod tests {
    use lockpolicy::{Capability, Mode, ModelChoice, Source, Surface};

    use super::*;

    fn add(chains: &mut Chains, asked: &str, served: &str, result: Served) {
        let wanted = ModelChoice {
            capability: Capability::Generation,
            requested: asked.to_owned(),
            sent: "pin".to_owned(),
        };
        chains.add(&ServedReport {
            mode: Mode::Force,
            surface: Surface::Http,
            source: Source::User,
            choice: Some(&wanted),
            served,
            result,
            failed: false,
        });
    }

    #[test]
    fn each_chain_stands_there_once_and_there_are_never_many() {
        let mut chains = Chains::default();
        for _ in 0..3 {
            add(&mut chains, "x\n", "pin", Served::Match);
            add(&mut chains, "pin", "other", Served::Mismatch);
        }
        let told = chains.told();
        let counts: Vec<u64> = told.iter().map(|chain| chain.requests).collect();
        assert_eq!(counts, [3, 3]);
        assert_eq!(
            (
                told[0].served_model.as_str(),
                told[1].requested_model.as_str()
            ),
            ("other", "x\\n")
        );
        for number in 0..2 * CAP {
            add(&mut chains, &number.to_string(), "pin", Served::Match);
        }
        let told = chains.told();
        assert_eq!((told.len(), told[0].served_model.as_str()), (CAP, "other"));
    }
}
