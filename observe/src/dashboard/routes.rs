//! The paths of the dashboard, and the response to each of them in plain values.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::query::{self, Filter};
use super::shared::Dashboard;
use super::stream::Stream;
use super::{files, follower};

const JSON: &str = "application/json";

/// The dashboard behind its paths.
#[derive(Clone, Debug)]
pub struct DashboardRoutes(Arc<Dashboard>);

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The content.
    pub content: Content,
}

/// The content of a response.
#[derive(Debug)]
pub enum Content {
    /// A complete text.
    Whole(Cow<'static, str>),
    /// Events as they come, without an end.
    Stream(Box<Stream>),
}

impl Response {
    fn whole(content_type: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: 200,
            content_type,
            content: Content::Whole(text.into()),
        }
    }

    fn error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({"error": {"code": code, "message": message}});
        Self {
            status,
            ..Self::whole(JSON, format!("{error}\n"))
        }
    }
}

impl DashboardRoutes {
    /// Opens the dashboard; what happened before is read from the audit file meanwhile.
    ///
    /// # Errors
    ///
    /// Fails where the machine has no thread to give.
    pub fn open(dashboard: Dashboard, audit: Option<PathBuf>) -> io::Result<Self> {
        let dashboard = Arc::new(dashboard);
        follower::start(Arc::clone(&dashboard), audit)?;
        Ok(Self(dashboard))
    }

    /// Returns whether a path holds nothing but program text of our own, which anybody may have.
    pub fn is_open(&self, path: &str) -> bool {
        files::at(path).is_some()
    }

    /// Returns the response to a GET; `resume` is the last event that the reader of a stream has seen.
    pub fn response(&self, path: &str, query: &str, resume: &str) -> Response {
        if let Some((_, content_type, text)) = files::at(path) {
            return Response::whole(content_type, text);
        }
        let text = match path {
            "/api/v1/status" => query::nothing(query).map(|()| self.0.status()),
            "/api/v1/attempts" => Filter::read(query).map(|filter| self.0.attempts(&filter)),
            "/api/v1/series" => self.0.series(query),
            "/api/v1/served" => query::nothing(query).map(|()| self.0.served()),
            "/api/v1/events" => match query::nothing(query) {
                Ok(()) => return self.events(resume),
                Err(wrong) => Err(wrong),
            },
            _ => {
                let message =
                    "nothing is here; docs/reference/dashboard-api.md lists what there is";
                return Response::error(404, "not_found", message);
            }
        };
        match text {
            Ok(text) => Response::whole(JSON, text),
            Err(wrong) => Response::error(400, "bad_query", &wrong),
        }
    }

    fn events(&self, resume: &str) -> Response {
        let Some(stream) = Stream::open(&self.0, resume) else {
            let message = "too many pages are open; ask again later";
            return Response::error(503, "too_many_streams", message);
        };
        Response {
            status: 200,
            content_type: "text/event-stream",
            content: Content::Stream(Box::new(stream)),
        }
    }
}
