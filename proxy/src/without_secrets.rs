//! The observer of one request that keeps secrets out of its events, wherever the request states them.

use std::borrow::Cow;

use lockpolicy::http::Secrets;
use lockpolicy::{Attempt, Event, ModelChoice, Observer, RequestContext, ServedReport};

use crate::held_keys::HeldKeys;

/// Stands in the place of a text that has a token or a key in it.
const HIDDEN: &str = "(a secret)";

/// Passes events on to another observer, without the tokens of clients and the keys that are held.
#[derive(Debug)]
pub(crate) struct WithoutSecrets<'a> {
    pub(crate) sink: &'a dyn Observer,
    /// The tokens of the clients, where they have one.
    pub(crate) tokens: Option<&'a Secrets>,
    pub(crate) keys: &'a HeldKeys,
}

impl Observer for WithoutSecrets<'_> {
    fn observe(&self, event: Event<'_>, context: &RequestContext<'_>) {
        // What is only counted is not searched: it comes with every request.
        if matches!(event, Event::Judged { .. }) || !self.has_secrets() {
            return self.sink.observe(event, context);
        }
        let context = self.context(context);
        match event {
            Event::Attempt(attempt) => {
                let attempt = self.attempt(attempt);
                self.sink
                    .observe(Event::Attempt(attempt.as_ref()), &context);
            }
            Event::Served(report) => {
                let choice = report.choice.map(|choice| self.choice(choice));
                let report = ServedReport {
                    choice: choice.as_deref(),
                    served: self.shown(report.served),
                    ..*report
                };
                self.sink.observe(Event::Served(&report), &context);
            }
            Event::Judged { .. } | Event::Undecidable { .. } => self.sink.observe(event, &context),
        }
    }
}

impl WithoutSecrets<'_> {
    fn has_secrets(&self) -> bool {
        self.tokens.is_some() || !self.keys.is_empty()
    }

    /// Returns a text, or what stands in the place of one that has a secret in it.
    pub(crate) fn shown<'t>(&self, text: &'t str) -> &'t str {
        if self.hides(text) { HIDDEN } else { text }
    }

    fn hides(&self, text: &str) -> bool {
        let is_token = self.tokens.is_some_and(|tokens| tokens.are_logged_in(text));
        is_token || self.keys.are_logged_in(text)
    }

    fn context<'c>(&self, context: &RequestContext<'c>) -> RequestContext<'c> {
        RequestContext {
            method: self.shown(context.method),
            path: self.shown(context.path),
            user_agent: self.shown(context.user_agent),
            ..*context
        }
    }

    fn attempt<'a>(&self, attempt: &'a Attempt) -> Cow<'a, Attempt> {
        if !self.hides(&attempt.place) && !self.hides(&attempt.requested) {
            return Cow::Borrowed(attempt);
        }
        Cow::Owned(Attempt {
            place: self.shown(&attempt.place).to_owned(),
            requested: self.shown(&attempt.requested).to_owned(),
            ..attempt.clone()
        })
    }

    fn choice<'c>(&self, choice: &'c ModelChoice) -> Cow<'c, ModelChoice> {
        if !self.hides(&choice.requested) {
            return Cow::Borrowed(choice);
        }
        Cow::Owned(ModelChoice {
            requested: HIDDEN.to_owned(),
            ..choice.clone()
        })
    }
}
