//! The base URL of a provider, read as codex's HTTP client reads it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::agents::provider_route::Secret;
use crate::http::names_selector;
use crate::path::escaped_byte;

/// A base URL that codex can call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaseUrl {
    /// The URL without what follows: scheme, host, port, path.
    pub(super) url: String,
    /// The path.
    pub(super) path: String,
    /// Its query, which codex leaves where it is and writes the path of the operation behind.
    pub(super) query: Option<String>,
    /// The credential that stands before the host, as the value of `authorization`.
    pub(super) authorization: Option<Secret>,
}

/// The reason why codex or the proxy cannot call a base URL. It holds nothing of the URL, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It has no scheme that codex calls.
    #[error("it does not begin with http:// or https://")]
    Scheme,
    /// Its host is none.
    #[error("it names no host")]
    Host,
    /// Its path or query cannot be sent on.
    #[error("its path has a character that no path has")]
    Path,
    /// Its query selects a model.
    #[error("its query may select a model")]
    Query,
}

impl BaseUrl {
    /// Reads a base URL.
    pub(super) fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let (scheme, rest) = text
            .trim_start()
            .split_once("://")
            .ok_or(BaseUrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(BaseUrlError::Scheme);
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).ok_or(BaseUrlError::Host)?;
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if !is_host(host) {
            return Err(BaseUrlError::Host);
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let path = sendable(path.trim_end_matches('/'))?;
        let query = query.map(sendable).transpose()?;
        if query.as_deref().is_some_and(selects) {
            return Err(BaseUrlError::Query);
        }
        Ok(Self {
            url: format!("{scheme}://{host}{path}"),
            path,
            query,
            authorization: user.map(basic),
        })
    }
}

/// Returns true where a text is a host, with or without a port.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, ""),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let is_address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    let named = match address {
        Some(address) => !address.is_empty() && address.chars().all(is_address),
        None => !host.is_empty() && host.chars().all(is_name),
    };
    named && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// Returns a path or a query with the escapes that codex's HTTP client writes.
fn sendable(text: &str) -> Result<String, BaseUrlError> {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'#' | b'\\' => return Err(BaseUrlError::Path),
            byte if byte.is_ascii_control() => return Err(BaseUrlError::Path),
            b' ' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'^' | b'|' | 0x80.. => {
                out.extend(['%', hex(byte >> 4), hex(byte & 0xf)]);
            }
            byte => out.push(char::from(byte)),
        }
    }
    Ok(out)
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

fn selects(query: &str) -> bool {
    let name = |pair: &str| {
        pair.split('=')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    query
        .split(['&', ';'])
        .any(|pair| names_selector(&name(pair)))
}

/// Returns the value of `authorization` for a user with a password (RFC 7617).
fn basic(user: &str) -> Secret {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let pair = [decoded(name), b":".to_vec(), decoded(password)].concat();
    Secret::from(["Basic ", &base64(&pair)].concat())
}

fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let escaped = behind.split_at_checked(2).filter(|_| *byte == b'%');
        let value = escaped.and_then(|(digits, behind)| Some((escaped_byte(digits)?, behind)));
        let (byte, behind) = value.unwrap_or((*byte, behind));
        out.push(byte);
        rest = behind;
    }
    out
}

/// Returns bytes in base64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    let letter = |bits: u32| {
        let index = usize::try_from(bits & 0x3f).unwrap_or_default();
        LETTERS.get(index).map_or('=', |letter| char::from(*letter))
    };
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let byte = |index: usize| group.get(index).copied().unwrap_or_default();
        let bits = u32::from_be_bytes([0, byte(0), byte(1), byte(2)]);
        let shifts = [18, 12, 6, 0].into_iter().take(group.len() + 1);
        out.extend(shifts.map(|shift| letter(bits >> shift)));
        out.extend(core::iter::repeat_n('=', 3 - group.len()));
    }
    out
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_url_is_read_as_codex_calls_it() {
        for (text, url, query) in [
            ("http://h/v1", "http://h/v1", None),
            ("HTTPS://h:1//v1//", "https://h:1//v1", None),
            (" http://h/a b", "http://h/a%20b", None),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1", None),
            ("http://[::1]/v1", "http://[::1]/v1", None),
            ("http://h/\"{é?<|", "http://h/%22%7B%C3%A9", Some("%3C%7C")),
            ("http://h?a=1", "http://h", Some("a=1")),
            (
                "http://h/v1?api-version=1&x",
                "http://h/v1",
                Some("api-version=1&x"),
            ),
            ("http://u:p@h/v1", "http://h/v1", None),
        ] {
            let read = BaseUrl::parse(text).unwrap();
            assert_eq!(
                (read.url.as_str(), read.query.as_deref()),
                (url, query),
                "{text}"
            );
        }
    }

    #[test]
    fn text_that_codex_cannot_call_is_no_base_url() {
        for (text, error) in [
            ("", BaseUrlError::Scheme),
            ("localhost:11434/v1", BaseUrlError::Scheme),
            ("${VAR}/v1", BaseUrlError::Scheme),
            ("wss://h/v1", BaseUrlError::Scheme),
            (
                "https://<your-resource>.openai.azure.com/openai",
                BaseUrlError::Host,
            ),
            ("https://", BaseUrlError::Host),
            ("http://h:99999/v1", BaseUrlError::Host),
            ("http://[]/v1", BaseUrlError::Host),
            ("http://[h]/v1", BaseUrlError::Host),
            ("http://h/v1#x", BaseUrlError::Path),
            ("http://h/v1\\x", BaseUrlError::Path),
            ("http://h/a\tb", BaseUrlError::Path),
            ("http://h/v1?a=\u{7f}", BaseUrlError::Path),
            ("http://h/v1?Model=x", BaseUrlError::Query),
            ("http://h/v1?a=1&deployment-id=x", BaseUrlError::Query),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn user_of_a_base_url_is_a_credential_that_is_not_shown() {
        for (text, credential) in [
            ("http://u:p@h", "Basic dTpw"),
            ("http://user%40x:p%3aw%@h", "Basic dXNlckB4OnA6dyU="),
            ("http://u@h", "Basic dTo="),
        ] {
            let read = BaseUrl::parse(text).unwrap();
            assert_eq!(read.authorization.as_ref().unwrap().expose(), credential);
            assert!(!format!("{read:?}").contains(credential));
        }
    }
}
