//! The decision about a request whose operation is known and whose content is whole.

use alloc::string::String;
use alloc::vec::Vec;

use super::judge_request;
use super::refusal::Refusal;
use super::request::{Request, RequestHead};
use super::request_route::Route;
use crate::agents::codex::identity::source;
use crate::edit::{Edit, apply};
use crate::{Decision, ModelChoice, Policy, Source, Verdict, label_enum};

label_enum! {
    /// Describes what was decided about a request, as `x-model-lock-decision` tells the client.
    pub enum RequestOutcome {
        /// The operator lets the operation through unjudged.
        Allowed = "allowed",
        /// It goes on with other values.
        Forced = "forced",
        /// It goes on as it is.
        Matched = "matched",
        /// It goes on as it is, and an attempt was counted.
        Reported = "reported",
    }
}

/// A request that goes on, as the changes to what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The decision.
    pub outcome: RequestOutcome,
    /// The path, where it differs.
    pub path: Option<String>,
    /// The query, where it differs.
    pub query: Option<String>,
    /// The fields that get another value, by their index.
    pub fields: Vec<(usize, String)>,
    /// The edits of the content.
    pub content: Vec<Edit>,
    /// The model that was requested in the pin's place, escaped.
    pub requested: Option<String>,
    /// The model that was requested and the one that goes on.
    pub choice: Option<ModelChoice>,
    /// The requester.
    pub source: Source,
}

/// A verdict about a request, and what comes of it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The decision.
    pub verdict: Verdict,
    /// `true` if the operation runs a model.
    pub runs_model: bool,
    /// The request that goes on, or the refusal that the client gets.
    pub result: Result<Approved, Refusal>,
}

/// Judges a request whose content is whole and decoded. A handshake has none: its messages are judged when
/// they come.
pub fn decide(
    policy: &Policy,
    route: &Route<'_>,
    head: &RequestHead<'_>,
    content: &[u8],
) -> Decided {
    let Route::Listed(found) = route else {
        let approved = Approved::unchanged(RequestOutcome::Allowed);
        return Decided {
            verdict: Verdict::pass(),
            runs_model: false,
            result: Ok(approved),
        };
    };
    let source = source(head.path, head.fields);
    let request = Request {
        found,
        path: head.path,
        query: head.query.unwrap_or_default(),
        headers: head.fields,
        content,
        source,
    };
    let judged = judge_request(policy, request);
    let verdict = judged.verdict;
    let first = verdict.attempts.first();
    let approved = match &verdict.decision {
        Decision::Reject(rejection) => Err(Refusal::from(rejection).for_client(head.client())),
        Decision::Pass if verdict.attempts.is_empty() => {
            Ok(Approved::unchanged(RequestOutcome::Matched))
        }
        Decision::Pass => Ok(Approved::unchanged(RequestOutcome::Reported)),
        Decision::Rewrite(_) => Ok(Approved {
            path: edited(request.path, judged.path),
            query: edited(request.query, judged.query),
            fields: judged.headers,
            content: judged.content,
            requested: first.map(|first| first.requested.clone()),
            ..Approved::unchanged(RequestOutcome::Forced)
        }),
    };
    Decided {
        runs_model: found.operation.capability.is_some(),
        result: approved.map(|approved| Approved {
            choice: verdict.choice.clone(),
            source,
            ..approved
        }),
        verdict,
    }
}

impl Approved {
    fn unchanged(outcome: RequestOutcome) -> Self {
        Self {
            outcome,
            path: None,
            query: None,
            fields: Vec::new(),
            content: Vec::new(),
            requested: None,
            choice: None,
            source: Source::default(),
        }
    }
}

/// Returns a part of the target with its edits made; `None` where there are none.
fn edited(text: &str, edits: Vec<Edit>) -> Option<String> {
    let bytes = (!edits.is_empty()).then(|| apply(text.as_bytes(), edits))?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Table;
    use crate::http::{BaseMatch, route};
    use crate::{Capability, PolicyConfig, Surface};

    const JSON: (&str, &str) = ("content-type", "application/json");
    const HANDSHAKE: [(&str, &str); 4] = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];

    fn run(mode: &str, head: &RequestHead<'_>, content: &str) -> Decided {
        let keys = "model = 'p'\npins = { audio = 'p' }\nallow = ['GET /v1/things']\nmode = '";
        let policy = PolicyConfig::from_toml(&[keys, mode, "'"].concat());
        let policy = policy.build().unwrap();
        let table = Table::of(["openai", "gemini"]).unwrap();
        let route = route(&table, &policy, head).route.unwrap();
        decide(&policy, &route, head, content.as_bytes())
    }

    fn surfaces(decided: &Decided) -> Vec<Surface> {
        let attempts = decided.verdict.attempts.iter();
        attempts.map(|attempt| attempt.surface).collect()
    }

    fn post<'a>(path: &'a str, fields: &'a [(&'a str, &'a str)]) -> RequestHead<'a> {
        RequestHead {
            method: "POST",
            path,
            fields,
            ..RequestHead::default()
        }
    }

    fn realtime(query: &str) -> RequestHead<'_> {
        RequestHead {
            method: "GET",
            path: "/v1/realtime",
            query: Some(query),
            fields: &HANDSHAKE,
            is_http_1_1: true,
            ..RequestHead::default()
        }
    }

    #[test]
    fn outcome_names_the_mode_and_the_models() {
        for (mode, requested, outcome, told, sent) in [
            ("force", "p", RequestOutcome::Matched, None, "p"),
            ("force", "q", RequestOutcome::Forced, Some("q"), "p"),
            ("reject", "p", RequestOutcome::Matched, None, "p"),
            ("report_only", "p", RequestOutcome::Matched, None, "p"),
            ("report_only", "q", RequestOutcome::Reported, None, "q"),
        ] {
            let content = ["{\"model\":\"", requested, "\"}"].concat();
            let decided = run(mode, &post("/v1/responses", &[JSON]), &content);
            assert!(decided.runs_model);
            let approved = decided.result.unwrap();
            assert_eq!(approved.outcome, outcome, "{mode} {requested}");
            assert_eq!(approved.requested.as_deref(), told, "{mode} {requested}");
            let choice = approved.choice.unwrap();
            assert_eq!(choice.capability, Capability::Generation);
            assert_eq!(
                (choice.requested.as_str(), choice.sent.as_str()),
                (requested, sent)
            );
        }
    }

    #[test]
    fn source_is_the_one_that_the_fields_state() {
        for (agent, source) in [
            ("compact", Source::Background),
            ("review", Source::Subagent),
        ] {
            let fields = [JSON, ("x-openai-subagent", agent)];
            let decided = run("force", &post("/v1/responses", &fields), r#"{"model":"p"}"#);
            assert_eq!(decided.result.unwrap().source, source);
        }
        let decided = run("force", &post("/v1/responses", &[JSON]), r#"{"model":"p"}"#);
        assert_eq!(decided.result.unwrap().source, Source::User);
    }

    #[test]
    fn model_in_the_query_is_replaced_there_alone() {
        let decided = run("force", &realtime("model=q"), "");
        assert_eq!(surfaces(&decided), [Surface::Target]);
        let approved = decided.result.unwrap();
        assert_eq!(approved.query.as_deref(), Some("model=p"));
        assert_eq!((approved.path, approved.fields), (None, Vec::new()));
        assert!(approved.content.is_empty());
        let approved = run("force", &realtime("model=p"), "").result.unwrap();
        assert_eq!(approved.query, None);
        assert_eq!(
            run("reject", &realtime("model=q"), "")
                .result
                .unwrap_err()
                .status,
            400
        );
    }

    #[test]
    fn session_of_an_accepted_call_needs_no_model() {
        for mode in ["force", "reject"] {
            let approved = run(mode, &realtime("call_id=c"), "").result.unwrap();
            assert_eq!(
                (approved.query, approved.outcome),
                (None, RequestOutcome::Matched)
            );
        }
        let named = run("force", &realtime("call_id=c&model=q"), "")
            .result
            .unwrap();
        assert_eq!(named.query.as_deref(), Some("call_id=c&model=p"));
        let empty = run("force", &realtime("call_id="), "").result.unwrap();
        assert_eq!(empty.query.as_deref(), Some("call_id=&model=p"));
    }

    #[test]
    fn model_in_the_query_is_replaced_between_others_or_put_behind_them() {
        let query = [String::from("a"), String::from("modelx")];
        let base = BaseMatch::Provider {
            query: &query,
            fields: &[],
        };
        for (came, goes) in [
            ("a=1&model=q", Some("a=1&model=p")),
            ("a=1&modelx=2&model=q", Some("a=1&modelx=2&model=p")),
            ("model=q&a=1", Some("model=p&a=1")),
            ("model=&a=1", Some("model=p&a=1")),
            ("a=1", Some("a=1&model=p")),
            ("", Some("model=p")),
            ("a=1&model=p", None),
        ] {
            let head = RequestHead {
                query: (!came.is_empty()).then_some(came),
                base,
                ..realtime("")
            };
            let approved = run("force", &head, "").result.unwrap();
            assert_eq!(approved.query.as_deref(), goes, "{came}");
        }
    }

    #[test]
    fn model_with_a_prefix_is_written_with_it() {
        let head = post("/v1beta/cachedContents", &[JSON]);
        for (came, goes) in [
            (r#"{"model":"models/q"}"#, r#"{"model":"models/p"}"#),
            (r#"{"model":"q"}"#, r#"{"model":"models/p"}"#),
            ("{}", r#"{"model":"models/p"}"#),
            (r#"{"a":1}"#, r#"{"model":"models/p","a":1}"#),
            (r#"{"model":"models/p"}"#, r#"{"model":"models/p"}"#),
            (r#"{"model":"p"}"#, r#"{"model":"p"}"#),
        ] {
            let approved = run("force", &head, came).result.unwrap();
            let sent = apply(came.as_bytes(), approved.content);
            assert_eq!(String::from_utf8(sent).as_deref(), Ok(goes), "{came}");
        }
    }

    #[test]
    fn long_text_where_a_model_belongs_is_another_model_and_reported_by_its_beginning() {
        let long = "ab".repeat(3000);
        let content = ["{\"model\":\"", &long, "\"}"].concat();
        let decided = run("reject", &post("/v1/responses", &[JSON]), &content);
        let attempts = decided.verdict.attempts;
        assert!(attempts[0].requested.starts_with("abab"));
        let Decision::Reject(rejection) = decided.verdict.decision else {
            panic!("it passes");
        };
        assert_eq!(rejection.reason, crate::Reason::ModelLocked);
    }

    #[test]
    fn model_in_the_path_is_replaced_there_alone() {
        let path = "/v1beta/models/q:generateContent";
        let decided = run("force", &post(path, &[JSON]), r#"{"contents":[]}"#);
        assert_eq!(surfaces(&decided), [Surface::Target]);
        let approved = decided.result.unwrap();
        let changed = "/v1beta/models/p:generateContent";
        assert_eq!(approved.path.as_deref(), Some(changed));
        assert_eq!((approved.query, approved.content), (None, Vec::new()));
    }

    #[test]
    fn operation_of_the_operator_goes_on_as_it_came() {
        let head = RequestHead {
            method: "GET",
            path: "/v1/things",
            ..RequestHead::default()
        };
        let decided = run("reject", &head, r#"{"model":"q"}"#);
        let approved = Approved::unchanged(RequestOutcome::Allowed);
        assert_eq!(decided.result, Ok(approved));
        assert!(!decided.runs_model && decided.verdict == Verdict::pass());
    }
}
