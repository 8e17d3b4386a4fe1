//! The event that ends a stream that has begun, in the shape of the API that the client speaks.

use alloc::format;
use alloc::string::String;

use super::body_format::BodyFormat;
use super::refusal::{Refusal, RefusalContext};
use crate::dialect::ErrorShape;

impl Refusal {
    /// Returns the last event of a stream. If the name of an event was written already, this one replaces it.
    pub fn last_event(&self, to: &RefusalContext<'_>, format: BodyFormat) -> String {
        let text = self.body(to);
        match (format, to.errors) {
            (BodyFormat::JsonLines | BodyFormat::Json, _) => format!("{text}\n"),
            (BodyFormat::Sse, ErrorShape::Openai) if to.path.ends_with("/responses") => {
                let event = self.failed_response(to.id);
                format!("event: response.failed\ndata: {event}\n\n")
            }
            (BodyFormat::Sse, ErrorShape::Anthropic) => format!("event: error\ndata: {text}\n\n"),
            (
                BodyFormat::Sse,
                ErrorShape::Aws | ErrorShape::Google | ErrorShape::Openai | ErrorShape::Plain,
            ) => format!("data: {text}\n\n"),
        }
    }

    /// Returns the end of a response as codex understands it: with this code it tells its user and does not
    /// try again; with any other it does.
    fn failed_response(&self, id: &str) -> String {
        let message = self.message_for(id);
        format!(
            r#"{{"type":"response.failed","response":{{"id":"{id}","object":"response","status":"failed","output":[],"error":{{"code":"invalid_prompt","message":{message}}}}}}}"#
        )
    }
}
