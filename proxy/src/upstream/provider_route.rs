//! Base URLs of the proxy's own, each in the place of a provider's.
//!
//! A client that was configured for `https://host/base` calls `/PREFIX/responses` here. The request is
//! judged as if it had come to a path that the tables list, and goes on to `/base/responses`.

use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{Request, Uri};
use lockpolicy::http::BaseMatch;

use super::provider::{Upstream, UpstreamError};

/// The field that a login with an account sends with every call, and a key never.
const ACCOUNT: HeaderName = HeaderName::from_static("chatgpt-account-id");

/// One base URL of the proxy's own.
#[derive(Clone, Debug)]
pub struct ProviderRoute {
    prefix: String,
    key: Arc<ProviderBase>,
    account: Option<Arc<ProviderBase>>,
}

/// The route that the path of a request matches.
#[derive(Clone, Debug)]
pub(crate) enum RouteMatch {
    /// No routes are configured: the request is judged by its own path.
    Any,
    /// A route to this provider.
    Provider(Arc<ProviderBase>),
    /// None of the routes.
    Outside,
}

/// The base URL of a provider, and the path prefix that its requests are judged with.
#[derive(Clone, Debug)]
pub struct ProviderBase {
    canonical_prefix: String,
    upstream: Uri,
    query: Vec<String>,
    headers: Vec<String>,
    own_query: Option<String>,
    authorization: Option<HeaderValue>,
}

impl ProviderRoute {
    /// Returns the route of a path prefix such as `/token/openai`.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`] where a provider's URL is none.
    pub fn new(
        prefix: String,
        route: &lockpolicy::agents::ProviderRoute,
    ) -> Result<Self, UpstreamError> {
        Ok(Self {
            prefix,
            key: ProviderBase::new(&route.key)?.into(),
            account: route
                .account
                .as_ref()
                .map(ProviderBase::new)
                .transpose()?
                .map(Arc::new),
        })
    }

    /// Returns the provider that a request is for.
    fn base(&self, headers: &HeaderMap) -> Arc<ProviderBase> {
        let account = self.account.as_ref();
        let base = account.filter(|_| headers.contains_key(ACCOUNT));
        Arc::clone(base.unwrap_or(&self.key))
    }
}

impl ProviderBase {
    fn new(base: &lockpolicy::agents::ProviderBase) -> Result<Self, UpstreamError> {
        Ok(Self {
            canonical_prefix: base.canonical_prefix.clone(),
            upstream: Upstream::parse(&base.url)?.base,
            query: base.query.clone(),
            headers: base.headers.clone(),
            own_query: base.own_query.clone(),
            authorization: base.authorization.as_ref().and_then(credential),
        })
    }

    /// Puts the credential of the base URL into a request that has none, as clients do.
    pub(crate) fn authorize(&self, fields: &mut HeaderMap) {
        if let Some(own) = &self.authorization {
            fields.entry(AUTHORIZATION).or_insert_with(|| own.clone());
        }
    }

    /// Returns the URL at the provider for a path that was judged.
    pub(crate) fn target(&self, path: &str, query: Option<&str>) -> Option<Uri> {
        let rest = path.strip_prefix(&self.canonical_prefix)?;
        let start = self.upstream.path().trim_end_matches('/');
        let [own, query] = [self.own_query.as_deref(), query]
            .map(|query| query.map(|query| format!("?{query}")).unwrap_or_default());
        let target = format!("{start}{own}{rest}{query}");
        with_target(self.upstream.clone(), &target)
    }
}

fn credential(text: &lockpolicy::agents::Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl RouteMatch {
    /// Returns the match as the policy reads it.
    pub(crate) fn base(&self) -> BaseMatch<'_> {
        match self {
            Self::Any => BaseMatch::Any,
            Self::Provider(base) => BaseMatch::Provider {
                query: &base.query,
                fields: &base.headers,
            },
            Self::Outside => BaseMatch::Outside,
        }
    }
}

/// Finds the route of a request, and replaces its prefix by the path prefix that it is judged with.
pub(crate) fn match_route<B>(routes: &[ProviderRoute], request: &mut Request<B>) -> RouteMatch {
    if routes.is_empty() {
        return RouteMatch::Any;
    }
    find_base(routes, request).map_or(RouteMatch::Outside, RouteMatch::Provider)
}

fn find_base<B>(routes: &[ProviderRoute], request: &mut Request<B>) -> Option<Arc<ProviderBase>> {
    let uri = request.uri().clone();
    let find = |route: &ProviderRoute| {
        let rest = uri.path().strip_prefix(&route.prefix)?.to_owned();
        rest.starts_with('/')
            .then(|| (route.base(request.headers()), rest))
    };
    let (base, rest) = routes.iter().find_map(find)?;
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
    use lockpolicy::agents;

    fn base(canonical_prefix: &str, url: &str) -> agents::ProviderBase {
        agents::ProviderBase {
            canonical_prefix: canonical_prefix.into(),
            url: url.into(),
            query: vec!["api-version".into()],
            headers: Vec::new(),
            own_query: None,
            authorization: None,
        }
    }

    fn routes() -> Vec<ProviderRoute> {
        let route = agents::ProviderRoute {
            name: "openai".into(),
            key: base("/v1", "https://api.test/v1"),
            account: Some(base(
                "/backend-api/codex",
                "https://chat.test/backend-api/codex/",
            )),
        };
        vec![ProviderRoute::new("/t/openai".into(), &route).unwrap()]
    }

    fn routed(target: &str, account: bool) -> Option<(String, String)> {
        let routes = routes();
        let mut request = Request::builder().uri(target);
        if account {
            request = request.header(ACCOUNT, "a");
        }
        let mut request = request.body(()).unwrap();
        let RouteMatch::Provider(base) = match_route(&routes, &mut request) else {
            return None;
        };
        let to = base.target(request.uri().path(), request.uri().query())?;
        Some((request.uri().to_string(), to.to_string()))
    }

    #[test]
    fn request_below_a_route_is_judged_at_one_path_and_sent_to_another() {
        assert_eq!(
            routed("/t/openai/responses?a=b", false),
            Some((
                "/v1/responses?a=b".into(),
                "https://api.test/v1/responses?a=b".into()
            ))
        );
        assert_eq!(
            routed("/t/openai/models", true),
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
            assert_eq!(routed(outside, false), None, "{outside}");
        }
    }

    #[test]
    fn request_without_routes_keeps_its_path() {
        let mut request = Request::builder().uri("/v1/x").body(()).unwrap();
        assert!(matches!(match_route(&[], &mut request), RouteMatch::Any));
        assert_eq!(request.uri(), "/v1/x");
    }

    #[test]
    fn query_and_user_of_a_base_url_go_on_as_a_client_sends_them() {
        let own = agents::ProviderBase {
            own_query: Some("a=1".into()),
            authorization: Some(String::from("Basic dTpw").into()),
            ..base("/v1", "https://api.test/v1")
        };
        let own = ProviderBase::new(&own).unwrap();
        let target = own.target("/v1/responses", Some("b=2")).unwrap();
        assert_eq!(target, "https://api.test/v1?a=1/responses?b=2");
        let mut fields = HeaderMap::new();
        own.authorize(&mut fields);
        assert_eq!(fields[AUTHORIZATION], "Basic dTpw");
        fields.insert(AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        own.authorize(&mut fields);
        assert_eq!(fields[AUTHORIZATION], "Bearer x");
        assert!(!format!("{own:?}").contains("dTpw"));
    }
}
