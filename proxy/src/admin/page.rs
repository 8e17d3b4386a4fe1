//! The interface of what answers on the admin port besides the probes.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderValue, Response, StatusCode, header};

use super::body::{AdminBody, StreamBody, TextStream, whole};

/// Answers what no probe does, and gets only what `access` lets pass.
pub trait Page: fmt::Debug + Send + Sync {
    /// Returns true if a path holds nothing but program text, which anybody may have.
    fn is_open(&self, path: &str) -> bool;

    /// Answers a GET. Called on the runtime; may not block.
    fn response(&self, request: &PageRequest<'_>) -> PageResponse;
}

/// The request for a page.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<'a> {
    /// The path.
    pub path: &'a str,
    /// The query, as it came; empty where there is none.
    pub query: &'a str,
    /// The last event that a stream's reader has seen (`Last-Event-ID`); empty without one.
    pub resume: &'a str,
}

/// A response.
#[derive(Debug)]
pub struct PageResponse {
    /// The status.
    pub status: u16,
    /// The media type.
    pub kind: &'static str,
    /// The content.
    pub content: PageContent,
}

/// The content of a response.
#[derive(Debug)]
pub enum PageContent {
    /// All of it.
    Whole(Cow<'static, str>),
    /// Pieces as they come.
    Stream(Box<dyn TextStream>),
}

impl PageResponse {
    /// Returns a whole response.
    pub fn whole(kind: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: 200,
            kind,
            content: PageContent::Whole(text.into()),
        }
    }

    /// Returns an error as JSON: `{"error":{"code":…,"message":…}}`.
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

impl From<PageResponse> for Response<AdminBody> {
    fn from(page: PageResponse) -> Self {
        let content = match page.content {
            PageContent::Whole(Cow::Borrowed(text)) => whole(text),
            PageContent::Whole(Cow::Owned(text)) => whole(text),
            PageContent::Stream(stream) => AdminBody::Right(StreamBody(stream)),
        };
        let mut response = Self::new(content);
        *response.status_mut() =
            StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = HeaderValue::from_static(page.kind);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
