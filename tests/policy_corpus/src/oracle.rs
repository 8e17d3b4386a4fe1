//! What must hold for whatever reaches the provider, decided without a line of what is tested.

use std::io::Read as _;

use crate::exchange::Seen;
use crate::profile::PIN;
use crate::profile::pinned;
use crate::strict::{Tree, parse};

/// The model that nobody may reach.
pub const OTHER: &str = "other-model";

/// Members that choose a model beside `model`, in lower case. `OpenAI` has none of them at the
/// top of a request, so that none has to arrive there unless it is `null`.
const SELECTORS: [&str; 36] = [
    "models",
    "fallback",
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "model_id",
    "modelid",
    "model_name",
    "deployment",
    "deployment_id",
    "engine",
    "preset",
    "draft_model",
    "draftmodel",
    "adapter_id",
    "lora",
    "user_config",
    "model_list",
    "api_base",
    "base_url",
    "router_settings_override",
    "target_model_names",
    "route",
    "plugins",
    "provideroptions",
    "agent",
    "agent_id",
    "assistant_id",
    "assistant",
    "session",
    "completion",
    "response",
    "extra_body",
    "__proto__",
    "providers",
    "model_override",
];

/// Members of llama.cpp's server that are no plain identifiers.
const DOTTED: [&str; 3] = [
    "speculative.n_max",
    "speculative.n_min",
    "speculative.p_min",
];

/// Why a request must not have reached the provider, if it must not.
pub fn objection(profile: &str, seen: &Seen) -> Option<String> {
    let (profile, _) = pinned(profile);
    if !seen.problems.is_empty() {
        return Some(seen.problems.join(", "));
    }
    if seen.body.is_empty() && seen.method != "POST" {
        return None;
    }
    let body = match decoded(seen.header("content-encoding"), &seen.body) {
        Ok(body) => body,
        Err(why) => return Some(why),
    };
    let kind = seen.header("content-type").unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("multipart/") {
        return form(kind, &body).err();
    }
    document(profile, seen.path(), &body).err()
}

/// One JSON object that has one reading, and by it the pin runs.
pub fn document(profile: &str, path: &str, body: &[u8]) -> Result<(), String> {
    let Tree::Object(members) = parse(body)? else {
        return Err("no object".to_owned());
    };
    if path.ends_with("/messages/batches") {
        return batch(profile, &members);
    }
    object(profile, path, &members)
}

fn object(profile: &str, path: &str, members: &[(String, Tree)]) -> Result<(), String> {
    let is_openai = ["openai", "chatgpt", "media", "realtime"].contains(&profile);
    let mut models = Vec::new();
    for (name, value) in members {
        let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        // The server of llama.cpp has names with a dot, none of which selects.
        let is_known = profile == "llamacpp" && DOTTED.contains(&name.as_str());
        let is_plain = is_plain || is_known;
        let folded = name.to_ascii_lowercase();
        if folded == "model" {
            models.push((name, value));
        } else if !is_plain {
            return Err(format!("member {name:?}"));
        } else if is_openai && SELECTORS.contains(&folded.as_str()) && selects(&folded, value) {
            return Err(format!("selector {name:?}"));
        }
    }
    match models.as_slice() {
        [(name, Tree::Text(model))] if *name == "model" && model == PIN => Ok(()),
        // The same by its resource name, as Gemini and Vertex write it.
        [(name, Tree::Text(model))]
            if *name == "model"
                && stem(profile).is_some_and(|stem| *model == [stem, PIN].concat()) =>
        {
            Ok(())
        }
        // The model stands in the path: `judge` compares it with what the case says.
        [] if path.contains(PIN) => Ok(()),
        other => Err(format!("model: {other:?}")),
    }
}

/// Whether anything but nothing, or the pin, stands at the place of a selector.
fn selects(name: &str, value: &Tree) -> bool {
    let lists = ["models", "fallback", "fallbacks"].contains(&name);
    let is_pin = |value: &Tree| lists && *value == Tree::Text(PIN.to_owned());
    match value {
        Tree::Null => false,
        Tree::Array(items) => !items.iter().all(is_pin),
        Tree::Object(members) => !members.is_empty(),
        Tree::Text(_) | Tree::Number | Tree::Bool => !is_pin(value),
    }
}

fn stem(profile: &str) -> Option<&'static str> {
    match profile {
        "gemini" => Some("models/"),
        "vertex" => Some("google/"),
        _ => None,
    }
}

fn batch(profile: &str, members: &[(String, Tree)]) -> Result<(), String> {
    let requests = members.iter().find(|(name, _)| name == "requests");
    let Some((_, Tree::Array(requests))) = requests else {
        return Err("no requests".to_owned());
    };
    for request in requests {
        let Tree::Object(request) = request else {
            return Err("a request that is no object".to_owned());
        };
        let Some((_, Tree::Object(params))) = request.iter().find(|(name, _)| name == "params")
        else {
            return Err("a request without params".to_owned());
        };
        object(profile, "", params)?;
    }
    Ok(())
}

/// One field `model`, and it says the pin.
fn form(kind: &str, body: &[u8]) -> Result<(), String> {
    let mut parameters = kind.split(';').map(str::trim);
    let boundary = parameters.find_map(|part| {
        part.to_ascii_lowercase()
            .starts_with("boundary=")
            .then(|| &part[9..])
    });
    let delimiter = format!("--{}", boundary.ok_or("no boundary")?.trim_matches('"'));
    let text = String::from_utf8_lossy(body);
    let mut models = Vec::new();
    for part in text.split(&delimiter).skip(1) {
        let Some((head, value)) = part.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let names = ["; name=\"model\"", "; name=model;", "; name=model\r\n"];
        if names
            .iter()
            .any(|name| [&head, "\r\n"].concat().contains(name))
        {
            models.push(value.strip_suffix("\r\n").unwrap_or(value).to_owned());
        }
    }
    match models.as_slice() {
        [model] if model == PIN => Ok(()),
        other => Err(format!("fields model: {other:?}")),
    }
}

/// More than any case decodes to.
const CAP: u64 = 256 << 20;

/// The content without its content coding.
#[expect(
    clippy::disallowed_types,
    reason = "a test's own content, read up to a cap"
)]
pub fn decoded(coding: Option<&str>, body: &[u8]) -> Result<Vec<u8>, String> {
    let mut decoded = Vec::new();
    let result = match coding.unwrap_or("identity") {
        "" | "identity" => return Ok(body.to_vec()),
        "gzip" | "x-gzip" => flate2::read::MultiGzDecoder::new(body)
            .take(CAP)
            .read_to_end(&mut decoded),
        // Some leave out what the zlib format puts around it.
        "deflate" if body.first().is_none_or(|first| first & 0x0f == 8) => {
            flate2::read::ZlibDecoder::new(body)
                .take(CAP)
                .read_to_end(&mut decoded)
        }
        "deflate" => flate2::read::DeflateDecoder::new(body)
            .take(CAP)
            .read_to_end(&mut decoded),
        "br" => brotli::Decompressor::new(body, 4096)
            .take(CAP)
            .read_to_end(&mut decoded),
        "zstd" => zstd::stream::read::Decoder::new(body)
            .and_then(|decoder| decoder.take(CAP).read_to_end(&mut decoded)),
        other => return Err(format!("content coding {other:?}")),
    };
    result.map(|_| decoded).map_err(|error| error.to_string())
}

#[test]
fn oracle_rejects_bad_documents() {
    let post = |body: &str| document("openai", "/v1/responses", body.as_bytes());
    for nothing in [
        r#""fallbacks":null"#,
        r#""models":["gpt-5.5"]"#,
        r#""extra_body":{}"#,
    ] {
        assert_eq!(post(&format!(r#"{{"model":"gpt-5.5",{nothing}}}"#)), Ok(()));
    }
    for body in [
        "",
        "[]",
        r#"{"input":1}"#,
        r#"{"model":"other-model"}"#,
        r#"{"model":"gpt-5.5","Model":"gpt-5.5"}"#,
        r#"{"MODEL":"gpt-5.5"}"#,
        r#"{"model":"gpt-5.5","model ":1}"#,
        r#"{"model":"gpt-5.5","fallbacks":["gpt-5.5","other-model"]}"#,
        r#"{"model":"gpt-5.5","preset":"gpt-5.5"}"#,
        r#"{"model":"gpt-5.5","session":{"x":1}}"#,
        r#"{"model":"gpt-5.5"} {}"#,
    ] {
        assert!(post(body).is_err(), "{body}");
    }
    let batch = |model: &str| {
        let body = format!(r#"{{"requests":[{{"params":{{"model":"{model}"}}}}]}}"#);
        document("anthropic", "/v1/messages/batches", body.as_bytes())
    };
    assert!(batch(PIN).is_ok() && batch(OTHER).is_err());
    let field = |name: &str, model: &str| {
        let part =
            format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{model}\r\n");
        form(
            "multipart/form-data; boundary=B",
            format!("{part}--B--\r\n").as_bytes(),
        )
    };
    assert!(field("model", PIN).is_ok());
    let unquoted = |name: &str, model: &str| {
        let part = format!("--B\r\ncontent-disposition: form-data; name={name}\r\n\r\n{model}\r\n");
        let text = format!("{part}--B--\r\n");
        form(
            "multipart/form-data; charset=utf-8; boundary=B",
            text.as_bytes(),
        )
    };
    assert!(unquoted("model", PIN).is_ok());
    assert!(unquoted("model", OTHER).is_err() && unquoted("models", PIN).is_err());
    assert!(field("model", OTHER).is_err() && field("file", PIN).is_err());
}
