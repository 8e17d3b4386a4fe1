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
                ErrorShape::Aws
                | ErrorShape::Google
                | ErrorShape::Mistral
                | ErrorShape::Openai
                | ErrorShape::Plain,
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

#[cfg(test)]
#[expect(
    clippy::disallowed_types,
    reason = "a test reads what this crate has written, where no byte has to stay"
)]
mod tests {
    use super::*;
    use crate::http::Fault;

    #[test]
    fn last_event_has_the_shape_of_the_api_and_of_the_format() {
        let refusal = Refusal::from(&Fault::ModelMismatch("q".into()));
        let event = |errors, path, format| {
            let to = RefusalContext {
                errors,
                path,
                id: "r-1",
                ..RefusalContext::default()
            };
            (refusal.body(&to), refusal.last_event(&to, format))
        };
        let chat = "/v1/chat/completions";
        for format in [BodyFormat::Json, BodyFormat::JsonLines] {
            let (text, event) = event(ErrorShape::Openai, "/v1/responses", format);
            assert_eq!(event, format!("{text}\n"));
        }
        for (errors, before) in [
            (ErrorShape::Anthropic, "event: error\n"),
            (ErrorShape::Aws, ""),
            (ErrorShape::Google, ""),
            (ErrorShape::Mistral, ""),
            (ErrorShape::Openai, ""),
            (ErrorShape::Plain, ""),
        ] {
            let (text, event) = event(errors, chat, BodyFormat::Sse);
            assert_eq!(event, format!("{before}data: {text}\n\n"), "{errors:?}");
            assert!(text.contains("another model was served"));
        }
        let (_, event) = event(ErrorShape::Openai, "/v1/responses", BodyFormat::Sse);
        let data = event.strip_prefix("event: response.failed\ndata: ");
        let data = data.and_then(|data| data.strip_suffix("\n\n")).unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["type"], "response.failed");
        assert_eq!(data["response"]["id"], "r-1");
        assert_eq!(data["response"]["status"], "failed");
        let error = &data["response"]["error"];
        // Any other code makes codex try again.
        assert_eq!(error["code"], "invalid_prompt");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("another model was served: `q`"),
            "{message}"
        );
    }
}
