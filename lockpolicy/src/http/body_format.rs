//! Describes how a response is made up of JSON texts, by its media type.

/// The format of a response's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// Server-sent events.
    Sse,
    /// One text to a line.
    JsonLines,
    /// One text.
    Json,
}

impl BodyFormat {
    /// Returns the format that `content-type` names; `None` where no JSON is to be expected. Where there is
    /// no such field, it may be JSON (RFC 9110 section 8.3).
    pub fn of(content_type: Option<&str>) -> Option<Self> {
        let Some(kind) = content_type else {
            return Some(Self::Json);
        };
        let kind = kind.split(';').next()?.trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/event-stream" => Some(Self::Sse),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/json-seq" => Some(Self::JsonLines),
            kind if kind.contains("json") => Some(Self::Json),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_is_the_one_that_the_media_type_names() {
        for (kind, format) in [
            ("text/event-stream; charset=utf-8", Some(BodyFormat::Sse)),
            ("Text/Event-Stream", Some(BodyFormat::Sse)),
            ("application/x-ndjson", Some(BodyFormat::JsonLines)),
            ("application/ndjson", Some(BodyFormat::JsonLines)),
            ("application/jsonl", Some(BodyFormat::JsonLines)),
            ("application/json-seq", Some(BodyFormat::JsonLines)),
            ("application/json", Some(BodyFormat::Json)),
            ("application/problem+json ;a=b", Some(BodyFormat::Json)),
            ("text/plain; format=json", None),
            ("audio/mpeg", None),
            ("", None),
        ] {
            assert_eq!(BodyFormat::of(Some(kind)), format, "{kind}");
        }
        assert_eq!(BodyFormat::of(None), Some(BodyFormat::Json));
    }
}
