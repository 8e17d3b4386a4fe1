//! Paths: what a plain one is, and when one matches a pattern.

/// Returns true if a path is spelled in a way that every server reads alike: segments of the characters that RFC 3986
/// section 3.3 has for them, none empty, none `.` or `..`, or the root. A semicolon is none of them, because some servers
/// take what follows it for parameters. Those that are not letters, digits, `-`, `.`, `_` or `~` may be escaped, as some
/// clients write identifiers in base64: whether a server decodes them makes no other path. Patterns may hold `*`.
pub fn is_plain_path(path: &str) -> bool {
    if path == "/" {
        return true;
    }
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    rest.split('/').all(|segment| {
        !segment.is_empty() && segment != "." && segment != ".." && is_plain_segment(segment)
    })
}

/// Returns true if a name is spelled in the one way in which no character of it is ever escaped, or has to be read as
/// anything but itself.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| is_unreserved(byte) || b":@*".contains(&byte);
    name.bytes().all(plain)
}

fn is_plain_segment(segment: &str) -> bool {
    let mut parts = segment.split('%');
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| is_unreserved(byte) || is_other(byte))
    };
    let escaped = |part: &str| {
        let (digits, rest) = part.split_at_checked(2)?;
        let byte = escaped_byte(digits.as_bytes())?;
        (is_other(byte) && plain(rest)).then_some(())
    };
    parts.next().is_none_or(plain) && parts.all(|part| escaped(part).is_some())
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Returns true for the other characters of a segment.
const fn is_other(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b':' | b'=' | b'@'
    )
}

/// Returns the byte that two digits behind a percent sign mean.
pub(crate) fn escaped_byte(digits: &[u8]) -> Option<u8> {
    let digits = core::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(digits, 16).ok())?
}

/// Returns true if a path matches a pattern, segment by segment. `*` stands for exactly one segment, `**` at
/// the end for one or more.
pub fn path_matches(pattern: &str, path: &str) -> bool {
    let mut wanted = pattern.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(want), Some(have)) if want == have => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_with_wildcards_matches_whole_segments() {
        assert!(path_matches("/v1/files/*", "/v1/files/f1"));
        assert!(!path_matches("/v1/files/*", "/v1/files/f1/content"));
        assert!(!path_matches("/v1/files/*", "/v1/files/"));
        assert!(!path_matches("/v1/files/*", "/v1/files"));
        assert!(path_matches("/v1/**", "/v1/a/b"));
        assert!(!path_matches("/v1/models", "/v1/Models"));
    }

    #[test]
    fn path_with_two_readings_is_not_plain() {
        for plain in [
            "/",
            "/v1/responses",
            "/v1/responses/resp_abc==",
            "/v1/responses/resp_abc%3D%3d/cancel",
            "/v1/x/a+b!$&'(),c",
            "/v1/x/a%2B%40",
        ] {
            assert!(is_plain_path(plain), "{plain}");
        }
        for odd in [
            "/v1//x",
            "/v1/./x",
            "/v1/../x",
            "/v1/x/",
            "/v1/%72",
            "/v1/x;y",
            "v1",
            "/v1\\x",
            "/v1/x y",
            "",
            "//",
            "/v1/%2F",
            "/v1/%2e%2e",
            "/v1/%3B",
            "/v1/%25",
            "/v1/%",
            "/v1/%3",
            "/v1/x%3Dy;z",
            "/v1/%00",
            "/v1/%u003D",
            "/v1/x#y",
        ] {
            assert!(!is_plain_path(odd), "{odd}");
        }
    }
}
