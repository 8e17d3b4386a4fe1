//! What the client asks, to codex: line by line, past the policy.

use std::io::{self, Read, Write};
use std::sync::Arc;

use lockpolicy::edit::apply;
use lockpolicy::provider::Override;
use lockpolicy::surface::jsonrpc::{self, Outcome, Ruling, Server};
use lockpolicy::{Decision, Facts, Naming, Policy, Sink, Surface};

use super::lines::{CAP, Line, Lines};
use super::output::Output;

/// Who asks, and who is told of it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) policy: Arc<Policy>,
    pub(crate) sink: Arc<dyn Sink>,
    pub(crate) server: Server,
    /// What leads its calls through a proxy, where the server does not heed its own command line.
    pub(crate) lead: Vec<Override>,
}

impl Client {
    /// Carries lines to the end of the stream, or until codex takes no more.
    pub(super) fn carry(&self, from: impl Read, mut to: impl Write, output: &Output<impl Write>) {
        let mut lines = Lines::new(from, CAP);
        // A stream that breaks ends here as it would end there.
        while let Ok(Some(line)) = lines.next() {
            if self.line(line, &mut to, output).is_err() {
                return;
            }
        }
    }

    fn line(
        &self,
        line: Line<'_>,
        to: &mut impl Write,
        output: &Output<impl Write>,
    ) -> io::Result<()> {
        let (ruling, line) = match line {
            Line::Long(beginning) => (jsonrpc::too_long(beginning), beginning),
            Line::Whole(line) => {
                let content = line.strip_suffix(b"\n").unwrap_or(line);
                let ruling = jsonrpc::judge_line(&self.policy, self.server, content);
                (ruling, line)
            }
        };
        self.tell(&ruling);
        match ruling.outcome {
            Outcome::Answer(text) => output.answer(text.as_bytes()),
            Outcome::Drop => Ok(()),
            Outcome::Pass => self.pass(line, to),
            Outcome::Rewrite(edits) => self.pass(&apply(line, edits), to),
        }
    }

    fn pass(&self, line: &[u8], to: &mut impl Write) -> io::Result<()> {
        match jsonrpc::led(self.server, line, &self.lead) {
            Some(led) => to.write_all(&led),
            None => to.write_all(line),
        }
    }

    fn tell(&self, ruling: &Ruling) {
        let rejection = match &ruling.verdict.decision {
            Decision::Reject(rejection) => Some(rejection),
            Decision::Pass | Decision::Rewrite(_) => None,
        };
        let facts = Facts {
            method: &ruling.method,
            policy: self.policy.hash(),
            reason: rejection.map_or("", |rejection| rejection.reason.as_str()),
            ..Facts::default()
        };
        if ruling.verdict.naming != Naming::None {
            let naming = ruling.verdict.naming;
            self.sink
                .judged(self.policy.mode(), Surface::JsonRpc, naming);
        }
        for attempt in &ruling.verdict.attempts {
            self.sink.attempt(attempt, &facts);
        }
        if let Some(rejection) = rejection.filter(|rejection| rejection.reason.is_undecidable()) {
            self.sink
                .undecidable(Surface::JsonRpc, rejection.reason, &facts);
        }
    }
}
