//! What the proxy is given to answer on its admin port, by whoever knows more than it does.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderValue, Response, StatusCode, header};

use super::body::{Flow, Told};

/// Answers what no probe does. Asked only what the guard lets pass.
pub trait Page: fmt::Debug + Send + Sync {
    /// Whether a path holds nothing but our own program text, which anybody may have.
    fn is_open(&self, path: &str) -> bool;

    /// Answers a GET. Called on the runtime; may not block.
    fn answer(&self, asked: &Asked<'_>) -> Reply;
}

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The path.
    pub path: &'a str,
    /// The query, as it came; empty where there is none.
    pub query: &'a str,
    /// The last event that a stream's reader has seen (`Last-Event-ID`); empty where none is told.
    pub resume: &'a str,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The media type.
    pub kind: &'static str,
    /// The content.
    pub content: Content,
}

/// The content of an answer.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    Whole(Cow<'static, str>),
    /// Pieces as they come.
    Flow(Box<dyn Flow>),
}

impl Reply {
    /// Something whole.
    pub fn whole(kind: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: 200,
            kind,
            content: Content::Whole(text.into()),
        }
    }

    /// What is wrong, as JSON: `{"error":{"code":…,"message":…}}`.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        use lockpolicy::json::encode;
        let (code, message) = (encode(code), encode(message));
        let text = format!("{{\"error\":{{\"code\":{code},\"message\":{message}}}}}\n");
        Self {
            status,
            ..Self::whole("application/json", text)
        }
    }
}

impl From<Reply> for Response<Told> {
    fn from(reply: Reply) -> Self {
        let content = match reply.content {
            Content::Whole(Cow::Borrowed(text)) => Told::whole(text),
            Content::Whole(Cow::Owned(text)) => Told::whole(text),
            Content::Flow(flow) => Told::Flow(flow),
        };
        let mut response = Self::new(content);
        *response.status_mut() =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = HeaderValue::from_static(reply.kind);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
