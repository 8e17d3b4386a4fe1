//! The media type of a request's content (RFC 9110 section 8.3), as far as it matters.

use super::request::Request;

/// Describes what a content is said to be.
pub(super) enum Media<'a> {
    Form(&'a str),
    Json,
    Other,
}

/// `application/json` in UTF-8, a form, or something else; what the client says twice is something
/// else.
pub(super) fn media<'a>(request: &Request<'a>) -> Media<'a> {
    let mut values = request
        .headers
        .iter()
        .filter(|(name, _)| *name == "content-type")
        .map(|(_, value)| *value);
    let (Some(value), None) = (values.next(), values.next()) else {
        return Media::Other;
    };
    let (kind, rest) = value.split_once(';').unwrap_or((value, ""));
    let kind = kind.trim();
    let charset = rest.trim().trim_end_matches(';').trim_end();
    let charset = charset.to_ascii_lowercase().replace('"', "");
    if kind.eq_ignore_ascii_case("application/json")
        && matches!(charset.as_str(), "" | "charset=utf-8" | "charset=utf8")
    {
        Media::Json
    } else if kind.eq_ignore_ascii_case("multipart/form-data") {
        Media::Form(value)
    } else {
        Media::Other
    }
}
