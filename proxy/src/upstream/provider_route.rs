//! Base URLs of the proxy's own, each in the place of a provider's.
//!
//! A client that was configured for `https://host/base` calls `/MOUNT/responses` here. The request is
//! judged as if it had come to a path that the tables list, and goes on to `/base/responses`.

use std::sync::Arc;

use http::header::{HeaderMap, HeaderName};
use http::uri::PathAndQuery;
use http::{Request, Uri};
use lockpolicy::http::BaseMatch;

use super::provider::{Upstream, UpstreamError};

/// What a login with an account says with every call, and a key never.
const ACCOUNT: HeaderName = HeaderName::from_static("chatgpt-account-id");

/// One base URL of the proxy's own.
#[derive(Clone, Debug)]
pub struct Mount {
    prefix: String,
    key: Arc<Base>,
    account: Option<Arc<Base>>,
}

/// Where a request came in.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// There are no mounts: it is judged by the path that it has.
    Anywhere,
    /// Below a mount.
    Below(Arc<Base>),
    /// Outside of every mount.
    Outside,
}

/// A provider behind a mount.
#[derive(Clone, Debug)]
pub struct Base {
    canonical_prefix: String,
    upstream: Uri,
    query: Vec<String>,
    headers: Vec<String>,
}

impl Mount {
    /// A mount below a path such as `/token/openai`.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`] where a provider's URL is none.
    pub fn new(
        prefix: String,
        mount: &lockpolicy::agents::ProviderRoute,
    ) -> Result<Self, UpstreamError> {
        Ok(Self {
            prefix,
            key: Base::new(&mount.key)?.into(),
            account: mount
                .account
                .as_ref()
                .map(Base::new)
                .transpose()?
                .map(Arc::new),
        })
    }

    /// The provider that a request is for.
    fn base(&self, headers: &HeaderMap) -> Arc<Base> {
        let account = self.account.as_ref();
        let base = account.filter(|_| headers.contains_key(ACCOUNT));
        Arc::clone(base.unwrap_or(&self.key))
    }
}

impl Base {
    fn new(base: &lockpolicy::agents::ProviderBase) -> Result<Self, UpstreamError> {
        Ok(Self {
            canonical_prefix: base.canonical_prefix.clone(),
            upstream: Upstream::parse(&base.url)?.base,
            query: base.query.clone(),
            headers: base.headers.clone(),
        })
    }

    /// The URL at the provider for a path that was judged.
    pub(crate) fn target(&self, path: &str, query: Option<&str>) -> Option<Uri> {
        let rest = path.strip_prefix(&self.canonical_prefix)?;
        let start = self.upstream.path().trim_end_matches('/');
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let target = format!("{start}{rest}{query}");
        with_target(self.upstream.clone(), &target)
    }
}

impl Place {
    /// Returns the place as the policy reads it.
    pub(crate) fn base(&self) -> BaseMatch<'_> {
        match self {
            Self::Anywhere => BaseMatch::Any,
            Self::Below(base) => BaseMatch::Provider {
                query: &base.query,
                fields: &base.headers,
            },
            Self::Outside => BaseMatch::Outside,
        }
    }
}

/// Takes a request from its mount to the path that it is judged as.
pub(crate) fn enter<B>(mounts: &[Mount], request: &mut Request<B>) -> Place {
    if mounts.is_empty() {
        return Place::Anywhere;
    }
    below(mounts, request).map_or(Place::Outside, Place::Below)
}

fn below<B>(mounts: &[Mount], request: &mut Request<B>) -> Option<Arc<Base>> {
    let uri = request.uri().clone();
    let below = |mount: &Mount| {
        let rest = uri.path().strip_prefix(&mount.prefix)?.to_owned();
        rest.starts_with('/')
            .then(|| (mount.base(request.headers()), rest))
    };
    let (base, rest) = mounts.iter().find_map(below)?;
    let query = uri.query().map(|query| format!("?{query}"));
    let target = format!(
        "{}{rest}{}",
        base.canonical_prefix,
        query.unwrap_or_default()
    );
    *request.uri_mut() = with_target(uri, &target)?;
    Some(base)
}

fn with_target(uri: Uri, target: &str) -> Option<Uri> {
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::agents::{ProviderBase, ProviderRoute};

    fn base(canonical_prefix: &str, url: &str) -> ProviderBase {
        ProviderBase {
            canonical_prefix: canonical_prefix.into(),
            url: url.into(),
            query: vec!["api-version".into()],
            headers: Vec::new(),
        }
    }

    fn mounts() -> Vec<Mount> {
        let mount = ProviderRoute {
            name: "openai".into(),
            key: base("/v1", "https://api.test/v1"),
            account: Some(base(
                "/backend-api/codex",
                "https://chat.test/backend-api/codex/",
            )),
        };
        vec![Mount::new("/t/openai".into(), &mount).unwrap()]
    }

    fn entered(target: &str, account: bool) -> Option<(String, String)> {
        let mounts = mounts();
        let mut request = Request::builder().uri(target);
        if account {
            request = request.header(ACCOUNT, "a");
        }
        let mut request = request.body(()).unwrap();
        let Place::Below(base) = enter(&mounts, &mut request) else {
            return None;
        };
        let to = base.target(request.uri().path(), request.uri().query())?;
        Some((request.uri().to_string(), to.to_string()))
    }

    #[test]
    fn a_request_is_judged_at_one_path_and_sent_to_another() {
        assert_eq!(
            entered("/t/openai/responses?a=b", false),
            Some((
                "/v1/responses?a=b".into(),
                "https://api.test/v1/responses?a=b".into()
            ))
        );
        assert_eq!(
            entered("/t/openai/models", true),
            Some((
                "/backend-api/codex/models".into(),
                "https://chat.test/backend-api/codex/models".into()
            ))
        );
        for outside in [
            "/v1/responses",
            "/t/openai",
            "/t/openaix/responses",
            "/t/",
            "/",
        ] {
            assert_eq!(entered(outside, false), None, "{outside}");
        }
    }

    #[test]
    fn without_mounts_every_path_is_its_own() {
        let mut request = Request::builder().uri("/v1/x").body(()).unwrap();
        assert!(matches!(enter(&[], &mut request), Place::Anywhere));
        assert_eq!(request.uri(), "/v1/x");
    }
}
