//! Judges one line.

use alloc::string::String;
use alloc::vec::Vec;

use super::envelope::Envelope;
use super::error_line::error_line;
use super::fields;
use super::finder::{Finder, Unclear};
use super::methods::{Field, Method, Server};
use super::unlisted;
use crate::agents::codex::config::selection::config_word;
use crate::edit::Edit;
use crate::finds::Finds;
use crate::http::json_body;
use crate::json::encode;
use crate::{
    Action, Change, Decision, Origin, Policy, Reason, Rejection, Source, Surface, Verdict, judge,
    refuse,
};

/// The decision about a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct LineVerdict {
    /// The action to take.
    pub action: LineAction,
    /// The verdict to report.
    pub verdict: Verdict,
    /// The method; empty where there is none, or where it was not read.
    pub method: String,
}

/// The action that a line leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum LineAction {
    /// It is not forwarded, and this line, with its end, is the response.
    Answer(String),
    /// It is not forwarded, and nobody waits for a response.
    Drop,
    /// It is forwarded byte for byte.
    Pass,
    /// It is forwarded with these edits.
    Rewrite(Vec<Edit>),
}

/// Decides about one line, given without its line feed.
///
/// # Limits
///
/// Time is linear in the length; config maps may nest 16 deep. A line that is too long to be held is
/// refused by [`too_long`].
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::app_server::{LineAction, Server, judge_line};
///
/// let policy = lockpolicy::PolicyConfig::from_toml("model = 'p'").build().unwrap();
/// let line = br#"{"id":1,"method":"turn/start","params":{"threadId":"t","model":"x","input":[]}}"#;
/// let LineAction::Rewrite(edits) = judge_line(&policy, Server::App, line).action else { panic!() };
/// let written = lockpolicy::edit::apply(line, edits);
/// assert!(written.ends_with(br#"{"threadId":"t","model":"p","input":[]}}"#));
/// ```
pub fn judge_line(policy: &Policy, server: Server, line: &[u8]) -> LineVerdict {
    if line.iter().all(u8::is_ascii_whitespace) {
        return passed(String::new());
    }
    let Some(envelope) = Envelope::read(line) else {
        return refused(None, "", Rejection::whole(Reason::NotJson, "line"));
    };
    if envelope.twice {
        let rejection = Rejection::whole(Reason::Ambiguous, "a member occurs twice");
        return refused(envelope.id, "", rejection);
    }
    let Some(method) = &envelope.method else {
        return passed(String::new());
    };
    let rule = server.method(method);
    if rule.is_none() && envelope.id.is_none() {
        return passed(crate::escape_for_log(method));
    }
    match finds(policy, (server, rule), line, &envelope) {
        Ok(finds) => judged(policy, line, &envelope, &finds),
        Err(rejection) => refused(envelope.id, method, rejection),
    }
}

/// Refuses a line of which only the beginning could be held.
pub fn too_long(beginning: &[u8]) -> LineVerdict {
    let envelope = Envelope::beginning(beginning);
    let method = envelope.method.as_deref().unwrap_or_default();
    let rejection = Rejection::whole(Reason::TooLarge, "line");
    refused(envelope.id, method, rejection)
}

/// Finds the settings that a request states.
fn finds<'a>(
    policy: &'a Policy,
    (server, rule): (Server, Option<&Method>),
    line: &'a [u8],
    envelope: &Envelope<'a>,
) -> Result<Finds<'a>, Rejection> {
    let unclear = |_: Unclear| Rejection::whole(Reason::Ambiguous, "/params");
    let mut finder = Finder {
        input: line,
        policy,
        finds: Finds::default(),
        method: rule.map_or("", |rule| rule.name),
        inserts_when_missing: !envelope.is_reply(line),
    };
    let params = envelope.params.as_ref();
    match (rule, params) {
        (Some(rule), Some(params)) => {
            let all: Vec<Field> = rule.fields().copied().collect();
            fields::object(&mut finder, params, &all, "/params").map_err(unclear)?;
        }
        (Some(_), None) => {}
        (None, params) => {
            let method = envelope.method.as_deref().unwrap_or_default();
            unlisted::check(server, method, line, params)?;
        }
    }
    Ok(finder.finds)
}

fn judged(policy: &Policy, line: &[u8], envelope: &Envelope<'_>, finds: &Finds<'_>) -> LineVerdict {
    let origin = Origin {
        surface: Surface::JsonRpc,
        source: Source::User,
    };
    let method = crate::escape_for_log(envelope.method.as_deref().unwrap_or_default());
    let verdict = judge(policy, origin, &finds.occurrences);
    let action = match &verdict.decision {
        Decision::Pass => LineAction::Pass,
        Decision::Rewrite(changes) => LineAction::Rewrite(edits(line, finds, changes)),
        Decision::Reject(rejection) => answered(envelope.id, rejection),
    };
    LineVerdict {
        action,
        verdict,
        method,
    }
}

fn edits(line: &[u8], finds: &Finds<'_>, changes: &[Change]) -> Vec<Edit> {
    let written = |change: &Change| Change {
        occurrence: change.occurrence,
        action: match (&change.action, finds.occurrences.get(change.occurrence)) {
            (Action::Set(text), Some(occurrence)) => {
                Action::Set(config_word(occurrence.setting, text).into())
            }
            (action, _) => action.clone(),
        },
    };
    let changes: Vec<Change> = changes.iter().map(written).collect();
    json_body::remove_commas(line, finds.edits(&changes, encode))
}

fn answered(id: Option<&str>, rejection: &Rejection) -> LineAction {
    id.map_or(LineAction::Drop, |id| {
        LineAction::Answer(error_line(id, rejection))
    })
}

fn passed(method: String) -> LineVerdict {
    LineVerdict {
        action: LineAction::Pass,
        verdict: Verdict::pass(),
        method,
    }
}

fn refused(id: Option<&str>, method: &str, rejection: Rejection) -> LineVerdict {
    LineVerdict {
        action: answered(id, &rejection),
        verdict: refuse(rejection),
        method: crate::escape_for_log(method),
    }
}
