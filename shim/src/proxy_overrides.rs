//! Sends codex's model calls to a proxy: chooses the proxy, and returns what codex needs to reach it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use lockpolicy::Policy;
use lockpolicy::agents::ProviderRoute;
use lockpolicy::agents::codex::cli::Arguments;
use lockpolicy::agents::codex::config::{Oss, Override, Providers, ProxyTarget};

use crate::codex_files::{has_account, providers};
use crate::{Process, ShimError};

/// Starts a proxy that ends with the process that started it.
pub trait StartProxy {
    /// Returns the proxy's address.
    ///
    /// # Errors
    ///
    /// Returns an error where the proxy does not start; then nothing runs.
    fn start(&self, request: &ProxyRequest<'_>) -> io::Result<ProxyAddress>;
}

/// The address of a proxy that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyAddress {
    /// The URL below which its routes are, with TLS.
    pub url: String,
    /// The same without TLS, for models of this machine: codex 0.125.0 looks for their server with a client that
    /// trusts the machine's authorities only.
    pub plain_url: String,
    /// The file with the authorities that codex has to trust: the proxy's, and those that it trusts already.
    pub authorities: PathBuf,
}

/// The description of the proxy that codex needs.
#[derive(Debug)]
pub struct ProxyRequest<'a> {
    /// The providers of codex's configuration.
    pub providers: &'a Providers,
    /// The variables that locate providers of this machine.
    pub oss: Oss<'a>,
    /// The file with further authorities that codex trusts, if there is one.
    pub authorities: Option<&'a Path>,
    /// The same where codex's own variable names it.
    pub own_authorities: Option<&'a Path>,
    /// True where codex draws on the terminal, where nothing else should write.
    pub is_tui: bool,
}

impl ProxyRequest<'_> {
    /// Returns the routes to the providers, judged by a table.
    pub fn routes(&self, table: &lockpolicy::dialect::Table) -> Vec<ProviderRoute> {
        self.providers.routes(table, self.oss)
    }
}

/// The settings that send codex's calls to a proxy.
#[derive(Debug, Default)]
pub(crate) struct ProxyOverrides {
    /// Overrides of codex's configuration.
    pub(crate) config: Vec<Override>,
    /// Variables of its environment.
    pub(crate) env: BTreeMap<&'static str, OsString>,
}

const OSS_BASE_URL: &str = "CODEX_OSS_BASE_URL";

/// The variables from which codex takes the file with further authorities, the one that wins first.
const AUTHORITIES: [&str; 2] = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"];

/// Starts the proxy that the policy asks for, and returns what codex needs to reach it.
///
/// # Errors
///
/// Returns [`ShimError::Configuration`] where a configuration file states an address that nothing can
/// override; [`ShimError::Proxy`] where the proxy does not start.
pub(crate) fn proxy_overrides(
    process: &Process,
    policy: &Policy,
    arguments: &Arguments<'_>,
    proxy: &dyn StartProxy,
) -> Result<ProxyOverrides, ShimError> {
    if policy.is_proxy_off() {
        return Ok(ProxyOverrides::default());
    }
    let is_tui = arguments.is_tui();
    let providers = providers(process, arguments.ignores_user_config())?;
    if let Some(url) = policy.proxy() {
        let account = has_account(process);
        let target = ProxyTarget::Running { url, account };
        return Ok(overrides(process, &providers, target, url));
    }
    let text = |name| process.variable(name).and_then(OsStr::to_str);
    let authorities = AUTHORITIES.map(|name| process.variable(name).map(Path::new));
    let [own, _] = authorities;
    let request = ProxyRequest {
        providers: &providers,
        oss: Oss {
            base_url: text(OSS_BASE_URL),
            port: text("CODEX_OSS_PORT"),
        },
        authorities: authorities.into_iter().flatten().next(),
        own_authorities: own,
        is_tui,
    };
    let address = proxy.start(&request).map_err(ShimError::Proxy)?;
    let target = ProxyTarget::Routes(&address.url);
    let mut overrides = overrides(process, &providers, target, &address.url);
    let [authorities, _] = AUTHORITIES;
    overrides
        .env
        .insert(authorities, address.authorities.into());
    if let Some(url) = overrides.env.get_mut(OSS_BASE_URL) {
        *url = Providers::oss_base_url(ProxyTarget::Routes(&address.plain_url)).into();
    }
    Ok(overrides)
}

fn overrides(
    process: &Process,
    providers: &Providers,
    target: ProxyTarget<'_>,
    url: &str,
) -> ProxyOverrides {
    let no_proxy = no_proxy_including(|name| process.variable(name).map(OsStr::to_owned), url);
    let mut env = BTreeMap::from(["NO_PROXY", "no_proxy"].map(|name| (name, no_proxy.clone())));
    if process.variable(OSS_BASE_URL).is_some() || providers.selects_local() {
        // Otherwise no model of this machine is requested.
        env.insert(OSS_BASE_URL, Providers::oss_base_url(target).into());
    }
    ProxyOverrides {
        config: providers.overrides(target),
        env,
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// Returns the value of `NO_PROXY` with which a call to `url` takes no other proxy; `variable` reads the
/// present value.
pub fn no_proxy_including(variable: impl Fn(&str) -> Option<OsString>, url: &str) -> OsString {
    let own = ["NO_PROXY", "no_proxy"].into_iter().find_map(variable);
    let mut list = own.unwrap_or_default().into_vec();
    if !list.is_empty() {
        list.push(b',');
    }
    list.extend(host(url).trim_matches(['[', ']']).bytes());
    OsString::from_vec(list)
}
