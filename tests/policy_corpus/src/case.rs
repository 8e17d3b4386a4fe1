//! The cases as they are written in `tests/corpus/*.json`: a member that nobody here knows is an error.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub use crate::base64::decode;

/// What everybody may read and nobody here judges by.
type Prose = Option<IgnoredAny>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    #[serde(skip)]
    pub file: String,
    pub id: String,
    pub title: String,
    pub layer: String,
    pub profile: String,
    pub request: Request,
    pub expect: Expectations,
    #[serde(rename = "why")]
    _why: Prose,
    #[serde(rename = "rules")]
    _rules: Prose,
    #[serde(rename = "impact")]
    _impact: Prose,
    /// Which choice of an operator the case is about.
    #[serde(rename = "policy")]
    _policy: Prose,
    pub upstream_response: Option<Response>,
    #[serde(default)]
    pub upstream_behaviour: Behaviour,
    pub max_ms: Option<u64>,
    pub max_rss_mb: Option<u64>,
    pub streams: Option<usize>,
    pub pipelined: Option<usize>,
    #[serde(default)]
    pub half_close: bool,
    #[serde(default)]
    pub same_segment: bool,
    #[serde(default)]
    pub same_connection: bool,
    pub expect_client_status: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: Option<String>,
    pub target: Option<String>,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    pub body_base64: Option<String>,
    pub body_parts: Option<Vec<Part>>,
    pub raw_base64: Option<String>,
    pub transport: Option<String>,
    pub handshake: Option<Box<Self>>,
    #[serde(default)]
    pub client_frames_base64: Vec<String>,
    #[serde(default)]
    pub steps: Vec<Self>,
    pub kind: Option<String>,
    #[serde(default)]
    pub argv: Vec<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    base64: String,
    repeat: usize,
}

/// What the provider answers instead of an ordinary answer.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    #[serde(default)]
    pub status: u16,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    pub body_base64: Option<String>,
    pub raw_base64: Option<String>,
}

/// What the provider does wrong.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    pub handshake_status: Option<u16>,
    pub accept: Option<String>,
    pub post_status: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    pub force: Expect,
    pub reject: Expect,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    pub outcome: String,
    pub status_class: String,
    pub upstream_models: Models,
    pub upstream_calls: Option<Count>,
    pub upstream_body: Option<String>,
    pub upstream_body_base64: Option<String>,
    pub upstream_body_parts: Option<Vec<Part>>,
    pub upstream_forbid_headers: Vec<String>,
    pub upstream_require_headers: Vec<(String, String)>,
    pub upstream_path_in: Option<Vec<String>>,
    pub upstream_query_allowed: Option<Vec<String>>,
    pub upstream_target: Option<String>,
    pub upstream_targets: Option<Vec<String>>,
    pub upstream_messages: Option<Count>,
    pub upstream_message_identical: bool,
    pub close_code: Option<Count>,
    /// Says in words what `upstream_messages` says in numbers.
    #[serde(rename = "outcome_detail")]
    _outcome_detail: Prose,
    pub connection: Option<String>,
    pub note: Option<String>,
    pub steps: Vec<Self>,
    // The model that was served.
    pub verdict: Option<String>,
    pub warn: Option<Warn>,
    pub enforce: Option<Enforce>,
    pub verify: Option<String>,
    // Command lines.
    pub exit: Option<String>,
    pub listens: Option<bool>,
    pub effective_model: Option<String>,
    pub uses_env_proxy: Option<bool>,
    pub force_upstream_models: Vec<String>,
}

/// What is told of an answer where it is only told.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warn {
    /// The answer is compared whole.
    #[serde(rename = "client_status")]
    _client_status: Prose,
    pub log_event: Option<String>,
}

/// What becomes of an answer where another model ends it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enforce {
    pub client_status: String,
}

/// A list, or a sentence that says that there is none.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Models {
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
pub enum Count {
    One(usize),
    Several(String),
}

impl Count {
    pub fn allows(&self, number: usize) -> bool {
        match self {
            Self::One(one) => *one == number,
            Self::Several(text) => text.split('|').any(|one| one == number.to_string()),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::One(one) => one.to_string(),
            Self::Several(text) => text.clone(),
        }
    }
}

impl Request {
    /// The content, where the case says it apart from the head.
    pub fn body(&self) -> Option<Vec<u8>> {
        match (&self.body_base64, &self.body_parts) {
            (Some(text), _) => Some(decode(text)),
            (None, Some(parts)) => Some(joined(parts)),
            (None, None) => None,
        }
    }

    /// The bytes that go over the socket.
    pub fn wire(&self) -> Vec<u8> {
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
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The frames that the client of a WebSocket sends.
    pub fn frames(&self) -> Vec<u8> {
        self.client_frames_base64
            .iter()
            .flat_map(|text| decode(text))
            .collect()
    }
}

pub fn joined(parts: &[Part]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| decode(&part.base64).repeat(part.repeat))
        .collect()
}

impl Case {
    pub fn expect(&self, mode: &str) -> &Expect {
        match mode {
            "force" => &self.expect.force,
            "reject" => &self.expect.reject,
            other => panic!("mode {other}"),
        }
    }
}

/// Every case, in the order of the files.
pub fn all(directory: &Path) -> Vec<Case> {
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
