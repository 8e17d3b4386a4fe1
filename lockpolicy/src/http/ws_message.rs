//! One complete message of a WebSocket, from the client to the provider.
//!
//! A frame may hold half a JSON text (RFC 6455 section 5.4), so only whole messages are judged.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::json_body;
use crate::agents::codex::identity::is_background;
use crate::dialect::{Message, Operation};
use crate::edit::Edit;
use crate::json::{JsonError, Tree, decode, encode, scan};
use crate::{Decision, Origin, Policy, Reason, Rejection, Source, Surface, Verdict, judge, refuse};

/// Judges a message.
///
/// Takes one whole text message, put together from its frames. The cuts name byte ranges of it and
/// are empty unless the decision is a rewrite; every other byte stays.
///
/// A text that is no complete I-JSON object, or whose `type` the operation does not list, is refused in
/// every mode.
///
/// # Limits
///
/// Time and memory grow with the message; its size is the caller's to cap.
pub fn judge_message(
    policy: &Policy,
    operation: &Operation,
    text: &[u8],
    source: Source,
) -> (Verdict, Vec<Edit>) {
    let (message, source) = match recognise(operation, text, source) {
        Ok(recognised) => recognised,
        Err(rejection) => return (refuse(rejection), Vec::new()),
    };
    let finds = match json_body::finds(&message.places, text) {
        Ok(finds) => finds,
        Err(error) => return (refuse(unreadable(error)), Vec::new()),
    };
    let verdict = judge(
        policy,
        Origin {
            surface: Surface::WebSocket,
            source,
        },
        &finds.occurrences,
    );
    let edits = match &verdict.decision {
        Decision::Rewrite(changes) => json_body::remove_commas(text, finds.edits(changes, encode)),
        Decision::Pass | Decision::Reject(_) => Vec::new(),
    };
    (verdict, edits)
}

/// Returns what kind of message it is, and who asked, by what codex says of itself in it.
fn recognise<'o>(
    operation: &'o Operation,
    text: &[u8],
    source: Source,
) -> Result<(&'o Message, Source), Rejection> {
    let mut tree = Tree::default();
    tree.insert("/type", 0);
    tree.insert("/client_metadata/{}", 1);
    let hits = scan(text, &tree).map_err(unreadable)?;
    let hits_of = |selector: usize| hits.iter().filter(move |hit| hit.selector == selector);
    let kind = hits_of(0)
        .find_map(|hit| text.get(hit.value.clone()).and_then(decode))
        .unwrap_or_default();
    let message = operation
        .messages
        .iter()
        .find(|message| message.kind == kind);
    let metadata = hits_of(1).filter_map(|hit| text.get(hit.value.clone()).and_then(decode));
    let background = metadata.into_iter().any(|value| is_background(&value));
    match message {
        Some(message) => Ok((
            message,
            if background {
                Source::Background
            } else {
                source
            },
        )),
        None => Err(Rejection::whole(
            Reason::UnknownOperation,
            crate::escape_for_log(&kind),
        )),
    }
}

fn unreadable(error: JsonError) -> Rejection {
    Rejection::whole(error.reason(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;
    use crate::dialect::Table;
    use alloc::string::String;

    fn run(policy: &str, text: &str) -> Result<String, Reason> {
        run_at(("openai", "/v1/responses"), policy, text)
    }

    fn run_at((dialect, path): (&str, &str), policy: &str, text: &str) -> Result<String, Reason> {
        let policy = PolicyConfig::from_toml(policy).build().unwrap();
        let table = Table::of([dialect]).unwrap();
        let found = table.find("GET", path).unwrap();
        let (verdict, edits) =
            judge_message(&policy, found.operation, text.as_bytes(), Source::User);
        match verdict.decision {
            Decision::Reject(rejection) => Err(rejection.reason),
            Decision::Pass | Decision::Rewrite(_) => {
                Ok(String::from_utf8(crate::edit::apply(text.as_bytes(), edits)).unwrap())
            }
        }
    }

    #[test]
    fn message_of_a_websocket_is_judged_as_a_body() {
        let create = r#"{"type":"response.create","model":"x","input":[]}"#;
        assert_eq!(
            run("model='p'", create).unwrap(),
            create.replace("\"x\"", "\"p\"")
        );
        assert_eq!(
            run("model='p'\nmode='reject'", create),
            Err(Reason::ModelLocked)
        );
        assert_eq!(
            run("model='p'", r#"{"type":"response.inject","input":[]}"#),
            Err(Reason::UnknownOperation)
        );
        assert_eq!(
            run("model='p'", r#"{"model":"p"}"#),
            Err(Reason::UnknownOperation)
        );
        assert_eq!(
            run("model='p'", r#"{"type":"response.create","type":"x"}"#),
            Err(Reason::Ambiguous)
        );
        assert_eq!(run("model='p'", "[]"), Err(Reason::NotJson));
        assert!(
            run(
                "model='p'\nmode='reject'",
                r#"{"type":"response.processed","response_id":"r"}"#
            )
            .is_ok()
        );
    }

    #[test]
    fn message_that_opens_a_session_names_its_model() {
        let run = |mode: &str, text: &str| {
            let policy = ["model='p'\npins={audio='a'}\nmode='", mode, "'"].concat();
            let path =
                "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
            run_at(("gemini", path), &policy, text)
        };
        for (text, forced) in [
            (r#"{"setup":{}}"#, r#"{"setup":{"model":"models/a"}}"#),
            (
                r#"{"setup":{"generationConfig":{}}}"#,
                r#"{"setup":{"model":"models/a","generationConfig":{}}}"#,
            ),
            (
                r#"{"setup":{"model":null,"tools":[]}}"#,
                r#"{"setup":{"model":"models/a","tools":[]}}"#,
            ),
        ] {
            assert_eq!(run("force", text).as_deref(), Ok(forced));
            assert!(run("reject", text).is_err(), "{text}");
            assert_eq!(run("reject", forced).as_deref(), Ok(forced));
        }
        for text in [r#"{"setup":[]}"#, r#"{"setup":"x"}"#, r#"{"Setup":{}}"#] {
            assert!(run("force", text).is_err(), "{text}");
        }
        let rest = r#"{"clientContent":{"turns":[]}}"#;
        assert_eq!(run("reject", rest).as_deref(), Ok(rest));
    }

    #[test]
    fn message_with_background_metadata_has_source_background() {
        let text = r#"{"type":"response.create","model":"x","client_metadata":{"x-codex-turn-metadata":"{\"request_kind\":\"memory\"}"}}"#;
        assert!(
            run("model='p'\nmode='reject'", text)
                .unwrap()
                .contains(r#""model":"p""#)
        );
    }
}
