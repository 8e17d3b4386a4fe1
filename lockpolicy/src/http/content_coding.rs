//! The content codings that are taken off (RFC 9110 section 8.4): one at most.

use alloc::format;
use alloc::string::String;

use crate::{Reason, Rejection};

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// None.
    Identity,
    /// `gzip`, also as `x-gzip`.
    Gzip,
    /// `deflate`: the zlib format, or what it wraps, as some clients write it.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
}

/// The limits of a content that is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodedLimits {
    /// The most bytes of the decoded content.
    pub bytes: usize,
    /// The most decoded bytes for each byte that came. It is checked beyond [`Self::UNCHECKED`].
    pub ratio: usize,
}

impl DecodedLimits {
    /// The decoded bytes up to which the ratio is free: small texts of blanks or repetitions compress far.
    pub const UNCHECKED: usize = 8 << 20;

    /// Checks how much was decoded from a content of `encoded` bytes so far.
    ///
    /// # Errors
    ///
    /// A rejection where that is more than may be, in bytes or as a ratio.
    pub fn check(&self, encoded: usize, decoded: usize) -> Result<(), Rejection> {
        let too_large = |place: String| Err(Rejection::whole(Reason::TooLarge, place));
        if decoded > self.bytes {
            return too_large(String::from("decoded content"));
        }
        if decoded > Self::UNCHECKED && decoded > encoded.saturating_mul(self.ratio) {
            let ratio = self.ratio;
            return too_large(format!(
                "decoded content: more than {ratio} times what arrived"
            ));
        }
        Ok(())
    }
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
        // An empty list names none.
        "" | "identity" => Ok(ContentCoding::Identity),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coding_is_one_that_is_known() {
        for (value, want) in [
            (None, Ok(ContentCoding::Identity)),
            (Some("identity"), Ok(ContentCoding::Identity)),
            (Some(" GZIP "), Ok(ContentCoding::Gzip)),
            (Some("x-gzip"), Ok(ContentCoding::Gzip)),
            (Some("deflate"), Ok(ContentCoding::Deflate)),
            (Some("br"), Ok(ContentCoding::Brotli)),
            (Some("zstd"), Ok(ContentCoding::Zstd)),
            (Some("gzip, br"), Err(Reason::Malformed)),
            (Some("lzma"), Err(Reason::Coding)),
            (Some(""), Ok(ContentCoding::Identity)),
        ] {
            let coding = content_coding(value).map_err(|rejection| rejection.reason);
            assert_eq!(coding, want, "{value:?}");
        }
    }

    #[test]
    fn content_may_grow_up_to_bytes_and_ratio() {
        let limits = DecodedLimits {
            bytes: 128 << 20,
            ratio: 200,
        };
        let free = DecodedLimits::UNCHECKED;
        for (encoded, decoded, fits) in [
            (1, free, true),
            (1, free + 1, false),
            (50_000, 10_000_000, true),
            (50_000, 10_000_001, false),
            (64 << 20, 128 << 20, true),
            (64 << 20, (128 << 20) + 1, false),
        ] {
            assert_eq!(limits.check(encoded, decoded).is_ok(), fits, "{decoded}");
        }
    }
}
