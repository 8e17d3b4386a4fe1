//! Checks the route that codex's own files set, read as codex reads them.

use std::path::Path;

use lockpolicy::Policy;
use shim::Process;
use shim::regular_file::{self, CONFIGURATION_CAP};
use toml::de::DeTable;

use super::finding::Finding;
use super::trial::PROXIES;
use crate::commands::route::{MANAGED, REQUIREMENTS};
use crate::policy_source::file_protection::is_tamper_proof;

/// Reads the route; returns the base URL that it leads to.
pub(crate) fn look(policy: &Policy, findings: &mut Vec<Finding>) -> Option<String> {
    let path = Path::new("/").join(MANAGED);
    let text = regular_file::read_text(&path, CONFIGURATION_CAP).unwrap_or_default();
    let table = DeTable::parse(&text).ok();
    let key = |name: &str| {
        let found = table.as_ref()?.get_ref().get(name)?.get_ref().as_str()?;
        Some(found.to_owned())
    };
    let Some(base) = key("openai_base_url") else {
        findings.push(Finding::route_missing());
        return None;
    };
    if !is_tamper_proof(&path).unwrap_or(false) {
        findings.push(Finding::route_writable(path.display()));
    }
    let model = key("model").unwrap_or_default();
    if model != policy.pin() {
        let shown = lockpolicy::escape_for_log(&model);
        findings.push(Finding::route_other_model(shown));
    }
    if policy
        .proxy()
        .is_some_and(|proxy| authority(proxy) != authority(&base))
    {
        findings.push(Finding::route_elsewhere(authority(&base)));
    }
    Some(base)
}

/// Returns true if one of codex's own files exists.
pub(crate) fn files_exist() -> bool {
    [MANAGED, REQUIREMENTS]
        .iter()
        .any(|name| Path::new("/").join(name).exists())
}

/// Host and port of a URL.
pub(crate) fn authority(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split('/').next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let behind_brackets = authority.rsplit(']').next().unwrap_or_default();
    if behind_brackets.contains(':') {
        return authority.to_owned();
    }
    let port = if scheme == "https" { "443" } else { "80" };
    [authority, ":", port].concat()
}

/// A variable that carries a call to the proxy somewhere else.
pub(crate) fn variable(process: &Process, base: &str) -> Option<Finding> {
    let https = base.starts_with("https:");
    let matters = |name: &&&'static str| {
        let other = if https { "http_" } else { "https" };
        !name.to_lowercase().starts_with(other) && process.variable(name).is_some()
    };
    let found = PROXIES.iter().find(matters)?;
    let authority = authority(base);
    let host = authority
        .rsplit_once(':')
        .map_or(&*authority, |(host, _)| host);
    let direct = ["NO_PROXY", "no_proxy"].into_iter().any(|name| {
        let list = process.variable(name).unwrap_or_default().to_string_lossy();
        list.split(',').any(|entry| covers(entry.trim(), host))
    });
    (!direct).then(|| Finding::proxy_variable(found))
}

fn covers(entry: &str, host: &str) -> bool {
    let domain = entry.trim_start_matches('.');
    entry == "*" || domain == host || (!domain.is_empty() && host.ends_with(&format!(".{domain}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_without_a_port_has_the_port_of_its_scheme() {
        for (url, expected) in [
            ("http://a", "a:80"),
            ("https://a/v1", "a:443"),
            ("http://a:1/v1", "a:1"),
            ("http://[::1]/x", "[::1]:80"),
            ("http://[::1]:2", "[::1]:2"),
        ] {
            assert_eq!(authority(url), expected);
        }
    }

    #[test]
    fn proxy_variable_that_no_proxy_does_not_cover_is_found() {
        let found = |pairs: &[(&str, &str)], base: &str| {
            let env = pairs
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()));
            let process = Process {
                env: env.collect(),
                ..Process::default()
            };
            variable(&process, base).map(|finding| finding.what)
        };
        let (plain, tls) = ("http://127.0.0.1:1/v1", "https://lock.internal/v1");
        assert_eq!(found(&[], plain), None);
        assert!(
            found(&[("HTTP_PROXY", "x")], plain)
                .unwrap()
                .starts_with("HTTP_PROXY")
        );
        assert_eq!(found(&[("HTTPS_PROXY", "x")], plain), None);
        assert!(found(&[("https_proxy", "x")], tls).is_some());
        assert!(found(&[("ALL_PROXY", "x"), ("NO_PROXY", "localhost")], plain).is_some());
        for direct in ["127.0.0.1", "a, 127.0.0.1", "*"] {
            assert_eq!(
                found(&[("HTTP_PROXY", "x"), ("no_proxy", direct)], plain),
                None
            );
        }
        assert_eq!(
            found(&[("ALL_PROXY", "x"), ("NO_PROXY", ".internal")], tls),
            None
        );
    }
}
