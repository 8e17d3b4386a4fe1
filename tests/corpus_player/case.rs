//! The cases as they are written in `tests/corpus/*.json`: a member that nobody here knows is an error.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub(crate) use crate::corpus_player::base64::decode;

/// What everybody may read and nobody here judges by.
type Prose = Option<IgnoredAny>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(skip)]
    pub(crate) file: String,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) layer: String,
    pub(crate) profile: String,
    pub(crate) request: Request,
    pub(crate) expect: Expectations,
    #[serde(rename = "why")]
    _why: Prose,
    #[serde(rename = "rules")]
    _rules: Prose,
    #[serde(rename = "impact")]
    _impact: Prose,
    /// Which choice of an operator the case is about.
    #[serde(rename = "policy")]
    _policy: Prose,
    pub(crate) upstream_response: Option<Response>,
    #[serde(default)]
    pub(crate) upstream_behaviour: Behaviour,
    pub(crate) max_ms: Option<u64>,
    pub(crate) max_rss_mb: Option<u64>,
    pub(crate) streams: Option<usize>,
    pub(crate) pipelined: Option<usize>,
    #[serde(default)]
    pub(crate) half_close: bool,
    #[serde(default)]
    pub(crate) same_segment: bool,
    #[serde(default)]
    pub(crate) same_connection: bool,
    pub(crate) expect_client_status: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) method: Option<String>,
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body_base64: Option<String>,
    pub(crate) body_parts: Option<Vec<Part>>,
    pub(crate) raw_base64: Option<String>,
    pub(crate) transport: Option<String>,
    pub(crate) handshake: Option<Box<Self>>,
    #[serde(default)]
    pub(crate) client_frames_base64: Vec<String>,
    #[serde(default)]
    pub(crate) steps: Vec<Self>,
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) argv: Vec<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    base64: String,
    repeat: usize,
}

/// What the provider answers instead of an ordinary answer.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body_base64: Option<String>,
    pub(crate) raw_base64: Option<String>,
}

/// What the provider does wrong.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behaviour {
    pub(crate) handshake_status: Option<u16>,
    pub(crate) accept: Option<String>,
    pub(crate) post_status: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectations {
    pub(crate) force: Expect,
    pub(crate) reject: Expect,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expect {
    pub(crate) outcome: String,
    pub(crate) status_class: String,
    pub(crate) upstream_models: Models,
    pub(crate) upstream_calls: Option<Count>,
    pub(crate) upstream_body: Option<String>,
    pub(crate) upstream_body_base64: Option<String>,
    pub(crate) upstream_body_parts: Option<Vec<Part>>,
    pub(crate) upstream_forbid_headers: Vec<String>,
    pub(crate) upstream_require_headers: Vec<(String, String)>,
    pub(crate) upstream_path_in: Option<Vec<String>>,
    pub(crate) upstream_query_allowed: Option<Vec<String>>,
    pub(crate) upstream_target: Option<String>,
    pub(crate) upstream_targets: Option<Vec<String>>,
    pub(crate) upstream_messages: Option<Count>,
    pub(crate) upstream_message_identical: bool,
    pub(crate) close_code: Option<Count>,
    /// Says in words what `upstream_messages` says in numbers.
    #[serde(rename = "outcome_detail")]
    _outcome_detail: Prose,
    pub(crate) connection: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) steps: Vec<Self>,
    // The model that was served.
    pub(crate) verdict: Option<String>,
    pub(crate) warn: Option<Warn>,
    pub(crate) enforce: Option<Enforce>,
    pub(crate) verify: Option<String>,
    // Command lines.
    pub(crate) exit: Option<String>,
    pub(crate) listens: Option<bool>,
    pub(crate) effective_model: Option<String>,
    pub(crate) uses_env_proxy: Option<bool>,
    pub(crate) force_upstream_models: Vec<String>,
}

/// What is told of an answer where it is only told.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Warn {
    /// The answer is compared whole.
    #[serde(rename = "client_status")]
    _client_status: Prose,
    pub(crate) log_event: Option<String>,
}

/// What becomes of an answer where another model ends it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enforce {
    pub(crate) client_status: String,
}

/// A list, or a sentence that says that there is none.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Models {
    List(Vec<String>),
    Sentence(String),
}

impl Default for Models {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// A number, or several to choose from: `1`, `"0|1"`.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Count {
    One(usize),
    Several(String),
}

impl Count {
    pub(crate) fn allows(&self, number: usize) -> bool {
        match self {
            Self::One(one) => *one == number,
            Self::Several(text) => text.split('|').any(|one| one == number.to_string()),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::One(one) => one.to_string(),
            Self::Several(text) => text.clone(),
        }
    }
}

impl Request {
    /// The content, where the case says it apart from the head.
    pub(crate) fn body(&self) -> Option<Vec<u8>> {
        match (&self.body_base64, &self.body_parts) {
            (Some(text), _) => Some(decode(text)),
            (None, Some(parts)) => Some(joined(parts)),
            (None, None) => None,
        }
    }

    /// The bytes that go over the socket.
    pub(crate) fn wire(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw_base64 {
            return decode(raw);
        }
        let (method, target) = (self.method.as_deref(), self.target.as_deref());
        let (Some(method), Some(target)) = (method, target) else {
            panic!("a request with neither a target nor bytes of its own");
        };
        let body = self.body();
        let mut text = format!("{method} {target} HTTP/1.1\r\n");
        let mut is_framed = false;
        for (name, value) in &self.headers {
            let value = value.replace("{PROXY_HOST}", "proxy.test");
            text.push_str(&format!("{name}: {value}\r\n"));
            is_framed |= ["content-length", "transfer-encoding"]
                .iter()
                .any(|framing| name.eq_ignore_ascii_case(framing));
        }
        if let (Some(body), false) = (&body, is_framed) {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        // As Latin-1, so that a case can say any byte.
        let mut bytes: Vec<u8> = text
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
            .collect();
        bytes.extend(body.unwrap_or_default());
        bytes
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The frames that the client of a WebSocket sends.
    pub(crate) fn frames(&self) -> Vec<u8> {
        self.client_frames_base64
            .iter()
            .flat_map(|text| decode(text))
            .collect()
    }
}

pub(crate) fn joined(parts: &[Part]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| decode(&part.base64).repeat(part.repeat))
        .collect()
}

impl Case {
    pub(crate) fn expect(&self, mode: &str) -> &Expect {
        match mode {
            "force" => &self.expect.force,
            "reject" => &self.expect.reject,
            other => panic!("mode {other}"),
        }
    }
}

/// Every case, in the order of the files.
pub(crate) fn all(directory: &Path) -> Vec<Case> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read(&path).unwrap();
        let mut cases: Vec<Case> = serde_json::from_slice(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in &mut cases {
            let name = path.file_stem().and_then(|name| name.to_str());
            name.unwrap().clone_into(&mut case.file);
        }
        all.append(&mut cases);
    }
    all
}
