//! A forbidden model through each layer: what arrives is what holds.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use lockpolicy::{Mode, NoObserver, Policy};
use proxy::{Config, Limits, Server, Upstream};
use shim::Process;

use super::finding::Finding;
use super::place::Codexes;
use super::route::authority;
use super::standin::{Seen, Standin};
use super::trial::{Ended, FORBIDDEN, Scratch, with};
use crate::commands::route::PROVIDER;

/// Where codex's calls have to go: to a proxy that runs here, or to the one that the shim brings along.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    /// The proxy of the policy or of the route.
    pub(crate) proxy: Option<&'a str>,
    /// Whether codex's own files lead somewhere.
    pub(crate) routed: bool,
    /// Whether no proxy is wanted.
    pub(crate) off: bool,
}

/// Starts the shim with a forbidden model, before a real codex whose provider is the stand-in.
pub(crate) fn shim(
    process: &Process,
    codexes: &Codexes,
    policy: &Policy,
    way: Way<'_>,
) -> Vec<Finding> {
    let (Some(shim), Some(real)) = (&codexes.shim, &codexes.real) else {
        return Vec::new();
    };
    // Where nothing may be put in, the second call says which way it takes.
    let words: [&[&str]; 2] = [&["-m", FORBIDDEN, "hi"], &["hi"]];
    let mut findings = Vec::new();
    for words in words {
        match through_shim(process, [shim, real], way, words) {
            Ok((_, Some(seen), own)) => {
                findings.extend(arrived(&seen, policy, way, &own));
                break;
            }
            Ok((ended, None, _)) if ended.is_refused() && policy.mode() == Mode::Reject => {}
            Ok((ended, None, _)) => {
                findings.push(Finding::ShimUntried(ended.said));
                break;
            }
            Err(error) => {
                findings.push(Finding::ShimUntried(error.to_string()));
                break;
            }
        }
    }
    findings
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
    way: Way<'_>,
    words: &[&str],
) -> io::Result<(Ended, Option<Seen>, String)> {
    let standin = Standin::start()?;
    let scratch = Scratch::new(&format!("http://{}/v1", standin.authority()), PROVIDER)?;
    // The shim keeps other proxies off its own way. A proxy that runs here must not be reached, since the
    // real provider is behind it: then the real codex is told nothing of that.
    let mut process = process.clone();
    if way.proxy.is_some() || way.routed {
        process = with(&process, "MODEL_LOCK_REAL_CODEX", scratch.wrapper(real)?);
    }
    let mut command = scratch.codex(shim, &process, &standin);
    command.args(words);
    let ended = scratch.run(command, &standin)?;
    Ok((ended, standin.call(), standin.authority()))
}

/// What a call that arrived says of the shim, and of the way that it took.
fn arrived(seen: &Seen, policy: &Policy, way: Way<'_>, own: &str) -> Vec<Finding> {
    let model = seen.model.clone().unwrap_or_default();
    let mut findings = Vec::new();
    if model != policy.pin() {
        findings.push(Finding::ShimLeaks(model));
    }
    let to = seen.authority.as_deref();
    let expected = way.proxy.map(authority);
    // A codex that goes to the stand-in itself takes it for a forward proxy as well; a proxy does not.
    let own_proxy = way.proxy.is_none() && seen.below_secret;
    if !way.off && !own_proxy && to != expected.as_deref() {
        let to = if to == Some(own) {
            "the provider itself"
        } else {
            to.unwrap_or("a proxy of its own")
        };
        findings.push(Finding::WentAround(to.to_owned()));
    }
    findings
}

/// Starts each real codex by its own path, with everything set to lead it to the stand-in.
pub(crate) fn route(process: &Process, codexes: &Codexes, base: &str) -> Vec<Finding> {
    let tried = codexes.others.iter().take(MOST);
    let tried = tried.filter_map(|codex| match around(process, codex, base) {
        Ok(finding) => finding,
        Err(error) => Some(Finding::RouteUntried(codex.clone(), error.to_string())),
    });
    tried.collect()
}

fn around(process: &Process, codex: &Path, base: &str) -> io::Result<Option<Finding>> {
    let standin = Standin::start()?;
    let rogue = format!("http://{}/v1", standin.authority());
    let scratch = Scratch::new(&rogue, FORBIDDEN)?;
    let mut command = scratch.codex(codex, process, &standin);
    command.args([
        "-c",
        &format!("openai_base_url=\"{rogue}\""),
        "-m",
        FORBIDDEN,
        "hi",
    ]);
    let ended = scratch.run(command, &standin)?;
    let wanted = authority(base);
    let finding = match standin.call() {
        Some(seen) if seen.authority.as_deref() == Some(&*wanted) => None,
        Some(Seen { authority, .. }) => {
            let to = authority.filter(|to| *to != standin.authority());
            let to = to.unwrap_or_else(|| "a provider of its user's choice".to_owned());
            Some(Finding::RouteIgnored(codex.to_owned(), to))
        }
        None if standin.tunnels().contains(&wanted) => None,
        None => Some(Finding::RouteUntried(codex.to_owned(), ended.said)),
    };
    Ok(finding)
}

/// Puts a proxy with this policy before the stand-in, and asks it for a forbidden model.
pub(crate) fn proxy(policy: &Arc<Policy>) -> Option<Finding> {
    match through_proxy(policy) {
        Ok(None) => None,
        Ok(Some(Seen { model, .. })) => {
            let model = model.unwrap_or_default();
            (model != policy.pin()).then_some(Finding::ProxyLeaks(model))
        }
        Err(error) => Some(Finding::ProxyUntried(error.to_string())),
    }
}

/// What arrived at the stand-in once the proxy had answered.
fn through_proxy(policy: &Arc<Policy>) -> io::Result<Option<Seen>> {
    let standin = Standin::start()?;
    let upstream =
        Upstream::parse(&format!("http://{}", standin.authority())).map_err(io::Error::other)?;
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        admin: None,
        upstreams: vec![upstream],
        mounts: Vec::new(),
        egress: None,
        key: None,
        dialects: vec!["openai".to_owned()],
        limits: Limits::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let policy = Arc::new(ArcSwap::new(Arc::clone(policy)));
    let server = runtime.block_on(Server::bind(config, policy, Arc::new(NoObserver)));
    let server = server.map_err(io::Error::other)?;
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async { drop(stopped.await) }));
    let mut client = TcpStream::connect(address)?;
    client.set_read_timeout(Some(Duration::from_secs(10)))?;
    let content = format!("{{\"model\":\"{FORBIDDEN}\",\"input\":\"hi\"}}");
    let length = content.len();
    write!(
        client,
        "POST /v1/responses HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{content}"
    )?;
    let mut answer = Vec::new();
    client.read_to_end(&mut answer)?;
    drop(stop);
    drop(running);
    runtime.shutdown_background();
    if answer.is_empty() {
        return Err(io::Error::other("it gave no answer"));
    }
    Ok(standin.call())
}

/// How many codexes are tried; each takes about a second.
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
    fn a_proxy_is_tried_with_the_policy() {
        assert_eq!(proxy(&policy("force")), None);
        assert_eq!(proxy(&policy("reject")), None);
        let leak = Finding::ProxyLeaks(FORBIDDEN.to_owned());
        assert_eq!(proxy(&policy("report_only")), Some(leak));
    }

    #[test]
    fn what_arrives_says_which_way_it_took() {
        let seen = |authority: Option<&str>, model: &str| Seen {
            authority: authority.map(str::to_owned),
            model: Some(model.to_owned()),
            below_secret: false,
        };
        let way = |proxy| Way {
            proxy,
            routed: false,
            off: false,
        };
        let found = |seen: &Seen, way| arrived(seen, &policy("force"), way, "own:1");
        let around = |to: &str| vec![Finding::WentAround(to.to_owned())];
        assert_eq!(found(&seen(None, "gpt-5.5"), way(None)), []);
        assert_eq!(
            found(&seen(Some("p:8383"), "gpt-5.5"), way(Some("http://p:8383"))),
            []
        );
        assert_eq!(
            found(&seen(Some("own:1"), "gpt-5.5"), way(None)),
            around("the provider itself")
        );
        assert_eq!(
            found(&seen(Some("x:1"), "gpt-5.5"), way(Some("http://p"))),
            around("x:1")
        );
        let own = Seen {
            below_secret: true,
            ..seen(Some("127.0.0.1:2"), "gpt-5.5")
        };
        assert_eq!(found(&own, way(None)), []);
        assert_eq!(found(&own, way(Some("http://p"))), around("127.0.0.1:2"));
        let leaks = found(&seen(None, "other"), way(None));
        assert_eq!(leaks, [Finding::ShimLeaks("other".to_owned())]);
        let off = Way {
            off: true,
            ..way(None)
        };
        assert_eq!(found(&seen(Some("own:1"), "gpt-5.5"), off), []);
    }
}
