//! Answers like the provider, as far as the real clients look.

use crate::json::{Json, quote};
use crate::others::{self, Other};
use crate::record::Request;
use crate::reply::{LAST_CHUNK, chunk, head, response};

/// What the answer says about the model that ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Declare {
    /// No `openai-model` header.
    #[default]
    Nothing,
    /// The header repeats the model that arrived.
    Arrived,
    /// The content alone names this model.
    Content(String),
    /// The header alone names this model.
    Header(String),
    /// The header and the content name this model.
    Model(String),
}

/// An output item: a message of the assistant.
pub fn message(text: &str) -> String {
    format!(
        r#"{{"type":"message","id":"msg_fake","status":"completed","role":"assistant","content":[{{"type":"output_text","text":{},"annotations":[]}}]}}"#,
        quote(text)
    )
}

/// An output item: a call of one of the client's tools. `arguments` is a JSON text.
pub fn call(name: &str, namespace: Option<&str>, arguments: &str) -> String {
    let space = namespace
        .map(|space| format!(r#","namespace":{}"#, quote(space)))
        .unwrap_or_default();
    format!(
        r#"{{"type":"function_call","id":"fc_fake","call_id":"call_fake","status":"completed","name":{}{space},"arguments":{}}}"#,
        quote(name),
        quote(arguments)
    )
}

/// The answer to a request, in pieces that are written one by one.
pub(crate) fn answer(
    request: &Request,
    declare: &Declare,
    output: Option<&[String]>,
) -> Vec<Vec<u8>> {
    let body = request.json();
    let (header, served) = served(body.as_ref(), declare);
    let served_text = [message(&format!("The provider ran {served}."))];
    let answer = Answer {
        fields: header
            .map(|model| ("openai-model", model))
            .into_iter()
            .collect(),
        model: served,
        items: output.unwrap_or(&served_text),
        stream: body.as_ref().and_then(|json| json.get("stream")) == Some(&Json::Bool(true)),
    };
    answer.to(request)
}

/// The answer to a WebSocket message: the events of a response, one text each.
pub(crate) fn events(message_text: &[u8], declare: &Declare) -> Vec<String> {
    let body = Json::parse(message_text);
    if let Some(event) = body.as_ref().and_then(others::realtime) {
        return vec![event];
    }
    let (_, served) = served(body.as_ref(), declare);
    let warm_up = body.as_ref().and_then(|json| json.get("generate")) == Some(&Json::Bool(false));
    let served_text = [message(&format!("The provider ran {served}."))];
    let items = if warm_up { &[] } else { served_text.as_slice() };
    let answer = Answer {
        fields: Vec::new(),
        model: served,
        items,
        stream: true,
    };
    let events = answer.response_events();
    let data = |event: &String| {
        event
            .lines()
            .find_map(|line| line.strip_prefix("data: ").map(str::to_owned))
    };
    events.iter().filter_map(data).collect()
}

/// What the header says, and what the content says, about the model that ran.
fn served<'a>(body: Option<&'a Json>, declare: &'a Declare) -> (Option<&'a str>, &'a str) {
    let arrived = body
        .and_then(|json| json.get("model"))
        .and_then(Json::text)
        .unwrap_or(UNNAMED);
    match declare {
        Declare::Nothing => (None, arrived),
        Declare::Arrived => (Some(arrived), arrived),
        Declare::Content(model) => (None, model),
        Declare::Header(model) => (Some(model), arrived),
        Declare::Model(model) => (Some(model.as_str()), model.as_str()),
    }
}

struct Answer<'a> {
    fields: Vec<(&'a str, &'a str)>,
    model: &'a str,
    items: &'a [String],
    stream: bool,
}

impl Answer<'_> {
    fn to(&self, request: &Request) -> Vec<Vec<u8>> {
        let path = request.path();
        match request.method.as_str() {
            "GET" if path.ends_with("/models") => self.whole(&models()),
            "POST" if path.ends_with("/responses") && self.stream => {
                self.events(&self.response_events())
            }
            "POST" if path.ends_with("/responses") => self.whole(&self.response("completed")),
            "POST" if path.ends_with("/responses/compact") => self.whole(&self.compacted()),
            "POST" if path.ends_with("/responses/input_tokens") => {
                self.whole(r#"{"object":"response.input_tokens","input_tokens":7}"#)
            }
            "POST" if path.ends_with("/chat/completions") && self.stream => {
                self.events(&self.chat_events())
            }
            "POST" if path.ends_with("/chat/completions") => self.whole(&self.chat()),
            "POST" if path.ends_with("/completions") => self.whole(&self.completion()),
            _ => self.other(request),
        }
    }

    fn other(&self, request: &Request) -> Vec<Vec<u8>> {
        let named = others::named(request);
        let found = if self.model == UNNAMED {
            named.as_deref()
        } else {
            None
        };
        match others::answer(request, found.unwrap_or(self.model)) {
            Some(Other::Whole(kind, body)) => {
                vec![response(200, kind, &self.fields, body.as_bytes())]
            }
            Some(Other::Pieces(kind, pieces)) => self.pieces(kind, &pieces),
            None => vec![response(404, "application/json", &[], NOT_FOUND.as_bytes())],
        }
    }

    fn whole(&self, body: &str) -> Vec<Vec<u8>> {
        vec![response(
            200,
            "application/json",
            &self.fields,
            body.as_bytes(),
        )]
    }

    fn events(&self, events: &[String]) -> Vec<Vec<u8>> {
        self.pieces("text/event-stream; charset=utf-8", events)
    }

    fn pieces(&self, kind: &str, events: &[String]) -> Vec<Vec<u8>> {
        let mut out = head(200, kind, &self.fields);
        out.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
        let mut pieces = vec![out];
        pieces.extend(events.iter().map(|event| chunk(event.as_bytes())));
        pieces.push(LAST_CHUNK.into());
        pieces
    }

    fn response(&self, status: &str) -> String {
        let (output, usage) = match status {
            "completed" => (self.items.join(","), USAGE),
            _ => (String::new(), "null"),
        };
        format!(
            r#"{{"id":"resp_fake","object":"response","created_at":1700000000,"status":"{status}","error":null,"incomplete_details":null,"instructions":null,"metadata":{{}},"model":{},"output":[{output}],"parallel_tool_calls":true,"temperature":1.0,"tool_choice":"auto","tools":[],"top_p":1.0,"usage":{usage}}}"#,
            quote(self.model)
        )
    }

    fn response_events(&self) -> Vec<String> {
        let mut events = vec![(
            "response.created",
            format!(r#""response":{}"#, self.response("in_progress")),
        )];
        for (index, item) in self.items.iter().enumerate() {
            let place = format!(r#""output_index":{index}"#);
            events.push((
                "response.output_item.added",
                format!(r#"{place},"item":{item}"#),
            ));
            if let Some(text) = text_of(item) {
                let part = format!(r#""item_id":"msg_fake",{place},"content_index":0"#);
                events.push((
                    "response.output_text.delta",
                    format!(r#"{part},"delta":{}"#, quote(&text)),
                ));
            }
            events.push((
                "response.output_item.done",
                format!(r#"{place},"item":{item}"#),
            ));
        }
        events.push((
            "response.completed",
            format!(r#""response":{}"#, self.response("completed")),
        ));
        let numbered = events.iter().enumerate();
        numbered
            .map(|(n, (kind, rest))| {
                format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{n},{rest}}}\n\n")
            })
            .collect()
    }

    fn compacted(&self) -> String {
        format!(
            r#"{{"id":"resp_fake","object":"response.compaction","created_at":1700000000,"output":[{}],"usage":{USAGE}}}"#,
            self.items.join(",")
        )
    }

    fn served_text(&self) -> String {
        quote(
            &self
                .items
                .iter()
                .filter_map(|item| text_of(item))
                .collect::<String>(),
        )
    }

    fn chat(&self) -> String {
        format!(
            r#"{{"id":"chatcmpl-fake","object":"chat.completion","created":1700000000,"model":{},"choices":[{{"index":0,"message":{{"role":"assistant","content":{}}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}}}"#,
            quote(self.model),
            self.served_text()
        )
    }

    fn chat_events(&self) -> Vec<String> {
        let event = |delta: &str, end: &str| {
            format!(
                "data: {{\"id\":\"chatcmpl-fake\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":{},\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{end}}}]}}\n\n",
                quote(self.model)
            )
        };
        let served_text = format!(r#"{{"role":"assistant","content":{}}}"#, self.served_text());
        vec![
            event(&served_text, "null"),
            event("{}", "\"stop\""),
            "data: [DONE]\n\n".to_owned(),
        ]
    }

    fn completion(&self) -> String {
        format!(
            r#"{{"id":"cmpl-fake","object":"text_completion","created":1700000000,"model":{},"choices":[{{"index":0,"text":{},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}}}"#,
            quote(self.model),
            self.served_text()
        )
    }
}

/// The text of a message item.
fn text_of(item: &str) -> Option<String> {
    let item = Json::parse(item.as_bytes())?;
    item.get("content")?
        .items()
        .first()?
        .get("text")?
        .text()
        .map(str::to_owned)
}

fn models() -> String {
    let entries = MODELS.map(|id| {
        format!(r#"{{"id":"{id}","object":"model","created":1700000000,"owned_by":"openai"}}"#)
    });
    format!(r#"{{"object":"list","data":[{}]}}"#, entries.join(","))
}

const UNNAMED: &str = "unnamed";
const MODELS: [&str; 4] = [
    "gpt-5.5",
    "gpt-6-luna",
    "gpt-6.1-sol",
    "text-embedding-3-small",
];
const NOT_FOUND: &str = r#"{"error":{"message":"Unknown request URL","type":"invalid_request_error","param":null,"code":"unknown_url"}}"#;
const USAGE: &str = r#"{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":4,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":7}"#;
