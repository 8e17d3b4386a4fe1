//! The content codings that are taken off (RFC 9110 section 8.4): one at most.

use alloc::string::String;

use crate::{Reason, Rejection};

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// None.
    Identity,
    /// `gzip`, also as `x-gzip`.
    Gzip,
    /// `deflate`: the zlib format.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
}

/// Returns the coding that `content-encoding` names.
///
/// # Errors
///
/// A coding that is not known, or more than one.
pub fn content_coding(value: Option<&str>) -> Result<ContentCoding, Rejection> {
    let Some(value) = value else {
        return Ok(ContentCoding::Identity);
    };
    let name: String = value.trim().to_ascii_lowercase();
    match name.as_str() {
        "identity" => Ok(ContentCoding::Identity),
        "gzip" | "x-gzip" => Ok(ContentCoding::Gzip),
        "deflate" => Ok(ContentCoding::Deflate),
        "br" => Ok(ContentCoding::Brotli),
        "zstd" => Ok(ContentCoding::Zstd),
        list if list.contains(',') => Err(Rejection::whole(
            Reason::Malformed,
            "no more than one content coding is taken off",
        )),
        _ => Err(Rejection::whole(
            Reason::Coding,
            crate::escape_for_log(&name),
        )),
    }
}
