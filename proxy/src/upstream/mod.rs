//! Where requests go.

use core::fmt;

use http::Uri;

/// One provider: requests whose path begins with `prefix` go to `base`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub(crate) prefix: String,
    pub(crate) base: Uri,
}

/// Why a text names no upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("upstream `{text}`: {what}")]
pub struct UpstreamError {
    text: String,
    what: &'static str,
}

impl Upstream {
    /// Reads `URL` or `PREFIX=URL`, such as `/v1=https://api.openai.com`.
    ///
    /// The URL is `http` or `https` with a host, without credentials, query or fragment. Its path, if
    /// it has one, is put before the path of each request.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`] quotes the text, without credentials, and says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, UpstreamError> {
        let (prefix, url) = match text.split_once('=') {
            Some((prefix, url)) if prefix.starts_with('/') => (prefix, url),
            _ => ("/", text),
        };
        let shown = if url.contains('@') { "(with credentials)" } else { text };
        let fail = |what| UpstreamError { text: lockpolicy::shown(shown), what };
        let base: Uri = url.parse().map_err(|_| fail("not a URL"))?;
        match base.scheme_str() {
            Some("http" | "https") => {}
            _ => return Err(fail("http:// or https:// expected")),
        }
        let authority = base.authority().ok_or_else(|| fail("no host"))?;
        if authority.host().is_empty() {
            return Err(fail("no host"));
        }
        if authority.as_str().contains('@') {
            return Err(fail("credentials do not belong in it"));
        }
        if base.query().is_some() || url.contains('#') {
            return Err(fail("a query or fragment does not belong in it"));
        }
        if prefix != "/" && !lockpolicy::operation::is_plain_path(prefix) {
            return Err(fail("the prefix is not a plain path"));
        }
        Ok(Self { prefix: prefix.to_owned(), base })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.prefix, self.base)
    }
}
