//! Paths: what a plain one is, and when one matches a pattern.

/// Returns true if a path is spelled in the one way that every server reads alike: segments of unreserved
/// characters, none empty, none `.` or `..` (RFC 3986 section 3.3), or the root. Patterns may hold `*`.
pub fn is_plain_path(path: &str) -> bool {
    if path == "/" {
        return true;
    }
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    rest.split('/').all(|segment| {
        !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(is_plain)
    })
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'@' | b'*')
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
        assert!(is_plain_path("/v1/responses") && is_plain_path("/"));
        for odd in [
            "/v1//x", "/v1/./x", "/v1/../x", "/v1/x/", "/v1/%72", "/v1/x;y", "v1", "/v1\\x",
            "/v1/x y", "", "//",
        ] {
            assert!(!is_plain_path(odd), "{odd}");
        }
    }
}
