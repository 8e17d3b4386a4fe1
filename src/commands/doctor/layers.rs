//! A forbidden model through each layer: what arrives is what holds.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use hyper::Request;
use lockpolicy::{Mode, NoObserver, Policy};
use proxy::{Config, Server, Upstream};
use shim::Process;

use super::capture_server::{CaptureServer, Captured};
use super::finding::Finding;
use super::installed_codexes::Codexes;
use super::route::authority;
use super::trial::{Ended, FORBIDDEN, Scratch, with};
use crate::commands::route::PROVIDER;
use crate::probe;

/// The route that codex's calls have to take: to a running proxy, or to the embedded one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedRoute<'a> {
    /// The proxy of the policy or of the route.
    pub(crate) proxy: Option<&'a str>,
    /// True if codex's own files set a base URL or may set one.
    pub(crate) routed: bool,
    /// True if no proxy is wanted.
    pub(crate) off: bool,
}

/// Starts the shim with a forbidden model, before a real codex whose provider is the capture server.
pub(crate) fn shim(
    process: &Process,
    codexes: &Codexes,
    policy: &Policy,
    expected: ExpectedRoute<'_>,
) -> Vec<Finding> {
    let (Some(shim), Some(real)) = (&codexes.shim, &codexes.real) else {
        return Vec::new();
    };
    // Where nothing may be put in, the second call shows which route it takes.
    let words: [&[&str]; 2] = [&["-m", FORBIDDEN, "hi"], &["hi"]];
    for words in words {
        match through_shim(process, [shim, real], expected, words) {
            Ok((_, Some(seen), own)) => return arrived(&seen, policy, expected, &own),
            Ok((ended, None, _)) if ended.is_refused() && policy.mode() == Mode::Reject => {}
            Ok((ended, None, _)) => return vec![Finding::shim_check_failed(ended.last_line)],
            Err(error) => return vec![Finding::shim_check_failed(error)],
        }
    }
    Vec::new()
}

impl Ended {
    fn is_refused(&self) -> bool {
        let code = self.status.and_then(|status| status.code());
        code == Some(i32::from(shim::exit::REFUSED))
    }
}

fn through_shim(
    process: &Process,
    [shim, real]: [&Path; 2],
    expected: ExpectedRoute<'_>,
    words: &[&str],
) -> io::Result<(Ended, Option<Captured>, String)> {
    let server = CaptureServer::start()?;
    let scratch = Scratch::new(&format!("http://{}/v1", server.authority()), PROVIDER)?;
    // The shim keeps other proxies off its own route. A proxy that runs here must not be reached, since the
    // real provider is behind it: then the real codex knows nothing of that.
    let mut process = process.clone();
    if expected.proxy.is_some() || expected.routed {
        process = with(&process, "MODEL_LOCK_REAL_CODEX", scratch.wrapper(real)?);
    }
    let mut command = scratch.codex(shim, &process, &server);
    command.args(words);
    // What goes to an https proxy shows where it goes, and no more.
    let proxy = expected.proxy.map(authority);
    let ended = scratch.run(command, &server, proxy.as_deref())?;
    let call = server.call();
    let call = call.or_else(|| server.tunneled_call(proxy.as_deref()));
    Ok((ended, call, server.authority()))
}

/// Returns the findings of a call that arrived: about the shim, and about the route that it took.
fn arrived(
    seen: &Captured,
    policy: &Policy,
    expected: ExpectedRoute<'_>,
    own: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    // In a tunnel, the model is the proxy's to see.
    if let Some(model) = seen.model.as_ref().filter(|model| *model != policy.pin()) {
        findings.push(Finding::shim_bypassed(model));
    }
    let to = seen.authority.as_deref();
    let address = expected.proxy.map(authority);
    // A codex that goes to the capture server itself takes it for a forward proxy as well; a proxy does not.
    let own_proxy = expected.proxy.is_none() && seen.below_secret;
    if !expected.off && !own_proxy && to != address.as_deref() {
        let to = if to == Some(own) {
            "the provider itself"
        } else {
            to.unwrap_or("a proxy of its own")
        };
        findings.push(Finding::proxy_bypassed(to));
    }
    findings
}

/// Starts each real codex by its own path, with everything set to lead it to the capture server.
pub(crate) fn route(process: &Process, codexes: &Codexes, base: &str) -> Vec<Finding> {
    let tried = codexes.others.iter().take(MOST);
    let tried = tried.filter_map(|codex| match around(process, codex, base) {
        Ok(finding) => finding,
        Err(error) => Some(Finding::route_check_failed(codex.display(), error)),
    });
    tried.collect()
}

fn around(process: &Process, codex: &Path, base: &str) -> io::Result<Option<Finding>> {
    let server = CaptureServer::start()?;
    let rogue = format!("http://{}/v1", server.authority());
    let scratch = Scratch::new(&rogue, FORBIDDEN)?;
    let mut command = scratch.codex(codex, process, &server);
    let base_url = format!("openai_base_url=\"{rogue}\"");
    command.args(["-c", &base_url, "-m", FORBIDDEN, "hi"]);
    let wanted = authority(base);
    let ended = scratch.run(command, &server, Some(&wanted))?;
    let finding = match server.call() {
        Some(seen) if seen.authority.as_deref() == Some(&*wanted) => None,
        Some(Captured { authority, .. }) => {
            let to = authority.filter(|to| *to != server.authority());
            let to = to.unwrap_or_else(|| "a provider of its user's choice".to_owned());
            Some(Finding::route_ignored(codex.display(), to))
        }
        None if server.tunnels().contains(&wanted) => None,
        None => Some(Finding::route_check_failed(
            codex.display(),
            ended.last_line,
        )),
    };
    Ok(finding)
}

/// Puts a proxy with this policy before the capture server, and asks it for a forbidden model.
pub(crate) fn proxy(policy: &Arc<Policy>) -> Option<Finding> {
    match through_proxy(policy) {
        Ok(None) => None,
        Ok(Some(Captured { model, .. })) => {
            let model = model.unwrap_or_default();
            (model != policy.pin()).then(|| Finding::proxy_ineffective(model))
        }
        Err(error) => Some(Finding::proxy_check_failed(error)),
    }
}

/// Returns the call that arrived at the provider once the proxy had answered.
fn through_proxy(policy: &Arc<Policy>) -> io::Result<Option<Captured>> {
    let capture = CaptureServer::start()?;
    let upstream =
        Upstream::parse(&format!("http://{}", capture.authority())).map_err(io::Error::other)?;
    let config = Config {
        upstreams: vec![upstream],
        ..Config::on_loopback(vec!["openai".to_owned()])
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let policy = Arc::new(ArcSwap::new(Arc::clone(policy)));
    let server = runtime.block_on(Server::bind(config, policy, Arc::new(NoObserver)));
    let server = server.map_err(io::Error::other)?;
    let address = server.address().to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async { drop(stopped.await) }));
    let request = Request::post(format!("http://{address}/v1/responses"))
        .header("content-type", "application/json")
        .body(format!("{{\"model\":\"{FORBIDDEN}\",\"input\":\"hi\"}}"));
    let answer = probe::send(request.map_err(io::Error::other)?, Duration::from_secs(10));
    drop(stop);
    drop(running);
    runtime.shutdown_background();
    answer?;
    Ok(capture.call())
}

/// The number of codexes that are tried; each takes about a second.
const MOST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::PolicyConfig;

    fn policy(mode: &str) -> Arc<Policy> {
        let text = format!("model = 'gpt-5.5'\nmode = '{mode}'");
        Arc::new(PolicyConfig::from_toml(&text).build().unwrap())
    }

    #[test]
    fn proxy_that_forces_is_tried_with_the_policy() {
        assert_eq!(proxy(&policy("force")), None);
        assert_eq!(proxy(&policy("reject")), None);
        let leak = Finding::proxy_ineffective(FORBIDDEN);
        assert_eq!(proxy(&policy("report_only")), Some(leak));
    }

    #[test]
    fn captured_request_shows_the_route_that_it_took() {
        let seen = |authority: Option<&str>, model: &str| Captured {
            authority: authority.map(str::to_owned),
            model: Some(model.to_owned()),
            below_secret: false,
        };
        let expected = |proxy| ExpectedRoute {
            proxy,
            routed: false,
            off: false,
        };
        let found = |seen: &Captured, expected| arrived(seen, &policy("force"), expected, "own:1");
        let around = |to: &str| vec![Finding::proxy_bypassed(to)];
        assert_eq!(found(&seen(None, "gpt-5.5"), expected(None)), []);
        assert_eq!(
            found(
                &seen(Some("p:8383"), "gpt-5.5"),
                expected(Some("http://p:8383"))
            ),
            []
        );
        assert_eq!(
            found(&seen(Some("own:1"), "gpt-5.5"), expected(None)),
            around("the provider itself")
        );
        assert_eq!(
            found(&seen(Some("x:1"), "gpt-5.5"), expected(Some("http://p"))),
            around("x:1")
        );
        let own = Captured {
            below_secret: true,
            ..seen(Some("127.0.0.1:2"), "gpt-5.5")
        };
        assert_eq!(found(&own, expected(None)), []);
        assert_eq!(
            found(&own, expected(Some("http://p"))),
            around("127.0.0.1:2")
        );
        let tunneled = Captured {
            authority: Some("p:443".to_owned()),
            ..Captured::default()
        };
        assert_eq!(found(&tunneled, expected(Some("https://p"))), []);
        let leaks = found(&seen(None, "other"), expected(None));
        assert_eq!(leaks, [Finding::shim_bypassed("other")]);
        let off = ExpectedRoute {
            off: true,
            ..expected(None)
        };
        assert_eq!(found(&seen(Some("own:1"), "gpt-5.5"), off), []);
    }
}
