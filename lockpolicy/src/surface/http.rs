//! An HTTP request: target, headers and content, judged together.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Finds, content, header, target};
use crate::dialect::{Content, Found};
use crate::edit::Edit;
use crate::json::encode;
use crate::{
    Action, Change, Decision, Occurrence, Origin, Policy, Reason, Rejection, Source, Surface,
    Verdict, judge, refuse,
};

/// A request as far as it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The operation it is.
    pub found: &'a Found<'a>,
    /// Its path.
    pub path: &'a str,
    /// Its query, without the question mark.
    pub query: &'a str,
    /// Its headers, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its content, after its coding is taken off.
    pub content: &'a [u8],
    /// Who asked.
    pub source: Source,
}

/// A verdict with the cuts that carry it out. All are empty unless the decision is a rewrite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What was decided.
    pub verdict: Verdict,
    /// Cuts in the path.
    pub path: Vec<Edit>,
    /// Cuts in the query.
    pub query: Vec<Edit>,
    /// Headers that get another value, by their index.
    pub headers: Vec<(usize, String)>,
    /// Cuts in the content.
    pub content: Vec<Edit>,
}

/// Judges a request.
///
/// A content that is no complete I-JSON object is refused in every mode; every other request is
/// answered by [`judge`]. Cuts name byte ranges of what was given; nothing else may change.
pub fn judge_request(policy: &Policy, request: Request<'_>) -> Judged {
    let operation = request.found.operation;
    let content = match operation.content {
        Content::Json => content::finds(&operation.places, request.content),
        Content::None | Content::Multipart | Content::JsonOrMultipart | Content::WebSocket => {
            Ok(Finds::default())
        }
    };
    let content = match content {
        Ok(content) => content,
        Err(error) => return refused(Rejection::whole(error.reason(), error.to_string())),
    };
    let (headers, header_index) = header_finds(&request);
    let parts = [
        target::path(&request),
        target::query(&request),
        headers,
        content,
    ];
    let occurrences: Vec<Occurrence<'_>> = parts
        .iter()
        .flat_map(|part| part.occurrences.iter().cloned())
        .collect();
    let origin = Origin {
        surface: surface(&parts),
        source: request.source,
    };
    let verdict = judge(policy, origin, &occurrences);
    cut(&request, verdict, &parts, &header_index)
}

fn refused(rejection: Rejection) -> Judged {
    uncut(refuse(rejection))
}

fn uncut(verdict: Verdict) -> Judged {
    Judged {
        verdict,
        path: Vec::new(),
        query: Vec::new(),
        headers: Vec::new(),
        content: Vec::new(),
    }
}

/// The door that an attempt is counted at: where the model stands.
fn surface(parts: &[Finds<'_>; 4]) -> Surface {
    let [path, query, _, _] = parts;
    if path.occurrences.is_empty() && query.occurrences.is_empty() {
        Surface::Http
    } else {
        Surface::Target
    }
}

/// What the headers state, with the index of the header of each occurrence.
fn header_finds<'a>(request: &Request<'a>) -> (Finds<'a>, Vec<usize>) {
    let mut finds = Finds::default();
    let mut indexes = Vec::new();
    let Some(capability) = request.found.operation.capability else {
        return (finds, indexes);
    };
    for (index, (name, value)) in request.headers.iter().enumerate() {
        header::find(&mut finds, name, value, capability);
        indexes.resize(finds.occurrences.len(), index);
    }
    (finds, indexes)
}

/// Hands each change to the part that it belongs to.
fn cut(
    request: &Request<'_>,
    verdict: Verdict,
    parts: &[Finds<'_>; 4],
    header_index: &[usize],
) -> Judged {
    let Decision::Rewrite(changes) = &verdict.decision else {
        return uncut(verdict);
    };
    let mut start = 0;
    let mut own = parts.iter().map(|part| {
        let range = start..start + part.occurrences.len();
        start = range.end;
        let inside = changes
            .iter()
            .filter(|change| range.contains(&change.occurrence));
        let change = |change: &Change| Change {
            occurrence: change.occurrence - range.start,
            action: change.action.clone(),
        };
        inside.map(change).collect::<Vec<Change>>()
    });
    let [path, query, headers, content] = parts;
    let mut next = || own.next().unwrap_or_default();
    let path = path.edits(&next(), ToString::to_string);
    let query = query.edits(&next(), ToString::to_string);
    let header_edits = next().into_iter().filter_map(|change| {
        // What is dropped is not on any list, so it stays behind without a word.
        matches!(change.action, Action::Set(_)).then_some(())?;
        let index = *header_index.get(change.occurrence)?;
        let (_, value) = request.headers.get(index)?;
        let edited = crate::edit::apply(
            value.as_bytes(),
            headers.edits(&[change], ToString::to_string),
        );
        Some((index, String::from_utf8(edited).ok()?))
    });
    let headers = header_edits.collect();
    let content = content::tidy(request.content, content.edits(&next(), encode));
    drop(own);
    Judged {
        verdict,
        path,
        query,
        headers,
        content,
    }
}

/// Whether a header goes on to the upstream: listed by the dialect or the policy, or a selector that
/// the verdict has pinned.
pub fn passes(found: &Found<'_>, policy: &Policy, name: &str) -> bool {
    let listed = |entry: &String| match entry.strip_suffix('*') {
        Some(stem) => name.starts_with(stem),
        None => entry == name,
    };
    match header::remedy(name) {
        Some(remedy) => remedy == crate::Remedy::Pin && found.operation.capability.is_some(),
        None => {
            found.dialect.headers.iter().any(listed) || policy.allow_headers().iter().any(listed)
        }
    }
}

/// Who asked, by what codex says of itself (rule 11). A forged header gains nothing: whoever claims to
/// be the agent's own housekeeping gets the pin.
pub fn source(headers: &[(&str, &str)]) -> Source {
    let value = |name: &str| {
        headers
            .iter()
            .find(|(have, _)| *have == name)
            .map(|(_, value)| *value)
    };
    match value("x-openai-subagent") {
        Some("compact" | "guardian" | "memory_consolidation" | "thread_title") => {
            return Source::Background;
        }
        Some(_) => return Source::Subagent,
        None => {}
    }
    let metadata = value("x-codex-turn-metadata").unwrap_or_default();
    if is_background(metadata) {
        Source::Background
    } else {
        Source::User
    }
}

/// Whether codex's turn metadata speak of its own housekeeping.
pub(super) fn is_background(metadata: &str) -> bool {
    BACKGROUND.iter().any(|word| metadata.contains(word))
}

/// What codex writes into its turn metadata for calls that nobody asked for.
const BACKGROUND: [&str; 5] = [
    "\"thread_source\":\"guardian_review\"",
    "\"thread_source\":\"memory_consolidation\"",
    "\"thread_source\":\"thread_title\"",
    "\"request_kind\":\"compaction\"",
    "\"request_kind\":\"memory\"",
];

/// The refusal of a request that no table lists.
pub fn unknown_operation(path: &str) -> Rejection {
    Rejection::whole(Reason::UnknownOperation, crate::name::shown(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capability;
    use crate::dialect::Table;
    use crate::{Draft, edit};

    fn run(
        policy: &str,
        path: &str,
        headers: &[(&str, &str)],
        content: &str,
    ) -> Result<String, Reason> {
        let policy = Draft::from_toml(policy).compile().unwrap();
        let table = Table::of(["openai", "chatgpt"]).unwrap();
        let found = table.find("POST", path).unwrap();
        let request = Request {
            found: &found,
            path,
            query: "",
            headers,
            content: content.as_bytes(),
            source: source(headers),
        };
        let judged = judge_request(&policy, request);
        match judged.verdict.decision {
            Decision::Reject(rejection) => Err(rejection.reason),
            Decision::Pass => {
                assert!(judged.content.is_empty() && judged.headers.is_empty());
                Ok(content.into())
            }
            Decision::Rewrite(_) => {
                Ok(String::from_utf8(edit::apply(content.as_bytes(), judged.content)).unwrap())
            }
        }
    }

    fn force(content: &str) -> Result<String, Reason> {
        run("model='p'", "/v1/responses", &[], content)
    }

    #[test]
    fn force_changes_the_models_value_alone() {
        assert_eq!(
            force(r#"{ "n":1.0, "model" : "x" ,"a":[1E2]}"#).unwrap(),
            r#"{ "n":1.0, "model" : "p" ,"a":[1E2]}"#
        );
        assert_eq!(force(r#"{"model":null}"#).unwrap(), r#"{"model":"p"}"#);
        assert_eq!(
            force(r#"{"input":"hi"}"#).unwrap(),
            r#"{"model":"p","input":"hi"}"#
        );
        assert_eq!(force("{ }").unwrap(), "{\"model\":\"p\" }");
        assert_eq!(
            force(r#"{"model":"openai/p"}"#).unwrap(),
            r#"{"model":"p"}"#
        );
        assert_eq!(
            force(r#"{"model":{"id":"x"}}"#).unwrap(),
            r#"{"model":"p"}"#
        );
    }

    #[test]
    fn secondary_selectors_go_with_their_comma() {
        assert_eq!(
            force(r#"{"model":"p", "models" : ["x"] , "input":1}"#).unwrap(),
            r#"{"model":"p", "input":1}"#
        );
        assert_eq!(
            force(r#"{"models":["x"],"model":"x"}"#).unwrap(),
            r#"{"model":"p"}"#
        );
        assert_eq!(
            force(r#"{"model":"x" , "models":["x"]}"#).unwrap(),
            r#"{"model":"p" }"#
        );
        assert_eq!(
            force(r#"{"model":"p","tools":[{"type":"image_generation","model":"x"}]}"#),
            Err(Reason::NoPin(Capability::Image))
        );
        assert_eq!(
            force(r#"{"model":"p","prompt":{"id":"x"}}"#),
            Err(Reason::Secondary)
        );
        assert!(force(r#"{"model":"p","prompt":null}"#).is_ok());
        assert_eq!(
            force(r#"{"model":"p","tools":[{"type":"openrouter:subagent"}]}"#),
            Err(Reason::Secondary)
        );
        let schema = r##"{"model":"p","tools":[{"type":"function","parameters":{"$ref":"#","properties":{"model":{}}}}]}"##;
        assert_eq!(force(schema).unwrap(), schema);
    }

    #[test]
    fn two_dropped_neighbours_leave_a_valid_object() {
        assert_eq!(
            force(r#"{"model":"p","models":[],"fallbacks":[]}"#).unwrap(),
            r#"{"model":"p"}"#
        );
        assert_eq!(
            force(r#"{"models":[],"fallbacks":[]}"#).unwrap(),
            r#"{"model":"p"}"#
        );
        assert_eq!(
            force(r#"{"models":[],"model":"p","fallbacks":[]}"#).unwrap(),
            r#"{"model":"p"}"#
        );
    }

    #[test]
    fn pinned_effort_is_put_in_where_it_is_missing() {
        let pinned = |content| {
            run(
                "model='p'\nreasoning_effort='low'\nservice_tier='flex'",
                "/v1/responses",
                &[],
                content,
            )
        };
        let want = r#"{"model":"p","reasoning":{"effort":"low"},"service_tier":"flex"}"#;
        for content in [
            r#"{}"#,
            r#"{"reasoning":{"effort":"high"},"service_tier":"x"}"#,
            r#"{"reasoning":null}"#,
        ] {
            let have = pinned(content).unwrap();
            assert_eq!(scanned(&have), scanned(want), "{have}");
        }
        let nested = pinned(r#"{"reasoning":{"summary":"auto"}}"#).unwrap();
        assert!(
            nested.contains(r#"{"effort":"low","summary":"auto"}"#),
            "{nested}"
        );
    }

    #[expect(clippy::disallowed_types, reason = "the naive oracle")]
    fn scanned(text: &str) -> serde_json::Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_routing_hint_is_pinned() {
        let policy = Draft::from_toml("model='p'").compile().unwrap();
        let table = Table::of(["chatgpt"]).unwrap();
        let path = "/backend-api/codex/responses";
        let found = table.find("POST", path).unwrap();
        let headers = [("accept", "x"), ("x-codex-routing-hint", "model=evil")];
        let request = Request {
            found: &found,
            path,
            query: "",
            headers: &headers,
            content: br#"{"model":"evil"}"#,
            source: Source::User,
        };
        let judged = judge_request(&policy, request);
        assert_eq!(judged.headers, [(1, String::from("model=p"))]);
        assert!(passes(&found, &policy, "x-codex-routing-hint"));
        assert!(!passes(&found, &policy, "x-openclaw-model"));
        assert!(passes(&found, &policy, "x-codex-turn-state"));
    }

    #[test]
    fn codex_housekeeping_is_told_from_what_was_asked_for() {
        assert_eq!(
            source(&[("x-openai-subagent", "guardian")]),
            Source::Background
        );
        assert_eq!(
            source(&[("x-openai-subagent", "collab_spawn")]),
            Source::Subagent
        );
        assert_eq!(
            source(&[(
                "x-codex-turn-metadata",
                r#"{"thread_source":"thread_title"}"#
            )]),
            Source::Background
        );
        assert_eq!(source(&[]), Source::User);
    }
}
