//! One line of JSON-RPC, from a client to codex's `app-server` or `mcp-server`.
//!
//! ```text
//! line → envelope: id, method, params → find: occurrences → judge → edits → lead
//! ```
//!
//! A line has one reader, so it is read as that reader does: `serde_json`, the last of two equal names,
//! escapes decoded. What that reader drops, goes nowhere. Inside what is governed, everything that
//! has two spellings is refused: names that stand twice, with escapes or in another case, and
//! positional arrays, which codex takes in place of objects.
//!
//! What is no request passes byte for byte: answers of the client and notifications. What the server
//! says is never looked at.
//!
//! A provider: `openai` is codex's own and passes, since clients send it back as they were told it. Any
//! other is refused in reject. In force its name is taken out, as is what defines one in a config map:
//! the thread then runs at the provider of the configuration, which is what a client that asked for
//! that one sees in the answer.
//!
//! Not covered, because no field says it: files and programs. `fs/writeFile` can write a configuration
//! file, `command/exec`, `process/spawn` and `thread/shellCommand` can start another codex.

mod answer;
mod config;
mod envelope;
mod find;
mod members;
mod methods;
mod proxy_overrides;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

pub use self::proxy_overrides::led;

use self::envelope::Envelope;
use self::find::{Finder, Unclear, text};
use self::methods::Method;
use crate::agents::codex::cli::choice::configured;
use crate::edit::Edit;
use crate::finds::Finds;
use crate::http::json_body;
use crate::json::encode;
use crate::{
    Action, Change, Decision, ModelMatch, Origin, Policy, Reason, Rejection, SelectorValue, Source,
    Surface, Verdict, judge, refuse,
};

/// Which server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Server {
    /// `codex app-server`.
    App,
    /// `codex mcp-server`.
    Mcp,
}

/// What becomes of a line, with what is to be told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What happens.
    pub outcome: Outcome,
    /// What was decided.
    pub verdict: Verdict,
    /// The method; empty where there is none, or where it was not looked at.
    pub method: String,
}

/// What happens to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes nowhere, and this line, with its end, is the answer.
    Answer(String),
    /// It goes nowhere, and nobody waits for an answer.
    Drop,
    /// It goes on byte for byte.
    Pass,
    /// It goes on with these cuts.
    Rewrite(Vec<Edit>),
}

/// Decides about one line, given without its line feed.
///
/// # Limits
///
/// Time is linear in the length; config maps may nest 16 deep. A line that is too long to be held is
/// for [`too_long`].
///
/// # Examples
///
/// ```
/// use lockpolicy::agents::codex::app_server::{Outcome, Server, judge_line};
///
/// let policy = lockpolicy::PolicyConfig::from_toml("model = 'p'").build().unwrap();
/// let line = br#"{"id":1,"method":"turn/start","params":{"threadId":"t","model":"x","input":[]}}"#;
/// let Outcome::Rewrite(edits) = judge_line(&policy, Server::App, line).outcome else { panic!() };
/// let written = lockpolicy::edit::apply(line, edits);
/// assert!(written.ends_with(br#"{"threadId":"t","model":"p","input":[]}}"#));
/// ```
pub fn judge_line(policy: &Policy, server: Server, line: &[u8]) -> Ruling {
    if line.iter().all(u8::is_ascii_whitespace) {
        return passed(String::new());
    }
    let Some(envelope) = Envelope::read(line) else {
        return refused(None, "", Rejection::whole(Reason::NotJson, "line"));
    };
    if envelope.twice {
        let rejection = Rejection::whole(Reason::Ambiguous, "a member stands twice");
        return refused(envelope.id, "", rejection);
    }
    let Some(method) = &envelope.method else {
        return passed(String::new());
    };
    let rule = rule(server, method);
    if rule.is_none() && envelope.id.is_none() {
        return passed(crate::escape_for_log(method));
    }
    match finds(policy, rule, line, &envelope) {
        Ok(finds) => judged(policy, line, &envelope, &finds),
        Err(rejection) => refused(envelope.id, method, rejection),
    }
}

/// The answer to a line of which only the beginning could be held.
pub fn too_long(beginning: &[u8]) -> Ruling {
    let envelope = Envelope::beginning(beginning);
    let method = envelope.method.as_deref().unwrap_or_default();
    refused(
        envelope.id,
        method,
        Rejection::whole(Reason::TooLarge, "line"),
    )
}

fn rule(server: Server, method: &str) -> Option<&'static Method> {
    let methods = match server {
        Server::App => methods::APP_SERVER,
        Server::Mcp => methods::MCP_SERVER,
    };
    methods.iter().find(|entry| entry.name == method)
}

/// What a request selects.
fn finds<'a>(
    policy: &'a Policy,
    rule: Option<&Method>,
    line: &'a [u8],
    envelope: &Envelope<'a>,
) -> Result<Finds<'a>, Rejection> {
    let unclear = |_: Unclear| Rejection::whole(Reason::Ambiguous, "/params");
    let mut finder = Finder {
        input: line,
        policy,
        finds: Finds::default(),
        method: rule.map_or("", |rule| rule.name),
        fills: true,
    };
    let Some(params) = &envelope.params else {
        return Ok(finder.finds);
    };
    match rule {
        Some(rule) => {
            finder.fills = rule.name != "tools/call" || !is_reply(line, params);
            let found = finder.object(params, rule.fields, "/params");
            found.map_err(unclear)?;
        }
        None => unlisted(line, params)?,
    }
    Ok(finder.finds)
}

/// A request that no table lists passes as long as nothing in it looks like a selector.
fn unlisted(line: &[u8], params: &Range<usize>) -> Result<(), Rejection> {
    if members::elements(line, params).is_some() {
        return Err(Rejection::whole(Reason::Ambiguous, "/params"));
    }
    let members = members::members(line, params).unwrap_or_default();
    match members
        .iter()
        .find(|member| methods::looks_governed(&member.name))
    {
        None => Ok(()),
        Some(member) => {
            let place = crate::escape_for_log(&["/params/", &member.name].concat());
            Err(Rejection::whole(Reason::UnknownOperation, place))
        }
    }
}

/// Whether a tool call goes on with a conversation: that tool takes no model.
fn is_reply(line: &[u8], params: &Range<usize>) -> bool {
    let members = members::members(line, params).unwrap_or_default();
    let mut names = members.iter().filter(|member| member.name == "name");
    let reply = SelectorValue::Text(Cow::Borrowed("codex-reply"));
    let first = names.next();
    first.is_some_and(|name| text(line, &name.value) == reply) && names.next().is_none()
}

fn judged(policy: &Policy, line: &[u8], envelope: &Envelope<'_>, finds: &Finds<'_>) -> Ruling {
    let origin = Origin {
        surface: Surface::JsonRpc,
        source: Source::User,
    };
    let method = crate::escape_for_log(envelope.method.as_deref().unwrap_or_default());
    let verdict = judge(policy, origin, &finds.occurrences);
    let outcome = match &verdict.decision {
        Decision::Pass => Outcome::Pass,
        Decision::Rewrite(changes) => Outcome::Rewrite(edits(line, finds, changes)),
        Decision::Reject(rejection) => answered(envelope.id, rejection),
    };
    Ruling {
        outcome,
        verdict,
        method,
    }
}

fn edits(line: &[u8], finds: &Finds<'_>, changes: &[Change]) -> Vec<Edit> {
    let written = |change: &Change| Change {
        occurrence: change.occurrence,
        action: match (&change.action, finds.occurrences.get(change.occurrence)) {
            (Action::Set(text), Some(occurrence)) => {
                Action::Set(configured(occurrence.setting, text).into())
            }
            (action, _) => action.clone(),
        },
    };
    let changes: Vec<Change> = changes.iter().map(written).collect();
    json_body::tidy(line, finds.edits(&changes, encode))
}

fn answered(id: Option<&str>, rejection: &Rejection) -> Outcome {
    id.map_or(Outcome::Drop, |id| {
        Outcome::Answer(answer::answer(id, rejection))
    })
}

fn passed(method: String) -> Ruling {
    let verdict = Verdict {
        decision: Decision::Pass,
        attempts: Vec::new(),
        model_match: ModelMatch::None,
        choice: None,
    };
    Ruling {
        outcome: Outcome::Pass,
        verdict,
        method,
    }
}

fn refused(id: Option<&str>, method: &str, rejection: Rejection) -> Ruling {
    Ruling {
        outcome: answered(id, &rejection),
        verdict: refuse(rejection),
        method: crate::escape_for_log(method),
    }
}

#[cfg(test)]
mod tests;
