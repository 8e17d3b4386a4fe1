//! What became of a way: how codex ended, what arrived, what was counted.

use std::collections::BTreeSet;

use fake_provider::Request;

use crate::run::{Ended, Mode};
use crate::trial::Trial;
use crate::way::Way;

/// What became of a way that was gone once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    /// Whether it was not run, since it would have left this machine.
    left: bool,
    /// The models that arrived at A.
    pub(crate) a: BTreeSet<String>,
    /// The models that arrived at B.
    pub(crate) b: BTreeSet<String>,
    /// Where attempts were counted.
    pub(crate) counted: BTreeSet<String>,
    /// What a file says.
    pub(crate) shows: Option<String>,
    /// What was said last, for the person who looks for the fault.
    pub(crate) message: String,
}

impl Outcome {
    pub(crate) fn new(way: &Way, trial: &Trial, ended: Ended) -> Self {
        let [a, b] = trial.arrived();
        let shows = way.shows.as_deref().and_then(|name| trial.shown(name));
        let counted = trial
            .fixture
            .statsd
            .lines()
            .iter()
            .filter_map(|line| surface(line))
            .collect();
        Self {
            status: ended.status,
            left: false,
            a: models(&a, false),
            b: models(&b, !way.own_b),
            counted,
            shows,
            message: ended.output,
        }
    }

    /// What became of a way that was not gone.
    pub(crate) fn left() -> Self {
        Self {
            status: Some(0),
            left: true,
            a: BTreeSet::new(),
            b: BTreeSet::new(),
            counted: BTreeSet::new(),
            shows: None,
            message: String::new(),
        }
    }

    /// What is wrong with it.
    pub(crate) fn wrong(&self, way: &Way, mode: Mode) -> Option<String> {
        let other = |models: &BTreeSet<String>| models.iter().any(|model| model != way.pin());
        let arrived = self.a.iter().chain(&self.b).count() > 0;
        let other_arrived = other(&self.a) || other(&self.b);
        match mode {
            _ if self.left => None,
            _ if self.status.is_none() => Some("it did not end".to_owned()),
            Mode::Unlocked if way.silent => arrived.then(|| "it was called silent".to_owned()),
            Mode::Unlocked => {
                let asks = other_arrived || !self.b.is_empty() || !arrived;
                (!asks).then(|| "it asks for no other model".to_owned())
            }
            Mode::Force | Mode::Reject if other_arrived => Some("another model arrived".to_owned()),
            Mode::Force | Mode::Reject if !self.b.is_empty() && !way.own_b => {
                Some("something arrived at B".to_owned())
            }
            Mode::Force | Mode::Reject => None,
        }
    }

    /// One cell of the table.
    pub(crate) fn cell(&self, mode: Mode) -> String {
        if self.left {
            return "not run: it leads to the Internet".to_owned();
        }
        let side = |name: &str, models: &BTreeSet<String>| {
            let models: Vec<String> = models.iter().map(|model| format!("`{model}`")).collect();
            (!models.is_empty()).then(|| format!("{name}: {}", models.join(", ")))
        };
        let mut parts: Vec<String> = [side("A", &self.a), side("B", &self.b)]
            .into_iter()
            .flatten()
            .collect();
        if parts.is_empty() {
            let refused = self.message.starts_with("model_lock_rejected");
            let message = if refused {
                "refused in the answer"
            } else {
                "nothing"
            };
            parts.push(message.into());
        }
        match self.status {
            Some(0) => {}
            Some(77) if mode != Mode::Unlocked => parts = vec!["refused (77)".into()],
            Some(code) => parts.push(format!("exit {code}")),
            None => parts.push("no end".into()),
        }
        if !self.counted.is_empty() {
            let counted: Vec<&str> = self.counted.iter().map(String::as_str).collect();
            parts.push(format!("counted: {}", counted.join(", ")));
        }
        parts.extend(
            self.shows
                .as_ref()
                .map(|shown| format!("the file: “{shown}”")),
        );
        parts.join("; ").replace('|', "\\|")
    }
}

/// Where a line of `StatsD` counts attempts, if it does.
fn surface(line: &str) -> Option<String> {
    if !line.contains("override_attempts:") || line.contains(":0|c") {
        return None;
    }
    let tag = |name: &str| {
        let rest = line.split_once(name)?.1;
        rest.split([',', '|']).next()
    };
    Some(tag("surface:").unwrap_or("somewhere").to_owned())
}

/// The models of everything that arrived. At the rogue one, whatever arrives is told.
fn models(requests: &[Request], whatever: bool) -> BTreeSet<String> {
    let asked_model = |request| asked_model(request, whatever);
    requests.iter().filter_map(asked_model).collect()
}

fn asked_model(request: &Request, whatever: bool) -> Option<String> {
    if request.method == "POST" {
        let body = request.json();
        let named = |name| body.as_ref()?.text_at(&[name]);
        let model = named("model").or_else(|| named("name"));
        return Some(model.map_or_else(|| format!("POST {}", request.path()), str::to_owned));
    }
    let query = request.target.split_once('?').and_then(|(_, query)| {
        let mut pairs = query.split('&');
        pairs
            .find_map(|pair| pair.strip_prefix("model="))
            .map(str::to_owned)
    });
    query.or_else(|| whatever.then(|| format!("{} {}", request.method, request.path())))
}
