//! What we print ourselves as JSON, written piece by piece: no tree of values is built anywhere here.

use std::fmt;

/// A piece of JSON that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Json(String);

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text.
pub(crate) fn text(text: &str) -> Json {
    // A text always has a spelling; should it ever not, `null` is still JSON.
    Json(serde_json::to_string(text).unwrap_or_else(|_| "null".to_owned()))
}

/// `true` or `false`.
pub(crate) fn truth(holds: bool) -> Json {
    Json(holds.to_string())
}

/// A piece, or `null`.
pub(crate) fn perhaps(piece: Option<Json>) -> Json {
    piece.unwrap_or_else(|| Json("null".to_owned()))
}

/// A list.
pub(crate) fn list(pieces: impl IntoIterator<Item = Json>) -> Json {
    let pieces: Vec<String> = pieces.into_iter().map(|piece| piece.0).collect();
    Json(format!("[{}]", pieces.join(",")))
}

/// An object; its names are words of our own.
pub(crate) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    let members = members.map(|(name, piece)| format!("{}:{piece}", text(name)));
    Json(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_one_whole() {
        let piece = object([
            ("a", text("\"\n\u{1b}ü")),
            ("b", list([truth(true), perhaps(None)])),
            ("c", list([])),
        ]);
        assert_eq!(
            piece.to_string(),
            "{\"a\":\"\\\"\\n\\u001bü\",\"b\":[true,null],\"c\":[]}"
        );
    }
}
