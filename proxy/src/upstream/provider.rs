//! The provider of a request, by its path.

use core::fmt;

use http::Uri;
use lockpolicy::dialect::Dialect;

/// One provider: requests whose path begins with `prefix` go to `base`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub(crate) prefix: String,
    pub(crate) base: Uri,
}

/// The error of a text that names no upstream.
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
        let shown = if url.contains('@') {
            "(with credentials)"
        } else {
            text
        };
        let fail = |what| UpstreamError {
            text: lockpolicy::escape_for_log(shown),
            what,
        };
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
        if prefix != "/" && !lockpolicy::path::is_plain_path(prefix) {
            return Err(fail("the prefix is not a plain path"));
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            base,
        })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.prefix, self.base)
    }
}

/// The URL of a request: the configured upstream with the longest prefix, or else the dialect's own.
pub(crate) fn target(
    upstreams: &[Upstream],
    default: Option<&str>,
    path: &str,
    query: Option<&str>,
) -> Option<Uri> {
    let base = match upstreams
        .iter()
        .filter(|upstream| upstream.covers(path))
        .max_by_key(|up| up.prefix.len())
    {
        Some(upstream) => upstream.base.clone(),
        None if upstreams.is_empty() => default?.parse().ok()?,
        None => return None,
    };
    let start = base.path().trim_end_matches('/').to_owned();
    let mut parts = base.into_parts();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    parts.path_and_query = format!("{start}{path}{query}").parse().ok();
    Uri::from_parts(parts).ok()
}

/// Returns the upstreams that operations of a dialect can go to: the configured ones, or else its own.
pub(crate) fn reachable(upstreams: &[Upstream], dialect: &Dialect) -> Vec<Uri> {
    if upstreams.is_empty() {
        let own = dialect.upstream.as_deref().and_then(|url| url.parse().ok());
        return own.into_iter().collect();
    }
    let patterns = dialect
        .operations
        .iter()
        .map(|operation| &operation.pattern);
    let reached = |upstream: &&Upstream| {
        patterns
            .clone()
            .any(|pattern| upstream.is_reached(upstreams, pattern))
    };
    upstreams
        .iter()
        .filter(reached)
        .map(|upstream| upstream.base.clone())
        .collect()
}

impl Upstream {
    /// Returns true if some path of a pattern goes here: the prefix fits, and no longer one fits every such path.
    fn is_reached(&self, all: &[Self], pattern: &str) -> bool {
        let is_longer = |other: &&Self| other.prefix.len() > self.prefix.len();
        let always = |other: &Self| fits(&other.prefix, pattern) == Some(Fit::Always);
        fits(&self.prefix, pattern).is_some() && !all.iter().filter(is_longer).any(always)
    }

    fn covers(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.prefix.as_str());
        self.prefix == "/" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The paths of a pattern that begin with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Always,
    Sometimes,
}

/// Compares a prefix with a pattern, segment by segment; `None` where no path of the pattern has the prefix.
fn fits(prefix: &str, pattern: &str) -> Option<Fit> {
    let mut given = pattern.split('/');
    let mut fit = Fit::Always;
    for want in prefix.trim_end_matches('/').split('/') {
        let segment = given.next()?;
        if segment == "*" || segment.contains('{') {
            fit = Fit::Sometimes;
        } else if segment != want {
            return None;
        }
    }
    Some(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_below_several_prefixes_goes_to_the_longest() {
        let up = |text: &str| Upstream::parse(text).unwrap();
        let to = |ups: &[Upstream], path: &str| {
            target(ups, Some("https://api.test"), path, Some("a=b"))
                .map(|uri| uri.to_string())
                .unwrap_or_default()
        };
        assert_eq!(to(&[], "/v1/files"), "https://api.test/v1/files?a=b");
        let two = [up("http://a:1"), up("/v1/x=https://b/base/")];
        assert_eq!(to(&two, "/v1/y"), "http://a:1/v1/y?a=b");
        assert_eq!(to(&two, "/v1/x/z"), "https://b/base/v1/x/z?a=b");
        assert_eq!(to(&two, "/v1/xz"), "http://a:1/v1/xz?a=b");
        assert_eq!(to(&[up("/v1=http://a:1")], "/backend-api/codex/x"), "");
    }

    #[test]
    fn text_that_is_no_upstream_is_an_error() {
        for bad in [
            "",
            "x",
            "http://",
            "file:///etc/passwd",
            "https://u:p@h/",
            "http://h/?q",
            "/v1/=http://h",
            "ftp://h",
        ] {
            assert!(Upstream::parse(bad).is_err(), "{bad}");
        }
        assert!(
            !Upstream::parse("https://u:secret@h/")
                .unwrap_err()
                .to_string()
                .contains("secret")
        );
    }
}
