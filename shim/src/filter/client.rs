//! What the client asks, to codex: line by line, past the policy.

use std::io::{self, Read, Write};
use std::sync::Arc;

use lockpolicy::agents::codex::app_server::{self, Outcome, Ruling, Server};
use lockpolicy::agents::codex::config::Override;
use lockpolicy::edit::apply;
use lockpolicy::{Judged, Observer, Policy, RequestContext, Surface, report};

use super::lines::{CAP, Line, Lines};
use super::output::Output;

/// Who asks, and who is told of it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) policy: Arc<Policy>,
    pub(crate) sink: Arc<dyn Observer>,
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
            Line::Long(beginning) => (app_server::too_long(beginning), beginning),
            Line::Whole(line) => {
                let content = line.strip_suffix(b"\n").unwrap_or(line);
                let ruling = app_server::judge_line(&self.policy, self.server, content);
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
        match app_server::led(self.server, line, &self.lead) {
            Some(led) => to.write_all(&led),
            None => to.write_all(line),
        }
    }

    fn tell(&self, ruling: &Ruling) {
        let context = RequestContext {
            method: &ruling.method,
            ..RequestContext::default()
        };
        let judged = Judged {
            policy: &self.policy,
            surface: Surface::JsonRpc,
            verdict: &ruling.verdict,
            runs_model: false,
        };
        report(&*self.sink, judged, &context);
    }
}
