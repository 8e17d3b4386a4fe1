//! Answers of the APIs besides the `OpenAI` text ones, as far as the official SDKs look.
//!
//! Where they have a place for text, it tells the model that the request named, wherever it named it.

use crate::json::{Json, quote};
use crate::record::Request;
use crate::wire::find;

/// An answer: a media type, and what comes in pieces or as one.
pub(crate) enum Other {
    /// One content with its media type.
    Whole(&'static str, String),
    /// Pieces of a stream with its media type.
    Pieces(&'static str, Vec<String>),
}

/// The model that a request names: in its JSON, in a form, in its path or in its query.
pub(crate) fn named(request: &Request) -> Option<String> {
    let path = || {
        let rest = request.path().split_once("/models/")?.1;
        Some(rest.split_once(':')?.0.to_owned())
    };
    let query = || {
        let mut members = request.target.split_once('?')?.1.split('&');
        members.find_map(|member| member.strip_prefix("model=").map(str::to_owned))
    };
    request
        .model()
        .or_else(|| in_form(&request.body))
        .or_else(path)
        .or_else(query)
}

/// The value of the field `model` of a multipart form.
fn in_form(body: &[u8]) -> Option<String> {
    let rest = body.get(find(body, b"name=\"model\"")?..)?;
    let rest = rest.get(find(rest, b"\r\n\r\n")? + 4..)?;
    let value = rest.get(..find(rest, b"\r\n--")?)?;
    String::from_utf8(value.to_vec()).ok()
}

/// The answer to a request of one of these APIs. `model` is what is said to have run.
pub(crate) fn answer(request: &Request, model: &str) -> Option<Other> {
    let body = request.json().unwrap_or(Json::Null);
    let asks_stream = body.get("stream") == Some(&Json::Bool(true));
    let plain = format!("The provider ran {model}.");
    let text = quote(&plain);
    let model = quote(model);
    let path = request.path();
    let (_, last) = path.rsplit_once(['/', ':']).unwrap_or_default();
    let whole = |text: String| Some(Other::Whole("application/json", text));
    if request.method != "POST" {
        return None;
    }
    match last {
        "messages" if asks_stream => Some(Other::Pieces(SSE, message_events(&model, &text))),
        "messages" => whole(message(&model, &text)),
        "count_tokens" => whole(r#"{"input_tokens":7}"#.to_owned()),
        "batches" => whole(BATCH.to_owned()),
        "generateContent" => whole(candidate(&model, &text)),
        "streamGenerateContent" => {
            let event = format!("data: {}\r\n\r\n", candidate(&model, &text));
            Some(Other::Pieces(SSE, vec![event]))
        }
        "countTokens" => whole(r#"{"totalTokens":7}"#.to_owned()),
        "embedContent" => whole(r#"{"embedding":{"values":[0.5]}}"#.to_owned()),
        "batchEmbedContents" => whole(r#"{"embeddings":[{"values":[0.5]}]}"#.to_owned()),
        "predict" => whole(
            r#"{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"aGk="}]}"#.to_owned(),
        ),
        "generations" | "edits" | "variations" => whole(format!(
            r#"{{"created":1700000000,"data":[{{"b64_json":"aGk=","revised_prompt":{text}}}]}}"#
        )),
        "embeddings" => whole(vectors(&model, body.get("input"))),
        "transcriptions" | "translations" => whole(format!(r#"{{"text":{text}}}"#)),
        "speech" => Some(Other::Whole("audio/mpeg", plain)),
        "moderations" => whole(format!(
            r#"{{"id":"modr-fake","model":{model},"results":[]}}"#
        )),
        "chat" | "generate" if asks_stream => Some(Other::Pieces(
            "application/x-ndjson",
            ollama_pieces(&model, &text),
        )),
        "chat" | "generate" => whole(ollama(&model, &text, true)),
        "embed" => whole(format!(r#"{{"model":{model},"embeddings":[[0.5]]}}"#)),
        _ => None,
    }
}

/// The answer to a message of a realtime session, where it is one: the session as it was told.
pub(crate) fn realtime(message: &Json) -> Option<String> {
    if message.text_at(&["type"]) != Some("session.update") {
        return None;
    }
    let path = ["session", "audio", "input", "transcription", "model"];
    let model = quote(message.text_at(&path).unwrap_or("unnamed"));
    Some(format!(
        r#"{{"type":"session.updated","event_id":"event_fake","session":{{"type":"realtime","audio":{{"input":{{"transcription":{{"model":{model}}}}}}}}}}}"#
    ))
}

/// One vector for each input.
fn vectors(model: &str, input: Option<&Json>) -> String {
    let inputs = input.map_or(1, |input| input.items().len().max(1));
    let vector =
        |index| format!(r#"{{"object":"embedding","index":{index},"embedding":[0.5,-0.25]}}"#);
    let vectors: Vec<_> = (0..inputs).map(vector).collect();
    format!(
        r#"{{"object":"list","model":{model},"data":[{}],"usage":{{"prompt_tokens":3,"total_tokens":3}}}}"#,
        vectors.join(",")
    )
}

fn message(model: &str, text: &str) -> String {
    format!(
        r#"{{"id":"msg_fake","type":"message","role":"assistant","model":{model},"content":[{{"type":"text","text":{text}}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":3,"output_tokens":4}}}}"#
    )
}

fn message_events(model: &str, text: &str) -> Vec<String> {
    let start = format!(
        r#""message":{{"id":"msg_fake","type":"message","role":"assistant","model":{model},"content":[],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":3,"output_tokens":0}}}}"#
    );
    let delta = format!(r#""index":0,"delta":{{"type":"text_delta","text":{text}}}"#);
    let end =
        r#""delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}"#;
    let events = [
        ("message_start", start.as_str()),
        (
            "content_block_start",
            r#""index":0,"content_block":{"type":"text","text":""}"#,
        ),
        ("content_block_delta", delta.as_str()),
        ("content_block_stop", r#""index":0"#),
        ("message_delta", end),
        ("message_stop", r#""fake_provider":true"#),
    ];
    let event = |(kind, rest)| format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n");
    events.map(event).into()
}

fn candidate(model: &str, text: &str) -> String {
    format!(
        r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":{text}}}]}},"finishReason":"STOP","index":0}}],"modelVersion":{model},"usageMetadata":{{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}}}}"#
    )
}

fn ollama(model: &str, text: &str, done: bool) -> String {
    format!(
        r#"{{"model":{model},"created_at":"2026-01-01T00:00:00Z","message":{{"role":"assistant","content":{text}}},"response":{text},"done":{done}}}"#
    )
}

fn ollama_pieces(model: &str, text: &str) -> Vec<String> {
    [ollama(model, text, false), ollama(model, "\"\"", true)]
        .map(|piece| piece + "\n")
        .into()
}

const SSE: &str = "text/event-stream; charset=utf-8";
const BATCH: &str = r#"{"id":"msgbatch_fake","type":"message_batch","processing_status":"in_progress","request_counts":{"processing":1,"succeeded":0,"errored":0,"canceled":0,"expired":0},"created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-02T00:00:00Z","ended_at":null,"archived_at":null,"cancel_initiated_at":null,"results_url":null}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_is_found_in_path_query_and_body() {
        let request = |target: &str, body: &str| Request {
            connection: 0,
            method: "POST".into(),
            target: target.into(),
            fields: Vec::new(),
            body: body.into(),
        };
        let form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n";
        for (target, body, model) in [
            ("/v1/x", r#"{"model":"m"}"#, Some("m")),
            ("/v1/x", form, Some("m")),
            ("/v1beta/models/m:predict", "{}", Some("m")),
            ("/v1/realtime?a=b&model=m", "", Some("m")),
            ("/v1/x", "{}", None),
        ] {
            assert_eq!(
                named(&request(target, body)).as_deref(),
                model,
                "{target} {body}"
            );
        }
    }
}
