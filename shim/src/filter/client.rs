//! Carries the client's lines to codex, past the policy.

use std::io::{self, Read, Write};
use std::sync::Arc;

use lockpolicy::agents::codex::app_server::{self, LineAction, LineVerdict, Server};
use lockpolicy::agents::codex::config::Override;
use lockpolicy::edit::apply;
use lockpolicy::{Judged, Observer, Policy, RequestContext, Surface, report};

use super::lines::{CAP, Line, Lines};
use super::output::Output;

/// The client of a server, with what is needed to judge its lines.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) policy: Arc<Policy>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) server: Server,
    /// The overrides that send its calls to a proxy, where the server ignores its own command line.
    pub(crate) overrides: Vec<Override>,
}

impl Client {
    /// Carries lines to the end of the stream, or until codex takes no more.
    pub(super) fn forward(&self, from: impl Read, mut to: impl Write, output: &Output<impl Write>) {
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
        let (judged, line) = match line {
            Line::Long(beginning) => (app_server::too_long(beginning), beginning),
            Line::Whole(line) => {
                let content = line.strip_suffix(b"\n").unwrap_or(line);
                let judged = app_server::judge_line(&self.policy, self.server, content);
                (judged, line)
            }
        };
        self.report(&judged);
        match judged.action {
            LineAction::Answer(text) => output.answer(text.as_bytes()),
            LineAction::Drop => Ok(()),
            LineAction::Pass => self.pass(line, to),
            LineAction::Rewrite(edits) => self.pass(&apply(line, edits), to),
        }
    }

    fn pass(&self, line: &[u8], to: &mut impl Write) -> io::Result<()> {
        match app_server::with_overrides(self.server, line, &self.overrides) {
            Some(line) => to.write_all(&line),
            None => to.write_all(line),
        }
    }

    fn report(&self, judged: &LineVerdict) {
        let context = RequestContext {
            method: &judged.method,
            ..RequestContext::default()
        };
        let judged = Judged {
            policy: &self.policy,
            surface: Surface::JsonRpc,
            verdict: &judged.verdict,
            runs_model: false,
        };
        report(&*self.observer, judged, &context);
    }
}
